"""DuckDB: what it is given, what it may do, and when it is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from openmcs.store import columnar


def test_a_gateway_starts_without_duckdb() -> None:
    """Importing the application and the questions does not load it."""
    code = "import openmcs.app, openmcs.tools.logs, openmcs.host, sys; sys.exit('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_rows_go_in_as_they_are() -> None:
    """Texts with any characters, big numbers, nothing."""
    columns = {"a": "VARCHAR", "b": "BIGINT", "c": "DOUBLE", "d": "INTEGER"}
    rows = [("\x00'\"\\\U0001f40d\n", 2**62, 1.5, None), (None, -(2**63), None, 7), ("", 0, -0.0, 0)]
    connection = columnar.connect(64)
    columnar.create(connection, "t", columns)
    columnar.insert(connection, "t", columns, rows)
    columnar.insert(connection, "t", columns, [])
    assert connection.execute("SELECT * FROM t").fetchall() == rows
    connection.close()


def test_nothing_is_fetched_from_anywhere() -> None:
    """Extensions are neither loaded nor installed by themselves."""
    connection = columnar.connect(64)
    with pytest.raises(duckdb.Error):
        connection.execute("SELECT * FROM 'https://127.0.0.1:1/x.parquet'")
    connection.close()


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    """What fails in the middle leaves nothing."""
    connection = columnar.connect(64)
    file = tmp_path / "a" / "b" / "x.parquet"
    with pytest.raises(duckdb.Error):
        columnar.write_parquet(connection, "SELECT error('no') FROM range(3)", file)
    assert list(file.parent.iterdir()) == []
    assert columnar.write_parquet(connection, "SELECT 1 AS a", file) == file.stat().st_size
    assert [each.name for each in file.parent.iterdir()] == ["x.parquet"]
    connection.close()


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(0, "day=1970-01-01/hour=00"), (-1, "day=1969-12-31/hour=23"), (495_000, "day=2026-06-21/hour=00")],
)
def test_a_segment_lies_in_its_day_and_hour(tmp_path: Path, hour: int, expected: str) -> None:
    """Also before the epoch."""
    file = columnar.place(tmp_path, "requests", hour, "x")
    assert file == tmp_path / "requests" / expected / "x.parquet"
    connection = columnar.connect(64)
    times = [(hour * 3_600_000_000,), (hour * 3_600_000_000 + 3_599_999_999,)]
    columnar.create(connection, "t", {"time": "BIGINT"})
    columnar.insert(connection, "t", {"time": "BIGINT"}, times)
    assert set(connection.execute(f"SELECT {columnar.hour_of('time')} FROM t").fetchall()) == {(hour,)}
    connection.close()
