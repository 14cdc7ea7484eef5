"""The questions computed once more, row by row in plain Python, over the rows that were generated."""

from __future__ import annotations

import random
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
