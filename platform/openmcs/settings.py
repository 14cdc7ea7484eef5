"""
The server's settings: `platform.toml`, overridden by the environment.

One rule for the environment: `OPENMCS_SECTION__KEY`, such as `OPENMCS_SERVER__PORT=8081`.
Sections are named after rooms; an unknown section or key is an error with a suggestion.
A secret never stands in the file: `store.url` with a password is taken from the environment only.
`docs/settings.md` is generated from the definitions here.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from openmcs.errors import ConfigurationError

ENVIRONMENT_PREFIX = "OPENMCS_"
RESERVED = frozenset({"OPENMCS_URL", "OPENMCS_TOKEN", "OPENMCS_DATA", "OPENMCS_RAML_KIT"})

Seconds = Annotated[float, Meta(gt=0)]
Addition = Literal["uid", "namespaces", "cgroup"]
Count = Annotated[int, Meta(ge=1)]


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The HTTP edge."""

    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="Port to listen on.")] = 8080
    base_url: Annotated[
        str, Meta(description="Address that apps use, when it differs from host and port (behind a proxy).")
    ] = ""
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(description="Addresses or networks of proxies whose X-Forwarded-For says who is calling."),
    ] = ()
    processes: Annotated[int, Meta(ge=1, le=64, description="Gateway processes; each has workers of its own.")] = 1
    body_limit: Annotated[int, Meta(ge=1, description="Largest request body, in bytes.")] = 10 * 1024 * 1024
    header_limit: Annotated[int, Meta(ge=1024, description="All request headers together, in bytes.")] = 32 * 1024
    max_connections: Annotated[int, Meta(ge=1, description="Open connections in one gateway process.")] = 10_000
    idle_seconds: Annotated[
        float, Meta(gt=0, description="Seconds a connection may take to send its headers, or stay idle.")
    ] = 10.0
    metrics_port: Annotated[
        int, Meta(ge=0, le=65535, description="Port of the loopback that serves `/metrics` for Prometheus. 0: none.")
    ] = 0


