"""Names and versions of assets (contract: custom code, section 2)."""

from __future__ import annotations

import re

from openmcs.errors import RequestInvalid

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*", re.ASCII)
_VERSION = re.compile(r"[a-zA-Z0-9][\w.]*", re.ASCII)
LONGEST = 100


def check_name(name: str, field: str = "name") -> str:
    """Letters, digits and `_`, beginning with a letter, at most 100. Raises `RequestInvalid`."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise RequestInvalid(
            f"{field}: {name[:120]!r} is no name; it takes letters, digits and _, begins with a letter, "
            f"and has at most {LONGEST} characters."
        )
    return name


def check_version(version: str, field: str = "version") -> str:
    """Letters, digits, `_` and `.`, at most 100. Raises `RequestInvalid`."""
    if not _VERSION.fullmatch(version) or len(version) > LONGEST:
        raise RequestInvalid(f'{field}: {version[:120]!r} is no version; "1.0" is one.')
    return version
