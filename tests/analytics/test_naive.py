"""
Every question's figures are those of a naive computation over the same log.

The log lies in both databases, all of it hot, part of it in segments of an hour, and all of it in segments.
"""

from __future__ import annotations

import unittest.mock
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmcs.analytics import calls
from openmcs.analytics.clients import Clients
from openmcs.analytics.comparison import Comparison
from openmcs.analytics.facets import Facets
from openmcs.analytics.failures import Failures
from openmcs.analytics.filters import FIELDS, Condition, Filter
from openmcs.analytics.grouped_messages import GroupedMessages
from openmcs.analytics.health import LONG, THRESHOLDS, Health
from openmcs.analytics.intervals import Intervals
from openmcs.analytics.kpis import Kpis
from openmcs.analytics.latency import Durations, Latency
from openmcs.analytics.messages import MessageFilter, Messages
from openmcs.analytics.period import Period
from openmcs.analytics.ranking import DIMENSIONS, Ranking
from openmcs.analytics.requests import Requests
from openmcs.analytics.retention import Retention
from openmcs.analytics.sessions import Sessions
from openmcs.analytics.users import Users
from openmcs.analytics.volume import Volume
from openmcs.store.clock import from_iso, to_iso
from openmcs.store.compaction import Compactor, Limits
from openmcs.store.log_kinds import REQUESTS
from openmcs.store.log_reader import LogReader
from openmcs.store.log_records import level_number
from tests.analytics import naive
from tests.analytics.naive import Row
from tests.store.conftest import open_empty
from tests.store.records import load, message, request

COUNT = 700
SECOND = 1_000_000


class Filled:
    """A reader and the rows that it reads."""

    def __init__(self, log: LogReader, rows: list[Row], lines: list[Row]) -> None:
        self.log = log
        self.rows = rows
        self.lines = lines


