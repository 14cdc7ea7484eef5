"""
`req.mobile.config`: what the team configured for this API, or for the backend that is called.

A value of the backend wins over the API's of the same name. Secrets are read in the same way; they are
encrypted where the platform keeps them, and a log line that carries one shows `***` in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Configuration(Mapping[str, str]):
    """A read-only mapping of names to texts."""

    def __init__(self, values: Mapping[str, Mapping[str, str]], backend: str) -> None:
        self._values = {**values.get("", {}), **values.get(backend, {})}

    def __getitem__(self, name: str) -> str:
        try:
            return self._values[name]
        except KeyError:
            raise KeyError(
                f"{name!r} is not configured; set it with: openmcs env set {name} <value> --api <api> (or --backend)"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Configuration of {', '.join(sorted(self._values)) or 'nothing'}>"
