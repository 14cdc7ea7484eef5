"""Compaction: nothing is lost and nothing doubled, whatever happens meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from openmcs.store import columnar, compaction, leases, log_segments
from openmcs.store.clock import now_us
from openmcs.store.compaction import Compactor, Limits
from openmcs.store.database import Database
from openmcs.store.log_kinds import DAY_US, FAILING, HOUR_US, MESSAGES, REQUESTS, SAMPLE_EVERY, SPARSER
from openmcs.store.log_reader import LogReader
from openmcs.store.tables import lease, log_compaction, request_log
from tests.store.records import load, message, request

NOW = now_us() // HOUR_US * HOUR_US + HOUR_US // 2


def _requests(database: Database, directory: Path) -> list[str]:
    """The ECIDs of all requests that questions see, and a check that sums and sample agree with the rows."""
    reader = LogReader(database, directory)
    with reader.view() as view:
        ecids = [row[0] for row in view.rows(f"SELECT ecid FROM {view.source(REQUESTS, {'ecid'})}")]
        for columns in ({"calls", "method"}, {"calls", "session_id"}):
            for grain in (HOUR_US, DAY_US):
                source = view.source(REQUESTS, columns, grain=grain)
                assert view.rows(f"SELECT coalesce(sum(calls), 0)::BIGINT FROM {source}")[0][0] == len(ecids)
        for every in (SAMPLE_EVERY, *SPARSER):
            sampled = view.source(REQUESTS, {"ecid"}, every=every)
            even = view.rows(f"SELECT count(*) FROM {view.source(REQUESTS, {'ecid'})} WHERE time % {every} = 0")
            assert view.rows(f"SELECT count(*) FROM {sampled}") == even
        failing = view.source(REQUESTS, {"ecid"}, extract=FAILING)
        naive = view.rows(f"SELECT count(*) FROM {view.source(REQUESTS, {'status'})} WHERE status >= 500")
        assert view.rows(f"SELECT count(*) FROM {failing}") == naive
    reader.close()
    return sorted(ecids, key=lambda ecid: int(ecid[1:]))


def _names(numbers: range) -> list[str]:
    return [f"e{number}" for number in numbers]


def _hot(database: Database) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(request_log)) or 0


def _files(directory: Path) -> list[str]:
    return sorted(str(each.relative_to(directory).parent) for each in directory.rglob("*.parquet"))


def test_hot_rows_become_segments_by_day_and_hour(database: Database, tmp_path: Path) -> None:
    """Rows are in the hour of their time, with sums and a sample beside them; the hot table is empty."""
    directory = tmp_path / "log"
    noon = NOW // DAY_US * DAY_US + 12 * HOUR_US  # three hours of one day, which is not over
    load(database, tmp_path / "spool", *(request(n, time=noon - n * HOUR_US) for n in range(3)), message(1, time=noon))
    assert Compactor(database, directory).run_once(everything=True) == 4
    assert _hot(database) == 0
    assert _requests(database, directory) == _names(range(3))
    folders = [folder for folder in _files(directory) if folder.startswith("requests/")]
    assert len(folders) == 3
    assert all("/day=20" in folder and "/hour=" in folder for folder in folders)
    assert len(_files(directory)) == 3 * 5 + 3


def test_rows_keep_every_value(database: Database, tmp_path: Path) -> None:
    """What a client sent comes out of a segment as it came out of the table."""
    sent: dict[str, Any] = {
        "user": "jo\u00e9 \U0001f40d'\"\\", "error_detail": "a\nb\x00$1{}", "bytes_out": 2**62, "worker_us": 12,
        "path": "/;DROP TABLE requests--", "client_sdk": None, "status": 599, "duration_us": 0,
    }  # fmt: skip
    load(database, tmp_path / "spool", request(1, time=NOW, **sent))
    reader = LogReader(database, tmp_path / "log")
    rows = []
    for _ in range(2):
        with reader.view() as view:
            (row,) = view.documents(f"SELECT * FROM {view.source(REQUESTS, REQUESTS.columns)}")
            rows.append(row)
        Compactor(database, tmp_path / "log").run_once(everything=True)
    with reader.view() as view:
        assert view.segments(REQUESTS)
        assert view.documents(f"SELECT * FROM {view.source(REQUESTS, REQUESTS.columns)}") == rows[:1]
    assert {name: rows[0][name] for name in sent} == sent
    reader.close()


def test_little_waits_until_it_is_old_enough(database: Database, tmp_path: Path) -> None:
    """Few rows stay hot for a while, many go at once, in portions of whole batches."""
    compactor = Compactor(database, tmp_path / "log", Limits(rows=100, seconds=300, most=40))
    load(database, tmp_path / "spool", *(request(n, time=NOW) for n in range(30)))
    assert compactor.run_once(now=NOW + 299_000_000) == 0
    assert compactor.run_once(now=NOW + 300_000_000) == 30
    for start in range(30, 130, 20):
        load(database, tmp_path / "spool", *(request(n, time=NOW) for n in range(start, start + 20)))
    assert compactor.run_once(now=NOW) == 40
    load(database, tmp_path / "spool", *(request(n, time=NOW) for n in range(130, 180)))
    assert compactor.run_once(now=NOW) == 40
    assert _requests(database, tmp_path / "log") == _names(range(180))


def test_late_rows_and_clocks_that_jump_go_to_the_hour_they_name(database: Database, tmp_path: Path) -> None:
    """An hour of rows that arrive late, rows of a clock that is years off, before and after: each once."""
    directory = tmp_path / "log"
    compactor = Compactor(database, directory, Limits(retention_days=36_500))
    load(database, tmp_path / "spool", *(request(n, time=NOW + n * 1_000_000) for n in range(60)))
    compactor.run_once(everything=True)
    late = (request(n, time=NOW - HOUR_US + (n - 60) * 60_000_000) for n in range(60, 120))
    jumped = (request(n, time=time) for n, time in enumerate((NOW + 10**15, 0, -1, NOW - 3 * 10**14), 120))
    load(database, tmp_path / "spool", *late, *jumped)
    assert compactor.run_once(everything=True) == 64
    assert _requests(database, directory) == _names(range(124))
    reader = LogReader(database, directory)
    with reader.view() as view:
        for each in view.segments(REQUESTS):
            assert each.hour * HOUR_US <= each.first <= each.last < (each.hour + 1) * HOUR_US
        source = view.source(REQUESTS, {"ecid"}, NOW - HOUR_US, NOW)
        assert view.rows(f"SELECT count(*) FROM {source}") == [(60,)]
    reader.close()


def test_the_segments_of_an_hour_become_one(database: Database, tmp_path: Path) -> None:
    """When the hour is over, or has many; whoever still reads the old files can, for a while."""
    directory = tmp_path / "log"
    compactor = Compactor(database, directory, Limits(rows=1, small=3, grace_seconds=4 * 3600))
    for number in range(3):
        load(database, tmp_path / "spool", request(number, time=NOW))
        compactor.run_once(now=NOW)
    reader = LogReader(database, directory)
    with reader.view() as view:
        assert len(view.segments(REQUESTS)) == 3
        source = view.source(REQUESTS, {"ecid"})
        assert compactor.run_once(now=NOW + 2 * HOUR_US) == 0
        assert view.rows(f"SELECT count(*) FROM {source}") == [(3,)]
    with reader.view() as view:
        assert [each.rows for each in view.segments(REQUESTS)] == [3]
    assert _requests(database, directory) == _names(range(3))
    assert len(_files(directory)) == 4 * 5
    compactor.run_once(now=now_us() + 5 * HOUR_US)
    assert len(_files(directory)) == 5
    reader.close()


def test_old_segments_leave_by_age_and_by_size(database: Database, tmp_path: Path) -> None:
    """The oldest first; what is left stays whole."""
    directory = tmp_path / "log"
    load(database, tmp_path / "spool", *(request(n, time=NOW - n * 24 * HOUR_US) for n in range(10)))
    Compactor(database, directory, Limits(retention_days=5)).run_once(everything=True, now=NOW)
    assert _requests(database, directory) == _names(range(6))
    with database.read() as connection:
        sizes = [each["bytes"] for each in log_segments.segments(connection, "requests")]
    limits = Limits(retention_days=5, retention_bytes=sum(sizes[-2:]) + 10, grace_seconds=0)
    compactor = Compactor(database, directory, limits)
    compactor.run_once(now=NOW)
    assert _requests(database, directory) == _names(range(2))
    compactor.run_once(now=now_us() + 1_000_000)
    assert len(_files(directory)) == 10


STEPS = (
    "write requests", "write sums", "write people", "write sample", "write failing", "write messages", "write lines",
    "write exceptions", "commit", "committed", "delete hot rows", "unlink", "complete", "bundle",
)  # fmt: skip
_DYING = """
import os, signal, sys
from pathlib import Path
from openmcs.store.compaction import Compactor, Limits
from openmcs.store.database import Database
passed = 0
def passing(step):
    global passed
    passed += step == sys.argv[3]
    if passed == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
