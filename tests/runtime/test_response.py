"""`res` and returned values: contract of custom code, section 3, "Express facts real code relies on"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from openmcs.runtime.outbound import Outcome
from openmcs.runtime.promise import MobileAnswer
from openmcs.runtime.response import AlreadySent, Answer, AnswerInvalid, Response

TEXT, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"
JSON, BYTES = "application/json; charset=utf-8", "application/octet-stream"


def answered(act: Callable[[Response], Any], *, is_head: bool = False) -> tuple[int, str | None, Any]:
    """Status, type and body."""
    sent: list[Answer] = []
    act(Response(sent.append, is_head))
    (answer,) = sent
    return answer.status, dict(answer.headers).get("Content-Type"), answer.body


EXPRESS: dict[str, tuple[Callable[[Response], Any], tuple[int, str | None, bytes]]] = {
    "status and object": (lambda res: res.send(200, {"a": 1}), (200, JSON, b'{"a":1}')),
    "object and status": (lambda res: res.send({"a": 1}, 201), (201, JSON, b'{"a":1}')),
    "a status is its phrase": (lambda res: res.send(412), (412, TEXT, b"Precondition Failed")),
    "an unknown status is itself": (lambda res: res.send(299), (299, TEXT, b"299")),
    "true is no status": (lambda res: res.send(True), (200, JSON, b"true")),
    "text is html": (lambda res: res.send('{"a": 1}'), (200, HTML, b'{"a": 1}')),
    "a type that was set stays": (lambda res: res.type("text").send("x"), (200, TEXT, b"x")),
    "bytes": (lambda res: res.send(memoryview(b"\0")), (200, BYTES, b"\0")),
    "nothing": (lambda res: res.status(202).send(), (202, None, b"")),
    "json with a status": (lambda res: res.json(201, [1]), (201, JSON, b"[1]")),
    "json of a text": (lambda res: res.json("x"), (200, JSON, b'"x"')),
    "write and end": (lambda res: (res.write("a"), res.write(b"b"), res.end("c")), (200, None, b"abc")),
    "write_head": (lambda res: res.writeHead(203, {"Content-Type": "a/b"}).end(), (203, "a/b", b"")),
}


@pytest.mark.parametrize(("act", "answer"), EXPRESS.values(), ids=EXPRESS)
def test_res_does_as_express_did(act: Callable[[Response], Any], answer: tuple[int, str | None, bytes]) -> None:
    assert answered(act) == answer


RETURNED: dict[str, tuple[Any, tuple[int, str | None, bytes]]] = {
    "dict": ({"a": 1}, (200, JSON, b'{"a":1}')),
    "text is text": ("x", (200, TEXT, b"x")),
    "bytes": (b"\0", (200, BYTES, b"\0")),
    "none": (None, (204, None, b"")),
    "status and body": ((404, "gone"), (404, TEXT, b"gone")),
    "status and none": ((205, None), (205, None, b"")),
    "with headers": ((200, b"x", {"Content-Type": "image/png"}), (200, "image/png", b"x")),
    "an answer of the sdk": (
        MobileAnswer(Outcome(404, {"content-type": "a/b"}, b"x", ""), "x"), (200, "a/b", b"x"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("value", "answer"), RETURNED.values(), ids=RETURNED)
def test_what_is_returned_is_the_answer(value: Any, answer: tuple[int, str | None, bytes]) -> None:
    assert answered(lambda res: res.answer_with(value)) == answer


def test_head_has_no_body_and_the_same_head() -> None:
    assert answered(lambda res: res.send({"a": 1}), is_head=True) == (200, JSON, b"")


def test_a_second_answer_is_an_error() -> None:
    res = Response(lambda answer: None)
    res.send("one")
    for again in (lambda: res.send("two"), lambda: res.json({}), lambda: res.end(), lambda: res.answer_with({})):
        with pytest.raises(AlreadySent):
            again()


@pytest.mark.parametrize(
    "act",
    [
        lambda res: res.status(99), lambda res: res.status(600), lambda res: res.status("200"), lambda res: res.status(True),
        lambda res: res.set("A\r\nB", "x"), lambda res: res.set("A", "x\nB: y"), lambda res: res.set("", "x"),
        lambda res: res.send(object()), lambda res: res.answer_with((1, 2, 3, 4)), lambda res: res.answer_with(("a", 1)),
        lambda res: res.json({"a": {1, object()}}),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_told_where_it_was_made(act: Callable[[Response], Any]) -> None:
    """A status, a header or a body that cannot go out raises in the handler, not on the way."""
    with pytest.raises(AnswerInvalid):
        act(Response(lambda answer: None))


def test_header_fields_are_set_one_by_one_or_together() -> None:
    res = Response(lambda answer: None)
    res.set({"X-A": "1", "X-B": "2"}).set("x-a", "3").header("X-C", "4")
    assert (res.get("X-A"), res.get("x-b"), res.get("X-C"), res.get("X-D")) == ("3", "2", "4", None)
