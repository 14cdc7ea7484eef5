"""The questions computed once more, row by row in plain Python, over the rows that were generated."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from openmcs.store.clock import from_iso

START = from_iso("2026-03-27T10:20:00Z")
"""Two days before clocks change in Europe."""
LENGTH = 4 * 86_400 * 1_000_000
KINDS = {"anonymous": "anonymous", "": "preflight", None: None}
"""The kind of caller by what stands as user; everybody else is a user."""
Row = dict[str, Any]


def generated(seed: int, count: int) -> list[Row]:
    """Requests of four days, in the order in which they are recorded: mostly by time, some come hours late."""
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        api = chance.choice(["synapse", "events", "tools", None])
        status = chance.choice([200, 200, 201, 204, 302, 401, 404, 500, 503])
        user = chance.choice(["anna", "joe", "zo\u00eb", "o'neil", "anonymous", "", None])
        rows.append(
            {
                "time": START + LENGTH * number // count + chance.randrange(60_000_000) - chance.choice([0, 0, 0, 7_200_000_000]),
                "ecid": f"e{number}", "rid": "0", "method": chance.choice(["GET", "POST"]),
                "path": f"/mobile/custom/{api}/{chance.choice(['a', 'b%_', 'Todos'])}/{number}", "status": status,
                "duration_us": int(chance.lognormvariate(8, 1.5)), "bytes_out": chance.randrange(5000), "bytes_in": 0,
                "backend": chance.choice(["one", "two"]) if api else None, "backend_version": "1.0" if api else None,
                "api": api, "api_version": chance.choice(["1.0", "2.0"]) if api else None,
                "resource": chance.choice(["/a", "/b/{id}"]) if api else None,
                "caller_kind": KINDS.get(user, "user"), "user": user,
                "application_key": chance.choice(["k1", "k2", None]), "client_sdk": chance.choice(["JS 1", "JS 2", None]),
                "device_id": chance.choice(["d1", "d2", "d3", None]), "session_id": chance.choice([f"s{number // 20}", None]),
                "implementation": chance.choice(["i(1.0)", "i(2.0)"]), "error_code": "MOBILE-1" if status >= 500 else None,
                "error_detail": "It failed" if status >= 500 else None,
            }
        )  # fmt: skip
    return rows


def chosen(rows: Iterable[Row], start: int, end: int, test: Callable[[Row], bool]) -> list[Row]:
    """Rows of a period for which a test holds, without the tools API."""
    return [row for row in rows if start <= row["time"] < end and row["api"] != "tools" and test(row)]


def is_call(row: Row) -> bool:
    """Not a preflight: a browser's question before a call."""
    return bool(row["caller_kind"] != "preflight")


