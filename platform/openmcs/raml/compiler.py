"""
A bundle to a contract and findings, in a process of its own with limits: uploads are somebody else's.

The child is `python -I -m openmcs.raml.compiler`; bundle in and result out are msgpack on its pipes.
"""

from __future__ import annotations

import codecs
import resource
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from openmcs.exchange import Finding
from openmcs.raml.contract import Contract

SECONDS = 15.0
MEMORY = 768 * 1024 * 1024
MOST_FINDINGS = 500


class Compiled(msgspec.Struct):
    """What came of a bundle: the contract when it could be made, and all findings."""

    contract: Contract | None
    findings: tuple[Finding, ...]
    fragment: str | None = None
    """The kind of a document that is no API, such as `Library`; it has no contract."""

    @property
    def valid(self) -> bool:
        """True when there is no error, in an API or in a fragment for APIs."""
        is_whole = self.contract is not None or self.fragment is not None
        return is_whole and not any(each.severity == "error" for each in self.findings)

    def resources(self) -> list[dict[str, Any]]:
        """Paths and their methods."""
        return self.contract.summary() if self.contract is not None else []


class _Job(msgspec.Struct):
    bundle: dict[str, bytes]
    root: str


def compile(bundle: Mapping[str, bytes], root: str, *, timeout: float = SECONDS) -> Compiled:
    """Compile in a child process. Whatever the bundle does to it becomes a finding."""
    job = msgspec.msgpack.encode(_Job(dict(bundle), root))
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-m", "openmcs.raml.compiler"],
            input=job,
            capture_output=True,
            timeout=timeout,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _gave_up(root, f"it takes longer than {timeout:g} s to read")
    if child.returncode != 0:
        return _gave_up(root, "it takes more memory or time than a definition may")
    return msgspec.msgpack.decode(child.stdout, type=Compiled)


def _gave_up(root: str, reason: str) -> Compiled:
    return Compiled(None, (Finding("RAML_TOO_EXPENSIVE", f"the definition was not read: {reason}", root, 1, 1),))


def compile_here(bundle: Mapping[str, bytes], root: str) -> Compiled:
    """Compile in this process; for the child, and for tests of what is inside."""
    try:
        return _compile_here(bundle, root)
    except RecursionError:
        # A file is a hundred levels deep at most, but includes and aliases put files and values into one another.
        message = "includes or aliases put too many levels inside one another"
        return Compiled(None, (Finding("RAML_TOO_DEEP", message, root, 1, 1),))


def _compile_here(bundle: Mapping[str, bytes], root: str) -> Compiled:
    from openmcs.raml.document import Document

    found = Document(bundle, root)
    return Compiled(found.contract, tuple(_distinct(found.findings)[:MOST_FINDINGS]), found.fragment)


def _distinct(findings: list[Finding]) -> list[Finding]:
    """A trait that is used ten times is wrong once; in the order of the text."""
    seen = dict.fromkeys(findings)
    return sorted(seen, key=lambda each: (each.file or "", each.line or 0, each.column or 0))


def _close_off() -> None:
    """
    From here on nothing can be opened: no file, no socket, in Python or in a library below it.

    Everything that is needed has been imported; the three pipes are all there is.
    """
    for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "ascii", "idna"):
        codecs.lookup(name)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def main() -> None:
    """The child's side."""
    from openmcs.raml import document, nodes

    assert document
    nodes.prepare()
    _close_off()
    for kind, limit in (
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_CPU, int(SECONDS) + 1),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Job)
    sys.stdout.buffer.write(msgspec.msgpack.encode(compile_here(job.bundle, job.root)))


if __name__ == "__main__":
    main()
