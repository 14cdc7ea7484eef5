"""
What a WSDL offers, found out in a process of its own with limits: uploads are somebody else's.

The child is `python -I -m openmcs.soap.describing`; a bundle in and ports out are msgpack on its pipes.
"""

from __future__ import annotations

import codecs
import resource
import subprocess
import sys

import msgspec

from openmcs.soap import wsdl
from openmcs.soap.wsdl import Bundle, Port, WsdlInvalid

SECONDS = 10.0
MEMORY = 768 * 1024 * 1024


class _Found(msgspec.Struct):
    ports: list[Port]
    problem: str = ""


def describe(bundle: Bundle, *, timeout: float = SECONDS) -> list[Port]:
    """
    The SOAP ports of *bundle*, from a child process; blocks, so call it from a thread.

    Raises `WsdlInvalid`, whatever the definition does to the child.
    """
    if not wsdl.is_installed():
        raise WsdlInvalid(wsdl.INSTALL)
    wsdl.check(bundle)
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-m", "openmcs.soap.describing"],
            input=msgspec.msgpack.encode(bundle),
            capture_output=True,
            timeout=timeout,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WsdlInvalid(f"it takes longer than {timeout:g} s to read") from None
    if child.returncode != 0:
        raise WsdlInvalid("it takes more memory or time than a definition may")
    found = msgspec.msgpack.decode(child.stdout, type=_Found)
    if found.problem:
        raise WsdlInvalid(found.problem)
    return found.ports


def describe_here(bundle: Bundle) -> list[Port]:
    """`describe` in this process; for the child, and for what was described before. Raises `WsdlInvalid`."""
    return wsdl.ports(wsdl.read(bundle))


def _close_off() -> None:
    """From here on nothing can be opened; everything that is needed has been imported."""
    import zeep.wsdl.bindings

    assert zeep.wsdl.bindings  # which zeep itself imports in the middle of its work
    for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "ascii", "idna"):
        codecs.lookup(name)
    for kind, limit in (
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_CPU, int(SECONDS) + 1),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


def main() -> None:
    """The child's side."""
    _close_off()
    bundle = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Bundle)
    try:
        found = _Found(describe_here(bundle))
    except WsdlInvalid as error:
        found = _Found([], str(error))
    sys.stdout.buffer.write(msgspec.msgpack.encode(found))


if __name__ == "__main__":
    main()
