"""
WSDL that was uploaded: read by zeep, an optional extra, `pip install 'openmcs[soap]'`.

A definition reads what was uploaded with it and nothing else: no address, no other file, no DTD, no entity.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

MOST_FILES = 100
LARGEST = 2 * 1024 * 1024
"""Characters of all files together."""
INSTALL = "SOAP connectors need zeep, which is not installed: pip install 'openmcs[soap]'"
_BASE = "http://uploaded/"
"""Where the files seem to be, so that what one says of another is found by the rules for addresses."""


class WsdlInvalid(ValueError):
    """No WSDL, one that asks for what was not uploaded, or one without a SOAP port; the message says what."""


class Bundle(msgspec.Struct, frozen=True):
    """What was uploaded: files by path, and the one to start from."""

    root: str
    files: dict[str, str]


class Operation(msgspec.Struct, frozen=True):
    """One operation of a port: called by its name, with an element in the body that may have another one."""

    name: str
    action: str
    input: str
    """What is sent, as `createOrder(id: xsd:string, …)` would be told to a caller."""
    output: str
    document: str = ""


class Port(msgspec.Struct, frozen=True):
    """One port of one service."""

    name: str
    """`Service/Port`"""
    address: str
    version: str
    """Of SOAP: `1.1` or `1.2`."""
    operations: list[Operation]


def is_installed() -> bool:
    """True where WSDL can be read."""
    return importlib.util.find_spec("zeep") is not None


def check(bundle: Bundle) -> None:
    """Raises `WsdlInvalid` for what is too much, or has no root."""
    if bundle.root not in bundle.files:
        raise WsdlInvalid(f"the file {bundle.root[:200]!r} was not uploaded")
    if len(bundle.files) > MOST_FILES or sum(map(len, bundle.files.values())) > LARGEST:
        raise WsdlInvalid(f"at most {MOST_FILES} files with {LARGEST} characters together")


def read(bundle: Bundle) -> Any:
    """zeep's document of *bundle*. Raises `WsdlInvalid`."""
    from lxml.etree import LxmlError
    from zeep import Settings
    from zeep.exceptions import Error
    from zeep.wsdl import Document

    # strict: a malformed file is refused rather than guessed at.
    settings = Settings(strict=True, forbid_dtd=True, forbid_entities=True, xml_huge_tree=False, force_https=False)
    try:
        return Document(_BASE + bundle.root, _Uploaded(bundle.files), settings=settings)
    except WsdlInvalid:
        raise
    except (
        Error,
        LxmlError,
        RecursionError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
    ) as error:
        # zeep says little by its own errors, and lets others through for definitions that contradict themselves.
        raise WsdlInvalid(f"{type(error).__name__}: {error}"[:500]) from None


def ports(document: Any) -> list[Port]:
    """The SOAP ports of a document. Raises `WsdlInvalid` when there is none."""
    found = [
        _port(service, port)
        for service in document.services.values()
        for port in service.ports.values()
        if port.binding is not None and hasattr(port.binding, "nsmap") and "soap-env" in port.binding.nsmap
    ]
    if not found:
        raise WsdlInvalid("there is no service with a SOAP port")
    return found


def _port(service: Any, port: Any) -> Port:
    operations = [_operation(each) for each in port.binding._operations.values()]
    version = "1.2" if "soap/envelope/" not in port.binding.nsmap["soap-env"] else "1.1"
    address = port.binding_options.get("address", "")
    return Port(f"{service.name}/{port.name}", address, version, sorted(operations, key=lambda each: each.name))


def _operation(operation: Any) -> Operation:
    return Operation(
        operation.name,
        operation.soapaction or "",
        _told(operation.input, as_output=False),
        _told(operation.output, as_output=True),
        (operation.abstract.documentation or "").strip()[:500] if hasattr(operation.abstract, "documentation") else "",
    )


def _told(message: Any, *, as_output: bool) -> str:
    if message is None:
        return ""
    name = message.body.name if message.body is not None else ""
    return f"{name}({message.signature(as_output=as_output) or ''})"[:1000]


class _Uploaded:
    """zeep's way to files: those that were uploaded."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def load(self, url: str) -> bytes:
        """The bytes of a file. Raises `WsdlInvalid` for anything else."""
        path = unquote(urlsplit(url).path).lstrip("/")
        if not url.startswith(_BASE) or path not in self._files:
            raise WsdlInvalid(f"{url.removeprefix(_BASE)[:200]!r} was not uploaded, and nothing is fetched")
        return self._files[path].encode()
