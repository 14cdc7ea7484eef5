"""
An uploaded archive, read in a process of its own behind the walls: its files and its manifest.

    read(data)     zip in, files and manifest out; what is wrong comes back as findings

Inflating and parsing are where an upload could do harm; here it can do none but to the child, which
touches no disk. The child is `python -I -m openmcs.catalog.reading`.
"""

from __future__ import annotations

import msgspec

from openmcs.catalog import archive, manifest
from openmcs.catalog.archive import Archive
from openmcs.catalog.manifest import Manifest
from openmcs.errors import ImplementationInvalid
from openmcs.exchange import Finding
from openmcs.sandbox.child import Allowance, ChildFailed, ask, serve

MIB = 2**20
ALLOWANCE = Allowance(seconds=20.0, memory=320 * MIB, answer=archive.Limits().total + 4 * MIB)
"""An archive of the largest size is in the child's memory three times: as it came, inflated, and as the answer."""


class Read(msgspec.Struct):
    """What came of an archive."""

    files: dict[str, bytes] = {}
    top: str | None = None
    manifest: Manifest | None = None
    findings: tuple[Finding, ...] = ()
    detail: str = ""


def read(data: bytes, *, strict: bool = False) -> tuple[Archive, Manifest]:
    """
    The files and the manifest of the zip file *data*.

    Raises `ImplementationInvalid` with the findings of `archive.read` and `manifest.read`, or with
    ARCHIVE_TOO_EXPENSIVE when the child was ended over it. Raises `SandboxUnavailable` when *strict* is
    wanted and cannot be had.
    """
    archive.refuse_too_large(data)
    try:
        answer = ask("openmcs.catalog.reading", data, ALLOWANCE, strict=strict)
        found = msgspec.msgpack.decode(answer, type=Read)
    except ChildFailed as failed:
        raise _not_read(str(failed)) from failed
    except msgspec.DecodeError as error:
        raise _not_read("it made the reader answer nonsense") from error
    if found.findings or found.manifest is None:
        raise ImplementationInvalid(found.detail, findings=found.findings)
    return Archive(found.files, found.top), found.manifest


def read_here(data: bytes) -> Read:
    """Read in this process; for the child."""
    try:
        found = archive.read(data)
        return Read(found.files, found.top, manifest.read(found.files))
    except ImplementationInvalid as error:
        return Read(findings=error.findings, detail=error.detail)


def _not_read(reason: str) -> ImplementationInvalid:
    message = f"The archive was not read: {reason}."
    return ImplementationInvalid(message, findings=[Finding("ARCHIVE_TOO_EXPENSIVE", message)])


def main() -> None:
    """The child's side."""
    serve(lambda: None, lambda data: msgspec.msgpack.encode(read_here(data)), ALLOWANCE)


if __name__ == "__main__":
    main()
