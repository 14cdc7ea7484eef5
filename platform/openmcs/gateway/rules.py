"""What the policies say for a call, looked up once for each backend and API and kept while they stay."""

from __future__ import annotations

from openmcs.catalog.policies import Policies
from openmcs.exchange import CallRules, MobileBackend, Operation


class RuleBook:
    """The rules that were looked up."""

    def __init__(self) -> None:
        self._policies: Policies | None = None
        self._known: dict[tuple[str, str], CallRules] = {}

    def rules_for(self, policies: Policies, backend: MobileBackend, operation: Operation) -> CallRules:
        """The rules of an API's calls through *backend*."""
        if policies is not self._policies:
            self._policies, self._known = policies, {}
        key = (backend.id, operation.api_id)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _look_up(policies, backend, operation)
        return found


def _look_up(policies: Policies, backend: MobileBackend, operation: Operation) -> CallRules:
    scope = (f"{backend.name}({backend.version})", f"{operation.api}({operation.api_version})")
    logged = policies.value("CCC_LogBody", *scope)
    return CallRules(
        seconds=policies.value("Network_HttpRequestTimeout", *scope) / 1000,
        level=policies.value("Logging_Level", *scope),
        log_body=policies.value("CCC_LogBodyMaxLength", *scope) if logged else -1,
        send_stack=policies.value("CCC_SendStackTraceWithError", *scope),
        validate_requests=policies.value("Validation_Requests", *scope),
        validate_responses=policies.value("Validation_Responses", *scope),
        mock_remembers=policies.value("Mock_Stateful", *scope),
    )
