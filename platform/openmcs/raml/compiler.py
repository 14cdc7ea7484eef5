"""
A bundle to a contract and findings, in a process of its own with limits: uploads are somebody else's.

The child is `python -I -m openmcs.raml.compiler`; bundle in and result out are msgpack on its pipes.
"""

from __future__ import annotations

import re
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
_HEADER = re.compile(r"^#%RAML\s+(0\.8|1\.0)(?:\s+(\w+))?\s*$")


class Compiled(msgspec.Struct):
    """What came of a bundle: the contract when it could be made, and all findings."""

    contract: Contract | None
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """True when there is a contract and no error."""
        return self.contract is not None and not any(each.severity == "error" for each in self.findings)

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
    from openmcs.raml.build import build
    from openmcs.raml.check import Checks
    from openmcs.raml.expand import expand
    from openmcs.raml.load import Loader, Unreadable
    from openmcs.raml.security import check_security
    from openmcs.raml.types import TypeChecks

    loader = Loader(bundle)
    try:
        tree, header = loader.load(root)
    except Unreadable as error:
        return Compiled(None, (error.finding,))
    version, findings = _version(header, root)
    if version is None:
        return Compiled(None, tuple(findings))
    if not tree.is_map:
        message = "the document is a mapping of keys such as title and resources"
        return Compiled(None, (Finding("RAML_ROOT", message, root, tree.place.line, tree.place.column),))
    expanded = expand(tree, loader)
    checks = Checks(version)
    checks.root(expanded.root)
    findings += expanded.findings + checks.findings
    findings += check_security(tree, version)
    if version == "1.0":
        types = TypeChecks(expanded.root, loader)
        types.run()
        findings += types.findings
    contract, more = build(expanded.root, version)
    findings += more
    return Compiled(contract, tuple(_distinct(findings)[:MOST_FINDINGS]))


def _version(header: str, root: str) -> tuple[str | None, list[Finding]]:
    found = _HEADER.match(header)
    if found is None:
        message = f"the first line is {header[:60]!r}; it has to be #%RAML 0.8 or #%RAML 1.0"
        return None, [Finding("RAML_HEADER", message, root, 1, 1)]
    if found.group(2) in ("Overlay", "Extension"):
        message = f"a {found.group(2)} is no API of its own; upload the API with it applied"
        return None, [Finding("RAML_FRAGMENT", message, root, 1, 1)]
    if found.group(2) is not None:
        message = f"the document is a {found.group(2)}, a fragment for others to use, not an API"
        return None, [Finding("RAML_FRAGMENT", message, root, 1, 1)]
    return found.group(1), []


def _distinct(findings: list[Finding]) -> list[Finding]:
    """A trait that is used ten times is wrong once; in the order of the text."""
    seen = dict.fromkeys(findings)
    return sorted(seen, key=lambda each: (each.file or "", each.line or 0, each.column or 0))


def main() -> None:
    """The child's side."""
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
