"""The platform's own log: JSON where no person looks, and no secret in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import structlog

from openmcs import logs


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What was written to stderr; afterwards the log is as it was."""
    yield lambda: capsys.readouterr().err
    structlog.reset_defaults()


def test_elsewhere_than_on_a_terminal_a_line_is_a_json_object(written: Callable[[], str]) -> None:
    """With time, level and the values of the event."""
    logs.set_up("auto")
    structlog.get_logger().warning("a gateway ended", status=-9)
    told = json.loads(written())
    assert (told["event"], told["level"], told["status"]) == ("a gateway ended", "warning", -9)
    assert told["timestamp"].endswith("Z")


def test_a_line_break_makes_no_second_line(written: Callable[[], str]) -> None:
    """What somebody sent cannot forge a line."""
    logs.set_up("json")
    structlog.get_logger().error("failed", path='/a\n{"event": "forged"}\r\x1b[31m')
    [line] = written().splitlines()
    assert json.loads(line)["path"].endswith("\x1b[31m")


def test_for_people_a_line_is_text(written: Callable[[], str]) -> None:
    """Without colours where there is no terminal."""
    logs.set_up("console")
    structlog.get_logger().info("ready", port=8080)
    line = written()
    assert "ready" in line and "port=8080" in line
    assert "\x1b" not in line


def test_what_is_less_than_the_level_is_dropped(written: Callable[[], str]) -> None:
    """Debug output is no part of a log."""
    logs.set_up("json")
    structlog.get_logger().debug("detail")
    assert written() == ""


def test_an_exception_is_told_with_its_traceback(written: Callable[[], str]) -> None:
    """In the same line."""
    logs.set_up("json")
    try:
        raise ValueError("wrong")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "ValueError: wrong" in json.loads(written())["exception"]


@pytest.mark.parametrize(
    "key",
    ["password", "new_password", "PASSWORD", "token", "accessToken", "secret", "Authorization", "cookie",
     "anonymous_key", "_values"],
)  # fmt: skip
def test_a_secret_is_never_written(written: Callable[[], str], key: str) -> None:
    """Whoever hands it to the log by mistake."""
    logs.set_up("json")
    structlog.get_logger().info("event", **{key: "hunter2"})
    line = written()
    assert "hunter2" not in line
    assert json.loads(line)[key] == "***"
