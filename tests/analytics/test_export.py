"""Export of the log."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from openmcs.analytics import export
from openmcs.analytics.export import Export
from openmcs.analytics.requests import Requests
from openmcs.errors import RequestInvalid
from openmcs.store import columnar
from openmcs.store.compaction import Compactor, Limits
from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from tests.analytics import naive
from tests.store.records import load, message, request


@pytest.fixture
def rows(database: Database, log: LogReader, segments: Path, tmp_path: Path) -> list[naive.Row]:
    """A log half of which is in segments."""
    made = naive.generated(5, 300)
    load(database, tmp_path, *(request(0, **row) for row in made[:150]))
    Compactor(database, segments, Limits(retention_days=36_500)).run_once(everything=True)
    load(database, tmp_path, *(request(0, **row) for row in made[150:]))
    return made


def _file(log: LogReader, folder: Path, kind: str = "requests", **parameters: str) -> bytes:
    return b"".join(Export.parse(kind, parameters).chunks(log, folder))


def test_lines_are_what_the_list_shows(
    log: LogReader, rows: list[naive.Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oldest first, each row once, what the filter lets through, up to the limit."""
    monkeypatch.setattr(export, "_AT_ONCE", 7)
    listed = Requests(limit=1000).ask(log)["items"]
    lines = [json.loads(line) for line in _file(log, tmp_path).splitlines()]
    assert {line["ecid"] for line in lines} == {
        row["ecid"] for row in rows if row["api"] != "tools" and naive.is_call(row)
    }
    by_ecid = {
        item["ecid"]: {name: value for name, value in item.items() if name not in ("messages", "worst")}
        for item in listed
    }
    assert all(by_ecid[line["ecid"]] == line for line in lines)
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    failing = [json.loads(line) for line in _file(log, tmp_path, q="status>=500").splitlines()]
    assert failing == [line for line in lines if line["status"] >= 500]
    assert len(_file(log, tmp_path, limit="10").splitlines()) == 10
    assert _file(log, tmp_path, ecid="nothing") == b""


def test_tables_have_the_same_rows_and_no_formulas(
    database: Database, log: LogReader, rows: list[naive.Row], tmp_path: Path
) -> None:
    """A spreadsheet that opens the file runs nothing that a client sent."""
    load(
        database, tmp_path, request(900, time=naive.START, user='=HYPERLINK("x")', path='@a,"b"\nc', client_sdk="-1+2")
    )
    table = list(csv.DictReader(io.StringIO(_file(log, tmp_path, format="csv").decode())))
    lines = [json.loads(line) for line in _file(log, tmp_path).splitlines()]
    assert [row["ecid"] for row in table] == [line["ecid"] for line in lines]
    (hostile,) = [row for row in table if row["ecid"] == "e900"]
    assert (hostile["user"], hostile["path"], hostile["clientSdk"]) == ('\'=HYPERLINK("x")', '\'@a,"b"\nc', "'-1+2")


def test_parquet_is_read_by_others(log: LogReader, rows: list[naive.Row], tmp_path: Path) -> None:
    """The columns of the log, and nothing left in the folder."""
    file = tmp_path / "x.parquet"
    file.write_bytes(_file(log, tmp_path / "it's", format="parquet", backend="one"))
    found = columnar.connect(64).execute(f"SELECT ecid, duration_us FROM '{file}' ORDER BY ecid").fetchall()
    assert found == sorted(
        (row["ecid"], row["duration_us"])
        for row in rows
        if row["backend"] == "one" and row["api"] != "tools" and naive.is_call(row)
    )
    assert list((tmp_path / "it's").iterdir()) == []


def test_messages_are_exported(database: Database, log: LogReader, tmp_path: Path) -> None:
    """With their own filter."""
    load(database, tmp_path, message(1, level=900, text="caf\u00e9"), message(2, level=500))
    (line,) = map(json.loads, _file(log, tmp_path, "messages", level="warning").splitlines())
    assert (line["message"], line["level"]) == ("caf\u00e9", "warning")


@pytest.mark.parametrize("parameters", [{"format": "xml"}, {"limit": "0"}, {"limit": "10000001"}, {"status": "x"}])
def test_a_wrong_parameter_is_named(parameters: dict[str, str]) -> None:
    """Before anything is sent."""
    with pytest.raises(RequestInvalid, match=f"parameter {next(iter(parameters))}"):
        Export.parse("requests", parameters)
