"""`GET /analytics/events`, `/analytics/event-names` and `/analytics/funnel`, against a naive computation."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from openmcs.analytics.event_filter import EventFilter
from openmcs.analytics.events import EventNames, Events
from openmcs.analytics.funnel import Funnel
from openmcs.analytics.intervals import Intervals
from openmcs.analytics.period import Period
from openmcs.errors import RequestInvalid
from openmcs.store.clock import from_iso
from openmcs.store.compaction import Compactor, Limits
from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from openmcs.store.tables import analytics_event, log_batch
from tests.store.conftest import open_empty

START = from_iso("2026-06-01T00:00:00Z")
HOUR = 3_600_000_000
SECOND = 1_000_000
PERIOD = Period(START, START + 24 * HOUR)
ODD = "of'fer/~id\"$"
Row = dict[str, Any]


def _generated(seed: int, count: int) -> list[Row]:
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        user = chance.choice(["anna", "joe", "anonymous"])
        rows.append(
            {
                "segment": "s", "position": number, "batch": number // 50 + 1,
                "time": START + chance.randrange(26 * 3600) * SECOND, "received_at": START + 25 * HOUR, "client_time": 0,
                "ecid": f"e{number}", "backend": "shop", "backend_version": "1.0",
                "name": chance.choice(["Open", "Look", "Buy", "context"]), "type": "custom",
                "session_id": chance.choice(["a", "b", "c", "d", None]), "user": user,
                "caller_kind": "anonymous" if user == "anonymous" else "user", "model": chance.choice(["P1", None]),
                "properties": json.dumps(chance.choice([{}, {ODD: "x"}, {ODD: 7, "b": None}, {ODD: "x", "c": [1]}])),
            }
        )  # fmt: skip
        rows[-1]["type"] = "system" if rows[-1]["name"] == "context" else "custom"
    return rows


class Filled:
    """A reader and the rows that it reads."""

    def __init__(self, log: LogReader, rows: list[Row]) -> None:
        self.log = log
        self.rows = rows


def _insert(database: Database, rows: list[Row]) -> None:
    with database.write() as connection:
        connection.execute(insert(analytics_event), rows)
        connection.execute(update(log_batch).values(batch=rows[-1]["batch"]))


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Half of the events in segments, half of them hot."""
    segments, rows = tmp_path_factory.mktemp("segments"), _generated(3, 300)
    with open_empty(request.param, tmp_path_factory) as database:
        _insert(database, rows[:150])
        Compactor(database, segments, Limits()).run_once(everything=True)
        _insert(database, rows[150:])
        reader = LogReader(database, segments)
        with reader.view() as view:
            assert view.rows('SELECT count(*) FROM "events"') == [(150,)]
        yield Filled(reader, rows)
        reader.close()


def _inside(rows: list[Row]) -> list[Row]:
    return [row for row in rows if PERIOD.start <= row["time"] < PERIOD.end]


def _text(value: Any) -> str | None:
    return None if value is None else value if isinstance(value, str) else json.dumps(value)


def test_occurrences_by_interval_and_property(filled: Filled) -> None:
    """Of one event, by the values of a property with an odd name."""
    answer = Events(Intervals(PERIOD, 3600), name="Open", group=ODD).ask(filled.log)
    rows = [row for row in _inside(filled.rows) if row["name"] == "Open"]
    assert answer["total"]["occurrences"] == len(rows)
    assert answer["total"]["users"] == len({row["user"] for row in rows} - {"anonymous"})
    hours = Counter((row["time"] - START) // HOUR for row in rows)
    assert [each["occurrences"] for each in answer["series"]] == [hours[number] for number in range(24)]
    values = Counter(_text(json.loads(row["properties"]).get(ODD)) for row in rows)
    assert {each["value"]: each["occurrences"] for each in answer["groups"]} == dict(values)
    assert [sum(column) for column in zip(*(each["series"] for each in answer["groups"]), strict=True)] == [
        hours[number] for number in range(24)
    ]


def test_events_are_filtered_by_property_and_context(filled: Filled) -> None:
    """By value, negated, and what the device is."""
    rows = [row for row in _inside(filled.rows) if row["type"] == "custom"]

    def count(**parameters: str) -> int:
        wanted = EventFilter.parse({name.replace("__", "."): value for name, value in parameters.items()})
        return int(Events(Intervals(PERIOD, 86_400), wanted).ask(filled.log)["total"]["occurrences"])

    assert count() == len(rows)
    assert count(context__model="P1") == sum(row["model"] == "P1" for row in rows)
    odd = [_text(json.loads(row["properties"]).get(ODD)) for row in rows]
    assert count(**{f"property__{ODD}": "x"}) == odd.count("x")
    assert count(**{f"property__{ODD}": "!x"}) == len(odd) - odd.count("x")
    assert count(user="joe", backend="shop") == sum(row["user"] == "joe" for row in rows)
    with pytest.raises(RequestInvalid, match=r"context\.colour"):
        count(context__colour="red")


def test_names_have_their_properties(filled: Filled) -> None:
    """For the pickers of the console, most frequent first."""
    items = EventNames(PERIOD).ask(filled.log)["items"]
    counts = Counter(row["name"] for row in _inside(filled.rows))
    assert {each["name"]: each["occurrences"] for each in items} == dict(counts)
    assert all(each["properties"] == sorted(["b", "c", ODD]) for each in items)


def _naive_funnel(rows: list[Row], steps: list[str], within: int) -> list[int]:
    """How many sessions reach each step, from any beginning, each step as soon as may be."""
    reached: list[set[str]] = [set() for _ in steps]
    sessions = {row["session_id"] for row in rows} - {None}
    for session in sessions:
        own = sorted((row["time"], row["name"]) for row in rows if row["session_id"] == session)
        for began in [time for time, name in own if name == steps[0]]:
            at = began
            reached[0].add(session)
            for number, step in enumerate(steps[1:], 1):
                strict = step == steps[number - 1]
                later = [time for time, name in own if name == step and (time > at if strict else time >= at)]
                if not later or min(later) > began + within * SECOND:
                    break
                at = min(later)
                reached[number].add(session)
    return [len(each) for each in reached]


@settings(max_examples=15)
@given(
    st.lists(st.sampled_from(["Open", "Look", "Buy"]), min_size=2, max_size=4),
    st.sampled_from([60, 1200, 7200, 604_800]),
)
def test_a_funnel_counts_who_reached_each_step(filled: Filled, steps: list[str], within: int) -> None:
    """In their order, within the time, from any first step; of the groups, their own."""
    answer = Funnel(PERIOD, tuple(steps), within=within, breakdown="context.model").ask(filled.log)
    expected = _naive_funnel(_inside(filled.rows), steps, within)
    assert [each["reached"] for each in answer["steps"]] == expected
    assert all(each["reached"][0] <= expected[0] for each in answer["groups"])


@pytest.mark.parametrize("parameters", [{"step": "A"}, {"step": "A", "within": "soon"}, {"by": "nobody"}])
def test_a_wrong_funnel_is_refused(parameters: dict[str, str]) -> None:
    """The parameter is named."""
    with pytest.raises(RequestInvalid, match="parameter"):
        Funnel.parse(parameters)
