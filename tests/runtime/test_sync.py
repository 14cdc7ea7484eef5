"""`sync`: contract of custom code, section 3, "sync (acts on the response)"."""

from __future__ import annotations

from typing import Any

import pytest

from openmcs.runtime.response import Answer, Response
from openmcs.runtime.sync import RESOURCE_TYPE, Sync, SyncModeMixed


def response() -> tuple[Response, list[Answer]]:
    sent: list[Answer] = []
    return Response(sent.append), sent


def test_an_item_is_the_answer() -> None:
    """The last one that was set, tab-indented, with its type."""
    res, sent = response()
    Sync().setItem(res, {"a": 1})
    Sync().set_item(res, {"b": "ä"})
    res.end()
    assert sent[0].body == '{\n\t"b": "ä"\n}'.encode()
    assert dict(sent[0].headers) == {"Content-Type": "application/json", RESOURCE_TYPE: "item"}


def test_a_collection_has_three_parallel_lists() -> None:
    """And properties where there are some."""
    res, sent = response()
    Sync().addItem(res, {"a": 1}, "/x/1", "e1")
    Sync().add_item(res, {"a": 2})
    Sync().setCollectionProperties(res, {"more": True})
    res.end()
    assert isinstance(sent[0].body, bytes)
    assert b"".join(sent[0].body.split()) == (
        b'{"items":[{"a":1},{"a":2}],"uris":["/x/1",null],"etags":["e1",null],"properties":{"more":true}}'
    )
    assert dict(sent[0].headers)[RESOURCE_TYPE] == "collection"


def test_the_first_generations_names_do_the_same() -> None:
    sync = Sync()
    assert (sync.setSyncItem, sync.addSyncItem, sync.clearSync, sync.setSyncCollectionProperties) == (
        sync.set_item, sync.add_item, sync.clear, sync.set_collection_properties,
    )  # fmt: skip


@pytest.mark.parametrize("item", [None, {}, [], "", 0])
def test_no_item_is_an_error(item: Any) -> None:
    for add in (Sync().setItem, Sync().addItem):
        with pytest.raises(ValueError, match="needs an item"):
            add(response()[0], item)
    with pytest.raises(TypeError):
        Sync().setCollectionProperties(response()[0], ["no dict"])  # type: ignore[arg-type]


def test_an_answer_is_an_item_or_a_collection() -> None:
    """Until the mode is left; in it nothing but `end` answers."""
    res, sent = response()
    sync = Sync()
    sync.setItem(res, {"a": 1})
    with pytest.raises(SyncModeMixed, match=r"sync\.clear"):
        sync.addItem(res, {"a": 1})
    for way in (lambda: res.send("x"), lambda: res.write("x"), lambda: res.write_head(200)):
        with pytest.raises(RuntimeError, match="sync mode"):
            way()
    sync.clear(res)
    res.send("x")
    assert sent[0].body == b"x"
