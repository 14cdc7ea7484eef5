"""The loader: each record of the spool once, whatever dies meanwhile."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select
from structlog.testing import capture_logs

from openmcs.errors import StoreUnavailable
from openmcs.store import log_loader
from openmcs.store.database import Database
from openmcs.store.log import loaded
from openmcs.store.log_loader import Loader
from openmcs.store.segment import frame
from openmcs.store.spool import Spool
from openmcs.store.tables import log_cursor, log_loss, log_message, request_log
from tests.store.records import loaded_ecids, message, request, spooled


def _rotated(directory: Path, count: int, each: int) -> Spool:
    """A living writer with *count* records in segments of *each*."""
    spool = Spool.open(directory, sync_interval=60)
    for number in range(count):
        if number and number % each == 0:
            spool.rotate()
        spool.append(request(number))
    return spool


def _count(database: Database, table: Any) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def _leftovers(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.rglob("*") if each.name != "loader.lock")


def test_requests_and_messages_arrive_as_they_were_written(database: Database, tmp_path: Path) -> None:
    """Every field is in its column, in order, with the characters that were sent."""
    sent = request(1, user="jo\u00e9 \U0001f40d", error_detail="a\nb\x00", bytes_out=2**40, worker_us=12)
    spooled(tmp_path, [sent, message(1, text="caf\u00e9\n\U0001f40d", level=900, file="synapse.py", line=7)])
    assert Loader(database, tmp_path).run_once() == 2
    with database.read() as connection:
        row = connection.execute(select(request_log)).mappings().one()
        line = connection.execute(select(log_message)).mappings().one()
    assert (row["ecid"], row["user"], row["error_detail"], row["bytes_out"], row["worker_us"], row["time"]) == (
        "e1", "jo\u00e9 \U0001f40d", "a\nb\x00", 2**40, 12, 1_000_001
    )  # fmt: skip
    assert (line["text"], line["level"], line["file"], line["line"]) == ("caf\u00e9\n\U0001f40d", 900, "synapse.py", 7)


def test_a_living_writer_is_followed_and_its_last_segment_kept(database: Database, tmp_path: Path) -> None:
    """Runs load what is new; rotated segments leave with their cursors, the current one stays."""
    spool = _rotated(tmp_path, 25, 10)
    loader = Loader(database, tmp_path, batch=4)
    assert loader.run_once() == 25
    assert loader.run_once() == 0
    spool.append(request(25))
    assert loader.run_once() == 1
    assert loaded_ecids(database) == [f"e{number}" for number in range(26)]
    segment = spool.position[0]
    assert _leftovers(tmp_path) == sorted([segment.partition("-")[0], "lock", f"{segment}.log"])
    assert _count(database, log_cursor) == 1
    spool.close()


def test_a_dead_writer_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    """When all is loaded its folder and its cursors are gone."""
    _rotated(tmp_path, 25, 10).close()
    assert Loader(database, tmp_path).run_once() == 25
    assert _leftovers(tmp_path) == []
    assert _count(database, log_cursor) == 0


def test_loaded_says_whether_a_position_is_in_the_tables(database: Database, tmp_path: Path) -> None:
    """It becomes true with the loading, and stays true when the segment has left."""
    loader = Loader(database, tmp_path)
    spool = Spool.open(tmp_path, sync_interval=60)
    assert loaded(database, *spool.position)
    spool.append(request(0))
    first = spool.position
    assert not loaded(database, *first)
    loader.run_once()
    assert loaded(database, *first)
    spool.append(request(1))
    second = spool.position
    assert not loaded(database, *second)
    spool.rotate()
    assert not loaded(database, *second)
    spool.append(request(2))
    loader.run_once()
    assert loaded(database, *second)
    assert loaded(database, *first)
    assert loaded(database, *spool.position)
    spool.append(request(3))
    assert not loaded(database, *spool.position)
    spool.close()


def test_damaged_lines_are_counted_and_the_rest_is_loaded(database: Database, tmp_path: Path) -> None:
    """Wrong checksums, records that are none and a torn end are losses; nothing keeps the loader from going on."""
    writer = tmp_path / "01WRITER"
    writer.mkdir()
    (writer / "01WRITER-00000001.log").write_bytes(
        frame(request(1)) + b"deadbeef {}\n" + frame(b'{"k":"?"}') + frame(b'{"k":"m","time":1,"level":99999999999}')
        + frame(b"\xff") + frame(request(2)) + frame(request(3))[:40]
    )  # fmt: skip
    with capture_logs() as logs:
        Loader(database, tmp_path, batch=3).run_once()
    assert loaded_ecids(database) == ["e1", "e2"]
    with database.read() as connection:
        assert connection.scalar(select(func.sum(log_loss.c.lost))) == 5
    assert len([entry for entry in logs if "damaged" in entry["event"]]) == 5
    assert _leftovers(tmp_path) == []


def test_a_record_in_the_making_is_waited_for(database: Database, tmp_path: Path) -> None:
    """Half a line at the end of a living writer's segment is neither loaded nor counted as lost."""
    spool = Spool.open(tmp_path, sync_interval=60)
    spool.append(request(1))
    segment = spool.position[0]
    file = tmp_path / segment.partition("-")[0] / f"{segment}.log"
    line = frame(request(2))
    with open(file, "ab", buffering=0) as other:
        other.write(line[:30])
        loader = Loader(database, tmp_path)
        assert loader.run_once() == 1
        other.write(line[30:])
    assert loader.run_once() == 1
    assert _count(database, log_loss) == 0
    spool.close()


