"""Whatever is handed in wrong gets an error of its own, which says what and where, and what served goes on serving."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ports import free_port
from tests.server import Server, openmcs

PROJECT = """\
[project]
name = "shop"
version = "2.0"
dependencies = {dependencies}

[tool.openmcs]
main = "{main}"
"""
CODE = 'def register(service):\n    service.get("/greeting", lambda req: {"greeting": "new"})\n'
RAML = "#%RAML 0.8\ntitle: Thing\n/thing:\n  get:\n    responses:\n      200:\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The project of `openmcs init`, with a body limit that is soon reached."""
    folder = tmp_path_factory.mktemp("bad") / "shop"
    assert openmcs("init", folder).code == 0
    environment = {"OPENMCS_SERVER__BODY_LIMIT": "2000"}
    with Server(folder, folder.parent / "data", environment=environment) as server:
        deployed = server.openmcs("deploy", ".")
        assert deployed.code == 0, deployed.err
        yield server


@pytest.fixture(scope="module")
def headers(shop: Server) -> dict[str, str]:
    """What an app sends."""
    keys = shop.backend("shop")
    return {"Oracle-Mobile-Backend-ID": keys["backendId"], "Authorization": f"Basic {keys['anonymousKey']}"}


@pytest.fixture(scope="module")
def things(shop: Server) -> dict[str, str]:
    """A second API, `POST post/thing`, which takes JSON; what an app of its backend sends."""
    folder = shop.folder.parent / "post"
    folder.mkdir()
    (folder / "post.raml").write_text(
        "#%RAML 0.8\ntitle: Post\nmediaType: application/json\n/thing:\n  post:\n    body:\n      application/json:\n"
        "    responses:\n      200:\n",
        "utf-8",
    )
    (folder / "api.toml").write_text('name = "post"\n', "utf-8")
    (folder / "pyproject.toml").write_text('[project]\nname="post"\nversion="1.0"\n[tool.openmcs]\nmain="p.py"\n')
    (folder / "p.py").write_text('def register(service):\n    service.post("/thing", lambda req: {"got": req.body})\n')
    deployed = shop.openmcs("deploy", folder)
    assert deployed.code == 0, deployed.err
    made = shop.openmcs("backend", "create", "post", "--api", "post 1.0", "--json")
    assert made.code == 0, made.err
    return {
        "Oracle-Mobile-Backend-ID": made.json["backendId"],
        "Authorization": f"Basic {made.json['anonymousKey']}",
        "Content-Type": "application/json",
    }


def project(main: str = "shop.py", dependencies: str = "[]", code: str = CODE) -> dict[str, str]:
    """The files of an implementation."""
    return {"pyproject.toml": PROJECT.format(main=main, dependencies=dependencies), "shop.py": code}


