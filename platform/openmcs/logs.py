"""The platform's own log: structlog on stderr, for people on a terminal and as JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal

import structlog

_SECRET = ("password", "token", "secret", "authorization", "cookie", "anonymous_key", "_values")


def set_up(form: Literal["auto", "console", "json"] = "auto", level: int = logging.INFO) -> None:
    """Configure structlog for this process; `auto` is console on a terminal and JSON elsewhere."""
    pretty = form == "console" or (form == "auto" and sys.stderr.isatty())
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if pretty else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def redact(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace what is secret by its name, whoever handed it to the log."""
    for key in event:
        if any(word in key.lower() for word in _SECRET):
            event[key] = "***"
    return event
