"""
What questions to the log cost: every question of the console's pages, warm and cold, against plain SQLite; and what
recording costs the path of a call.

    python benchmarks/log.py [--rows 10] [--days 30] [--sqlite] [--recording] [--keep FOLDER]

Rows are in millions; they are made by DuckDB in the layout in which compaction leaves them. Each question is asked
by a process of its own; cold means that it has just started and that no file is in the page cache.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openmcs.analytics.call_tree import CallTree
from openmcs.analytics.clients import Clients
from openmcs.analytics.comparison import Comparison
from openmcs.analytics.facets import Facets
from openmcs.analytics.failures import Failures
from openmcs.analytics.grouped_messages import GroupedMessages
from openmcs.analytics.health import LONG, THRESHOLDS, Health
from openmcs.analytics.kpis import Kpis
from openmcs.analytics.latency import Durations, Latency
from openmcs.analytics.messages import Messages
from openmcs.analytics.ranking import Ranking
from openmcs.analytics.requests import Requests
from openmcs.analytics.retention import Retention
from openmcs.analytics.sessions import Sessions
from openmcs.analytics.users import Users
from openmcs.analytics.volume import Volume
from openmcs.store import columnar, log_segments, schema
from openmcs.store.clock import from_iso, to_iso
from openmcs.store.compaction import Compactor
from openmcs.store.database import Database
from openmcs.store.log_kinds import HOUR_US, MESSAGES, REQUESTS
from openmcs.store.log_reader import LogReader

END = from_iso("2026-06-30T00:00:00Z")
DAY_US = 24 * HOUR_US
TARGETS = {"warm p95, ms": 300.0, "cold, ms": 1500.0, "memory, MB": 600.0}
ROUNDS = 5

QUESTIONS: dict[str, Callable[[dict[str, str]], Any]] = {
    "home: kpis": Kpis.parse,
    "home: comparison": Comparison.parse,
    "home: volume": Volume.parse,
    "home: latency": Latency.parse,
    "home: top endpoints": lambda period: Ranking.parse({**period, "by": "endpoint"}),
    "home: top errors": Failures.parse,
    "requests: newest": Requests.parse,
    "requests: newest 5xx of a user": lambda period: Requests.parse({**period, "status": "5xx", "user": "user77"}),
    "requests: slowest": lambda period: Requests.parse({**period, "order": "slowest"}),
    "requests: text": lambda period: Requests.parse({**period, "q": "event/4999"}),
    "requests: facets": Facets.parse,
    "requests: facets of 5xx": lambda period: Facets.parse({**period, "status": "5xx"}),
    "requests: histogram of a backend": lambda period: Volume.parse({**period, "backend": "shop"}),
    "requests: durations": Durations.parse,
    "analytics: users": Users.parse,
    "analytics: sessions": Sessions.parse,
    "analytics: clients": Clients.parse,
    "analytics: retention": Retention.parse,
    "analytics: top users": lambda period: Ranking.parse({**period, "by": "user"}),
    "analytics: slowest endpoints by p95": lambda period: Ranking.parse({**period, "order": "p95"}),
    "logs: newest": Messages.parse,
    "logs: the same counted together": GroupedMessages.parse,
    "logs: text": lambda period: Messages.parse({**period, "text": "event 4999"}),
}
"""By page. `/health` is asked as well, and the tree of one call."""
_POLICIES = {name: 10.0 for name in THRESHOLDS} | {LONG: 8000.0}
PERIODS = {"24 h": 1, "7 days": 7, "30 days": 30}
SQLITE = {
    "home: volume": "SELECT (time - {start}) / {step} n, count(*), sum(status >= 500) FROM request_log WHERE time >= {start} GROUP BY 1",
    "home: latency": "SELECT (time - {start}) / {step} n, avg(duration_us), group_concat(duration_us) FROM request_log WHERE time >= {start} GROUP BY 1",
    "home: top endpoints": "SELECT api, method, resource, count(*) n, sum(status >= 500) FROM request_log WHERE time >= {start} GROUP BY 1, 2, 3 ORDER BY n DESC LIMIT 20",
    "requests: newest": "SELECT * FROM request_log WHERE time >= {start} ORDER BY time DESC LIMIT 50",
    "requests: text": "SELECT * FROM request_log WHERE time >= {start} AND path LIKE '%event/4999%' ORDER BY time DESC LIMIT 50",
    "requests: slowest": "SELECT * FROM request_log WHERE time >= {start} ORDER BY duration_us DESC LIMIT 50",
    "analytics: users": "SELECT (time - {start}) / {step} n, count(DISTINCT user) FROM request_log WHERE time >= {start} GROUP BY 1",
    "analytics: clients": "SELECT application_key, client_sdk, count(*), count(DISTINCT user), count(DISTINCT session_id) FROM request_log WHERE time >= {start} GROUP BY 1, 2",
}  # fmt: skip


def generate(folder: Path, millions: float, days: int) -> None:
    """
    A log of so many days up to `END`: more by day than by night, a few endpoints busier than the many, 30,000 users
    with sessions of some twenty calls, three per cent failing with a line in the messages.
    """
    database = _database(folder)
    compactor = Compactor(database, folder / "log")
    per_hour = millions * 1_000_000 / days / 24
    began = time.monotonic()
    connection = columnar.connect(1024, 2, folder / "spill")
    for kind in (REQUESTS, MESSAGES):
        made = []
        for hour in range(days * 24):
            begin = END - days * DAY_US + hour * HOUR_US
            count = int(per_hour * (1.6 if 7 <= hour % 24 < 21 else 0.16))
            _make(connection, begin, count, hour)
            query = "SELECT * FROM made" if kind is REQUESTS else _MESSAGES
            made.append(compactor.write(connection, kind, query, begin // HOUR_US))
            if sys.stderr.isatty():
                print(f"\r{kind.name} {hour + 1} of {days * 24} hours", end="", file=sys.stderr)
        with database.write() as store:
            log_segments.change(store, kind.name, log_segments.state(store, kind.name), batch=0, add=made)
    for kind in (REQUESTS, MESSAGES):
        compactor.bundle(kind, END + 2 * DAY_US)
    size = sum(each.stat().st_size for each in (folder / "log").rglob("*.parquet"))
    print(f"{millions:g} million requests in {days} days made in {time.monotonic() - began:.0f} s: {size / 1e6:.0f} MB")


_MESSAGES = """
SELECT segment, position, batch, time, 1000 AS level, 'Traceback (most recent call last):' || chr(10) || '  File "x.py"'
    || chr(10) || (CASE position % 3 WHEN 0 THEN 'KeyError: ''' ELSE 'ValueError: no event ' END) || position || '''' AS text,
    'exception' AS logger, ecid, rid, backend, api, api_version, implementation, "user", 'x.py' AS file,
    (position % 7)::INTEGER AS line
FROM made WHERE status >= 500
"""


_ECID = " || ".join(
    f"substr('0123456789abcdefghjkmnpqrstvwxyz', ((moment // 1000) >> {shift} & 31)::INTEGER + 1, 1)"
    for shift in range(40, -1, -5)
)


def _make(connection: Any, begin: int, count: int, hour: int) -> None:
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE made AS
        WITH draw AS (
            SELECT i, hash(i * 31 + {hour}) AS h, hash(i * 17 + {hour} + 1) AS g, random() AS u, random() AS v,
                floor(40 * pow(random(), 3))::BIGINT AS place
            FROM range({count}) t(i)
        ), told AS (
            SELECT *, {begin} + (i * {HOUR_US} // {max(count, 1)}) + (h % 997)::BIGINT AS moment, (place % 5) AS api, (hash({hour} // 2 * 1000 + h % 600) % 30000) AS person, (g % 1000) AS fate FROM draw
        )
        SELECT 's{hour}' AS segment, i AS position, 0::BIGINT AS batch,
            moment AS time,
            {_ECID} || '_' || right(md5(i || '-{hour}'), 22) || '0' AS ecid, '0' AS rid,
            CASE WHEN api < 2 THEN 'shop' WHEN api = 2 THEN 'field' ELSE 'synapse' END AS backend, '1.0' AS backend_version,
            'api' || api AS api, CASE WHEN api = 1 AND h % 10 = 0 THEN '1.1' ELSE '1.0' END AS api_version,
            '/thing' || place || '/{{id}}' AS resource,
            CASE WHEN place % 4 = 0 THEN 'POST' ELSE 'GET' END AS method,
            '/mobile/custom/api' || api || '/event/' || (g % 5000) || '?page=' || (h % 50) AS path,
            (CASE WHEN fate < 920 THEN 200 WHEN fate < 940 THEN 304 WHEN fate < 970 THEN 404 ELSE 500 END)::INTEGER AS status,
            (800 * exp(1.2 * sqrt(-2 * ln(u + 1e-9)) * cos(6.283 * v)))::BIGINT + 200 AS duration_us,
            500::BIGINT AS worker_us, 0::BIGINT AS bytes_in, (g % 5000)::BIGINT AS bytes_out,
            CASE WHEN person % 5 = 0 THEN 'anonymous' ELSE 'user' END AS caller_kind,
            CASE WHEN person % 5 = 0 THEN 'anonymous' ELSE 'user' || person END AS user,
            'key' || (CASE WHEN api < 2 THEN 0 WHEN api = 2 THEN 2 ELSE 4 END + person % 2) AS application_key,
            'JavaScript 18.' || (person % 3) AS client_sdk, 'device' || person AS device_id,
            'session' || {hour} // 2 || '-' || person AS session_id, NULL::VARCHAR AS client_time,
            'impl' || api || '(1.' || {hour} // 240 || ')' AS implementation,
            CASE WHEN fate >= 970 THEN 'MOBILE-90020' WHEN fate >= 940 THEN 'MOBILE-90006' END AS error_code,
            CASE WHEN fate >= 970 THEN 'The implementation failed' WHEN fate >= 940 THEN 'No thing ' || g % 100 END AS error_detail
        FROM told
        """
    )


def _database(folder: Path) -> Database:
    database = Database.open(f"sqlite:///{folder / 'openmcs.db'}")
    schema.upgrade(database)
    return database


def evict(folder: Path) -> None:
    """Ask the system to forget the files."""
    for file in folder.rglob("*"):
        if file.is_file():
            descriptor = os.open(file, os.O_RDONLY)
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def ask(folder: Path, days: int, megabytes: int) -> dict[str, Any]:
    """All questions about the last so many days, warm, in this process."""
    reader = LogReader(_database(folder), folder / "log", memory_megabytes=megabytes)
    period = {"from": to_iso(END - days * DAY_US), "to": to_iso(END)}
    asked: dict[str, Callable[[], Any]] = {
        name: lambda parse=parse: parse(period).ask(reader)  # type: ignore[misc]
        for name, parse in QUESTIONS.items()
    }
    with reader.view() as view:
        source = view.source(REQUESTS, {"ecid"}, END - days * DAY_US, END - days * DAY_US + DAY_US)
        (ecid,) = view.rows(f"SELECT min(ecid) FROM {source}")[0]
    asked["health"] = lambda: Health(days * 86_400, _POLICIES).ask(reader, now=END)
    asked["one call"] = lambda: CallTree(ecid).ask(reader)
    found: dict[str, Any] = {}
    for name, question in asked.items():
        durations, used = [], []
        for _ in range(ROUNDS + 1):
            began, spent = time.perf_counter(), time.process_time()
            question()
            durations.append((time.perf_counter() - began) * 1000)
            used.append((time.process_time() - spent) * 1000)
        found[name] = [*sorted(durations[1:]), statistics.median(used[1:])]
    return {"warm": found, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def ask_cold(folder: Path, days: int, megabytes: int, name: str) -> float:
    """One question, by this process that has just started."""
    import duckdb  # noqa: F401 — its import is not part of the question

    evict(folder / "log")
    reader = LogReader(_database(folder), folder / "log", memory_megabytes=megabytes)
    question = QUESTIONS[name]({"from": to_iso(END - days * DAY_US), "to": to_iso(END)})
    began = time.perf_counter()
    question.ask(reader)
    return (time.perf_counter() - began) * 1000


def in_process(*arguments: str) -> Any:
    """What this file answers when it is started once more."""
    command = [sys.executable, __file__, *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(folder: Path, megabytes: int, *, cold: bool) -> None:
    """Ask, and say."""
    for label, days in PERIODS.items():
        answer = in_process("--ask", str(folder), str(days), str(megabytes))
        print(f"\nthe last {label}{'':<32}{'p50 ms':>10}{'p95 ms':>10}{'CPU ms':>10}{'cold ms':>10}")
        worst = 0.0
        for name, (*durations, used) in answer["warm"].items():
            p50, p95 = statistics.median(durations), durations[-1]
            worst = max(worst, p95)
            first = (
                in_process("--cold", str(folder), str(days), str(megabytes), name)
                if cold and name in QUESTIONS
                else None
            )
            shown = f"{first:>10.0f}" if first is not None else ""
            print(f"{_mark(p95, 'warm p95, ms')} {name:<42}{p50:>10.0f}{p95:>10.0f}{used:>10.0f}{shown}")
        print(f"{_mark(worst, 'warm p95, ms')} slowest {worst:.0f} ms; memory {answer['memory']:.0f} MB", flush=True)


def _mark(value: float, target: str) -> str:
    return "✓" if value <= TARGETS[target] else "✗"


def compare(folder: Path, days: int) -> None:
    """The same rows in SQLite, with the indexes that the hot table has, and the same questions; processor time."""
    file = folder / "plain.db"
    began = time.monotonic()
    store = sqlite3.connect(file)
    columns = list(REQUESTS.columns)
    store.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")
    described = ", ".join(
        f'"{name}" {"TEXT" if kind == "VARCHAR" else "INTEGER"}' for name, kind in REQUESTS.columns.items()
    )
    store.execute(f"CREATE TABLE request_log ({described})")
    marks = ", ".join("?" for _ in columns)
    reader = LogReader(_database(folder), folder / "log")
    with reader.view() as view:
        for each in view.segments(REQUESTS):
            source = view.source(REQUESTS, columns, segments=[each], hot=False)
            chosen = ", ".join(f'"{name}"' for name in columns)
            store.executemany(f"INSERT INTO request_log VALUES ({marks})", view.rows(f"SELECT {chosen} FROM {source}"))
    for index in ("time", "ecid", "backend, time"):
        store.execute(f'CREATE INDEX "ix_{index}" ON request_log ({index})')
    store.commit()
    print(f"\nplain SQLite: {file.stat().st_size / 1e6:.0f} MB, made in {time.monotonic() - began:.0f} s")
    for label, length in PERIODS.items():
        if length > days:
            continue
        answer = in_process("--ask", str(folder), str(length), "256")["warm"]
        for name, statement in SQLITE.items():
            start = END - length * DAY_US
            sql = statement.format(start=start, step=length * DAY_US // 60)
            spent = time.process_time()
            store.execute(sql).fetchall()
            took = (time.process_time() - spent) * 1000
            ours = answer[name][-1]
            print(
                f"{label:<8} {name:<24} SQLite {took:>8.0f} ms, here {ours:>6.0f} ms: {took / ours:>6.1f} times",
                flush=True,
            )


_WITHOUT_LOG = """
import sys
if "openmcs.gateway_process" in sys.orig_argv:
    import openmcs.gateway.pipeline, openmcs.store.spool
    openmcs.gateway.pipeline.request_record = lambda *arguments, **others: b""
    openmcs.store.spool.Spool.append = lambda self, record: None
"""


def recording(rounds: int, seconds: int) -> None:
    """Throughput, and processor time of all processes, with the log on and off, in turns."""
    sys.path.insert(0, str(Path(__file__).parent))
    import cost
    import gateway

    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as running:
        folder, subjects, roots = Path(name), [], {}
        (folder / "off").mkdir()
        (folder / "off" / "sitecustomize.py").write_text(_WITHOUT_LOG)
        gateway.write_project(
            folder / "project", json.dumps({"data": [{"id": n} for n in range(5)]}), asynchronous=True
        )
        for label in ("on", "off"):
            port = gateway.free_port()
            environment = {"OPENMCS_DATA": str(folder / f"data-{label}")}
            if label == "off":
                environment["PYTHONPATH"] = str(folder / "off")
            command = [sys.executable, "-m", "openmcs", "dev", str(folder / "project"), "--port", str(port)]
            roots[label] = running.enter_context(
                gateway.process(command, f"http://127.0.0.1:{port}/readyz", folder, **environment)
            )
            subject = gateway.Subject(
                label, f"http://127.0.0.1:{port}/mobile/custom/synapse/event/info/all",
                ("Oracle-Mobile-Backend-ID: 5f0c2c1e-9d5b-4a53-8f0d-2d5a3c1b7e64", "Authorization: Basic am9lOk1vYmlsZTEq"),
            )  # fmt: skip
            gateway.wait_for(subject)
            subjects.append(subject)
        rates: dict[str, list[float]] = {each.name: [] for each in subjects}
        spent: dict[str, list[dict[str, float]]] = {each.name: [] for each in subjects}
        for number in range(rounds + 1):
            for subject in subjects if number % 2 else reversed(subjects):
                before = cost.cpu(roots[subject.name])
                rate = gateway.wrk(subject, gateway.CONNECTIONS, seconds).per_second
                time.sleep(0.5)  # what the loader still has to do belongs to it
                if number:
                    rates[subject.name].append(rate)
                    after = cost.cpu(roots[subject.name])
                    spent[subject.name].append({each: (after[each] - before[each]) / rate / seconds for each in after})
    on, off = (statistics.median(rates[name]) for name in ("on", "off"))
    cost = 1 - on / off
    mark = "✓" if cost < 0.10 else "✗"
    print(
        f"\n{mark} recording: {on:.0f} calls/s with the log, {off:.0f} without: {cost:.1%} of the throughput (target 10 %)"
    )
    for role in spent["on"][0]:
        on, off = (statistics.median(each[role] for each in spent[name]) for name in ("on", "off"))
        print(f"  processor time of a call, {role}: {on:.0f} µs with the log, {off:.0f} without")


def main() -> None:
    """Make, ask, say."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    arguments.add_argument("--rows", type=float, default=10.0, help="millions")
    arguments.add_argument("--days", type=int, default=30)
    arguments.add_argument("--keep", type=Path, help="a folder that is used again")
    arguments.add_argument("--megabytes", type=int, default=256)
    arguments.add_argument("--sqlite", action="store_true")
    arguments.add_argument("--recording", action="store_true")
    arguments.add_argument("--no-cold", action="store_true")
    arguments.add_argument("--ask", nargs=3)
    arguments.add_argument("--cold", nargs=4)
    options = arguments.parse_args()
    if options.ask:
        print(json.dumps(ask(Path(options.ask[0]), int(options.ask[1]), int(options.ask[2]))))
        return
    if options.cold:
        folder, days, megabytes, name = options.cold
        print(json.dumps(ask_cold(Path(folder), int(days), int(megabytes), name)))
        return
    if options.recording:
        recording(5, 3)
        return
    folder = options.keep or Path(tempfile.mkdtemp(prefix="openmcs-log-"))
    try:
        if not (folder / "log").exists():
            folder.mkdir(parents=True, exist_ok=True)
            generate(folder, options.rows, options.days)
        measure(folder, options.megabytes, cold=not options.no_cold)
        if options.sqlite:
            compare(folder, options.days)
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
