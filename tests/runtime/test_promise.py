"""What the SDK's calls return: contract of custom code, section 3, "What promises carry"."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import Future
from typing import Any

import pytest

from openmcs.runtime.outbound import Outcome
from openmcs.runtime.promise import MobileAnswer, MobileError, Promise, rejected, shape_of

OK = Outcome(200, {"content-type": "text/plain"}, b"hello", "")


def promise(outcome: Outcome | None = None, shape: Any = None) -> tuple[Promise, Future[Outcome], list[str]]:
    """A promise, what it waits for, and what was said of it when nobody looked."""
    future: Future[Outcome] = Future()
    if outcome is not None:
        future.set_result(outcome)
    unseen: list[str] = []
    return Promise(future, shape or shape_of(None), "custom.x.get", unseen.append), future, unseen


@pytest.mark.parametrize("manner", ["await", "result"])
def test_an_answer_below_400_fulfils(manner: str) -> None:
    """3xx too; its attributes have MCS's names and Python's."""

    async def awaited() -> MobileAnswer:
        return await promise(Outcome(302, {"content-type": "text/plain"}, b"hello", ""))[0]

    ready = promise(Outcome(302, {"content-type": "text/plain"}, b"hello", ""))[0]
    answer = asyncio.run(awaited()) if manner == "await" else ready.result()
    ready.result()
    assert (answer.statusCode, answer.contentType, answer.contentLength) == (302, "text/plain", 5)
    assert (answer.status_code, answer.content_type, answer.content_length) == (302, "text/plain", 5)
    assert (answer.result, answer.headers) == ("hello", {"content-type": "text/plain"})


def test_an_empty_body_is_no_result() -> None:
    """Not an empty text."""
    assert promise(Outcome(204, {}, b"", ""))[0].result().result is None


@pytest.mark.parametrize(("shape", "error"), [(None, '{"detail": "no"}'), ("json", {"detail": "no"})])
def test_an_answer_of_400_or_more_rejects(shape: str | None, error: Any) -> None:
    """With the body as `error`, parsed only where results are."""
    made = promise(Outcome(404, {"a": "b"}, b'{"detail": "no"}', ""), shape_of(shape))[0]
    with pytest.raises(MobileError) as caught:
        made.result()
    assert (caught.value.statusCode, caught.value.error, caught.value.headers) == (404, error, {"a": "b"})
    assert caught.value.status_code == 404 and caught.value.content_length == 16
    assert "404" in str(caught.value) and "no" in str(caught.value)


def test_without_an_answer_there_is_an_error_and_no_status() -> None:
    """As MCS's SDK told transport failures."""
    with pytest.raises(MobileError) as caught:
        promise(Outcome(0, {}, b"", "nobody there"))[0].result()
    assert (caught.value.statusCode, str(caught.value.error)) == (None, "nobody there")


def test_blocking_the_event_loop_is_refused() -> None:
    """The message says what to write instead."""

    async def test() -> None:
        made = promise(OK)[0]
        with pytest.raises(RuntimeError, match=r"await custom\.x\.get instead"):
            made.result()
        assert (await made).result == "hello"

    asyncio.run(test())


def test_a_callback_gets_the_answer_or_the_error() -> None:
    """Whenever it comes."""
    told: list[Any] = []
    for outcome in (OK, Outcome(500, {}, b"boom", "")):
        made, future, _ = promise()
        made.when_done(lambda answer, error: told.append((answer and answer.result, error and error.error)))
        assert not made.done()
        future.set_result(outcome)
        assert made.done()
    assert told == [("hello", None), (None, "boom")]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [(OK, 0), (Outcome(500, {}, b"", ""), 1), (Outcome(0, {}, b"", "gone"), 1)],
)
@pytest.mark.parametrize("late", [False, True])
def test_a_failure_that_nobody_looked_at_is_said(outcome: Outcome, said: int, late: bool) -> None:
    """Whether it comes before the promise is dropped or after; success needs no looking at."""
    made, future, unseen = promise(None if late else outcome)
    del made
    gc.collect()
    if late:
        future.set_result(outcome)
    assert len(unseen) == said


def test_a_call_that_cannot_be_made_rejects() -> None:
    """With the reason as its error."""
    with pytest.raises(MobileError) as caught:
        rejected("custom.x.post", "no body")
    assert (str(caught.value.error), caught.value.statusCode) == ("no body", None)


@pytest.mark.parametrize(
    ("out_type", "encoding", "body", "result"),
    [
        (None, None, b"\xc3\xa4", "ä"),
        (None, None, b"\xff", "�"),
        ("json", None, b'{"a": 1}', {"a": 1}),
        ("json", None, b"no json", "no json"),
        ("json", None, b"[" * 100_000, "[" * 100_000),
        ("binary", None, b"\0\xff", b"\0\xff"),
        ({"encoding": "latin1"}, None, b"\xe4", "ä"),
        ({"encoding": "ucs2"}, None, "ä".encode("utf-16-le"), "ä"),
        (None, "binary", b"\xe4", "ä"),
    ],
)
def test_a_body_becomes_a_result_by_its_out_type(out_type: Any, encoding: str | None, body: bytes, result: Any) -> None:
    """Text by default; what does not parse stays text."""
    assert shape_of(out_type, encoding)(body) == result