class Store(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The database."""

    url: Annotated[
        str,
        Meta(description="SQLAlchemy URL, `sqlite:///…` or `mysql+pymysql://…`; empty: SQLite in the data folder."),
    ] = ""


class Auth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is calling."""

    cache_seconds: Annotated[
        float, Meta(ge=0, description="Seconds for which verified credentials are not verified again.")
    ] = 60.0
    session_hours: Annotated[float, Meta(gt=0, description="Hours that a team member stays signed in.")] = 12.0
    attempts_per_minute: Annotated[
        int,
        Meta(ge=1, description="Wrong passwords for one name from one address before each further one has to wait."),
    ] = 10


class Runtime(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Worker processes."""

    isolation: Annotated[
        Literal["strict", "basic", "none"],
        Meta(description="The least a worker's self-test must prove; `none` only where all code is trusted."),
    ] = "strict"
    additions: Annotated[
        tuple[Addition, ...], Meta(description="Walls beside `isolation`, each raised where this machine permits it.")
    ] = ("uid", "namespaces", "cgroup")
    undeclared: Annotated[
        Literal["refuse", "warn"],
        Meta(description="Connections to undeclared hosts; `openmcs dev` takes `warn` unless this is set."),
    ] = "refuse"
    required: Annotated[
        tuple[Addition, ...], Meta(description="Those of `additions` without which no worker is used.")
    ] = ()
    first_user: Annotated[
        int, Meta(ge=0, le=4_000_000_000, description="First of a million user ids for `uid`; 0: none.")
    ] = 1_900_000_000
    workers: Annotated[int, Meta(ge=1, le=64, description="Workers for each implementation.")] = 1
    most_workers: Annotated[
        int, Meta(ge=1, le=64, description="Workers for each implementation while calls wait for a free one.")
    ] = 4
    idle_seconds: Annotated[
        float, Meta(ge=0, description="Without a call for so long workers end; the next call starts one. 0: never.")
    ] = 900.0
    zygote: Annotated[
        bool, Meta(description="Fork workers from a process that is ready, rather than start an interpreter for each.")
    ] = True
    debug_port: Annotated[
        int, Meta(ge=0, le=65000, description="First port at which workers without walls let a debugger in. 0: none.")
    ] = 0
    threads: Annotated[int, Meta(ge=1, le=256, description="Threads for handlers that are no coroutines.")] = 32
    memory_megabytes: Annotated[int, Meta(ge=64, description="Memory of one worker.")] = 256
    memory_share: Annotated[
        float,
        Meta(
            gt=0, description="Share of the machine's memory that all workers may have together, each with its limit."
        ),
    ] = 0.75
    cpus: Annotated[float, Meta(ge=0, description="Processors one worker may use, given `cgroup`. 0: all.")] = 0.0
    request_timeout_ms: Annotated[
        int, Meta(ge=1, description="Time for a whole call; MCS's policy Network_HttpRequestTimeout.")
    ] = 40_000
    start_seconds: Annotated[float, Meta(gt=0, description="Time for a worker to import the code.")] = 30.0
    hang_seconds: Annotated[float, Meta(gt=1, description="A blocked event loop ends its worker after this.")] = 10.0
    drain_seconds: Annotated[float, Meta(gt=0, description="Time for running calls to end at a switch or stop.")] = 30.0
    recycle_calls: Annotated[
        int, Meta(ge=0, description="Calls after which a worker is replaced, give or take a fifth; 0: never for that.")
    ] = 0
    install_seconds: Annotated[float, Meta(gt=0, description="Time for installing an upload's dependencies.")] = 300.0
    logging_level: Annotated[
        Literal["severe", "warning", "info", "config", "fine", "finer", "finest"],
        Meta(description="The least severe level that is kept; MCS's policy Logging_Level."),
    ] = "info"


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The request log."""

    sync_ms: Annotated[int, Meta(ge=1, description="Milliseconds between two flushes of the spool to disk.")] = 100
    retention_days: Annotated[int, Meta(ge=1, description="Days that requests and messages are kept.")] = 30
    event_retention_days: Annotated[
        int, Meta(ge=1, description="Days that the events and sessions that apps report are kept.")
    ] = 365
    retention_megabytes: Annotated[
        int, Meta(ge=0, description="Size of the closed segments of each kind; the oldest leave. 0: no limit.")
    ] = 0
    hot_rows: Annotated[int, Meta(ge=1, description="So many new rows are moved into a closed segment at once.")] = (
        20_000
    )
    hot_seconds: Annotated[float, Meta(gt=0, description="Fewer rows wait for so long before they are moved.")] = 300.0
    query_megabytes: Annotated[
        int, Meta(ge=64, description="Memory for questions to the log, in each gateway process.")
    ] = 256
    traces_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://.*)?$",
            description="Where traces go, over OTLP: `http://127.0.0.1:4318/v1/traces`; needs the extra `otel`. Empty: nowhere.",
        ),
    ] = ""
    traces_share: Annotated[
        float,
        Meta(ge=0, le=1, description="Of calls that begin a trace themselves, how many have one; 0.1 is a tenth."),
    ] = 1.0
    excluded_headers: Annotated[
        tuple[str, ...],
        Meta(description="Never logged, wherever they appear; MCS's Diagnostics_ExcludedHttpHeadersInLogs."),
    ] = ("Authorization", "Cookie", "Oracle-Mobile-Social-Access-Token", "_values")
    format: Annotated[Literal["auto", "console", "json"], Meta(description="The platform's own log, on stderr.")] = (
        "auto"
    )


class Companion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A process that `openmcs dev` starts and ends with the platform, such as the API behind an implementation."""

    name: str
    command: list[str]
    directory: str = "."
    environment: dict[str, str] = {}
    ready: str = ""


class Dev(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`openmcs dev` only."""

    companions: Annotated[list[Companion], Meta(description="Processes to start beside the platform.")] = []


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All sections, and the data folder, which is given on the command line or as OPENMCS_DATA."""

    server: Server = Server()
    store: Store = Store()
    auth: Auth = Auth()
    runtime: Runtime = Runtime()
    log: Log = Log()
    dev: Dev = Dev()
    data: str = ".openmcs"

    @property
    def data_directory(self) -> Path:
        """Where everything lives that is not in the database's server."""
        return Path(self.data).resolve()

    @property
    def store_url(self) -> str:
        """The database's URL."""
        return self.store.url or f"sqlite:///{self.data_directory / 'openmcs.db'}"

    @property
    def base_url(self) -> str:
        """What apps are told to call."""
        if self.server.base_url:
            return self.server.base_url.rstrip("/")
        host = "127.0.0.1" if self.server.host in ("0.0.0.0", "::", "") else self.server.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server.port}"


def base_url_warning(base_url: str) -> str | None:
    """What is wrong with telling apps this address, or None (contract: wire, Q7)."""
    if not base_url.endswith("1"):
        return None
    return (
        f"The base URL {base_url} ends in 1: some of Oracle's SDKs put 7777 in place of its last four characters. "
        "Take another port, or a host name without one, for apps that keep such an SDK."
    )


SECTIONS = {name: kind for name, kind in Settings.__annotations__.items() if name != "data"}


class Loaded(msgspec.Struct, frozen=True):
    """Settings, and where each value that is not a default came from (`section.key` to a text)."""

    settings: Settings
    origins: dict[str, str]
    file: str | None


