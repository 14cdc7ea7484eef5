"""
Connectors: systems behind the platform that implementations call by name (contract: custom code, section 4).

A rule adds header fields and query parameters to the calls of some resources and methods. Credentials are
sealed; the rest is plain. A SOAP connector has an uploaded WSDL, and one of its ports.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec

from openmcs.catalog import activity
from openmcs.catalog.names import check_name, check_version
from openmcs.catalog.secrets import SecretUnreadable, Vault
from openmcs.errors import DefinitionInvalid, RequestInvalid
from openmcs.exchange import Finding
from openmcs.soap.describing import describe
from openmcs.soap.envelope import UsernameToken
from openmcs.soap.wsdl import Bundle, Port, WsdlInvalid
from openmcs.store import catalog as questions
from openmcs.store import connectors as store
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.ids import new_id

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
KINDS = ("REST", "SOAP")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
MOST_RULES = 100
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_RESERVED_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te"})


class Rule(msgspec.Struct, frozen=True, omit_defaults=False):
    """What is added to calls of *resource* (`*` for anything; empty for every one) by *methods* (none: all)."""

    resource: str = ""
    methods: list[str] = []
    headers: dict[str, str] = {}
    query: dict[str, str] = {}

    def holds_for(self, method: str, path: str) -> bool:
        """True when a call of *method* to *path* (below the base URL) is one of its."""
        if self.methods and method not in self.methods:
            return False
        return not self.resource or _pattern(self.resource).fullmatch(path.rstrip("/") or "/") is not None


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """A connector as an author writes it."""

    name: str
    version: str = "1.0"
    kind: str = "REST"
    title: str = ""
    description: str = ""
    base_url: str = ""
    """For SOAP it may be empty: the address that the WSDL names."""
    rules: list[Rule] = []
    allow: list[str] = []
    connect_timeout_ms: int | None = None
    read_timeout_ms: int | None = None
    wsdl: Bundle | None = None
    """SOAP: what was uploaded; None leaves what is there."""
    port: str = ""
    """SOAP: `Service/Port`; empty for the first one."""


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector as it is called."""

    id: str
    name: str
    version: str
    etag: int
    base_url: str
    rules: tuple[Rule, ...]
    allow: tuple[Network, ...]
    connect_timeout_ms: int | None
    read_timeout_ms: int | None
    header: tuple[str, str] | None = field(default=None, repr=False)
    """The header field that its credentials are."""
    unreadable: bool = False
    """True when no key here opens its credentials: it is not called without them."""
    kind: str = "REST"
    wsdl: str = field(default="", repr=False)
    """SOAP: the bundle as JSON, which is read when the connector is called first."""
    port: str = ""
    token: UsernameToken | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Connectors:
    """Makes and changes connectors."""

    database: Database
    vault: Vault

    def save(self, definition: Definition, by: str, *, id_: str | None = None, etag: int | None = None) -> str:
        """
        Add a connector, or change the one with that id; its id.

        Raises `RequestInvalid`, `DefinitionInvalid` for the WSDL, `Conflict` and kin.
        """
        values = _checked(definition, self._known(id_))
        new, id_ = id_ is None, id_ or new_id()
        with self.database.write() as connection, activity.change(connection, by, "connector", id_):
            if new:
                now = now_us()
                added = {"id": id_, "etag": 1, "created_at": now, "modified_at": now}
                store.insert_connector(connection, {**values, **added})
            else:
                store.update_connector(connection, id_, values, etag)
            questions.bump_revision(connection)
        return id_

    def _known(self, id_: str | None) -> Mapping[Any, Any] | None:
        if id_ is None:
            return None
        with self.database.read() as connection:
            return store.connector_row(connection, id_)

    def save_by_name(self, definition: Definition, by: str) -> str:
        """Make or change the connector of that name and version; its id."""
        with self.database.read() as connection:
            known = store.connector_named(connection, definition.name, definition.version)
        return self.save(definition, by, id_=known["id"] if known else None)

    def set_credentials(self, id_: str, credentials: Mapping[str, str] | None, by: str) -> None:
        """Give it credentials, or take them away. Raises `RequestInvalid` and `ResourceNotFound`."""
        sealed = None
        if credentials is not None:
            row = self._known(id_)
            if credentials.get("kind") == "wsse" and row is not None and row["kind"] != "SOAP":
                raise RequestInvalid("credentials: kind wsse is for SOAP connectors.")
            opened_credentials(credentials)
            sealed = self.vault.seal(json.dumps(dict(credentials)))
        with self.database.write() as connection, activity.change(connection, by, "connector", id_):
            store.update_connector(connection, id_, {"credentials": sealed}, None)
            questions.bump_revision(connection)

    def shown_credentials(self, row: Mapping[Any, Any]) -> dict[str, str] | None:
        """What may be seen of a connector's credentials: never the secret part."""
        if row["credentials"] is None:
            return None
        try:
            credentials = json.loads(self.vault.unseal(row["credentials"]))
        except SecretUnreadable:
            return {"kind": "unreadable"}
        return {key: value for key, value in credentials.items() if key in ("kind", "username", "name")}


