"""
`sync`: turns an answer into what the apps' offline cache understands (contract: custom code, section 3).

    sync.setItem(res, item)                     item mode
    sync.addItem(res, item, uri, etag)          collection mode
    sync.setCollectionProperties(res, {…})      collection mode
    sync.clear(res)                             neither
    res.end()                                   sends it
"""

from __future__ import annotations

import json
from typing import Any

RESOURCE_TYPE = "Oracle-Mobile-Sync-Resource-Type"


class SyncModeMixed(RuntimeError):
    """One answer cannot be an item and a collection."""


class SyncBody:
    """What an answer in sync mode will be."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.item: Any = None
        self.items: list[Any] = []
        self.uris: list[Any] = []
        self.etags: list[Any] = []
        self.properties: dict[str, Any] | None = None

    def encoded(self) -> bytes:
        """Tab-indented JSON, as MCS writes it."""
        body: Any = self.item
        if self.kind == "collection":
            body = {"items": self.items, "uris": self.uris, "etags": self.etags}
            if self.properties is not None:
                body["properties"] = self.properties
        return json.dumps(body, indent="\t", ensure_ascii=False, default=str).encode()


class Sync:
    """The namespace; it acts on the response."""

    def set_item(self, res: Any, item: Any) -> None:
        """Answer one item; a second call replaces the first."""
        if not item:
            raise ValueError("sync.setItem needs an item")
        _mode(res, "item").item = item

    def add_item(self, res: Any, item: Any, uri: str | None = None, etag: str | None = None) -> None:
        """Add an item to the collection that is answered."""
        if not item:
            raise ValueError("sync.addItem needs an item")
        body = _mode(res, "collection")
        body.items.append(item)
        body.uris.append(uri)
        body.etags.append(etag)

    def set_collection_properties(self, res: Any, properties: dict[str, Any]) -> None:
        """Properties of the collection as a whole."""
        if not isinstance(properties, dict):
            raise TypeError("sync.setCollectionProperties needs a dict")
        _mode(res, "collection").properties = properties

    def clear(self, res: Any) -> None:
        """Leave sync mode."""
        res.sync_body = None

    setItem, addItem, setCollectionProperties = set_item, add_item, set_collection_properties
    # The first generation's names.
    setSyncItem, addSyncItem = set_item, add_item
    setSyncCollectionProperties, clearSync = set_collection_properties, clear


def _mode(res: Any, kind: str) -> SyncBody:
    body: SyncBody | None = res.sync_body
    if body is None:
        body = res.sync_body = SyncBody(kind)
    elif body.kind != kind:
        raise SyncModeMixed(f"the answer is a sync {body.kind} already and cannot be a {kind} too; call sync.clear")
    return body
