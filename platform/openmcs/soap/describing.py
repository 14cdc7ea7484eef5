"""
What a WSDL offers, found out in a process of its own behind walls: uploads are somebody else's.

The child is `python -I -m openmcs.soap.describing`; a bundle in and ports out are msgpack on its pipes.
"""

from __future__ import annotations

import msgspec

from openmcs.sandbox.child import Allowance, ChildFailed, ask, serve
from openmcs.soap import wsdl
from openmcs.soap.wsdl import Bundle, Port, WsdlInvalid

SECONDS = 10.0
ALLOWANCE = Allowance(seconds=SECONDS, memory=768 * 1024 * 1024)


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
        answer = ask("openmcs.soap.describing", msgspec.msgpack.encode(bundle), ALLOWANCE._replace(seconds=timeout))
        found = msgspec.msgpack.decode(answer, type=_Found)
    except ChildFailed as failed:
        raise WsdlInvalid(f"it was not read: {failed}") from None
    except msgspec.DecodeError:
        raise WsdlInvalid("it was not read: it made the reader answer nonsense") from None
    if found.problem:
        raise WsdlInvalid(found.problem)
    return found.ports


def describe_here(bundle: Bundle) -> list[Port]:
    """`describe` in this process; for the child, and for tests of what is inside. Raises `WsdlInvalid`."""
    return wsdl.ports(wsdl.read(bundle))


def main() -> None:
    """The child's side."""
    serve(_prepare, _answer, ALLOWANCE)


def _prepare() -> None:
    """Import all that reading takes; zeep imports its bindings in the middle of its work."""
    import zeep.wsdl.bindings

    assert zeep.wsdl.bindings


def _answer(question: bytes) -> bytes:
    try:
        found = _Found(describe_here(msgspec.msgpack.decode(question, type=Bundle)))
    except WsdlInvalid as error:
        found = _Found([], str(error))
    return msgspec.msgpack.encode(found)


if __name__ == "__main__":
    main()
