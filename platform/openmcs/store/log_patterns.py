"""
What two lines of the log have in common that mean the same, as SQL.

The expressions are ours: they hold patterns of DuckDB's regular expressions (RE2) as quoted texts.
"""

from __future__ import annotations

VARIABLE = (
    r"""'[^']*'|"[^"]*"|[0-9a-z]{9}_[0-9a-f]{23}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"""
    r"|0x[0-9a-fA-F]+|\b[0-9a-fA-F]{16,}\b|\d+([.:,-]\d+)*"
)
"""What differs between two messages that mean the same: quoted values, ids, numbers, times."""
LAST_LINE = r"(?m)^[A-Za-z_][\w.]*(?:: [^\n]*)?$"
"""The line of a traceback that names the exception, with its message."""
COMPARED = 500
"""Characters of a line that are compared."""


def normalised(column: str) -> str:
    """SQL: a message without what differs from call to call."""
    return f"regexp_replace({column}, {_quoted(VARIABLE)}, '#', 'g')"


def last_line(column: str) -> str:
    """SQL: the last line of a traceback that names an exception; NULL when there is none."""
    return f"regexp_extract_all({column}, {_quoted(LAST_LINE)})[-1]"


def _quoted(pattern: str) -> str:
    return "'" + pattern.replace("'", "''") + "'"
