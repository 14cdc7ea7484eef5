"""The test kit: the same test with the handlers in this process and in a worker behind its walls."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest

from openmcs.errors import ImplementationFailed
from openmcs.exchange import InnerCall
from openmcs.testing import FakeService, Implementation, RealWorker

CODE = """
import helper

def startup(service):
    service.state.calls = 0

def register(service):
    service.get("/hello/:name", hello)
    service.post("/echo", lambda req: (201, {"body": req.body, "user": req.user.name, "roles": sorted(req.user.roles)}))
    service.get("/raises", raises)
    service.get("/prices", prices)
    service.get("/config", lambda req: req.mobile.config["key"])
    service.get("/backend", lambda req: req.backend.name)

def hello(req):
    console.info("hello", req.params["name"])
    return helper.greeting(req.params["name"])

def raises(req):
    raise KeyError("on purpose")

async def prices(req):
    answer = await req.mobile.custom.get("prices", "all", outType="json", versionToInvoke="1.0")
    return answer.result
"""
HELPER = "def greeting(name):\n    return {'greeting': f'Hello, {name}!'}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An implementation."""
    (tmp_path / "shop.py").write_text(CODE)
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1.0"\n')
    return tmp_path


@pytest.mark.parametrize("manner", [FakeService, RealWorker])
def test_both_manners_answer_the_same(folder: Path, manner: type[Implementation]) -> None:
    """Calls, callers, configuration, inner calls and log lines."""
    options: dict[str, Any] = {"config": {"key": "value"}, "platform": {"GET /mobile/custom/prices/all": [1, 2]}}
    with manner(folder, **options) as service:
        assert service.get("/hello/joe").json() == {"greeting": "Hello, joe!"}
        assert [(line.level, line.text, line.file) for line in service.log] == [("info", "hello joe", "shop.py")]
        made = service.post("/echo", json={"a": 1}, user="ann", roles=("clerk",))
        assert (made.status, made.json()) == (201, {"body": {"a": 1}, "user": "ann", "roles": ["clerk"]})
        assert service.get("/config").text == "value"
        assert service.get("/backend", backend="mine").text == "mine"
        assert service.get("/prices").json() == [1, 2]
        assert [inner.uri for inner in service.inner_calls] == ["/mobile/custom/prices/all"]
        assert service.get("/nothing").status == 404


def test_what_a_handler_raises_comes_out_of_the_fake(folder: Path) -> None:
    """The exception itself, so that pytest shows its traceback; a worker's is the platform's error."""
    with FakeService(folder) as service, pytest.raises(KeyError, match="on purpose"):
        service.get("/raises")
    with RealWorker(folder) as service, pytest.raises(ImplementationFailed):
        service.get("/raises")


def test_inner_calls_can_be_answered_by_a_function(folder: Path) -> None:
    """Which sees the whole call; what nobody answers is 404."""

    def answer(inner: InnerCall) -> Any:
        return {"asked": inner.uri}

    with FakeService(folder, platform=answer) as service:
        assert service.get("/prices").json() == {"asked": "/mobile/custom/prices/all"}
        service.platform = None
        with pytest.raises(Exception, match="404"):
            service.get("/prices")


def test_the_fake_leaves_nothing_behind(folder: Path) -> None:
    """Neither the name `console` nor the folder on the search path."""
    path = list(sys.path)
    with FakeService(folder):
        assert hasattr(builtins, "console")
    assert not hasattr(builtins, "console")
    assert sys.path == path


def test_a_single_module_is_an_implementation_too(folder: Path) -> None:
    """Its name is the API's."""
    with FakeService(folder / "shop.py") as service:
        assert service.api == "shop"
        assert service.get("/hello/x").status == 200


def test_an_implementation_that_does_not_start_says_why(folder: Path) -> None:
    """In both manners."""
    (folder / "shop.py").write_text("raise ValueError('at import')\n")
    with pytest.raises(ValueError, match="at import"):
        FakeService(folder)
    with pytest.raises(RuntimeError, match="at import"):
        RealWorker(folder)