limits = Limits(rows=1, small=1, grace_seconds=0)
Compactor(Database.open(sys.argv[1]), Path(sys.argv[2]), limits, passing=passing).run_once(everything=True)
"""


class _Died(BaseException):
    """The process ends here."""


def _crash(database: Database, directory: Path, at: str, occurrence: int) -> bool:
    passed = 0

    def passing(step: str) -> None:
        nonlocal passed
        passed += step == at
        if passed == occurrence:
            raise _Died

    try:
        limits = Limits(rows=1, small=1, grace_seconds=0)
        Compactor(database, directory, limits, passing=passing).run_once(everything=True)
    except _Died:
        return True
    return False


def _kill(database: Database, directory: Path, at: str, occurrence: int) -> bool:
    url = database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", _DYING, url, str(directory), at, str(occurrence)]
    return subprocess.run(command, check=False).returncode == -signal.SIGKILL


@pytest.mark.parametrize(("end", "occurrences"), [(_crash, (1, 2, 4)), (_kill, (1,))], ids=["crash", "kill -9"])
def test_whatever_step_it_dies_at_no_row_is_lost_or_doubled(
    database: Database, tmp_path: Path, end: Callable[..., bool], occurrences: tuple[int, ...]
) -> None:
    """At each step of compacting, merging, deleting, completing and copying; the next run goes on, and leaves no file that nobody knows."""
    directory, count = tmp_path / "log", 0
    for occurrence in occurrences:
        for step in STEPS:
            day = DAY_US if step == "bundle" else 0  # only days that are over are copied
            rows = [request(count + n, time=NOW - n % 2 * HOUR_US - day, status=500 * (n % 2) or 200) for n in range(4)]
            load(database, tmp_path / "spool", *rows, message(count, time=NOW))
            count += 4
            if step == "unlink":  # of what an earlier run has merged
                Compactor(database, directory, Limits(rows=1, small=1)).run_once(everything=True)
            if step == "complete":  # what an earlier version did not write
                Compactor(database, directory, Limits(rows=1, small=1)).run_once(everything=True)
                for folder in ("requests_sums", "requests_failing", "messages_lines"):
                    for file in (directory / folder).rglob("*.parquet"):
                        file.unlink()
                assert _requests(database, directory) == _names(range(count))
            died = end(database, directory, step, occurrence)
            assert died or occurrence > 1
            assert _requests(database, directory) == _names(range(count))
            with database.write() as connection:
                connection.execute(update(lease).values(until=0))
    for _ in range(2):
        Compactor(database, directory, Limits(grace_seconds=0)).run_once(everything=True, now=now_us() + 1)
    assert _requests(database, directory) == _names(range(count))
    assert _hot(database) == 0
    with database.read() as connection:
        known = log_segments.known(connection, "requests") | log_segments.known(connection, "messages")
    found = {each.stem for folder in ("requests", "messages") for each in directory.glob(f"{folder}*/*/*/*")}
    assert found == known
    for folder in (folder for kind in (REQUESTS, MESSAGES) for folder in kind.files):
        assert {each.stem for each in (directory / folder).rglob("*.parquet")} <= known
    assert not list(directory.rglob("*.draft"))


def test_one_process_at_a_time_compacts(database: Database, tmp_path: Path) -> None:
    """While another has the lease a run does nothing; one whose lease was taken away commits nothing."""
    directory = tmp_path / "log"
    load(database, tmp_path / "spool", *(request(n, time=NOW) for n in range(5)))
    assert leases.take(database, compaction.LEASE, "other", 60)
    assert Compactor(database, directory).run_once(everything=True) == 0

    def stolen(step: str) -> None:
        if step == "commit":
            with database.write() as connection:
                connection.execute(update(lease).values(holder="other", until=now_us() + 60_000_000))

    leases.release(database, compaction.LEASE, "other")
    assert Compactor(database, directory, passing=stolen).run_once(everything=True) == 0
    assert _hot(database) == 5
    leases.release(database, compaction.LEASE, "other")
    assert Compactor(database, directory).run_once(everything=True) == 5
    assert _requests(database, directory) == _names(range(5))


def test_readers_see_every_row_once_while_it_is_compacted(database: Database, tmp_path: Path) -> None:
    """A reader asks again and again while rows are loaded, compacted, merged and deleted."""
    directory, count = tmp_path / "log", 12
    reader, failures, stop = LogReader(database, directory), [], threading.Event()

    def read() -> None:
        before = 0
        while not stop.is_set():
            with reader.view() as view:
                source = view.source(REQUESTS, {"ecid"})
                rows, different = view.rows(f"SELECT count(*), count(DISTINCT ecid) FROM {source}")[0]
            if rows != different or rows < before or rows % 50:
                failures.append((before, rows, different))
            before = rows

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    compactor = Compactor(database, directory, Limits(rows=1, small=2, grace_seconds=3600))
    for number in range(count):
        load(database, tmp_path / "spool", *(request(number * 50 + n, time=NOW) for n in range(50)))
        compactor.run_once(everything=number % 3 == 0)
    stop.set()
    for thread in threads:
        thread.join()
    reader.close()
    assert failures == []
    assert _requests(database, directory) == _names(range(count * 50))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_leaves_the_rows_where_they_are(database: Database, tmp_path: Path) -> None:
    """They stay hot and are asked from there; the reason is kept, and when there is room again all goes on."""
    directory = tmp_path / "small"
    directory.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.decode()}")
    try:
        rows = (request(n, time=NOW, path=f"/{os.urandom(600).hex()}") for n in range(300))
        load(database, tmp_path / "spool", *rows)
        compactor = Compactor(database, directory)
        assert compactor.run_once(everything=True) == 0
        assert _hot(database) == 300
        assert _files(directory) == []
        with database.read() as connection:
            problem = log_segments.summary(connection, "requests")["problem"]
        assert "No space left" in problem
        assert _requests(database, directory) == _names(range(300))
        subprocess.run(["mount", "-o", "remount,size=8m", directory], check=True)
        assert compactor.run_once(everything=True) == 300
        assert _requests(database, directory) == _names(range(300))
        with database.read() as connection:
            assert log_segments.summary(connection, "requests")["problem"] is None
    finally:
        subprocess.run(["umount", "-l", directory], check=True)


def test_columns_that_are_new_are_null_in_older_segments(database: Database, tmp_path: Path) -> None:
    """Segments that an earlier version wrote are read beside newer ones, and become one with them."""
    directory = tmp_path / "log"
    compactor = Compactor(database, directory, Limits(rows=1))
    load(database, tmp_path / "spool", request(1, time=NOW, trace_id="a" * 32))
    compactor.run_once(now=NOW)
    connection = columnar.connect(64)
    for folder in ("requests", "requests_sample", "requests_failing"):
        for file in (directory / folder).rglob("*.parquet"):
            query = f"SELECT * EXCLUDE trace_id FROM '{file}'"
            columnar.write_parquet(connection, query, file.with_name("older.parquet"))
            file.with_name("older.parquet").rename(file)
    connection.close()
    reader = LogReader(database, directory)

    def traces() -> list[tuple[Any, ...]]:
        with reader.view() as view:
            source = view.source(REQUESTS, {"ecid", "trace_id"})
            return view.rows(f"SELECT ecid, trace_id FROM {source} ORDER BY ecid")

    assert traces() == [("e1", None)]
    load(database, tmp_path / "spool", request(2, time=NOW, trace_id="b" * 32))
    assert traces() == [("e1", None), ("e2", "b" * 32)]
    compactor.run_once(now=NOW)
    assert traces() == [("e1", None), ("e2", "b" * 32)]
    compactor.run_once(everything=True)
    assert traces() == [("e1", None), ("e2", "b" * 32)]
    reader.close()


def test_the_list_of_segments_changes_only_from_the_state_that_was_read(database: Database) -> None:
    """Of two that changed it at once, one is refused and changes nothing."""
    with database.write() as connection:
        before = log_segments.state(connection, MESSAGES.name)
        assert log_segments.change(connection, MESSAGES.name, before, batch=5)
        assert not log_segments.change(connection, MESSAGES.name, before, batch=9)
        assert log_segments.state(connection, MESSAGES.name) == (5, 1)
        connection.execute(insert(log_compaction).values(kind="other", batch=1, revision=1, at=0))
        assert not log_segments.change(connection, "other", log_segments.State(0, 0), batch=9)


def test_a_day_that_is_over_is_copied_into_one_file(database: Database, tmp_path: Path) -> None:
    """Sums and samples are read from there, whatever part of the day is meant; late rows make another copy."""
    directory, day = tmp_path / "log", DAY_US
    yesterday = NOW // day * day - day
    limits = Limits(grace_seconds=3600)
    compactor = Compactor(database, directory, limits)
    load(database, tmp_path / "spool", *(request(n, time=yesterday + n * HOUR_US // 2) for n in range(48)))
    compactor.run_once(everything=True)

    def copies() -> int:
        return len(list((directory / "bundles").rglob("*.parquet")))

    assert copies() == len(REQUESTS.beside) + len(REQUESTS.daily)
    for hour in directory.glob("requests_sums/*/hour=1*"):
        for file in hour.iterdir():
            file.rename(file.with_suffix(".away"))  # they are read from the copy
    reader = LogReader(database, directory)

    def calls(start: int, end: int) -> int:
        with reader.view() as view:
            source = view.source(REQUESTS, {"calls", "method"}, yesterday + start, yesterday + end, grain=DAY_US)
            return int(view.rows(f"SELECT coalesce(sum(calls), 0)::BIGINT FROM {source}")[0][0])

    assert calls(0, day) == 48
    assert calls(3 * HOUR_US, 9 * HOUR_US) == 12
    assert calls(HOUR_US // 2, 20 * HOUR_US + HOUR_US // 2) == 40
    for file in directory.glob("requests_sums/*/hour=1*/*.away"):
        file.rename(file.with_suffix(".parquet"))
    load(database, tmp_path / "spool", request(48, time=yesterday + HOUR_US))
    compactor.run_once(everything=True)
    assert copies() == 2 * (len(REQUESTS.beside) + len(REQUESTS.daily))
    assert calls(0, day) == 49
    compactor.run_once(now=now_us() + 2 * 3600 * 1_000_000)
    assert copies() == len(REQUESTS.beside) + len(REQUESTS.daily)
    assert calls(0, day) == 49
    reader.close()


def test_what_lies_beside_the_rows_is_made_again(database: Database, tmp_path: Path) -> None:
    """Where it is missing questions read the rows, and the next run makes it, of rows of earlier versions as well."""
    directory = tmp_path / "log"
    rows = (request(n, time=NOW - n % 3 * HOUR_US, status=200 if n % 4 else 503) for n in range(40))
    load(database, tmp_path / "spool", *rows, *(message(n, time=NOW) for n in range(5)))
    Compactor(database, directory).run_once(everything=True)
    beside = [directory / folder for kind in (REQUESTS, MESSAGES) for folder in kind.files[1:]]
    before = {file: file.read_bytes() for folder in beside for file in folder.rglob("*.parquet")}
    for file in before:
        file.unlink()
    connection = columnar.connect(64)
    for file in (directory / "requests").rglob("*.parquet"):
        columnar.write_parquet(connection, f"SELECT * EXCLUDE trace_id FROM '{file}'", file.with_name("older.parquet"))
        file.with_name("older.parquet").rename(file)
    connection.close()
    assert _requests(database, directory) == _names(range(40))
    Compactor(database, directory).run_once()
    assert {file for folder in beside for file in folder.rglob("*.parquet")} == set(before)
    assert _requests(database, directory) == _names(range(40))
