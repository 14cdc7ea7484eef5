"""
The project folder: what a team keeps in Git (`docs/project.md`).

    backends/<name>.toml          a mobile backend
    connectors/<name>.toml        a system behind the platform
    custom_code/<api>/api.toml    an API: its RAML, its security, its default implementation
    platform.toml                 the server's settings (read by `settings`)

Reading turns files into the bodies of the tools API's calls, so that `dev`, `deploy` and CI go one way.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from openmcs.catalog import archive
from openmcs.errors import DefinitionInvalid
from openmcs.exchange import Finding

_BACKEND_KEYS = {
    "name",
    "version",
    "description",
    "apis",
    "auth",
    "cors",
    "clients",
    "app_policies",
    "backend_id",
    "anonymous_key",
    "realm",
    "users",
}
_API_KEYS = {
    "name",
    "version",
    "title",
    "description",
    "raml",
    "login_required",
    "roles",
    "endpoints",
    "implementation",
}
_CONNECTOR_KEYS = {
    "name",
    "version",
    "title",
    "description",
    "base_url",
    "rules",
    "allow",
    "connect_timeout_ms",
    "read_timeout_ms",
    "wsdl",
    "port",
}
_LEFT_OUT = {
    "__pycache__",
    ".venv",
    ".git",
    ".openmcs",
    "node_modules",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".DS_Store",
}
LARGEST_FILE = 20 * 1024 * 1024


class ApiFolder(NamedTuple):
    """One folder below `custom_code`."""

    name: str
    version: str
    definition: dict[str, Any]
    """Body of `PUT /apis/by-name/{name}/{version}`."""
    implementation: bytes | None
    """The zip of the default implementation, or None when the folder has none."""


class BackendFile(NamedTuple):
    """One file below `backends`."""

    name: str
    version: str
    definition: dict[str, Any]
    """Body of `PUT /mobilebackends/by-name/{name}/{version}`."""


def read_backend(file: Path) -> BackendFile:
    """Read `backends/<name>.toml`. Raises `DefinitionInvalid` with file and line."""
    text = file.read_text("utf-8")
    values = _toml(text, file)
    _known(values, _BACKEND_KEYS, text, file)
    name = _text(values, "name", text, file, default=file.stem)
    auth = values.get("auth", {})
    _known(auth, {"basic", "anonymous"}, text, file)
    definition: dict[str, Any] = {
        "name": name,
        "version": _text(values, "version", text, file, default="1.0"),
        "description": values.get("description", ""),
        "basicAuth": auth.get("basic", True),
        "anonymousAuth": auth.get("anonymous", True),
        "realm": values.get("realm", "Default"),
        "corsOrigins": values.get("cors", {}).get("origins", []),
        "appPolicies": values.get("app_policies", {}),
        "apis": [_api_reference(each, text, file) for each in values.get("apis", [])],
        "clients": [_client(each, text, file) for each in values.get("clients", [])],
        "users": [_user(each, text, file) for each in values.get("users", [])],
    }
    for key, field in (("backend_id", "backendId"), ("anonymous_key", "anonymousKey")):
        if key in values:
            definition[field] = values[key]
    return BackendFile(name, definition["version"], definition)


def read_api(directory: Path, *, implementation: str | None = None) -> ApiFolder:
    """
    Read `custom_code/<api>/`, with *implementation* naming another folder than `api.toml` does.

    Raises `DefinitionInvalid` with file and line.
    """
    file = directory / "api.toml"
    if not file.is_file():
        raise _invalid("PROJECT_FILE_MISSING", f"{directory} has no api.toml", file, None)
    text = file.read_text("utf-8")
    values = _toml(text, file)
    _known(values, _API_KEYS, text, file)
    name = _text(values, "name", text, file, default=directory.name)
    version = _text(values, "version", text, file, default="1.0")
    root = _text(values, "raml", text, file, default=f"{directory.name}.raml")
    chosen = implementation or values.get("implementation", ".")
    code = (directory / chosen).resolve()
    if not code.is_relative_to(directory.resolve()):
        raise _invalid(
            "PROJECT_PATH_ESCAPES",
            f"implementation = {chosen!r} leaves the folder",
            file,
            _line(text, "implementation"),
        )
    return ApiFolder(
        name=name,
        version=version,
        definition={
            "name": name,
            "version": version,
            "title": values.get("title", name),
            "desc": values.get("description", ""),
            "security": {
                "loginRequired": values.get("login_required", False),
                "roles": values.get("roles", []),
                "endpoints": [_endpoint(each, text, file) for each in values.get("endpoints", [])],
            },
            **_raml(directory, root, text, file),
        },
        implementation=_zip(code, name) if _has_manifest(code) else None,
    )


class ConnectorFile(NamedTuple):
    """One file below `connectors`."""

    name: str
    version: str
    definition: dict[str, Any]
    """Body of `PUT /connectors/by-name/{name}/{version}`."""


def read_connector(file: Path) -> ConnectorFile:
    """
    Read `connectors/<name>.toml`; credentials are no part of it.

    Raises `DefinitionInvalid` with file and line.
    """
    text = file.read_text("utf-8")
    values = _toml(text, file)
    for key in ("credentials", "password", "token", "username"):
        if key in values:
            message = f"{key} does not belong into a file; run: openmcs connector credentials {file.stem} --help"
            raise _invalid("PROJECT_FIELD_INVALID", message, file, _line(text, key))
    _known(values, _CONNECTOR_KEYS, text, file)
    for rule in values.get("rules", []):
        _known(rule, {"resource", "methods", "headers", "query"}, text, file)
    name = _text(values, "name", text, file, default=file.stem)
    version = _text(values, "version", text, file, default="1.0")
    definition = {
        "name": name,
        "version": version,
        "title": values.get("title", ""),
        "desc": values.get("description", ""),
        "baseUrl": _text(values, "base_url", text, file, default=""),
        "rules": values.get("rules", []),
        "allow": values.get("allow", []),
        "connectTimeoutMs": values.get("connect_timeout_ms"),
        "readTimeoutMs": values.get("read_timeout_ms"),
    }
    if "wsdl" in values:
        root = _text(values, "wsdl", text, file, default="")
        definition |= {"kind": "SOAP", "wsdl": _wsdl(root, text, file), "port": values.get("port", "")}
    return ConnectorFile(name, version, definition)


def _wsdl(root: str, text: str, file: Path) -> dict[str, Any]:
    """The WSDL, and every WSDL and XML Schema below the folder that it is in: what it may import."""
    folder = file.parent.resolve()
    start = (folder / root).resolve()
    if not start.is_file() or not start.is_relative_to(folder):
        raise _invalid("PROJECT_WSDL_MISSING", f"wsdl = {root!r} is no file here", file, _line(text, "wsdl"))
    name = start.relative_to(folder).as_posix()
    beside = [] if "/" not in name else _files_of(folder / name.partition("/")[0])
    read = [start, *(each for each in beside if each.suffix.lower() in {".wsdl", ".xsd"})]
    files = {each.relative_to(folder).as_posix(): each.read_bytes().decode("utf-8", "replace") for each in read}
    return {"root": name, "files": files}


def _raml(directory: Path, root: str, text: str, file: Path) -> dict[str, Any]:
    """The root and every file that an include may name: text files of RAML, schemas and examples."""
    start = (directory / root).resolve()
    if not start.is_file() or not start.is_relative_to(directory.resolve()):
        raise _invalid("PROJECT_RAML_MISSING", f"raml = {root!r} is no file here", file, _line(text, "raml"))
    main = start.read_bytes().decode("utf-8", "replace")
    files = {root: main}
    if "!include" in main or re.search(r"^uses:", main, re.MULTILINE):
        for each in _files_of(directory):
            relative = each.relative_to(directory).as_posix()
            if each.suffix.lower() in {".raml", ".yaml", ".yml", ".json", ".xsd", ".md", ".txt", ".xml"}:
                files[relative] = each.read_bytes().decode("utf-8", "replace")
    return {"apiDefn": [main], "files": files, "root": root}


def _zip(code: Path, name: str) -> bytes:
    files = {each.relative_to(code).as_posix(): each.read_bytes() for each in _files_of(code)}
    return archive.write(files, name)


def _files_of(directory: Path) -> Iterable[Path]:
    for each in sorted(directory.rglob("*")):
        parts = each.relative_to(directory).parts
        if any(part in _LEFT_OUT or part.startswith(".") or part.endswith((".pyc", ".egg-info")) for part in parts):
            continue
        if each.is_file() and not each.is_symlink() and each.stat().st_size <= LARGEST_FILE:
            yield each


def _has_manifest(code: Path) -> bool:
    return (code / "pyproject.toml").is_file() or (code / "package.json").is_file()


def _api_reference(value: Any, text: str, file: Path) -> dict[str, str]:
    if isinstance(value, str):
        name, _, version = value.partition(" ")
        return {"name": name, "version": version.strip() or "1.0"}
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return {"name": value["name"], "version": str(value.get("version", "1.0"))}
    raise _invalid(
        "PROJECT_FIELD_INVALID", 'apis: each is "name version" or a table with name', file, _line(text, "apis")
    )


def _client(value: dict[str, Any], text: str, file: Path) -> dict[str, Any]:
    _known(value, {"name", "platform", "client_id", "version", "application_key"}, text, file)
    return {
        "name": value.get("name", value.get("client_id", "")),
        "platform": str(value.get("platform", "WEB")).upper(),
        "clientId": value.get("client_id", ""),
        "version": str(value.get("version", "1.0")),
        "applicationKey": value.get("application_key"),
    }


def _user(value: dict[str, Any], text: str, file: Path) -> dict[str, Any]:
    _known(value, {"username", "password", "first_name", "last_name", "email", "roles"}, text, file)
    return {
        "username": value.get("username", ""),
        "password": value.get("password", ""),
        "firstName": value.get("first_name", ""),
        "lastName": value.get("last_name", ""),
        "email": value.get("email", ""),
        "roles": value.get("roles", []),
    }


def _endpoint(value: dict[str, Any], text: str, file: Path) -> dict[str, Any]:
    _known(value, {"method", "path", "roles"}, text, file)
    return {
        "method": str(value.get("method", "")).upper(),
        "path": value.get("path", ""),
        "roles": value.get("roles", []),
    }


def _toml(text: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+), column (\d+)", str(error))
        place = (int(found.group(1)), int(found.group(2))) if found else (None, None)
        finding = Finding("PROJECT_SYNTAX", f"not valid TOML: {error}", str(file), *place)
        raise DefinitionInvalid(f"{file} is not valid TOML: {error}", findings=[finding]) from None


def _known(values: dict[str, Any], keys: set[str], text: str, file: Path) -> None:
    for key in values:
        if key not in keys:
            close = difflib.get_close_matches(key, keys, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(keys))}"
            raise _invalid("PROJECT_KEY_UNKNOWN", f"unknown key {key!r}{hint}", file, _line(text, key))


def _text(values: dict[str, Any], key: str, text: str, file: Path, *, default: str) -> str:
    value = values.get(key, default)
    if not isinstance(value, str):
        raise _invalid(
            "PROJECT_FIELD_INVALID",
            f'{key} is a {type(value).__name__}; write it as a text, such as "1.0"',
            file,
            _line(text, key),
        )
    return value


def _line(text: str, key: str) -> int | None:
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf"\s*\[*\s*{re.escape(key)}\s*[=\].]", line):
            return number
    return None


def _invalid(code: str, message: str, file: Path, line: int | None) -> DefinitionInvalid:
    place = f"{file}:{line}" if line else str(file)
    return DefinitionInvalid(f"{place}: {message}", findings=[Finding(code, message, str(file), line)])