def test_lost_records_that_a_writer_reports_are_counted(database: Database, tmp_path: Path) -> None:
    """The number that did not fit on the disk is in `log_loss`."""
    spooled(tmp_path, [request(1), b'{"k":"l","time":5,"lost":17,"reason":"disk full"}'])
    Loader(database, tmp_path).run_once()
    with database.read() as connection:
        assert connection.execute(select(log_loss.c.lost, log_loss.c.reason)).one() == (17, "disk full")


def test_there_is_one_loader_at_a_time(database: Database, tmp_path: Path) -> None:
    """Four loaders in four threads load each record once and never get into one another's way."""
    _rotated(tmp_path, 400, 20).close()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            for _ in range(20):
                Loader(database, tmp_path, batch=7).run_once()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    Loader(database, tmp_path).run_once()
    assert failures == []
    assert loaded_ecids(database) == [f"e{number}" for number in range(400)]


class Crash(BaseException):
    """The process ends here."""


class _Crashing:
    """Lets the *n*-th step of the loader be its last."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, database: Database, last: int) -> None:
        self.left = last
        for module, name in ((os, "rename"), (log_loader, "sync_directory"), (Path, "unlink"), (Path, "rmdir"),
                             (log_loader, "_move_cursor"), (log_loader, "_insert")):  # fmt: skip
            monkeypatch.setattr(module, name, self.around(getattr(module, name)))
        real = database.write

        @contextlib.contextmanager
        def write() -> Iterator[Connection]:
            with real() as connection:
                yield connection
                self.step()  # the commit never happens
            self.step()  # it happened, and nobody hears of it

        monkeypatch.setattr(database, "write", write)

    def around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            self.step()
            answer = real(*arguments, **more)
            self.step()
            return answer

        return call

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash


def test_a_crash_at_any_step_loads_nothing_twice_and_loses_nothing(database: Database, tmp_path: Path) -> None:
    """The loader dies before and after every one of its steps in turn; the next run completes the work."""
    last, crashed, number = 0, True, 0
    while crashed:
        last += 1
        directory = tmp_path / f"spool{last}"
        spool = Spool.open(directory, sync_interval=60)
        first = number
        for _ in range(3):
            for _ in range(4):
                spool.append(request(number))
                number += 1
            spool.rotate()
        spool.close()
        loader = Loader(database, directory, batch=3)
        with pytest.MonkeyPatch.context() as monkeypatch:
            _Crashing(monkeypatch, database, last)
            try:
                loader.run_once()
                crashed = False
            except Crash:
                pass
        Loader(database, directory, batch=3).run_once()
        assert loaded_ecids(database)[first:] == [f"e{each}" for each in range(first, number)], f"step {last}"
        assert _leftovers(directory) == []
    assert last > 40
    assert _count(database, log_cursor) == 0
    assert _count(database, log_loss) == 0


_LOADER = """
import sys, pathlib, threading
from openmcs.store.database import Database
from openmcs.store.log_loader import Loader
print("ready", flush=True)
Loader(Database.open(sys.argv[1]), pathlib.Path(sys.argv[2]), batch=50).run_forever(threading.Event(), 0.001)
"""


def test_a_loader_that_is_killed_again_and_again_loads_each_record_once(database: Database, tmp_path: Path) -> None:
    """`kill -9` at random moments, five times, while a writer goes on; the last one only after something is loaded."""
    url = database.engine.url.render_as_string(hide_password=False)
    directory = tmp_path / "spool"
    spool = Spool.open(directory, sync_interval=0.01, segment_bytes=20_000)
    chance, number = random.Random(7), 0
    for is_last in (False, False, False, False, True):
        with subprocess.Popen([sys.executable, "-c", _LOADER, url, str(directory)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            until = time.monotonic() + chance.uniform(0.02, 0.25)
            while time.monotonic() < until or (is_last and not loaded_ecids(database)):
                for _ in range(20):
                    spool.append(request(number))
                    number += 1
                time.sleep(0.005)
            process.kill()
    spool.close()
    already = len(loaded_ecids(database))
    Loader(database, directory).run_once()
    assert 0 < already <= number
    assert loaded_ecids(database) == [f"e{each}" for each in range(number)]
    assert _leftovers(directory) == []


_WRITER = """
import os, sys, pathlib
from openmcs.store.spool import Spool
from tests.store.records import request
spool = Spool.open(pathlib.Path(sys.argv[1]), segment_bytes=100_000, sync_interval=0.01)
number = int(sys.argv[2])
while True:
    spool.append(request(number))
    os.write(1, b"%d\\n" % number)  # the answer
    number += 1