def zipped(files: dict[str, str], *, link: str | None = None) -> bytes:
    """A zip of *files*; *link* is made a symbolic link."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo("x")
            entry.filename = name
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o120777 if name == link else 0o100644) << 16
            archive.writestr(entry, text)
    return out.getvalue()


UPLOADS = [
    # what is uploaded                                             the finding's code        in its file     names
    pytest.param(b"no zip at all", "ARCHIVE_NOT_ZIP", None, "zip", id="no zip"),
    pytest.param(b"", "ARCHIVE_NOT_ZIP", None, "", id="nothing"),
    pytest.param(zipped(project())[:-30], "ARCHIVE_NOT_ZIP", None, "", id="cut off"),
    pytest.param(zipped({"shop.py": CODE}), "MANIFEST_MISSING", None, "pyproject.toml", id="no manifest"),
    pytest.param(
        zipped({**project(), "../evil.py": "x"}), "ARCHIVE_ENTRY_ESCAPES", None, "../evil.py", id="parent folder"
    ),
    pytest.param(
        zipped({**project(), "/etc/evil.py": "x"}), "ARCHIVE_ENTRY_ESCAPES", None, "/etc/evil.py", id="absolute path"
    ),
    pytest.param(
        zipped({**project(), "link": "/etc/passwd"}, link="link"), "ARCHIVE_ENTRY_LINK", None, "link", id="symlink"
    ),
    pytest.param(zipped({**project(), "zeros": "0" * 30_000_000}), "ARCHIVE_BOMB", None, "zeros", id="bomb"),
    pytest.param(zipped(project(main="other.py")), "MANIFEST_MAIN_MISSING", "pyproject.toml", "other.py", id="main"),
    pytest.param(
        zipped(project(code="import json\n\n1 / 0\n")), "IMPLEMENTATION_IMPORT", "shop.py", "ZeroDivision", id="raises"
    ),
    pytest.param(
        zipped(project(code="def register(service:\n    pass\n")), "IMPLEMENTATION_IMPORT", "shop.py", "Syntax",
        id="syntax error",
    ),
    pytest.param(
        zipped(project(code="import absent_thing\n")), "IMPLEMENTATION_IMPORT", "shop.py", "absent_thing",
        id="import of what is not installed",
    ),
    pytest.param(zipped(project(code="x = 1\n")), None, "shop.py", "register", id="no register"),
    pytest.param(
        zipped(project(dependencies='["openmcs-does-not-exist-anywhere==9.9"]')), "DEPENDENCY_NOT_INSTALLABLE", None,
        "openmcs-does-not-exist-anywhere", id="dependency that does not exist",
    ),
    pytest.param(
        zipped({**project(), "pyproject.toml": "[project\n"}), "MANIFEST_SYNTAX", "pyproject.toml", "", id="TOML error"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("data", "code", "file", "names"), UPLOADS)
def test_an_implementation_that_cannot_serve_is_refused(
    shop: Server, headers: dict[str, str], data: bytes, code: str | None, file: str | None, names: str
) -> None:
    """400 with a finding of its own; nothing takes over, and the deployments list tells of the attempt."""
    api = next(each for each in shop.tools("GET", "/apis").json()["items"] if each["name"] == "shop")
    answer = shop.tools("POST", f"/apis/{api['id']}/implementations", files={"file": ("shop.zip", data)})
    assert answer.status_code == 400, answer.text
    document = answer.json()
    assert document["o:errorCode"] == "MOBILE-90013" and document["detail"]
    findings = document["o:errorDetails"]
    assert code is None or code in {each["title"] for each in findings}
    first = next(each for each in findings if code in (None, each["title"]))
    assert names in first["detail"]
    assert first["file"] == file or file is None
    if code in ("IMPLEMENTATION_IMPORT", "MANIFEST_SYNTAX"):
        assert first["line"] >= 1
    if code == "DEPENDENCY_NOT_INSTALLABLE":
        assert "openmcs-does-not-exist-anywhere" in document["buildLog"]
    called = shop.http.get("/mobile/custom/shop/greeting", headers=headers)
    assert called.json()["greeting"].startswith("Hello"), called.text
    newest = shop.tools("GET", "/deployments", params={"limit": 1}).json()["items"][0]
    assert newest["succeeded"] is False and newest["findings"]


DEFINITIONS = [
    pytest.param({"apiDefn": [RAML + "  bad: \"x\" y\n"]}, "RAML_SYNTAX", 7, id="YAML error"),
    pytest.param({"apiDefn": [RAML.replace("    responses", "    respond")]}, "RAML_KEY_UNKNOWN", 5, id="RAML error"),
    pytest.param({"apiDefn": ["title: x\n"]}, "RAML_HEADER", 1, id="no RAML"),
    pytest.param(
        {"apiDefn": [RAML + "        body: !include http://example.com/x.json\n"]}, "RAML_INCLUDE_REMOTE", 7,
        id="remote include",
    ),
    pytest.param(
        {"apiDefn": [RAML + "        body: !include ../../etc/passwd\n"]}, "RAML_INCLUDE_ESCAPES", 7,
        id="escaping include",
    ),
    pytest.param(
        {"apiDefn": [RAML + "        body: !include /etc/passwd\n"]}, "RAML_INCLUDE_MISSING", 7, id="absolute include"
    ),
    pytest.param(
        {"apiDefn": [RAML + "        body: !include absent.json\n"]}, "RAML_INCLUDE_MISSING", 7, id="missing include"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "line"), DEFINITIONS)
def test_a_definition_that_is_wrong_is_refused(shop: Server, body: dict[str, Any], code: str, line: int) -> None:
    """400 with code and line, and no API is made; the check alone says the same."""
    checked = shop.tools("POST", "/apis/raml", json=body).json()
    assert checked["valid"] is False
    assert (code, line) in {(each["code"], each["line"]) for each in checked["errors"]}
    answer = shop.tools("POST", "/apis", json={"name": "wrong", **body})
    assert answer.status_code == 400
    document = answer.json()
    assert document["o:errorCode"] == "MOBILE-90012"
    found = next(each for each in document["o:errorDetails"] if each["title"] == code)
    assert (found["file"], found["line"]) == ("wrong.raml", line)
    assert "root:" not in answer.text, "the content of a file of the machine is shown"
    assert "wrong" not in {each["name"] for each in shop.tools("GET", "/apis").json()["items"]}


def test_a_body_over_the_limit_is_refused(shop: Server, things: dict[str, str]) -> None:
    """413, whether the length was told or the body came in chunks; the implementation never sees it."""
    path = "/mobile/custom/post/thing"
    told = shop.http.post(path, headers=things, content=b"x" * 2001)
    chunked = shop.http.post(path, headers=things, content=(b"x" * 500 for _ in range(5)))
    for answer in (told, chunked):
        assert answer.status_code == 413
        assert answer.json()["o:errorCode"] == "MOBILE-90010"
        assert "2000" in answer.json()["detail"]


@pytest.mark.parametrize("value", ["Basic", "Basic %%%", "Basic bm9jb2xvbg==", "Basic /w==", "Bearer", "X y", ""])
def test_a_malformed_authorization_is_refused(shop: Server, headers: dict[str, str], value: str) -> None:
    """401 with the challenge, never 500."""
    answer = shop.http.get("/mobile/custom/shop/greeting", headers={**headers, "Authorization": value})
    assert answer.status_code == 401
    assert answer.json()["o:errorCode"] == "MOBILE-90004"


@pytest.mark.parametrize("text", ["{", "[1,", '{"a": NaN', "nonsense", "[" * 5000, '{"name": 1}', "[]", "null", '""'])
def test_malformed_json_is_refused_by_the_tools_api(shop: Server, text: str) -> None:
    """400 that names the place or the field, never 500."""
    answer = shop.tools("POST", "/mobilebackends", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["o:errorCode"] == "MOBILE-90002"
    assert answer.json()["detail"]


def test_malformed_json_of_an_app_is_refused(shop: Server, things: dict[str, str]) -> None:
    """400 where the RAML says that the body is JSON; the handler is not called."""
    right = shop.http.post("/mobile/custom/post/thing", headers=things, content='{"a": 1}')
    assert (right.status_code, right.json()) == (200, {"got": {"a": 1}})
    for text in ("{", '{"a": ', "[" * 900, "\xff"):
        answer = shop.http.post("/mobile/custom/post/thing", headers=things, content=text.encode("latin-1"))
        assert answer.status_code == 400, (text, answer.text)


def test_an_unknown_settings_key_stops_the_start(tmp_path: Path) -> None:
    """Exit code 2 with file, line and what was meant; from the environment with the variable's name."""
    (tmp_path / "platform.toml").write_text("[server]\n\nprot = 1\n", "utf-8")
    done = openmcs("serve", tmp_path)
    assert done.code == 2
    assert "platform.toml:3: unknown key server.prot; did you mean 'port'?" in done.err
    (tmp_path / "platform.toml").unlink()
    done = openmcs("serve", tmp_path, environment={"OPENMCS_SERVER__PROT": "1"})
    assert done.code == 2
    assert "OPENMCS_SERVER__PROT: unknown key server.prot" in done.err


