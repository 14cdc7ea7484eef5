"""The application as a whole: who answers which path, and what health says, also while the store is away."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.mariadb import mariadb
from tests.proxy import Proxy
from tests.server import Server, eventually, openmcs


def shop(folder: Path, data: Path, **environment: str) -> Server:
    """A platform for the project of `openmcs init`, not started yet."""
    assert openmcs("init", folder).code == 0
    return Server(folder, data, environment=environment)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A platform with one implementation in service."""
    folder = tmp_path_factory.mktemp("app")
    with shop(folder / "shop", folder / "data") as running:
        deployed = running.openmcs("deploy", ".")
        assert deployed.code == 0, deployed.err
        yield running


def test_health_needs_no_credentials(server: Server) -> None:
    """`/healthz` says that the process answers, `/readyz` one entry for each part."""
    assert server.http.get("/healthz").json() == {"status": "ok"}
    ready = server.http.get("/readyz")
    assert ready.status_code == 200
    document = ready.json()
    assert document["status"] == "ok"
    assert {name for name, part in document.items() if isinstance(part, dict) and part["ready"]} >= {
        "database",
        "snapshot",
        "workers",
    }
    assert document["workers"]["inService"] == 1 and document["workers"]["failed"] == []


def test_health_tells_no_secrets(server: Server) -> None:
    """Whoever may ask without credentials learns no path, no key and no name of the data folder."""
    text = server.http.get("/readyz").text
    assert str(server.data) not in text and server.token not in text
    assert server.backend("shop")["anonymousKey"] not in text


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/", 307, None),
        ("/console/", 200, "text/html"),
        ("/console/requests?from=-1h", 200, "text/html"),
        ("/console/assets/absent.js", 404, "text/plain"),
        ("/mobile/tools/1.0/openapi.json", 200, "application/json"),
        ("/mobile/tools/1.0/apis", 401, "application/json"),
        ("/mobile/tools/1.0/absent", 401, "application/json"),
        ("/mobile/tools/2.0/apis", 401, "application/json"),
        ("//mobile//tools/1.0/apis", 401, "application/json"),
        ("/mobile/custom/shop/greeting", 401, "application/json"),
        ("//mobile/custom//shop/greeting", 401, "application/json"),
        ("/mobile/platform/users/~", 401, "application/json"),
        ("/mobile", 404, "application/json"),
        ("/absent", 404, "application/json"),
        ("/consolex", 404, "application/json"),
        ("/healthz/", 404, "application/json"),
        ("/.git/config", 404, "application/json"),
        ("/console/../../etc/passwd", 404, "application/json"),
        ("/console/%2e%2e/%2e%2e/etc/passwd", 200, "text/html"),
    ],
)
def test_each_path_has_one_who_answers(server: Server, path: str, status: int, kind: str | None) -> None:
    """Console, tools, gateway and health, and the error document for what nobody serves."""
    answer = server.http.get(f"{server.url}{path}")
    assert (answer.status_code, path) == (status, path)
    if kind is not None:
        assert answer.headers["content-type"].startswith(kind)
    if status in (401, 404) and kind == "application/json":
        assert answer.json()["o:errorCode"].startswith("MOBILE-")
    assert "server" not in answer.headers
    assert "root:" not in answer.text


def test_the_log_has_every_call_to_mobile_and_nothing_else(server: Server) -> None:
    """Also calls that nobody serves; calls to health and console are in none."""
    for path in ("/mobile/absent", "/mobile/custom/absent", "/console/", "/healthz", "/favicon.ico", "/.git/config"):
        server.http.get(path)
    paths = {each["path"] for each in server.openmcs("logs", "--json", "-n", "1000").lines}
    assert {"/mobile/absent", "/mobile/custom/absent"} <= paths
    assert [each for each in paths if not each.startswith("/mobile")] == []


@pytest.mark.mariadb
def test_while_the_store_is_away_apps_are_answered_and_nothing_is_lost(tmp_path: Path) -> None:
    """Calls go on; `/readyz` and the tools API say what is away; when it is back, so is all of the log."""
    database = f"away_{secrets.token_hex(4)}"
    url = mariadb().create(database)
    with Proxy(mariadb().port) as proxy:
        through = url.replace(f":{mariadb().port}/", f":{proxy.port}/")
        with shop(tmp_path / "shop", tmp_path / "data", OPENMCS_STORE__URL=through) as server:
            deployed = server.openmcs("deploy", ".")
            assert deployed.code == 0, deployed.err
            keys = server.backend("shop")
            headers = {
                "Oracle-Mobile-Backend-ID": keys["backendId"],
                "Authorization": f"Basic {keys['anonymousKey']}",
            }
            answered = [call(server, headers)]

            proxy.cut()
            eventually(lambda: server.status("/readyz") == 503)
            document = server.http.get("/readyz").json()
            assert document["status"] != "ok" and document["database"]["ready"] is False
            assert document["database"]["reason"]
            assert "openmcs:" not in str(document)
            assert server.status("/healthz") == 200
            refused = server.tools("GET", "/apis")
            assert (refused.status_code, refused.json()["o:errorCode"]) == (503, "MOBILE-90024")
            answered += [call(server, headers) for _ in range(20)]

            proxy.mend()
            eventually(lambda: server.status("/readyz") == 200)
            answered.append(call(server, headers))
            eventually(lambda: set(answered) <= logged(server))
            assert server.stop() == 0
    mariadb().drop(database)


def call(server: Server, headers: dict[str, str]) -> str:
    """An app's call that must be answered; its ECID."""
    answer = httpx.get(f"{server.url}/mobile/custom/shop/greeting", headers=headers, trust_env=False, timeout=60)
    assert answer.status_code == 200, answer.text
    return str(answer.headers["X-ORACLE-DMS-ECID"])


def logged(server: Server) -> set[str]:
    """The ECIDs in the log."""
    return {each["ecid"] for each in server.tools("GET", "/requests", params={"limit": 1000}).json()["items"]}