"""


def test_a_writer_that_is_killed_under_load_loses_nothing_answered(database: Database, tmp_path: Path) -> None:
    """Three processes are killed by `kill -9`; all they answered is loaded, and at most one more for each."""
    root = str(Path(__file__).parents[2])
    expected: list[str] = []
    spare: list[str] = []
    for round_ in range(3):
        start = round_ * 10_000_000
        command = [sys.executable, "-c", _WRITER, str(tmp_path / "spool"), str(start)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": root}) as process:
            assert process.stdout is not None
            process.stdout.readline()
            threading.Timer(0.2, process.kill).start()
            rest = process.stdout.read()
        answered = rest[: rest.rfind(b"\n") + 1].count(b"\n") + 1
        assert answered > 100
        expected += [f"e{number}" for number in range(start, start + answered)]
        spare.append(f"e{start + answered}")
    loader = Loader(database, tmp_path / "spool")
    while loader.run_once():
        pass
    found = loaded_ecids(database)
    assert [ecid for ecid in found if ecid not in spare] == expected
    assert len(found) == len(set(found))
    assert _count(database, log_loss) == 0


def test_while_the_database_is_down_the_spool_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run_forever` warns, tries again later and later, and loads everything when the database is back."""
    from openmcs.store import schema

    database = Database.open(f"sqlite:///{tmp_path / 'openmcs.db'}")
    schema.upgrade(database)
    down = threading.Event()
    down.set()
    real, tries = database.write, []

    @contextlib.contextmanager
    def write() -> Iterator[Connection]:
        if down.is_set():
            tries.append(time.monotonic())
            raise StoreUnavailable("The database does not answer.")
        with real() as connection:
            yield connection

    monkeypatch.setattr(database, "write", write)
    spool = _rotated(tmp_path / "spool", 5, 2)
    stop = threading.Event()
    with capture_logs() as logs:
        thread = threading.Thread(target=Loader(database, tmp_path / "spool").run_forever, args=(stop, 0.01))
        thread.start()
        deadline = time.monotonic() + 10
        while len(tries) < 5 and time.monotonic() < deadline:
            time.sleep(0.005)
        down.clear()
        while len(loaded_ecids(database)) < 5 and time.monotonic() < deadline:
            time.sleep(0.005)
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    assert loaded_ecids(database) == [f"e{number}" for number in range(5)]
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps[3] > 2 * gaps[0]
    assert [entry["log_level"] for entry in logs if "waits" in entry["event"]][:1] == ["warning"]
    assert any("loaded again" in entry["event"] for entry in logs)
    spool.close()
    database.close()


def test_what_was_written_before_the_stop_is_loaded(database: Database, tmp_path: Path) -> None:
    """`run_forever` makes one more round when it is told to end."""
    stop = threading.Event()
    stop.set()
    spooled(tmp_path, [request(1)])
    Loader(database, tmp_path).run_forever(stop)
    assert loaded_ecids(database) == ["e1"]