def opened(rows: Iterable[Mapping[Any, Any]], vault: Vault) -> dict[tuple[str, str], Connector]:
    """Rows as they are called, by name (lower case) and version."""
    found = (connector_of(row, vault) for row in rows)
    return {(each.name.lower(), each.version): each for each in found}


def connector_of(row: Mapping[Any, Any], vault: Vault) -> Connector:
    """One row as it is called."""
    header, token, unreadable = None, None, False
    if row["credentials"] is not None:
        try:
            header, token = opened_credentials(json.loads(vault.unseal(row["credentials"])))
        except SecretUnreadable:
            unreadable = True
    return Connector(
        id=row["id"],
        name=row["name"],
        version=row["version"],
        etag=row["etag"],
        base_url=row["base_url"],
        rules=tuple(msgspec.json.decode(row["rules"], type=list[Rule])),
        allow=tuple(ipaddress.ip_network(each) for each in json.loads(row["allow"])),
        connect_timeout_ms=row["connect_timeout_ms"],
        read_timeout_ms=row["read_timeout_ms"],
        header=header,
        unreadable=unreadable,
        kind=row["kind"],
        wsdl=row["wsdl"] or "",
        port=row["port"],
        token=token,
    )


def opened_credentials(credentials: Mapping[str, str]) -> tuple[tuple[str, str] | None, UsernameToken | None]:
    """Credentials as they are sent: a header field, or a token in the envelope. Raises `RequestInvalid`."""
    if credentials.get("kind") != "wsse":
        return credential_header(credentials), None
    username, password = credentials.get("username"), credentials.get("password")
    if not username or not password or not isinstance(username, str) or not isinstance(password, str):
        raise RequestInvalid("credentials: wsse needs username and password.")
    if any(ord(character) < 32 for character in username + password):
        raise RequestInvalid("credentials: wsse needs username and password, as texts of one line.")
    return None, UsernameToken(username, password, credentials.get("digest") == "true")


def credential_header(credentials: Mapping[str, str]) -> tuple[str, str]:
    """The header field of basic, bearer or header credentials. Raises `RequestInvalid`."""
    kind = credentials.get("kind")
    needed = {"basic": ("username", "password"), "bearer": ("token",), "header": ("name", "value")}.get(str(kind))
    if needed is None:
        raise RequestInvalid("credentials: kind is basic, bearer, header or, for SOAP, wsse.")
    for key in needed:
        value = credentials.get(key)
        if not isinstance(value, str) or not value or any(character in value for character in "\r\n\0"):
            raise RequestInvalid(f"credentials: {kind} needs {' and '.join(needed)}, as texts of one line.")
    if kind == "basic":
        pair = f"{credentials['username']}:{credentials['password']}"
        return "authorization", "Basic " + base64.b64encode(pair.encode()).decode()
    if kind == "bearer":
        return "authorization", f"Bearer {credentials['token']}"
    _check_header(credentials["name"], credentials["value"], "credentials")
    return credentials["name"].lower(), credentials["value"]


# ── checking ─────────────────────────────────────────────────────────────────────────────────────────


