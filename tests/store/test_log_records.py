"""What is written to the spool: cut to size, without secrets, always readable again."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.store.log_records import (
    LEVELS,
    LossRecord,
    MessageRecord,
    RequestRecord,
    decode,
    encode,
    encode_loss,
    fit,
    level_name,
    level_number,
    redact,
)
from openmcs.store.tables import log_message, request_log

anything = st.text(st.characters(), max_size=50) | st.text(st.characters(categories=["Cs"]), max_size=3)


@pytest.mark.parametrize(("struct", "table"), [(RequestRecord, request_log), (MessageRecord, log_message)])
def test_a_record_has_the_columns_of_its_table(struct: type[msgspec.Struct], table: object) -> None:
    """Beside the loader's own three columns: the same names, and None where the column may be NULL."""
    columns = {column.name: column.nullable for column in table.columns}  # type: ignore[attr-defined]
    fields = {field.name: field.default is None for field in msgspec.structs.fields(struct)}
    assert columns == fields | {"segment": False, "position": False, "batch": False}


@given(anything, anything, anything, st.integers(-(2**63), 2**63 - 1))
def test_whatever_a_client_sends_is_recorded(path: str, user: str, detail: str, time: int) -> None:
    """Any text is one line of JSON that is read again; half surrogate pairs become question marks."""
    data = encode(
        RequestRecord(
            time=time, ecid="e", method="GET", path=path, status=200, duration_us=1, user=user, error_detail=detail
        )
    )
    assert b"\n" not in data
    back = decode(data)
    assert isinstance(back, RequestRecord)
    assert back.path == path.encode("utf-8", "replace").decode()
    assert back.time == time


def test_texts_are_cut_to_the_width_of_their_columns() -> None:
    """Paths keep 2048 characters, texts 10,000, the client's SDK 256, a user's name 100."""
    record = decode(
        encode(
            RequestRecord(
                time=1, ecid="e" * 100, method="G" * 50, path="/" * 5000, status=200, duration_us=1, user="u" * 500,
                client_sdk="s" * 500, error_detail="d" * 5000,
            )
        )
    )  # fmt: skip
    assert isinstance(record, RequestRecord)
    lengths = [len(str(getattr(record, name))) for name in ("ecid", "method", "path", "user", "client_sdk")]
    assert lengths == [64, 20, 2048, 100, 256]
    message = decode(encode(MessageRecord(time=1, level=800, text="t" * 50_000, file="f" * 900)))
    assert isinstance(message, MessageRecord)
    assert (len(message.text), len(message.file or "")) == (10_000, 500)


def test_numbers_that_no_column_holds_are_refused_when_read() -> None:
    """The loader counts such a line as damaged, instead of failing on it for ever."""
    with pytest.raises(ValueError, match="time"):
        decode(b'{"k":"m","time":99999999999999999999,"level":1,"text":""}')


def test_a_report_of_lost_records_is_read_again() -> None:
    """The third kind of record."""
    record = LossRecord(time=1, lost=3, reason="disk full")
    assert decode(encode_loss(record)) == record


def test_levels_have_names_numbers_and_aliases() -> None:
    """MCS's seven levels, and what Python and JavaScript call them."""
    assert {name: level_number(name) for name in LEVELS} == LEVELS
    assert all(level_name(number) == name for name, number in LEVELS.items())
    assert [level_number(name) for name in ("error", "WARN", "log", "debug", "?")] == [1000, 900, 800, 500, 800]
    assert [level_name(number) for number in (2000, 950, 1, -5)] == ["severe", "warning", "finest", "finest"]


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/a", "", ("/a", "")),
        ("/a", "q=1&limit=2", ("/a", "q=1&limit=2")),
        ("/a", "password=x&q=1", ("/a", "password=***&q=1")),
        ("/a", "user_PASSWORD=x=y&Access_Token=z", ("/a", "user_PASSWORD=***&Access_Token=***")),
        ("/a", "pass%77ord=x", ("/a", "pass%77ord=***")),
        ("/a", "api_key=1&clientSecret=2&Authorization=3&_values=4", (
            "/a", "api_key=***&clientSecret=***&Authorization=***&_values=***")),
        ("/a", "token&token=&q=token", ("/a", "token&token=&q=token")),
        ("/a;token=x;v=1/b", "", ("/a;token=***;v=1/b", "")),
    ],
)  # fmt: skip
def test_values_of_secret_parameters_are_not_recorded(path: str, query: str, expected: tuple[str, str]) -> None:
    """Only the value is replaced; the name, and everything else, stays."""
    assert redact(path, query) == expected


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_path_or_query_is_too_odd_to_redact(path: str, query: str) -> None:
    """Redacting never raises, and redacting twice changes nothing more."""
    once = redact(path, query)
    assert redact(*once) == once


def test_what_was_written_wider_is_cut_before_it_is_loaded() -> None:
    """A spool of another version: all records of a kind are looked at together, and only what is too wide is cut."""
    wide, narrow = (
        RequestRecord(time=1, ecid="e", method="GET", path=path, status=200, duration_us=1, user=user)
        for path, user in (("/" * 5000, None), ("/short", "u" * 100))
    )
    fit([wide, narrow])
    assert (len(wide.path), wide.user, narrow.path, len(narrow.user or "")) == (2048, None, "/short", 100)
    fit([])
