"""
A bundle to a contract and findings, in a process of its own behind walls: uploads are somebody else's.

The child is `python -I -m openmcs.raml.compiler`; bundle in and result out are msgpack on its pipes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from openmcs.exchange import Finding
from openmcs.raml.contract import Contract
from openmcs.sandbox.child import Allowance, ChildFailed, ask, serve

SECONDS = 15.0
MEMORY = 768 * 1024 * 1024
ALLOWANCE = Allowance(seconds=SECONDS, memory=MEMORY)
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
    question = msgspec.msgpack.encode(_Job(dict(bundle), root))
    try:
        answer = ask("openmcs.raml.compiler", question, ALLOWANCE._replace(seconds=timeout))
        return msgspec.msgpack.decode(answer, type=Compiled)
    except ChildFailed as failed:
        return _gave_up(root, str(failed))
    except msgspec.DecodeError:
        return _gave_up(root, "it made the compiler answer nonsense")


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


def main() -> None:
    """The child's side."""
    from openmcs.raml import document, nodes

    assert document
    serve(nodes.prepare, _answer, ALLOWANCE)


def _answer(question: bytes) -> bytes:
    job = msgspec.msgpack.decode(question, type=_Job)
    return msgspec.msgpack.encode(compile_here(job.bundle, job.root))


if __name__ == "__main__":
    main()
