"""
Which requests a question is about: tests of typed fields, from parameters and from the query box.

A filter becomes SQL whose values are parameters, all of them: names of columns come from `FIELDS` only.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from openmcs.analytics import parameters as read
from openmcs.analytics.period import EVER, Period
from openmcs.errors import RequestInvalid
from openmcs.store.ids import ecid_time
from openmcs.store.log_kinds import DAY_US, FAILING, Extract

FieldKind = Literal["text", "contains", "status", "duration", "size"]
Comparison = Literal["is", "=", "!=", "<", "<=", ">", ">="]
MOST_VALUES = 100
LONGEST_VALUE = 500
NONE = "-"
"""The value that stands for none."""
PREFLIGHT = "preflight"
"""The kind of caller of a preflight: a browser that asks before a call, which is itself no call of an API."""


@dataclass(frozen=True, slots=True)
class Field:
    """What may be tested."""

    name: str
    columns: tuple[str, ...]
    kind: FieldKind
    example: str

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The operators that it has in the query box, where `is` is the colon."""
        return ("is", "=", "!=") if self.kind in ("text", "contains") else ("is", "=", "!=", "<", "<=", ">", ">=")


def _text(name: str, column: str, example: str) -> Field:
    return Field(name, (column,), "text", f"{name}:{example}")


FIELDS = {
    field.name: field
    for field in (
        _text("backend", "backend", "synapse"),
        _text("backendVersion", "backend_version", "1.0"),
        _text("api", "api", "synapse"),
        _text("version", "api_version", "1.0"),
        Field("endpoint", ("method", "resource"), "text", 'endpoint:"GET /event/{id}"'),
        _text("resource", "resource", "/event/{id}"),
        _text("method", "method", "GET"),
        Field("status", ("status",), "status", "status>=500"),
        _text("user", "user", "anna"),
        _text("session", "session_id", "6f1c…"),
        _text("device", "device_id", "0b7a…"),
        _text("client", "application_key", "8d5e…"),
        _text("sdk", "client_sdk", '"JavaScript 18.4"'),
        _text("implementation", "implementation", "synapse(1.0)"),
        _text("caller", "caller_kind", "anonymous"),
        _text("error", "error_code", "MOBILE-50000"),
        _text("ecid", "ecid", "01k…"),
        _text("trace", "trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"),
        Field("duration", ("duration_us",), "duration", "duration>1s"),
        Field("bytesIn", ("bytes_in",), "size", "bytesIn>1MB"),
        Field("bytesOut", ("bytes_out",), "size", "bytesOut>1MB"),
        Field("path", ("path",), "contains", "path:/todos"),
        Field("text", ("path", "error_detail", "user", "ecid"), "contains", "word"),
    )
}

Value = str | int | tuple[int, int]
"""Of a text; of a duration in microseconds or a size in bytes; of a status, first and last."""