@pytest.fixture(scope="module", params=["sqlite-hot", "sqlite-mixed", "sqlite-closed", "mariadb-mixed"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A reader and the rows that it reads."""
    kind, state = request.param.split("-")
    rows = naive.generated(7, COUNT)
    lines = naive.messages(8, rows)
    segments, spool = tmp_path_factory.mktemp("segments"), tmp_path_factory.mktemp("spool")
    with open_empty(kind, tmp_path_factory) as database:
        reader = LogReader(database, segments)
        for number, start in enumerate(range(0, COUNT, 100)):
            part = slice(start, start + 100)
            said = (message(0, **line) for own in lines[part] for line in own)
            load(database, spool, *map(_record, rows[part]), *said)
            if number in {"hot": (), "mixed": (1, 4), "closed": (2, 6)}[state]:
                Compactor(database, segments, Limits(most=60, retention_days=36_500)).run_once(everything=number == 4)
                Compactor(database, segments, Limits(rows=1, settle_seconds=1e9, retention_days=36_500)).run_once()
                Requests().ask(reader)
        yield Filled(reader, rows, [line for own in lines for line in own])
        reader.close()


def _record(row: Row) -> bytes:
    return request(0, **row)


class Asked(NamedTuple):
    """A period, how it is divided, and the same filter in three forms."""

    intervals: Intervals
    wanted: Filter
    test: Callable[[Row], bool]
    parameters: dict[str, str]


FILTERS: list[tuple[dict[str, str], Callable[[Row], bool]]] = [
    ({}, lambda row: True),
    ({}, lambda row: True),
    ({"backend": "one"}, lambda row: row["backend"] == "one"),
    ({"status": "5xx"}, lambda row: row["status"] >= 500),
    ({"q": "status>=400 -method:POST"}, lambda row: row["status"] >= 400 and row["method"] != "POST"),
    ({"user": "o'neil"}, lambda row: row["user"] == "o'neil"),
    ({"user": "!anna"}, lambda row: row["user"] != "anna"),
    ({"client": "-"}, lambda row: row["application_key"] is None),
    ({"minDurationMs": "4"}, lambda row: row["duration_us"] >= 4000),
    ({"q": "path:todos"}, lambda row: "todos" in row["path"].lower()),
    ({"q": "b%_ version:1.0,2.0"}, lambda row: "b%_" in row["path"] and row["api_version"] is not None),
    ({"endpoint": "GET /a", "sdk": "JS*"}, lambda row: (row["method"], row["resource"]) == ("GET", "/a") and row["client_sdk"] is not None),
    ({"q": "-caller:anonymous"}, lambda row: row["caller_kind"] != "anonymous"),
    ({"preflights": "true"}, lambda row: True),
    ({"caller": "preflight"}, lambda row: row["caller_kind"] == "preflight"),
    ({"q": "caller:preflight,user status:2xx"}, lambda row: row["caller_kind"] in ("preflight", "user") and row["status"] < 300),
]  # fmt: skip


MESSAGE_FILTERS: list[tuple[dict[str, str], Callable[[Row], bool]]] = [
    ({}, lambda line: True),
    ({"level": "severe"}, lambda line: line["level"] >= 1000),
    ({"level": "info", "api": "events"}, lambda line: line["level"] >= 800 and line["api"] == "events"),
    ({"user": "o'neil"}, lambda line: line["user"] == "o'neil"),
    ({"text": "ANNA 1"}, lambda line: "anna 1" in line["text"].lower()),
    ({"logger": "runtime", "file": "x.py"}, lambda line: line["logger"] == "runtime" and line["file"] == "x.py"),
    ({"ecid": "e77"}, lambda line: line["ecid"] == "e77"),
    ({"implementation": "i(2.0)", "backend": "one"}, lambda line: (line["implementation"], line["backend"]) == ("i(2.0)", "one")),
]  # fmt: skip
_FAILING = Condition(FIELDS["status"], "is", ((500, 999),))


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """Any part of the log, with a bit before and after it."""
    grain = draw(st.sampled_from([SECOND, 3600 * SECOND]))
    begin = naive.START - naive.START % grain
    moments = st.integers(-2 * 3600 * SECOND // grain, (naive.LENGTH + 3600 * SECOND) // grain)
    start, end = sorted(draw(st.lists(moments, min_size=2, max_size=2, unique=True)))
    period = Period(begin + start * grain, begin + end * grain)
    seconds = draw(st.sampled_from([600, 3600, 7200, 21_600, 86_400, 604_800]))
    zone = draw(st.sampled_from(["UTC", "Europe/Vienna", "Asia/Kolkata", "America/New_York"]))
    parameters, test = draw(st.sampled_from(FILTERS))
    with_preflights = any("preflight" in text for pair in parameters.items() for text in pair)
    return Asked(
        Intervals(period, seconds, zone),
        Filter.parse(parameters),
        test if with_preflights else lambda row: naive.is_call(row) and test(row),
        parameters,
    )


_SETTINGS = settings(max_examples=15)


@_SETTINGS
@given(asked())
def test_volume(filled: Filled, asked: Asked) -> None:
    """Calls by status class, in every interval."""
    log, rows = filled.log, filled.rows
    answer = Volume(asked.intervals, asked.wanted).ask(log)
    chosen = naive.chosen(rows, *asked.intervals.period, asked.test)
    parts = naive.divided(chosen, asked.intervals.edges)
    assert answer["total"] == naive.classes(chosen)
    assert answer["series"] == [
        {"time": to_iso(edge), **naive.classes(part)}
        for edge, part in zip(asked.intervals.edges[:-1], parts, strict=True)
    ]


@_SETTINGS
@given(asked())
def test_latency(filled: Filled, asked: Asked) -> None:
    """Averages, percentiles and the longest call, and how durations are distributed."""
    log, rows = filled.log, filled.rows
    answer = Latency(asked.intervals, asked.wanted).ask(log)
    chosen = naive.chosen(rows, *asked.intervals.period, asked.test)
    parts = naive.divided(chosen, asked.intervals.edges)
    assert answer["total"] == naive.latency(chosen)
    assert [{**each, "time": None} for each in answer["series"]] == [
        {"time": None, **naive.latency(part)} for part in parts
    ]
    items = Durations(asked.intervals.period, asked.wanted).ask(log)["items"]
    assert sum(item["calls"] for item in items) == len(chosen)
    for item in items[1:-1]:
        inside = [row for row in chosen if item["fromMs"] <= row["duration_us"] / 1000 < item["toMs"]]
        assert abs(item["calls"] - len(inside)) <= 1


@_SETTINGS
@given(
    asked(),
    st.sampled_from(sorted(DIMENSIONS)),
    st.sampled_from(["calls", "errors", "errorRate", "average", "total", "p95"]),
)
def test_ranking(filled: Filled, asked: Asked, by: str, order: str) -> None:
    """The figures of each group, and that they are in order."""
    log, rows = filled.log, filled.rows
    answer = Ranking(asked.intervals.period, asked.wanted, by, order, 200).ask(log)
    columns = {
        "api": ("api", "api_version"), "endpoint": ("api", "api_version", "method", "resource"),
        "client": ("application_key",), "sdk": ("client_sdk",), "error": ("error_code",), "device": ("device_id",),
        "caller": ("caller_kind",),
    }.get(by, (by,))  # fmt: skip
    expected = naive.ranking(naive.chosen(rows, *asked.intervals.period, asked.test), columns)
    named = {"api": ("api", "version"), "endpoint": ("api", "version", "method", "resource")}
    own = by in ("backend", "method", "resource")
    got = {
        tuple(item[name] for name in named.get(by, (by if own else "value",))): {
            name: item[name]
            for name in ("calls", "clientErrors", "serverErrors", "p50Ms", "p95Ms", "averageMs", "totalMs")
        }
        for item in answer["items"]
    }
    assert got == expected
    assert answer["groups"] == len(expected)
    keys: dict[str, Callable[[dict[str, Any]], float]] = {
        "calls": lambda item: item["calls"], "errors": lambda item: item["serverErrors"],
        "errorRate": lambda item: item["errorRate"], "average": lambda item: item["averageMs"],
        "total": lambda item: item["totalMs"], "p95": lambda item: item["p95Ms"],
    }  # fmt: skip
    figures = [keys[order](item) for item in answer["items"]]
    assert figures == sorted(figures, reverse=True)


@_SETTINGS
@given(asked())
def test_facets(filled: Filled, asked: Asked) -> None:
    """Counts of each value; those of a facet that is filtered by leave its own filter out."""
    log, rows = filled.log, filled.rows
    answer = Facets(
        asked.intervals.period, asked.wanted, ("backend", "version", "endpoint", "statusClass", "sdk", "user"), 100
    ).ask(log)
    chosen = naive.chosen(rows, *asked.intervals.period, asked.test)
    assert answer["total"] == len(chosen)
    without = {name for name in ("backend", "user") if name in asked.parameters}
    everything = naive.chosen(rows, *asked.intervals.period, naive.is_call)
    facets = answer["facets"]
    assert facets["backend"] == naive.values(everything if "backend" in without else chosen, lambda row: row["backend"])
    assert facets["user"] == naive.values(everything if "user" in without else chosen, lambda row: row["user"])
    if not {"status", "endpoint", "sdk", "q"} & set(asked.parameters):
        assert facets["version"] == naive.values(chosen, lambda row: row["api_version"])
        assert facets["sdk"] == naive.values(chosen, lambda row: row["client_sdk"])
        assert facets["statusClass"] == naive.values(chosen, lambda row: f"{row['status'] // 100}xx")
        assert facets["endpoint"] == naive.values(
            chosen, lambda row: f"{row['method']} {row['resource']}" if row["resource"] else None
        )


@_SETTINGS
@given(asked())
def test_comparison_and_kpis(filled: Filled, asked: Asked) -> None:
    """Totals of a period and of the one before; the home page says the same."""
    log, rows = filled.log, filled.rows
    period = asked.intervals.period
    answer = Comparison(period, asked.wanted).ask(log)
    for name, span in (("current", period), ("previous", period.previous)):
        chosen = naive.chosen(rows, *span, asked.test)
        expected = {
            "calls": len(chosen), "clientErrors": naive.classes(chosen)["clientErrors"],
            "serverErrors": naive.classes(chosen)["serverErrors"],
            **{key: naive.latency(chosen)[key] for key in ("averageMs", "p50Ms", "p95Ms", "p99Ms")},
            "users": len({naive.user(row) for row in chosen} - {None}),
            "sessions": len({row["session_id"] for row in chosen} - {None}),
            "devices": len({row["device_id"] for row in chosen} - {None}),
            "bytesOut": sum(row["bytes_out"] for row in chosen),
        }  # fmt: skip
        assert {key: answer[name][key] for key in expected} == expected
    kpis = Kpis(asked.intervals, asked.wanted).ask(log)
    assert kpis["total"]["calls"] == answer["current"]["calls"]
    assert kpis["previous"]["p95Ms"] == answer["previous"]["p95Ms"]
    chosen = naive.chosen(rows, *period, asked.test)
    parts = naive.divided(chosen, asked.intervals.edges)
    assert [each["p95Ms"] for each in kpis["series"]] == [naive.latency(part)["p95Ms"] for part in parts]
    assert [each["ok"] for each in kpis["series"]] == [
        naive.classes(part)["ok"] + naive.classes(part)["redirects"] for part in parts
    ]
    by_backend = naive.ranking(chosen, ("backend",))
    assert {each["backend"]: each["p95Ms"] for each in kpis["backends"]} == {
        key[0]: figures["p95Ms"] for key, figures in by_backend.items()
    }
    assert {each["backend"]: sum(each["series"]) for each in kpis["backends"]} == {
        key[0]: figures["calls"] for key, figures in by_backend.items()
    }


@_SETTINGS
@given(asked())
def test_users_and_retention(filled: Filled, asked: Asked) -> None:
    """Active, new and returning users by interval, and who came again."""
    log, rows = filled.log, filled.rows
    intervals, period = asked.intervals, asked.intervals.period
    chosen = naive.chosen(rows, *period, asked.test)
    first = naive.first_seen(naive.chosen(rows, -(2**62), period.end, asked.test))
    parts = naive.divided(chosen, intervals.edges)
    active = [{naive.user(row) for row in part} - {None} for part in parts]
    began = {
        name: next(n for n, end in enumerate(intervals.edges[1:]) if time < end)
        for name, time in first.items()
        if time >= period.start
    }
    answer = Users(intervals, asked.wanted).ask(log)
    assert [(each["active"], each["new"]) for each in answer["series"]] == [
        (len(names), sum(began.get(str(name)) == number for name in names)) for number, names in enumerate(active)
    ]
    everybody = {naive.user(row) for row in chosen} - {None}
    assert answer["total"] == {
        "active": len(everybody), "new": len(began), "returning": len(everybody) - len(began)
    }  # fmt: skip
    cohorts = Retention(intervals, asked.wanted).ask(log)["cohorts"]
    for number, cohort in enumerate(cohorts):
        members = {name for name, at in began.items() if at == number}
        assert cohort["size"] == len(members)
        assert cohort["returned"] == [len(members & names) for names in active[number:]]


@_SETTINGS
@given(asked())
def test_sessions_and_clients(filled: Filled, asked: Asked) -> None:
    """Sessions by their first call, with their length; clients with their users, devices and sessions."""
    log, rows = filled.log, filled.rows
    chosen = naive.chosen(rows, *asked.intervals.period, asked.test)
    sessions = naive.sessions(chosen)
    answer = Sessions(asked.intervals, asked.wanted).ask(log)
    assert [each["sessions"] for each in answer["series"]] == [
        len(part) for part in naive.divided(sessions, asked.intervals.edges)
    ]
    assert answer["total"]["sessions"] == len(sessions)
    if sessions:
        average = sum(each["lasted"] for each in sessions) / len(sessions) / SECOND
        assert answer["total"]["averageSeconds"] == pytest.approx(average, abs=0.001)
        assert answer["total"]["callsPerSession"] == pytest.approx(
            sum(each["calls"] for each in sessions) / len(sessions), abs=1e-5
        )
    clients = Clients(asked.intervals.period, asked.wanted).ask(log)["items"]
    got = {
        (each["client"], each["sdk"]): (each["calls"], each["errors"], each["users"], each["devices"])
        for each in clients
    }
    pairs = {(row["application_key"], row["client_sdk"]) for row in chosen}
    of = {pair: [row for row in chosen if (row["application_key"], row["client_sdk"]) == pair] for pair in pairs}
    assert got == {
        pair: (
            len(group), sum(row["status"] >= 500 for row in group), len({naive.user(row) for row in group} - {None}),
            len({row["device_id"] for row in group} - {None}),
        )
        for pair, group in of.items()
    }  # fmt: skip


@_SETTINGS
@given(asked())
def test_failures(filled: Filled, asked: Asked) -> None:
    """Failing calls by what went wrong, with the newest of each group."""
    chosen = naive.chosen(filled.rows, *asked.intervals.period, asked.test)
    failing = [row for row in chosen if row["status"] >= 500]
    wanted = Filter((*asked.wanted.tests, _FAILING), preflights=asked.wanted.preflights)
    answer = Failures(asked.intervals, wanted, 10_000).ask(filled.log)
    expected = naive.failures(failing, filled.lines)
    got = {
        tuple(item[name] for name in ("type", "message", "code", "file", "line", "api", "apiVersion")): {
            name: item[name] for name in ("calls", "users", "endpoints", "ecid", "example", "backend", "implementation")
        }
        for item in answer["items"]
    }
    assert got == expected
    assert answer["total"] == len(failing)
    parts = naive.divided(failing, asked.intervals.edges)
    assert [sum(counts) for counts in zip(*(item["series"] for item in answer["items"]), strict=True)] in (
        [], [len(part) for part in parts]
    )  # fmt: skip


@_SETTINGS
@given(asked(), st.sampled_from([2.0, 20.0, 1e6]))
def test_health(filled: Filled, asked: Asked, long: float) -> None:
    """Tiles of everything and of each endpoint, with the calls that took longer than the threshold."""
    period = asked.intervals.period
    thresholds = {name: 1e9 for name in THRESHOLDS} | {LONG: long}
    answer = Health(period.length // SECOND, thresholds).ask(filled.log, now=period.end)
    chosen = naive.chosen(filled.rows, *period, naive.is_call)
    got = {
        (backend["backend"], api["api"], api["version"], endpoint["method"], endpoint["resource"]): endpoint["tiles"]
        for backend in answer["backends"]
        for api in backend["apis"]
        for endpoint in api["endpoints"]
    }
    columns = ("backend", "api", "api_version", "method", "resource")
    keys = {tuple(row[column] for column in columns) for row in chosen if row["api"]}
    assert got == {
        key: naive.tiles([row for row in chosen if tuple(row[column] for column in columns) == key], long)
        for key in keys
    }
    assert answer["tiles"] == naive.tiles(chosen, long)
    assert sum(point["calls"] for point in answer["timeline"]) == len(chosen)


@_SETTINGS
@given(asked(), st.integers(20, 60))
def test_percentiles_of_a_sample(filled: Filled, asked: Asked, most: int) -> None:
    """Of more calls than that, they are exactly those of one call in 16, 64 or 256; counts and sums stay exact."""
    with unittest.mock.patch.object(calls, "SAMPLE", most):
        answer = Latency(asked.intervals, asked.wanted).ask(filled.log)
    chosen = naive.chosen(filled.rows, *asked.intervals.period, asked.test)
    every = next(each for each in (1, 16, 64, 256) if len(chosen) <= each * most)
    expected = naive.latency([row for row in chosen if row["time"] % every == 0])
    assert answer["sampled"] == (every > 1)
    assert answer["total"] == {
        **expected, **{name: naive.latency(chosen)[name] for name in ("calls", "averageMs", "maxMs")}
    }  # fmt: skip


@_SETTINGS
@given(asked(), st.sampled_from(MESSAGE_FILTERS))
def test_grouped_messages(filled: Filled, asked: Asked, by: tuple[dict[str, str], Callable[[Row], bool]]) -> None:
    """Lines that say the same, with the newest of them."""
    start, end = asked.intervals.period
    parameters, test = by
    lines = [line for line in filled.lines if start <= line["time"] < end and line["api"] != "tools" and test(line)]
    answer = GroupedMessages(Period(start, end), MessageFilter.parse(parameters), 10_000).ask(filled.log)
    got = {
        (level_number(item["level"]), item["api"], item["file"], item["line"], item["message"]): {
            **{name: item[name] for name in ("count", "ecid", "example")},
            **{name: from_iso(item[name]) for name in ("first", "last")},
        }
        for item in answer["items"]
    }
    assert got == {
        key: {**figures, **{name: figures[name] // 1000 * 1000 for name in ("first", "last")}}
        for key, figures in naive.grouped(lines).items()
    }


@_SETTINGS
@given(asked(), st.sampled_from(MESSAGE_FILTERS), st.integers(1, 60), st.integers(0, 300))
def test_pages_of_messages(
    filled: Filled, asked: Asked, by: tuple[dict[str, str], Callable[[Row], bool]], limit: int, offset: int
) -> None:
    """A page has the lines that the whole list has there, and says how many there are."""
    start, end = asked.intervals.period
    parameters, test = by
    lines = [line for line in filled.lines if start <= line["time"] < end and line["api"] != "tools" and test(line)]
    answer = Messages(Period(start, end), MessageFilter.parse(parameters), limit, offset).ask(filled.log)
    expected = sorted(lines, key=lambda line: line["time"], reverse=True)[offset : offset + limit]
    assert [item["message"] for item in answer["items"]] == [line["text"] for line in expected]
    assert answer["totalResults"] == len(lines)


@_SETTINGS
@given(asked(), st.sampled_from(["newest", "slowest"]), st.integers(1, 120), st.integers(0, 200))
def test_pages_of_requests(filled: Filled, asked: Asked, order: str, limit: int, offset: int) -> None:
    """A page has the rows that the whole list has there, and says how many there are."""
    log, rows = filled.log, filled.rows
    period = asked.intervals.period
    answer = Requests(period, asked.wanted, order, limit, offset).ask(log)  # type: ignore[arg-type]
    chosen = naive.chosen(rows, *period, asked.test)
    column = "time" if order == "newest" else "duration_us"
    expected = sorted((row[column] for row in chosen), reverse=True)[offset : offset + limit]
    by_ecid = {row["ecid"]: row for row in rows}
    assert [by_ecid[item["ecid"]][column] for item in answer["items"]] == expected
    assert len({item["ecid"] for item in answer["items"]}) == len(expected)
    assert answer["totalResults"] == len(chosen)


def test_following_from_the_beginning_gives_every_row_once(filled: Filled) -> None:
    """In the order in which they were loaded, out of segments and hot rows."""
    log, rows = filled.log, filled.rows
    seen, cursor = [], "0"
    while True:
        answer = Requests.parse({"after": cursor, "limit": "90", "tools": "true", "preflights": "true"}).ask(log)
        if not answer["items"]:
            break
        seen += [item["ecid"] for item in answer["items"]]
        cursor = answer["cursor"]
    assert seen == [row["ecid"] for row in rows]


def test_the_log_is_where_the_fixture_says(filled: Filled, tmp_path: Path) -> None:
    """The comparisons above are of more than one way to keep rows."""
    log = filled.log
    with log.view() as view:
        hot = view.rows('SELECT count(*) FROM "requests"')[0][0]
        closed = sum(each.rows for each in view.segments(REQUESTS))
    assert hot + closed == COUNT
