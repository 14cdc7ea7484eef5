"""Server-sent events: one event as text, and a response that streams them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi.responses import StreamingResponse


def event(name: str, data: Mapping[str, Any], id_: str | None = None) -> str:
    """One event; JSON has no line feed that would end it early."""
    lines = [f"event: {name}", *([f"id: {id_}"] if id_ else []), f"data: {json.dumps(data, ensure_ascii=True)}"]
    return "\n".join(lines) + "\n\n"


def stream(events: AsyncIterator[str]) -> StreamingResponse:
    """A response of events as they come, which no proxy shall hold back."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
