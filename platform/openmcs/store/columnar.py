"""
DuckDB, in memory: what reads and writes the Parquet files of the log.

It is imported when the first question is asked, so that a gateway starts without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from openmcs.store.log_kinds import Kind
from openmcs.store.objects import sync_directory

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_to_json = msgspec.json.Encoder().encode


def connect(memory_megabytes: int, threads: int = 2, spill: Path | None = None) -> DuckDBPyConnection:
    """
    A database in memory.

    Nothing is fetched from anywhere: extensions can neither be installed nor loaded. *spill* is a folder for
    what does not fit into the memory; without it such a question fails.
    """
    import duckdb

    connection = duckdb.connect(
        config={
            "memory_limit": f"{memory_megabytes}MB",
            "threads": threads,
            "temp_directory": str(spill) if spill else "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        }
    )
    connection.execute("SET parquet_metadata_cache = true")
    return connection


def create(connection: DuckDBPyConnection, name: str, columns: Mapping[str, str]) -> None:
    """An empty table."""
    described = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
    connection.execute(f'CREATE OR REPLACE TABLE "{name}" ({described})')


def insert(
    connection: DuckDBPyConnection, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]
) -> None:
    """Rows, each with a value a column. They go over as JSON, a column a text, which DuckDB reads by itself."""
    if not rows:
        return
    parts = ", ".join(
        f"unnest(from_json(${number}::JSON, '[\"{kind}\"]'))" for number, kind in enumerate(columns.values(), 1)
    )
    texts = [_to_json(column).decode() for column in zip(*rows, strict=True)]
    connection.execute(f'INSERT INTO "{name}" SELECT {parts}', texts)


def write_parquet(connection: DuckDBPyConnection, query: str, file: Path, *, together: int = 122_880) -> int:
    """
    The rows of *query* as a Parquet file that is on the disk, whole, before its name appears; returns its bytes.

    So many rows are packed *together*: whoever wants one of them unpacks them all.
    Raises `OSError` and `duckdb.Error`; then there is no file.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.stem}-{secrets.token_hex(4)}.draft")
    try:
        quoted = str(draft).replace("'", "''")
        connection.execute(
            f"COPY ({query}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {together})"
        )
        with open(draft, "rb+") as stream:
            os.fsync(stream.fileno())
        os.rename(draft, file)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    for folder in (file.parent, file.parent.parent, file.parent.parent.parent):
        sync_directory(folder)
    return file.stat().st_size


def place(directory: Path, folder: str, hour: int, segment: str) -> Path:
    """Where a segment's file lies: `<folder>/day=2026-01-31/hour=07/<segment>.parquet`."""
    from openmcs.store.clock import to_iso

    begins = to_iso(hour * 3_600_000_000)
    return directory / folder / f"day={begins[:10]}" / f"hour={begins[11:13]}" / f"{segment}.parquet"


def hour_of(column: str) -> str:
    """SQL: the hour since the epoch of a time in microseconds, also before the epoch."""
    return f'("{column}" // 3600000000 - (("{column}" % 3600000000) < 0)::BIGINT)'


def files(directory: Path, kind: Kind) -> Iterator[Path]:
    """Every file of a kind that is there, finished or not."""
    for folder in kind.files:
        yield from (directory / folder).glob("day=*/hour=*/*")


def quoted(paths: Iterable[Path]) -> str:
    """A list of files as SQL; the names are ours, the folder is the installation's."""
    return "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"


def read_parquet(files: str, *, by_name: bool = False) -> str:
    """
    SQL: the rows of some files of one kind; *files* is a list as SQL, or a parameter.

    *by_name*: some files lack a column that others have (an older version wrote them); there it is NULL.
    """
    return f"read_parquet({files}, hive_partitioning = false{', union_by_name = true' if by_name else ''})"


def template(connection: DuckDBPyConnection, directory: Path, kind: Kind) -> Path:
    """A file without rows that has all the columns which a kind has in this version."""
    names = hashlib.sha256(",".join(kind.columns).encode()).hexdigest()[:16]
    file = directory / "templates" / kind.name / names / "template.parquet"
    if not file.exists():
        columns = ", ".join(f'NULL::{sql} AS "{name}"' for name, sql in kind.columns.items())
        write_parquet(connection, f"SELECT {columns} LIMIT 0", file)
    return file


def bundle(directory: Path, folder: str, segments: Iterable[str]) -> Path:
    """
    Where the rows of a day's segments lie once more, in one file: a copy that spares opening many.

    Its name says of which segments it is, so it is never out of date; where it is missing, they are read themselves.
    """
    names = hashlib.sha256(",".join(sorted(segments)).encode()).hexdigest()[:32]
    return directory / "bundles" / folder / f"{names[:2]}" / f"{names}.parquet"
