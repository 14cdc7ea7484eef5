"""`openmcs dev`: each save is applied while calls go on, and a broken one says where it is broken."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.callers import Calls
from tests.server import Server, eventually, openmcs


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A project as `openmcs init` makes it, under `openmcs dev`."""
    folder = tmp_path_factory.mktemp("dev") / "shop"
    assert openmcs("init", folder).code == 0
    with Server(folder, folder.parent / "data", verb="dev") as server:
        yield server


def change(file: Path, old: str, new: str) -> None:
    """Save *file* with *new* for *old*."""
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def problems(server: Server) -> list[dict[str, object]]:
    """What the console's banner shows."""
    found: list[dict[str, object]] = server.tools("GET", "/problems").json()["items"]
    return found


def test_a_saved_handler_answers_next_and_no_call_fails(dev: Server) -> None:
    """Five saves while calls go on: each is answered soon, and of all the calls in between none fails."""
    code = dev.folder / "custom_code" / "shop" / "shop.py"
    took = []
    with Calls(dev) as calls:
        before = "Hello"
        for word in ("Bonjour", "Grüezi", "Salve", "Ciao", "Hello"):
            change(code, f'f"{before},', f'f"{word},')
            saved = time.monotonic()
            eventually(lambda word=word: calls.greeting().startswith(word), every=0.02)  # type: ignore[misc]
            took.append(time.monotonic() - saved)
            before = word
    assert calls.failed == []
    assert {answer.partition(",")[0] for answer in calls.answers} == {"Hello", "Bonjour", "Grüezi", "Salve", "Ciao"}
    print(
        f"a save was answered after {', '.join(f'{each:.2f}' for each in took)} s; {calls.answers.total()} calls went on"
    )


def test_a_broken_save_names_file_and_line_and_the_old_code_answers(dev: Server) -> None:
    """A syntax error: told in the terminal and by the tools API, while the last good version goes on; then put right."""
    code = dev.folder / "custom_code" / "shop" / "shop.py"
    good = code.read_text("utf-8")
    with Calls(dev) as calls:
        change(code, "def greeting(req):", "def greeting(req:")
        line = 1 + code.read_text("utf-8").splitlines().index("def greeting(req:")
        found = eventually(lambda: problems(dev))
        assert len(found) == 1 and found[0]["succeeded"] is False
        finding = found[0]["findings"][0]  # type: ignore[index]
        assert (finding["file"], finding["line"]) == ("shop.py", line)
        eventually(lambda: f"shop.py:{line}" in dev.output)
        assert "The last good version goes on serving" in dev.output
        assert calls.greeting().startswith("Hello, ")
        code.write_text(good, "utf-8")
        eventually(lambda: problems(dev) == [])
        assert calls.greeting().startswith("Hello, ")
    assert calls.failed == []


def test_a_handler_that_fails_at_import_names_its_line(dev: Server) -> None:
    """Code that parses and then raises is refused with the line that raised."""
    code = dev.folder / "custom_code" / "shop" / "shop.py"
    good = code.read_text("utf-8")
    code.write_text(good + "\nRATE = 1 / 0\n", "utf-8")
    found = eventually(lambda: problems(dev))
    finding = found[0]["findings"][0]  # type: ignore[index]
    assert "ZeroDivisionError" in finding["message"]
    assert (finding["file"], finding["line"]) == ("shop.py", len(code.read_text("utf-8").splitlines()))
    code.write_text(good, "utf-8")
    eventually(lambda: problems(dev) == [])


def unknown(answer: httpx.Response) -> bool:
    """True when the platform knows no such resource."""
    return bool(answer.status_code == 404 and answer.json().get("o:errorCode") == "MOBILE-90006")


def test_a_change_of_the_raml_is_applied(dev: Server) -> None:
    """A new resource is served as soon as it is written; a broken RAML is told with its line, and the old one serves."""
    raml = dev.folder / "custom_code" / "shop" / "shop.raml"
    good = raml.read_text("utf-8")
    with Calls(dev) as calls:
        raml.write_text(f"{good}  /loud:\n    get:\n      responses:\n        200:\n", "utf-8")
        # The resource is there, and the implementation has no handler for it yet: the 404 is not the platform's.
        eventually(lambda: not unknown(calls.one("/greeting/loud")))
        raml.write_text(f"{good}  /loud: [\n", "utf-8")
        found = eventually(lambda: problems(dev))
        assert found[0]["kind"] == "api"
        assert found[0]["findings"][0]["file"] == "shop.raml"  # type: ignore[index]
        assert found[0]["findings"][0]["line"] >= len(good.splitlines())  # type: ignore[index]
        assert not unknown(calls.one("/greeting/loud"))
        raml.write_text(good, "utf-8")
        eventually(lambda: problems(dev) == [] and unknown(calls.one("/greeting/loud")))
    assert calls.failed == []


def test_a_change_of_a_backend_is_applied(dev: Server) -> None:
    """Anonymous calls are switched off and on; an unknown key is told with its line and changes nothing."""
    file = dev.folder / "backends" / "shop.toml"
    good = file.read_text("utf-8")
    calls = Calls(dev)
    change(file, "anonymous = true", "anonymous = false")
    eventually(lambda: calls.one().status_code == 401)
    file.write_text(good, "utf-8")
    eventually(lambda: calls.one().status_code == 200)
    file.write_text(good.replace("[cors]", "[corse]"), "utf-8")
    line = 1 + good.splitlines().index("[cors]")
    eventually(lambda: f"shop.toml:{line}" in dev.output)
    assert "did you mean 'cors'" in dev.output
    assert calls.one().status_code == 200
    file.write_text(good, "utf-8")


def test_an_api_and_a_backend_that_appear_are_served(dev: Server) -> None:
    """A new folder and a new file are picked up without a restart."""
    folder = dev.folder / "custom_code" / "stock"
    folder.mkdir()
    (folder / "stock.raml").write_text(
        "#%RAML 0.8\ntitle: Stock\n/level:\n  get:\n    responses:\n      200:\n        body:\n"
        '          application/json:\n            example: |\n              {"level": 7}\n',
        "utf-8",
    )
    (folder / "api.toml").write_text('name = "stock"\nversion = "1.0"\n', "utf-8")
    eventually(lambda: "custom_code/stock" in dev.output)
    (dev.folder / "backends" / "depot.toml").write_text('name = "depot"\napis = ["stock 1.0"]\n', "utf-8")
    eventually(lambda: dev.openmcs("backend", "show", "depot").code == 0)
    done = dev.openmcs("call", "depot", "GET", "stock/level")
    assert (done.code, done.json) == (0, {"level": 7}), done.err


def test_a_backend_that_is_saved_before_its_api_is_applied_when_the_api_comes(dev: Server) -> None:
    """Refused at first, with the API's name; then the API's folder is saved, and the backend needs no second save."""
    backend = dev.folder / "backends" / "early.toml"
    backend.write_text('name = "early"\napis = ["later 1.0"]\n', "utf-8")
    eventually(lambda: "there is no API later 1.0" in dev.output)
    folder = dev.folder / "custom_code" / "later"
    folder.mkdir()
    raml = '#%RAML 0.8\ntitle: later\nversion: "1.0"\n/now:\n  get:\n    responses:\n      200:\n'
    (folder / "later.raml").write_text(raml, "utf-8")
    (folder / "api.toml").write_text('name = "later"\n', "utf-8")
    eventually(lambda: dev.openmcs("backend", "show", "early").code == 0)
    assert [each["name"] for each in dev.backend("early")["apis"]] == ["later"]
    shutil.rmtree(folder)
    backend.unlink()