class Binds(dict[str, Any]):
    """Parameters of a statement, by name."""

    def add(self, value: Any) -> str:
        """Keep a value; returns what stands for it in the SQL."""
        name = f"p{len(self)}"
        self[name] = value
        return f"${name}"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: a field compared with alternatives."""

    field: Field
    comparison: Comparison
    values: tuple[Value, ...]
    negated: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """What it looks at; a test of whole status classes looks at those, which more sums have."""
        if self.classes is not None:
            return ("status_class",)
        return tuple(dict.fromkeys(column for value in self.values for column in _holders(self.field, value)))

    @property
    def classes(self) -> tuple[int, ...] | None:
        """The status classes that it names, negated or not; None when it cuts one. A status is from 200 to 599."""
        if self.field.kind != "status":
            return None
        found: set[int] = set()
        for value in self.values:
            first, last = value if isinstance(value, tuple) else _span(self.comparison, value)
            first, last = max(first, 200), min(last, 599)
            if first % 100 or last % 100 != 99:
                return None
            found.update(range(first // 100, last // 100 + 1))
        return tuple(sorted(found))

    @property
    def negates(self) -> bool:
        """Whether rows for which the alternatives hold are left out."""
        return self.negated != (self.comparison == "!=")

    def sql(self, binds: Binds) -> str:
        """The condition; a row without a value is as unequal as any other."""
        if self.classes is not None:
            classes = ", ".join(map(str, self.classes)) or "NULL"
            return f"status_class {'NOT IN' if self.negates else 'IN'} ({classes})"
        alternatives = " OR ".join(self._one(value, binds) for value in self.values)
        return f"NOT coalesce(({alternatives}), false)" if self.negates else f"coalesce(({alternatives}), false)"

    def _one(self, value: Value, binds: Binds) -> str:
        field, column = self.field, f'"{self.field.columns[0]}"'
        if value == NONE and field.kind == "text":
            return f"{column} IS NULL"
        if isinstance(value, tuple):
            return f"{column} BETWEEN {binds.add(value[0])} AND {binds.add(value[1])}"
        if isinstance(value, int):
            operator = "=" if self.comparison in ("is", "!=") else self.comparison
            return f"{column} {operator} {binds.add(value)}"
        if field.kind == "contains":
            needle = binds.add(value)
            return " OR ".join(f'contains(lower("{each}"), lower({needle}))' for each in _holders(field, value))
        if field.name == "endpoint":
            method, _, resource = value.partition(" ")
            return f"(method = {binds.add(method.upper())} AND resource = {binds.add(resource)})"
        if self.comparison == "is" and len(value) > 1 and value.endswith("*"):
            return f"starts_with({column}, {binds.add(value[:-1])})"
        return f"{column} = {binds.add(value)}"

    def holds(self, row: Mapping[str, Any]) -> bool:
        """The same of one row."""
        found = any(self._holds(value, row) for value in self.values)
        return found != self.negates

    def _holds(self, value: Value, row: Mapping[str, Any]) -> bool:
        field, found = self.field, row[self.field.columns[0]]
        if value == NONE and field.kind == "text":
            return found is None
        if isinstance(value, tuple):
            return bool(value[0] <= found <= value[1])
        if isinstance(value, int):
            return _COMPARED[self.comparison](found, value)
        if field.kind == "contains":
            holders = _holders(field, value)
            return any(value.lower() in row[each].lower() for each in holders if row[each] is not None)
        if field.name == "endpoint":
            method, _, resource = value.partition(" ")
            return (row["method"], row["resource"]) == (method.upper(), resource)
        if self.comparison == "is" and len(value) > 1 and value.endswith("*"):
            return found is not None and found.startswith(value[:-1])
        return bool(found == value)


def _holders(field: Field, value: Value) -> tuple[str, ...]:
    """
    The columns in which a value may be.

    An ECID is looked at for what may be a good part of one only: a shorter word is in some of them by chance.
    """
    if "ecid" in field.columns and field.name == "text" and not _ECID_PART.fullmatch(str(value)):
        return tuple(column for column in field.columns if column != "ecid")
    return field.columns


_ECID_PART = re.compile(r"[0-9a-z_]{9,33}", re.ASCII | re.IGNORECASE)
_COMPARED: Mapping[str, Callable[[int, int], bool]] = {
    "is": operator.eq, "=": operator.eq, "!=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """All of these must hold."""

    tests: tuple[Condition, ...] = ()
    tools: bool = False
    """With calls to the tools API."""
    preflights: bool = False
    """With preflights."""

    @classmethod
    def parse(cls, parameters: read.Parameters, *, without: Iterable[str] = ()) -> Filter:
        """From the query of a call, and its query box. Raises `RequestInvalid`, which names the parameter."""
        from openmcs.analytics.query_box import parse_query

        tests: list[Condition] = []
        for field in FIELDS.values():
            if field.name not in without and field.kind not in ("duration", "size"):
                tests += _tests(field, read.every(parameters, field.name))
        least, most = read.text(parameters, "minDurationMs"), read.text(parameters, "maxDurationMs")
        if least is not None:
            tests.append(_duration("minDurationMs", ">=", least))
        if most is not None:
            tests.append(_duration("maxDurationMs", "<=", most))
        query = read.text(parameters, "q")
        if query is not None:
            tests += parse_query(query)
        preflights = read.flag(parameters, "preflights") or any(_asks_for_preflights(test) for test in tests)
        return cls(tuple(tests), read.flag(parameters, "tools"), preflights)

    @property
    def columns(self) -> set[str]:
        """What it looks at."""
        looked = {column for test in self.tests for column in test.columns}
        hidden = {"tools"} if not self.tools else set()
        return looked | hidden | ({"caller_kind"} if not self.preflights else set())

    def sql(self, binds: Binds) -> str:
        """The condition of a statement."""
        conditions = [test.sql(binds) for test in self.tests]
        if not self.preflights:
            conditions.insert(0, f"caller_kind IS DISTINCT FROM '{PREFLIGHT}'")
        if not self.tools:
            conditions.insert(0, "NOT tools")
        return " AND ".join(conditions) or "true"

    def holds(self, row: Mapping[str, Any]) -> bool:
        """The same of one row of requests."""
        hidden = (not self.tools and row["api"] == "tools") or (not self.preflights and is_preflight(row))
        return not hidden and all(test.holds(row) for test in self.tests)

    @property
    def extract(self) -> Extract | None:
        """Where all that it lets through lies together, if anywhere."""
        return FAILING if any(test.classes == (5,) and not test.negates for test in self.tests) else None

    def narrowed(self, period: Period) -> Period:
        """The part of a period in which all lies that it lets through, as far as it says so by an ECID."""
        for test in self.tests:
            if test.field.name == "ecid" and not test.negates:
                spans = [around(value) for value in test.values if isinstance(value, str)]
                start, end = min(each.start for each in spans), max(each.end for each in spans)
                period = Period(max(period.start, start), max(max(period.start, start), min(period.end, end)))
        return period

    def without(self, field: str) -> Filter:
        """The same without the tests of one field."""
        return replace(self, tests=tuple(test for test in self.tests if test.field.name != field))


def around(ecid: str) -> Period:
    """Where the log has what belongs to an ECID: within a day of the time that it begins with."""
    time = ecid_time(ecid)
    return EVER if time is None else Period(time - DAY_US, time + DAY_US)


def is_preflight(row: Mapping[str, Any]) -> bool:
    """Whether a row of requests is a preflight."""
    return bool(row["caller_kind"] == PREFLIGHT)


def _asks_for_preflights(test: Condition) -> bool:
    """Whether a condition names preflights; one that only leaves other callers out does not."""
    return test.field.name == "caller" and not test.negates and test.holds({"caller_kind": PREFLIGHT})


def _span(comparison: Comparison, status: str | int) -> tuple[int, int]:
    number = int(status)
    spans = {"<": (0, number - 1), "<=": (0, number), ">": (number + 1, 999), ">=": (number, 999)}
    return spans.get(comparison, (number, number))


def _tests(field: Field, given: list[str]) -> list[Condition]:
    """Alternatives of one parameter; those with a `!` must not hold, each."""
    if len(given) > MOST_VALUES:
        raise RequestInvalid(f"The parameter {field.name} has more than {MOST_VALUES} values.")
    wanted = tuple(_value(field, each) for each in given if not each.startswith("!") or len(each) == 1)
    unwanted = tuple(_value(field, each[1:]) for each in given if each.startswith("!") and len(each) > 1)
    tests = [Condition(field, "is", wanted)] if wanted else []
    return tests + ([Condition(field, "is", unwanted, negated=True)] if unwanted else [])


def _value(field: Field, text: str) -> Value:
    try:
        return read_value(field, "is", text)
    except ValueError as error:
        raise RequestInvalid(f"The parameter {field.name} is {text[:64]!r}; {error}.") from None


def _duration(name: str, comparison: Comparison, text: str) -> Condition:
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        raise RequestInvalid(f"The parameter {name} is {text[:64]!r}; write milliseconds such as 250 or 0.5.")
    return Condition(FIELDS["duration"], comparison, (_rounded(text, 1000),))


_UNITS: Mapping[str, Mapping[str, int]] = {
    "duration": {"us": 1, "": 1000, "ms": 1000, "s": 1_000_000, "m": 60_000_000},
    "size": {"": 1, "b": 1, "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000},
}
_WANTED = {
    "status": "write a status such as 404, a class such as 4xx, or a range such as 400-499",
    "duration": "write a duration such as 250ms or 1.5s",
    "size": "write a size such as 500, 20kB or 1MB",
}


def read_value(field: Field, comparison: Comparison, text: str) -> Value:
    """A value as its field has it. Raises `ValueError` that says what to write."""
    if field.kind in ("text", "contains"):
        if not text or len(text) > LONGEST_VALUE:
            raise ValueError(f"write 1 to {LONGEST_VALUE} characters")
        return text.upper() if field.name == "method" else text
    if field.kind == "status":
        return _status(comparison, text)
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?) ?([A-Za-z]{0,2})", text, re.ASCII)
    unit = _UNITS[field.kind].get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise ValueError(_WANTED[field.kind])
    return _rounded(found[1], unit)


def _rounded(number: str, unit: int) -> int:
    return round(float(number) * unit)


def _status(comparison: Comparison, text: str) -> Value:
    compared = re.fullmatch(r"(<=|>=|<|>)?(\d{3})", text, re.ASCII)
    if comparison not in ("is", "=", "!="):
        if compared is None or compared[1]:
            raise ValueError("write a status such as 404")
        return int(text)
    if compared and compared[1]:
        return _span(compared[1], compared[2])  # type: ignore[arg-type] # one of the four
    if re.fullmatch(r"[1-9][0-9]{2}", text, re.ASCII):
        return int(text), int(text)
    if re.fullmatch(r"[1-9][xX]{2}", text, re.ASCII):
        return int(text[0]) * 100, int(text[0]) * 100 + 99
    span = re.fullmatch(r"([1-9]\d{2})-([1-9]\d{2})", text, re.ASCII)
    if span and span[1] <= span[2]:
        return int(span[1]), int(span[2])
    raise ValueError(_WANTED["status"])
