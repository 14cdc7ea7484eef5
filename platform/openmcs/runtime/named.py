"""`custom` and `connectors`: other APIs by name, `custom.<Name>.get(…)` or `custom.get("<Name>", …)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openmcs.runtime.asking import Asking, Options

WITH_BODY = ("post", "put", "patch")
VERBS = ("get", "head", "options", "delete", *WITH_BODY)


class Named:
    """
    A namespace of APIs.

    `get`, `head`, `options` and `delete` take `(name, endpoint, opts, http)`; `post`, `put` and `patch`
    take `(name, endpoint, body, opts, http)`. What the manifest declares is an attribute, whose verbs
    leave the name out. `opts`: `qs`, `versionToInvoke`, `externalAuthorization`, `inType`, `outType` …
    """

    def __init__(self, asking: Asking, kind: str) -> None:
        self._asking = asking
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        if name in VERBS:
            return _verb(self._asking, self._kind, name, None)
        if name in self._asking.declared[self._kind]:
            return Target(self._asking, self._kind, name)
        space, key = ("custom", "apis") if self._kind == "custom" else ("connectors", "connectors")
        raise AttributeError(
            f"req.mobile.{space} has no {name!r}: declare it in pyproject.toml under [tool.openmcs.{key}], "
            f'or call {space}.get("{name}", …, versionToInvoke="1.0")'
        )


class Target:
    """One declared API or connector."""

    def __init__(self, asking: Asking, kind: str, name: str) -> None:
        self._asking = asking
        self._kind = kind
        self._name = name

    def __getattr__(self, verb: str) -> Any:
        if verb in VERBS:
            return _verb(self._asking, self._kind, verb, self._name)
        raise AttributeError(f"an API has {', '.join(VERBS)}, not {verb!r}")


def _verb(asking: Asking, kind: str, verb: str, name: str | None) -> Callable[..., Any]:
    """The function of one verb; with a *name* it takes none."""

    def call(target: str, endpoint: str | None, body: Any, opts: Any, http: Any, named: Any) -> Any:
        options = Options(opts, http, named)
        path = str(endpoint or "").lstrip("/")
        uri = f"/mobile/{kind}/{target}" + (f"/{path}" if path else "")
        headers = {}
        if options.get("externalauthorization"):
            headers["oracle-mobile-external-authorization"] = str(options.get("externalauthorization"))
        space = "custom" if kind == "custom" else "connectors"
        return asking.ask(f"{space}.{target}.{verb}", verb.upper(), uri, options, body=body, headers=headers)

    if verb in WITH_BODY:

        def with_body(
            target: str, endpoint: str | None = "", body: Any = None, opts: Any = None, http: Any = None, **named: Any
        ) -> Any:
            return call(target, endpoint, body, opts, http, named)

        return with_body if name is None else lambda *args, **named: with_body(name, *args, **named)

    def without_body(target: str, endpoint: str | None = "", opts: Any = None, http: Any = None, **named: Any) -> Any:
        return call(target, endpoint, None, opts, http, named)

    return without_body if name is None else lambda *args, **named: without_body(name, *args, **named)