def percentile(durations: list[int], percent: int) -> float | None:
    """Nearest rank, in milliseconds."""
    ordered = sorted(durations)
    return ordered[max(1, -(-len(ordered) * percent // 100)) - 1] / 1000 if ordered else None


def classes(rows: list[Row]) -> dict[str, int]:
    """Counts by status class."""
    counts = Counter(min(row["status"] // 100, 5) for row in rows)
    return {
        "calls": len(rows), "ok": counts[1] + counts[2], "redirects": counts[3], "clientErrors": counts[4],
        "serverErrors": counts[5],
    }  # fmt: skip


def divided(rows: Iterable[Row], edges: list[int]) -> list[list[Row]]:
    """Rows by interval."""
    return [[row for row in rows if begin <= row["time"] < end] for begin, end in pairwise(edges)]


def latency(rows: list[Row]) -> dict[str, Any]:
    """Average, percentiles and the longest."""
    durations = [row["duration_us"] for row in rows]
    return {
        "calls": len(rows),
        "averageMs": round(sum(durations) / len(durations) / 1000, 3) if durations else None,
        **{f"p{percent}Ms": percentile(durations, percent) for percent in (50, 90, 95, 99)},
        "maxMs": max(durations) / 1000 if durations else None,
    }


def ranking(rows: list[Row], columns: tuple[str, ...]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Figures by the values of some columns; without groups that have none."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if all(row[column] is not None for column in columns if column != "api_version"):
            groups[tuple(row[column] for column in columns)].append(row)
    return {
        key: {
            "calls": len(group), "clientErrors": classes(group)["clientErrors"],
            "serverErrors": classes(group)["serverErrors"], "p50Ms": latency(group)["p50Ms"],
            "p95Ms": latency(group)["p95Ms"], "averageMs": latency(group)["averageMs"],
            "totalMs": sum(row["duration_us"] for row in group) / 1000,
        }
        for key, group in groups.items()
    }  # fmt: skip


def values(rows: list[Row], value: Callable[[Row], Any]) -> list[dict[str, Any]]:
    """A facet."""
    calls: Counter[Any] = Counter()
    errors: Counter[Any] = Counter()
    for row in rows:
        calls[value(row)] += 1
        errors[value(row)] += row["status"] >= 500
    return [
        {"value": each, "calls": calls[each], "errors": errors[each]}
        for each in sorted((each for each in calls if each is not None), key=lambda each: (-calls[each], each))
    ]


def user(row: Row) -> str | None:
    """A mobile user who signed in."""
    return row["user"] if row["caller_kind"] == "user" else None


def first_seen(rows: list[Row]) -> dict[str, int]:
    """When the log has each user first."""
    first: dict[str, int] = {}
    for row in rows:
        name = user(row)
        if name is not None:
            first[name] = min(first.get(name, row["time"]), row["time"])
    return first


def sessions(rows: list[Row]) -> list[dict[str, int]]:
    """First call, length and calls of each session."""
    groups: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row["session_id"] is not None:
            groups[row["session_id"]].append(row["time"])
    return [{"time": min(times), "lasted": max(times) - min(times), "calls": len(times)} for times in groups.values()]


def tiles(rows: list[Row], long: float) -> dict[str, Any]:
    """Of the traffic light; *long*: milliseconds."""
    counts = classes(rows)
    return {
        "pending": 0, "calls": len(rows), "clientErrors": counts["clientErrors"],
        "serverErrors": counts["serverErrors"], "averageMs": latency(rows)["averageMs"],
        "longRequests": sum(row["duration_us"] > long * 1000 for row in rows),
    }  # fmt: skip


TEXTS = (
    "Traceback (most recent call last):\n  File \"x.py\", line 3, in get\n{kind}: no event '{n}' at 12:30:{n}",
    'Traceback (most recent call last):\n  File "x.py", line 3\n{kind}: first\n\nDuring handling:\n\nlib.Broken: id 0x{n:x} of {kind}',
    "The worker ended with status {n}",
    "{kind}",
    "took {n} ms for 'anna {n}' and \"joe\" in 3f2504e0-4f89-11d3-9a0c-0305e82c3301, caf\u00e9 {n}",
)
"""What code writes to the log; the first, second and fourth name an exception."""


def messages(seed: int, rows: list[Row]) -> list[list[Row]]:
    """For each request the lines of its code, some of them errors, with times of their own."""
    chance = random.Random(seed)
    return [
        [
            {
                "time": row["time"] + 1000 * number + chance.randrange(999), "ecid": row["ecid"],
                "rid": chance.choice(["0", None, "0:1"]), "level": chance.choice([500, 800, 1000, 1000]),
                "logger": chance.choice(["exception", "runtime", "console"]), "api": row["api"],
                "backend": row["backend"], "user": row["user"], "implementation": row["implementation"],
                "text": chance.choice(TEXTS).format(kind=chance.choice(["KeyError", "Timeout"]), n=chance.randrange(1000)),
                "file": chance.choice(["x.py", "y.py", None]), "line": chance.choice([3, 4]),
            }
            for number in range(chance.choice([0, 1, 2, 3]))
        ]
        for row in rows
    ]  # fmt: skip


def normalised(text: str) -> str:
    """A message without what differs from call to call."""
    variable = (
        r"'[^']*'|\"[^\"]*\"|[0-9a-z]{9}_[0-9a-f]{23}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
        r"|0x[0-9a-fA-F]+|\b[0-9a-fA-F]{16,}\b|[0-9]+(?:[.:,-][0-9]+)*"
    )
    return re.sub(variable, "#", text, flags=re.ASCII)


def failure(row: Row, told: list[Row]) -> tuple[str, str, str | None, int | None]:
    """Type, what was said, file and line of a failing call, from the newest exception among the lines of the log."""
    own = [
        each for each in told
        if each["ecid"] == row["ecid"] and (each["rid"] or "0") == row["rid"] and each["level"] >= 1000
        and each["logger"] in ("exception", "runtime")
    ]  # fmt: skip
    if not own:
        return row["error_code"], row["error_detail"], None, None
    newest = max(own, key=lambda each: each["time"])
    named = [line for line in newest["text"].split("\n") if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*(: .*)?", line)]
    if not named:
        return row["error_code"], row["error_detail"], newest["file"], newest["line"]
    kind, _, said = named[-1].partition(": ")
    return kind, said, newest["file"], newest["line"]


def failures(rows: list[Row], told: list[Row]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Failing calls by type, normalised message, place and API."""
    groups: dict[tuple[Any, ...], list[tuple[Row, str]]] = defaultdict(list)
    for row in rows:
        kind, said, file, line = failure(row, told)
        key = (kind, normalised(said), row["error_code"], file, line, row["api"], row["api_version"])
        groups[key].append((row, said))
    return {key: _failures(key[0], group) for key, group in groups.items()}


def _failures(kind: str, group: list[tuple[Row, str]]) -> dict[str, Any]:
    newest, said = max(group, key=lambda each: each[0]["time"])
    rows = [row for row, _ in group]
    return {
        "calls": len(rows), "users": len({user(row) for row in rows} - {None}),
        "endpoints": len({(row["method"], row["resource"]) for row in rows if row["resource"]}),
        "ecid": newest["ecid"], "example": f"{kind}: {said}" if said else kind, "backend": newest["backend"],
        "implementation": newest["implementation"],
    }  # fmt: skip


def grouped(lines: list[Row]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Lines of the log by level, API, place and normalised text."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for line in lines:
        key = (line["level"], line["api"], line["file"], line["line"], normalised(line["text"][:500]))
        groups[key].append(line)
    found = {}
    for key, group in groups.items():
        newest = max(group, key=lambda each: each["time"])
        times = [each["time"] for each in group]
        found[key] = {
            "count": len(group), "first": min(times), "last": max(times), "ecid": newest["ecid"],
            "example": newest["text"],
        }  # fmt: skip
    return found
