"""Fields of a multipart form, as the texts that types are held against; files stay where they are."""

from __future__ import annotations

from typing import Any

from python_multipart import MultipartParser
from python_multipart.multipart import parse_options_header

MOST_PARTS = 1000
LONGEST_TEXT = 1024 * 1024


def parts(content_type: str, body: bytes) -> dict[str, list[str]]:
    """
    Name to values; a file's value is its name. Raises `ValueError` for what is no such form.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise ValueError("the boundary is missing")
    reading = _Reading()
    parser = MultipartParser(boundary, reading.callbacks())
    parser.write(body)
    parser.finalize()
    return reading.found


class _Reading:
    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}
        self._count = 0
        self._headers: dict[bytes, bytes] = {}
        self._field = self._value = b""
        self._data = bytearray()

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._part_data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            raise ValueError(f"there are more than {MOST_PARTS} parts")
        self._headers, self._data = {}, bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if len(self._data) < LONGEST_TEXT:
            self._data += data[start:end]

    def _end(self) -> None:
        options = parse_options_header(self._headers.get(b"content-disposition", b""))[1]
        name = options.get(b"name", b"").decode("utf-8", "replace")
        filename = options.get(b"filename")
        text = bytes(self._data) if filename is None else filename
        self.found.setdefault(name, []).append(text.decode("utf-8", "replace"))
