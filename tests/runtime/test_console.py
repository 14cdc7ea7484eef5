"""All that custom code says arrives in order, with level, file and line, tied to its call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from openmcs.runtime.binding import Limits
from openmcs.runtime.console import Console, number_of, threshold_of
from openmcs.testing import Line, RealWorker
from tests.runtime.implementations import worker

SAYS = """
    import asyncio, logging, sys, threading, warnings
    import elsewhere

    log = logging.getLogger("shop.orders")

    def register(service):
        service.get("/levels", levels)
        service.get("/names", names)
        service.get("/logging", through_logging)
        service.get("/print", through_print)
        service.get("/warning", through_warnings)
        service.get("/mixed", mixed)
        service.get("/values", values)
        service.get("/elsewhere", lambda req: elsewhere.speak())
        service.get("/thread", in_a_thread)
        service.get("/task", in_a_task)
        service.get("/long", lambda req: console.info("x" * 20000))
        service.get("/is", lambda req: [getattr(req.console, "is_" + level)() for level in
            ("severe", "warning", "info", "config", "fine", "finer", "finest")])
        service.get("/dying", dying)

    def levels(req):
        for level in ("severe", "warning", "info", "config", "fine", "finer", "finest"):
            getattr(req.console, level)(level)

    def names(req):
        console.error("e")
        console.warn("w")
        console.log("l")

    def through_logging(req):
        log.critical("c")
        log.error("e")
        log.warning("w")
        log.info("i %s", 7)
        log.debug("d")
        try:
            1 / 0
        except ZeroDivisionError:
            log.exception("caught")

    def through_print(req):
        print("one")
        print("two", "words")
        print("no end", end="")
        print(" yet")
        print("err", file=sys.stderr)

    def through_warnings(req):
        warnings.warn("old", stacklevel=1)

    def mixed(req):
        console.info("first")
        print("second")
        log.info("third")
        console.info("fourth")

    def values(req):
        console.info({"a": [1, "ü"]}, None, 7, b"x", object)

    def in_a_thread(req):
        import contextvars
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(console.info, "from a thread"))
        thread.start()
        thread.join()

    async def in_a_task(req):
        async def say():
            console.info("from a task")
        await asyncio.create_task(say())

    def dying(req):
        import os
        console.info("last words")
        os.write(2, b"raw last words\\n")
        os._exit(1)
"""
FILES = {"api.py": SAYS, "elsewhere.py": "\n\ndef speak():\n    console.info('from elsewhere')\n"}
LEVELS = ["severe", "warning", "info", "config", "fine", "finer", "finest"]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealWorker]:
    with worker(tmp_path_factory.mktemp("says"), FILES, limits=Limits(level=300)) as running:
        yield running


def said(api: RealWorker, path: str) -> list[Line]:
    api.log.clear()
    api.get(path)
    return list(api.log)


def test_the_levels_of_the_console_arrive_as_they_are(api: RealWorker) -> None:
    assert [line.level for line in said(api, "/levels")] == LEVELS


def test_javascripts_names_are_levels_too(api: RealWorker) -> None:
    assert [(line.level, line.text) for line in said(api, "/names")] == [
        ("severe", "e"), ("warning", "w"), ("info", "l"),
    ]  # fmt: skip


def test_logging_arrives_with_its_levels_arguments_and_tracebacks(api: RealWorker) -> None:
    lines = said(api, "/logging")
    assert [(line.level, line.text.splitlines()[0]) for line in lines] == [
        ("severe", "c"), ("severe", "e"), ("warning", "w"), ("info", "i 7"), ("fine", "d"), ("severe", "caught"),
    ]  # fmt: skip
    assert "ZeroDivisionError" in lines[-1].text


def test_each_printed_line_is_a_message_and_stderr_is_a_warning(api: RealWorker) -> None:
    assert [(line.level, line.text) for line in said(api, "/print")] == [
        ("info", "one"), ("info", "two words"), ("info", "no end yet"), ("warning", "err"),
    ]  # fmt: skip


def test_warnings_arrive(api: RealWorker) -> None:
    (line,) = said(api, "/warning")
    assert line.level == "warning"
    assert "old" in line.text


def test_what_is_said_in_different_ways_keeps_its_order(api: RealWorker) -> None:
    assert [line.text for line in said(api, "/mixed")] == ["first", "second", "third", "fourth"]


def test_objects_are_shown_as_json(api: RealWorker) -> None:
    (line,) = said(api, "/values")
    assert line.text == "{\"a\": [1, \"ü\"]} None 7 b'x' <class 'object'>"


@pytest.mark.parametrize(("path", "file"), [("/mixed", "api.py"), ("/elsewhere", "elsewhere.py")])
def test_a_line_names_the_file_and_line_that_said_it(api: RealWorker, path: str, file: str) -> None:
    line = said(api, path)[0]
    assert line.file == file
    text = (api._folder / file).read_text().splitlines()[(line.line or 0) - 1]
    assert "console.info(" in text


@pytest.mark.parametrize(("path", "text"), [("/thread", "from a thread"), ("/task", "from a task")])
def test_threads_and_tasks_of_a_call_speak_for_it(api: RealWorker, path: str, text: str) -> None:
    assert [line.text for line in said(api, path)] == [text]


def test_a_long_line_is_cut(api: RealWorker) -> None:
    assert len(said(api, "/long")[0].text) == 10_000


@pytest.mark.parametrize(
    ("level", "kept"), [(1000, 1), (900, 2), (800, 3), (700, 4), (500, 5), (400, 6), (300, 7), (600, 4)]
)
def test_only_what_is_severe_enough_is_sent_and_the_code_can_ask(tmp_path: Path, level: int, kept: int) -> None:
    with worker(tmp_path, FILES, limits=Limits(level=level)) as api:
        assert [line.level for line in said(api, "/levels")] == LEVELS[:kept]
        assert api.get("/is").json() == [True] * kept + [False] * (7 - kept)


def test_last_words_of_a_worker_that_dies_are_kept(tmp_path: Path) -> None:
    with worker(tmp_path, FILES) as api:
        with pytest.raises(Exception, match="crashed"):
            api.get("/dying")
        assert any(line.text == "raw last words" for line in api.log)


@pytest.mark.parametrize("level", [1000, 900, 800, 500, 300])
def test_pythons_levels_and_the_consoles_agree(level: int) -> None:
    assert number_of(threshold_of(level)) == level


def test_a_value_whose_text_cannot_be_made_does_not_break_the_line() -> None:
    said: list[str] = []
    console = Console(lambda *line: said.append(line[3]), 300, "/")
    loop: list[object] = []
    loop.append(loop)
    console.info("before", loop)
    assert said[0].startswith("before")