def test_a_database_that_is_down_stops_the_start(tmp_path: Path) -> None:
    """Exit code 2; the message names the database's host and port and never its password."""
    port = free_port()
    url = f"mysql+pymysql://openmcs:very-secret@127.0.0.1:{port}/openmcs"
    done = openmcs(
        "serve", tmp_path, "--port", str(free_port()), "--data", tmp_path / "data",
        environment={"OPENMCS_STORE__URL": url},
    )  # fmt: skip
    assert done.code == 2
    assert "does not start" in done.err and str(port) in done.err
    assert "very-secret" not in done.err + done.out
    assert "Traceback" not in done.err


def test_a_port_that_is_taken_stops_the_start(tmp_path: Path) -> None:
    """Exit code 2; the message names the port and how to choose another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = openmcs("serve", tmp_path, "--port", str(port), "--data", tmp_path / "data")
    assert done.code == 2
    assert str(port) in done.err and "OPENMCS_SERVER__PORT" in done.err


def test_a_secret_in_the_settings_file_stops_the_start(tmp_path: Path) -> None:
    """A database URL with a password belongs into the environment."""
    (tmp_path / "platform.toml").write_text('[store]\nurl = "mysql+pymysql://a:very-secret@h/d"\n', "utf-8")
    done = openmcs("serve", tmp_path)
    assert done.code == 2
    assert "platform.toml:2" in done.err and "OPENMCS_STORE__URL" in done.err
    assert "very-secret" not in done.err


def test_after_all_of_it_the_platform_is_well(shop: Server, headers: dict[str, str]) -> None:
    """No bad input took anything down: ready, answering, and no traceback of its own in the output."""
    assert shop.status("/readyz") == 200
    assert shop.http.get("/mobile/custom/shop/greeting", headers=headers).status_code == 200
    assert httpx.get(f"{shop.url}/healthz", trust_env=False).json() == {"status": "ok"}
    assert json.loads(shop.http.get("/readyz").text)["workers"]["failed"] == []
    assert "Traceback" not in shop.output