def load(
    directory: Path, *, environment: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None
) -> Loaded:
    """
    Read `platform.toml` of *directory* (it may be missing), then the environment, then *overrides*.

    *overrides* maps `section.key` (or `data`) to a value: what the command line was told.
    Raises `ConfigurationError` that names file, line and key.
    """
    environment = os.environ if environment is None else environment
    file = directory / "platform.toml"
    text = file.read_text("utf-8") if file.is_file() else ""
    values = _parsed(text, file)
    origins = {f"{s}.{k}": f"{file.name}:{_line_of(text, s, k)}" for s, keys in values.items() for k in keys}
    _refuse_secrets(values, text, file)
    _from_environment(values, origins, environment)
    data = environment.get("OPENMCS_DATA") or str(directory / ".openmcs")
    if environment.get("OPENMCS_DATA"):
        origins["data"] = "OPENMCS_DATA"
    for name, value in (overrides or {}).items():
        origins[name] = "command line"
        if name == "data":
            data = str(value)
        else:
            section, key = name.split(".", 1)
            values.setdefault(section, {})[key] = value
    try:
        settings = msgspec.convert({**values, "data": data}, Settings)
    except msgspec.ValidationError as error:
        raise ConfigurationError(_explained(error, origins)) from None
    return Loaded(settings, origins, str(file) if text else None)


def _parsed(text: str, file: Path) -> dict[str, dict[str, Any]]:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: not valid TOML: {error}") from None
    for section, keys in values.items():
        kind = section_type(section)
        if kind is None or not isinstance(keys, dict):
            raise ConfigurationError(
                f"{file}:{_line_of(text, section)}: unknown section [{section}]{_suggestion(section, SECTIONS)}"
            )
        for key in keys:
            if key not in kind.__struct_fields__:
                raise ConfigurationError(
                    f"{file}:{_line_of(text, section, key)}: unknown key {section}.{key}"
                    f"{_suggestion(key, kind.__struct_fields__)}"
                )
    return values


def section_type(section: str) -> type[msgspec.Struct] | None:
    """The definition of a section, or None."""
    kinds: dict[str, type[msgspec.Struct]] = {
        "server": Server,
        "store": Store,
        "auth": Auth,
        "runtime": Runtime,
        "log": Log,
        "dev": Dev,
    }
    return kinds.get(section)


def _from_environment(
    values: dict[str, dict[str, Any]], origins: dict[str, str], environment: Mapping[str, str]
) -> None:
    for name, text in sorted(environment.items()):
        if not name.startswith(ENVIRONMENT_PREFIX) or name in RESERVED or "__" not in name:
            continue
        section, key = name[len(ENVIRONMENT_PREFIX) :].lower().split("__", 1)
        kind = section_type(section)
        if kind is None:
            raise ConfigurationError(f"{name}: unknown section {section!r}{_suggestion(section, SECTIONS)}")
        if key not in kind.__struct_fields__:
            raise ConfigurationError(f"{name}: unknown key {section}.{key}{_suggestion(key, kind.__struct_fields__)}")
        values.setdefault(section, {})[key] = _value(text)
        origins[f"{section}.{key}"] = name


def _value(text: str) -> Any:
    """A TOML value where it is one, else the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _refuse_secrets(values: dict[str, dict[str, Any]], text: str, file: Path) -> None:
    url = values.get("store", {}).get("url", "")
    if isinstance(url, str) and re.search(r"://[^/@]*:[^/@]+@", url):
        raise ConfigurationError(
            f"{file}:{_line_of(text, 'store', 'url')}: store.url carries a password; "
            "set it as OPENMCS_STORE__URL in the environment instead"
        )


def _suggestion(word: str, known: Any) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known))}"


def _line_of(text: str, section: str, key: str | None = None) -> int:
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if re.match(rf"\[+\s*{re.escape(section)}\s*[\].]", stripped):
            inside = True
            if key is None:
                return number
        elif stripped.startswith("["):
            if inside and key and re.match(rf"\[+\s*{re.escape(section)}\.{re.escape(key)}\s*\]", stripped):
                return number
            inside = False
        if inside and key and re.match(rf"(\[+\s*{re.escape(section)}\.)?{re.escape(key)}\s*[=\]]", stripped):
            return number
    return 1


def _explained(error: msgspec.ValidationError, origins: dict[str, str]) -> str:
    message = str(error)
    found = re.search(r"at `\$\.([\w.]+)", message)
    name = found.group(1) if found else ""
    origin = origins.get(name, "")
    what = message.partition(" - at ")[0]
    return f"{origin or 'settings'}: {name}: {what}" if name else message