def _checked(definition: Definition, known: Mapping[Any, Any] | None) -> dict[str, Any]:
    check_name(definition.name)
    check_version(definition.version)
    if definition.kind not in KINDS:
        raise RequestInvalid(f"kind: one of {', '.join(KINDS)}.")
    soap: dict[str, Any] = {"wsdl": None, "port": "", "operations": "[]"}
    base_url = definition.base_url
    if definition.kind == "SOAP":
        soap, address = _checked_wsdl(definition, known)
        base_url = base_url or address
        if used := [
            rule.resource or ", ".join(rule.methods) for rule in definition.rules if rule.resource or rule.methods
        ]:
            raise RequestInvalid(f"rules: those of a SOAP connector are for all its calls, not for {used[0]}.")
    _check_base_url(base_url, may_have_query=definition.kind == "SOAP")
    if len(definition.rules) > MOST_RULES:
        raise RequestInvalid(f"rules: at most {MOST_RULES}.")
    for number, rule in enumerate(definition.rules, 1):
        _check_rule(rule, f"rules, number {number}")
    for key in ("connect_timeout_ms", "read_timeout_ms"):
        value = getattr(definition, key)
        if value is not None and not 1 <= value <= 3_600_000:
            raise RequestInvalid(f"{key}: between 1 and 3600000.")
    return {
        "name": definition.name,
        "version": definition.version,
        "title": definition.title,
        "description": definition.description,
        "kind": definition.kind,
        **soap,
        "base_url": base_url if definition.kind == "SOAP" else base_url.rstrip("/"),
        "rules": msgspec.json.encode(definition.rules).decode(),
        "allow": json.dumps(_checked_networks(definition.allow)),
        "connect_timeout_ms": definition.connect_timeout_ms,
        "read_timeout_ms": definition.read_timeout_ms,
    }


def described(bundle: Bundle) -> list[Port]:
    """The SOAP ports of a WSDL; blocks. Raises `DefinitionInvalid`."""
    try:
        return describe(bundle)
    except WsdlInvalid as error:
        finding = Finding("WSDL_INVALID", str(error), bundle.root)
        raise DefinitionInvalid(f"wsdl: {error}.", findings=[finding]) from None


def _checked_wsdl(definition: Definition, known: Mapping[Any, Any] | None) -> tuple[dict[str, Any], str]:
    """The columns of a SOAP connector, and the address that its port names."""
    bundle = definition.wsdl
    if bundle is None and known is not None and known["wsdl"]:
        bundle = msgspec.json.decode(known["wsdl"], type=Bundle)
    if bundle is None:
        raise RequestInvalid("wsdl: a SOAP connector needs one: {root, files}.")
    ports = described(bundle)
    fitting = [each for each in ports if definition.port in ("", each.name)]
    if not fitting:
        raise RequestInvalid(f"port: the WSDL has {', '.join(each.name for each in ports)}.")
    port = fitting[0]
    operations = msgspec.json.encode(port.operations).decode()
    return {"wsdl": msgspec.json.encode(bundle).decode(), "port": port.name, "operations": operations}, port.address


def _check_base_url(base_url: str, *, may_have_query: bool = False) -> None:
    try:
        parts = urlsplit(base_url)
        port_fits = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        port_fits, parts = False, urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_fits or len(base_url) > 1000:
        raise RequestInvalid("baseUrl: an address such as https://erp.example.com/api.")
    if parts.username or parts.password:
        raise RequestInvalid("baseUrl: credentials do not belong into the address; set them as credentials.")
    if (parts.query and not may_have_query) or parts.fragment or any(character <= " " for character in base_url):
        raise RequestInvalid("baseUrl: without query, fragment or blanks; query parameters belong into a rule.")


def _check_rule(rule: Rule, where: str) -> None:
    if rule.resource and not rule.resource.startswith("/"):
        raise RequestInvalid(f"{where}: the resource begins with /.")
    if unknown := [each for each in rule.methods if each not in METHODS]:
        raise RequestInvalid(f"{where}: {unknown[0]!r} is no method; known are {', '.join(METHODS)}.")
    for name, value in rule.headers.items():
        _check_header(name, value, where)
        if name.lower() in ("authorization", "cookie"):
            raise RequestInvalid(f"{where}: {name} is a secret; set it as credentials, which are encrypted.")


def _check_header(name: str, value: str, where: str) -> None:
    if not _HEADER_NAME.fullmatch(name) or name.lower() in _RESERVED_HEADERS:
        raise RequestInvalid(f"{where}: {name[:100]!r} is no header field that can be set.")
    if any(character in value for character in "\r\n\0"):
        raise RequestInvalid(f"{where}: the value of {name} has more than one line.")


def _checked_networks(allow: Sequence[str]) -> list[str]:
    try:
        return [str(ipaddress.ip_network(each, strict=False)) for each in allow]
    except ValueError as error:
        raise RequestInvalid(f"allow: {error}; write addresses or networks, such as 10.1.0.0/16.") from None


def _pattern(resource: str) -> re.Pattern[str]:
    """`*` is one segment, or the rest when it is the last character."""
    text = resource.rstrip("/") or "/"
    if text.endswith("/*"):
        return re.compile(_segments(text[:-2]) + "(?:/.*)?")
    return re.compile(_segments(text))


def _segments(text: str) -> str:
    return "[^/]*".join(re.escape(part) for part in re.sub(r"\{[^{}/]+\}", "*", text).split("*"))
