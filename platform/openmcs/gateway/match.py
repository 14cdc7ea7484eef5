"""Fourth stage: which operation of which API."""

from __future__ import annotations

from openmcs.catalog.snapshot import ServedApi, Snapshot
from openmcs.errors import ApiNotAssociated, MethodNotAllowed, ResourceNotFound
from openmcs.exchange import Arrival, MobileBackend, Operation
from openmcs.raml.contract import Method

PREFIX = "/mobile/custom/"


def match(arrival: Arrival, backend: MobileBackend, snapshot: Snapshot) -> tuple[ServedApi, Method, Operation]:
    """
    Find the API by name, then resource and method in its RAML.

    Raises `ApiNotAssociated`, `ResourceNotFound` or `MethodNotAllowed`.
    """
    name, slash, below = arrival.path[len(PREFIX) :].partition("/")
    association = backend.associations.get(name.lower())
    api = snapshot.apis.get(association.api_id) if association else None
    if api is None:
        raise ApiNotAssociated(f"The mobile backend {backend.name} has no API named {name!r}.")
    found = api.matcher.match(slash + below)
    if found is None:
        raise ResourceNotFound(f"The API {api.name} {api.version} has no resource {slash + below or '/'!r}.")
    method = found.methods.get(arrival.method)
    if method is None and arrival.method == "HEAD":
        method = found.methods.get("GET")
    if method is None:
        raise MethodNotAllowed(
            f"The resource {found.resource.path} of the API {api.name} {api.version} has no {arrival.method}.",
            allow=sorted(found.methods),
        )
    operation = Operation(
        api_id=api.id,
        api=api.name,
        api_version=api.version,
        resource=found.resource.path,
        method=arrival.method,
        path_parameters=found.parameters,
        login_required=api.login_required,
        roles=api.roles_for(method.verb, found.resource.path),
    )
    return api, method, operation
