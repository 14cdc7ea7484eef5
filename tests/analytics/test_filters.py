"""Filters: each lets through what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from openmcs.analytics.filters import FIELDS, Binds, Filter
from openmcs.analytics.requests import Requests
from openmcs.errors import RequestInvalid
from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from tests.store.conftest import open_empty
from tests.store.records import load, request


class Query(dict[str, str]):
    """A query in which parameters are repeated, as the server has it."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        super().__init__(pairs)
        self.pairs = pairs

    def getlist(self, name: str) -> list[str]:
        """All values of one."""
        return [value for key, value in self.pairs if key == name]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LogReader]:
    """Six requests that differ in everything that can be asked for."""
    with open_empty("sqlite", tmp_path_factory) as database:
        _fill(database, tmp_path_factory.mktemp("spool"))
        reader = LogReader(database, tmp_path_factory.mktemp("segments"))
        yield reader
        reader.close()


def _fill(database: Database, tmp_path: Path) -> None:
    load(
        database,
        tmp_path,
        request(0, resource="/event/{id}"),
        request(1, backend="other", user="joe", method="POST", status=404, bytes_out=2000),
        request(2, api="events", status=500, duration_us=90_000, error_code="MOBILE-90020", error_detail="It Failed"),
        request(3, path="/mobile/custom/synapse/50%_Off?x=1", user="ann", client_sdk="JavaScript 18.4"),
        request(4, api=None, backend=None, status=401, implementation="synapse(1.0)", user="-"),
        request(5, api="tools", backend=None),
    )


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], "43210"), ([("tools", "true")], "543210"), ([("backend", "other")], "1"), ([("backend", "Other")], ""),
        ([("backend", "other"), ("backend", "synapse")], "3210"), ([("backend", "!synapse")], "41"),
        ([("backend", "-")], "4"), ([("backend", "!-")], "3210"), ([("user", "!joe"), ("user", "!ann")], "420"),
        ([("api", "events")], "2"), ([("api", "tools"), ("tools", "true")], "5"), ([("method", "post")], "1"),
        ([("status", "404")], "1"), ([("status", "4xx")], "41"), ([("status", "401-500")], "421"),
        ([("status", ">=404")], "21"), ([("status", "!2xx"), ("method", "GET")], "42"),
        ([("user", "joe")], "1"), ([("user", "j*")], "1"), ([("path", "50%_off")], "3"), ([("path", "5__")], ""),
        ([("ecid", "e3")], "3"), ([("minDurationMs", "90")], "2"), ([("maxDurationMs", "89.9")], "4310"),
        ([("endpoint", "GET /event/{id}")], "0"), ([("endpoint", "!GET /event/{id}")], "4321"),
        ([("text", "it failed")], "2"), ([("text", "JOE")], "1"), ([("error", "MOBILE-90020")], "2"),
        ([("sdk", "JavaScript*")], "3"), ([("implementation", "synapse(1.0)")], "4"),
        ([("q", "status>=404 -user:joe")], "2"), ([("q", "user:joe,ann")], "31"), ([("q", "duration>50ms")], "2"),
        ([("q", "duration>0.05s duration<=90ms")], "2"), ([("q", "bytesOut>=2kB")], "1"), ([("q", '"custom/synapse/50"')], "3"),
        ([("q", "status!=200")], "421"), ([("q", "-status:4xx status>=400")], "2"), ([("q", "user!=joe")], "4320"),
        ([("q", 'user:"-x"')], ""), ([("q", "50% off")], "3"), ([("q", "50% on")], ""), ([("q", "ecid:e1 synapse")], "1"),
        ([("q", "' OR 1=1")], ""), ([("q", "\"' OR 1=1 --\"")], ""),
    ],
)  # fmt: skip
def test_requests_are_filtered(filled: LogReader, pairs: list[tuple[str, str]], expected: str) -> None:
    """Alternatives, negations, none, classes, ranges, beginnings, parts; the tools API only when asked for."""
    answer = Requests.parse(Query(*pairs)).ask(filled)
    assert [item["ecid"] for item in answer["items"]] == [f"e{number}" for number in expected]
    assert answer["totalResults"] == len(expected)


@pytest.mark.parametrize("field", [each for each in FIELDS if each not in ("duration", "bytesIn", "bytesOut")])
@pytest.mark.parametrize("value", ["x'; DROP TABLE requests; --", '"', "\\", "%", "$1", "a\x00b", "{id}", "\U0001f40d"])
def test_what_a_value_says_is_never_a_statement(field: str, value: str) -> None:
    """Every value is a parameter, in every field."""
    if field == "status":
        with pytest.raises(RequestInvalid):
            Filter.parse({field: value})
        return
    binds = Binds()
    statement = Filter.parse({field: value}).sql(binds)
    assert value not in statement or len(value) == 1
    assert any(str(each).lower() in value.lower() for each in binds.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [("status", "5x"), ("status", "500-400"), ("minDurationMs", "nan"), ("maxDurationMs", "-1"), ("path", "x" * 501)],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    """With what to write."""
    with pytest.raises(RequestInvalid, match=rf"parameter {name} .*write"):
        Filter.parse({name: value})
