"""Calls of connectors: which one is meant, what goes along, and whether it speaks REST or SOAP."""

from __future__ import annotations

from collections.abc import Callable

from openmcs.catalog.connectors import Connector
from openmcs.catalog.policies import Policies
from openmcs.catalog.snapshot import Snapshot
from openmcs.connectors.rest import ConnectorCall, Rest
from openmcs.connectors.soap import Soap
from openmcs.errors import ResourceNotFound
from openmcs.exchange import Arrival, Call, Reply
from openmcs.trace_context import flags_of, parse, trace_of, traceparent

PREFIX = "/mobile/connector/"
EXTERNAL = "oracle-mobile-external-authorization"


class Calling:
    """The connectors of one gateway process."""

    def __init__(self, snapshot: Callable[[], Snapshot], *, traces: float | None = None) -> None:
        """*traces*: the share of calls that begin a trace which is kept; None: no call begins one."""
        self._snapshot = snapshot
        self._traces = traces
        self._rest = Rest()
        self._soap = Soap(self._rest.perform)

    async def connect(self, call: Call, name: str, version: str) -> Reply:
        """
        Answer a call of custom code to `/mobile/connector/{name}/…`.

        Raises `ResourceNotFound`, `RequestInvalid`, or `ConnectorFailed` and its kin.
        """
        snapshot = self._snapshot()
        connector = find(snapshot, name, version)
        backend = f"{call.backend.name}({call.backend.version})"
        below = call.arrival.path[len(PREFIX) + len(name) :]
        headers = {
            key: value
            for key, value in call.arrival.headers.items()
            if not key.startswith("oracle-mobile-") and key != "authorization"
        }
        headers |= self._trace(call.arrival)
        if call.arrival.headers.get(EXTERNAL) and connector.header is None and connector.token is None:
            headers["authorization"] = call.arrival.headers[EXTERNAL]
        return await self.perform(
            ConnectorCall(
                connector, call.arrival.method, below, call.arrival.query, headers, call.body, call.deadline,
                _timeouts(connector, snapshot.policies, backend),
            )
        )  # fmt: skip

    def _trace(self, arrival: Arrival) -> dict[str, str]:
        """The trace goes on behind the connector: that of the outermost caller, or one that began here."""
        context = parse(arrival.headers.get("traceparent"))
        if context is not None:
            trace, flags = context.trace, context.flags
        elif self._traces is not None:
            trace = trace_of(arrival.ecid)
            flags = flags_of(trace, self._traces)
        else:
            return {}
        return {"traceparent": traceparent(trace, arrival.ecid, arrival.rid, flags)}

    async def perform(self, call: ConnectorCall) -> Reply:
        """A call of a connector that is found already. Raises as `connect` does."""
        return await (self._soap if call.connector.kind == "SOAP" else self._rest).perform(call)

    async def close(self) -> None:
        """Close all connections."""
        await self._rest.close()


def find(snapshot: Snapshot, name: str, version: str) -> Connector:
    """The connector of that name and version; without one the only version there is. Raises `ResourceNotFound`."""
    if version:
        found = snapshot.connectors.get((name.lower(), version))
        if found is not None:
            return found
    versions = [each for (known, _), each in snapshot.connectors.items() if known == name.lower()]
    if not version and len(versions) == 1:
        return versions[0]
    if not versions:
        raise ResourceNotFound(f"There is no connector {name!r}.")
    known = ", ".join(sorted(each.version for each in versions))
    raise ResourceNotFound(f"The connector {name!r} has no version {version!r}; it has {known}.")


def _timeouts(connector: Connector, policies: Policies, backend: str) -> dict[str, float]:
    artifact = f"connector/{connector.name}({connector.version})"
    connect = connector.connect_timeout_ms or policies.value("Network_HttpConnectTimeout", backend, artifact)
    read = connector.read_timeout_ms or policies.value("Network_HttpReadTimeout", backend, artifact)
    return {"connect": connect / 1000, "read": read / 1000, "write": read / 1000, "pool": connect / 1000}


def timeouts_of(connector: Connector, policies: Policies) -> dict[str, float]:
    """The time limits of a connector that no backend calls: a trial."""
    return _timeouts(connector, policies, "*")
