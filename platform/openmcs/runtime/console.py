"""
What custom code logs: `console` with MCS's levels, `logging`, `print` and warnings, all as one stream.

The levels are those of MCS's console and carry java.util.logging's numbers, as the policy
`Logging_Level` does (contract: custom code, section 5). A line belongs to the call in whose context
it was written; handlers that run in threads keep that context.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar

LEVELS = {
    "severe": 1000,
    "warning": 900,
    "info": 800,
    "config": 700,
    "fine": 500,
    "finer": 400,
    "finest": 300,
}
LONGEST_TEXT = 10_000

current_stream: ContextVar[int] = ContextVar("current_stream", default=0)
"""The stream of the call that runs in this context; 0 outside of any call."""

current_level: ContextVar[int] = ContextVar("current_level", default=0)
"""The least severe level that is kept of the call that runs in this context; 0 outside of any call."""

Write = Callable[[int, float, int, str, str, "str | None", "int | None"], None]
"""(stream, time, level, text, logger, file, line)"""


class Console:
    """
    MCS's `console`: `severe`, `warning`, `info`, `config`, `fine`, `finer`, `finest`.

    `error`, `warn` and `log` are the names JavaScript knows; `is_fine()` and its like tell whether a
    line of that level would be kept. Arguments are joined by blanks; dicts and lists are shown as JSON.
    """

    def __init__(self, write: Write, level: int, directory: str) -> None:
        self._write = write
        self._start_level = level
        self._directory = directory

    @property
    def _level(self) -> int:
        return current_level.get() or self._start_level

    def severe(self, *parts: object) -> None:
        """Something failed and somebody must act."""
        self._say(1000, parts)

    def warning(self, *parts: object) -> None:
        """Something is not as it should be."""
        self._say(900, parts)

    def info(self, *parts: object) -> None:
        """Something worth knowing happened."""
        self._say(800, parts)

    def config(self, *parts: object) -> None:
        """How something is set up."""
        self._say(700, parts)

    def fine(self, *parts: object) -> None:
        """Tracing, coarse."""
        self._say(500, parts)

    def finer(self, *parts: object) -> None:
        """Tracing, finer."""
        self._say(400, parts)

    def finest(self, *parts: object) -> None:
        """Tracing, everything."""
        self._say(300, parts)

    error, warn, log = severe, warning, info

    def is_severe(self) -> bool:
        """True: severe lines are always kept."""
        return self._level <= 1000

    def is_warning(self) -> bool:
        """True when a warning would be kept."""
        return self._level <= 900

    def is_info(self) -> bool:
        """True when an info line would be kept."""
        return self._level <= 800

    def is_config(self) -> bool:
        """True when a config line would be kept."""
        return self._level <= 700

    def is_fine(self) -> bool:
        """True when a fine line would be kept."""
        return self._level <= 500

    def is_finer(self) -> bool:
        """True when a finer line would be kept."""
        return self._level <= 400

    def is_finest(self) -> bool:
        """True when a finest line would be kept."""
        return self._level <= 300

    def _say(self, level: int, parts: tuple[object, ...]) -> None:
        if level < self._level:
            return
        frame = sys._getframe(2)
        file, line = place(frame.f_code.co_filename, frame.f_lineno, self._directory)
        text = " ".join(_shown(part) for part in parts)
        self._write(current_stream.get(), time.time(), level, text[:LONGEST_TEXT], "console", file, line)


class LoggingHandler(logging.Handler):
    """Brings records of Python's `logging` into the same stream."""

    def __init__(self, write: Write, directory: str) -> None:
        super().__init__()
        self._write_line = write
        self._directory = directory

    def emit(self, record: logging.LogRecord) -> None:
        """Send *record*; what goes wrong is logging's to report, never the handler's call."""
        number = number_of(record.levelno)
        if number < current_level.get():
            return
        try:
            text = self.format(record)
            file, line = place(record.pathname, record.lineno, self._directory)
            self._write_line(
                current_stream.get(),
                record.created,
                number,
                text[:LONGEST_TEXT],
                record.name,
                file,
                line,
            )
        except Exception:
            self.handleError(record)


class PrintStream(io.TextIOBase):
    """Stands in for `sys.stdout` and `sys.stderr`: each complete line is one message."""

    def __init__(self, write: Write, level: int, name: str, directory: str) -> None:
        self._write_line = write
        self._level = level
        self._name = name
        self._directory = directory
        self._rest: ContextVar[str] = ContextVar(f"rest_of_{name}", default="")

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Keep *text* until its line ends."""
        *lines, rest = (self._rest.get() + text).split("\n")
        if len(rest) > LONGEST_TEXT:
            lines.append(rest)
            rest = ""
        self._rest.set(rest)
        if lines and self._level >= current_level.get():
            frame = sys._getframe(1)
            file, line = place(frame.f_code.co_filename, frame.f_lineno, self._directory)
            for each in lines:
                if each.strip():
                    self._write_line(
                        current_stream.get(), time.time(), self._level, each[:LONGEST_TEXT], self._name, file, line
                    )
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""


def keep(level: int) -> None:
    """See to it that `logging` lets lines of *level* through; a call that keeps less is served by the handler."""
    root = logging.getLogger()
    wanted = threshold_of(level)
    if wanted < root.level:
        root.setLevel(wanted)


def number_of(levelno: int) -> int:
    """Python's logging level as MCS's number."""
    if levelno >= logging.ERROR:
        return 1000
    if levelno >= logging.WARNING:
        return 900
    if levelno >= logging.INFO:
        return 800
    return 500 if levelno >= logging.DEBUG else 300


def threshold_of(level: int) -> int:
    """MCS's number as the lowest of Python's logging levels that passes it."""
    if level > 900:
        return logging.ERROR
    if level > 800:
        return logging.WARNING
    return logging.INFO if level > 500 else logging.DEBUG if level > 300 else 1


def place(file: str, line: int, directory: str) -> tuple[str | None, int | None]:
    """File and line as the author knows them: relative to the archive; nothing for foreign code."""
    prefix = directory.rstrip("/") + "/"
    if file.startswith(prefix):
        return file[len(prefix) :], line
    return None, None


def install(write: Write, level: int, directory: str) -> Console:
    """Route print, logging and warnings to *write*, and make `console` a name that every module knows."""
    import builtins

    console = Console(write, level, directory)
    handler = LoggingHandler(write, directory)
    logging.basicConfig(handlers=[handler], level=threshold_of(level), format="%(message)s", force=True)
    logging.captureWarnings(True)
    sys.stdout = PrintStream(write, 800, "print", directory)
    sys.stderr = PrintStream(write, 900, "stderr", directory)
    builtins.console = console  # type: ignore[attr-defined]
    return console


def _shown(part: object) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict | list | tuple):
        try:
            return json.dumps(part, ensure_ascii=False, default=str)
        except (ValueError, RecursionError):
            return repr(part)
    return str(part)
