"""
A mock that remembers: what was posted can be fetched, changed and deleted, while the process lives.

`POST /things` keeps an object under `/things/{id}` when the contract has such a resource. Everything is in memory,
within limits, and belongs to one process of the gateway.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from typing import Any

from openmcs.raml.contract import Contract, Method
from openmcs.raml.mock import Answer

MOST_OBJECTS = 1_000
LARGEST_OBJECT = 64 * 1024
_LAST = re.compile(r"/\{([^{}/]+)\}\Z")
_JSON = "application/json"


class MockState:
    """The objects of one API."""

    def __init__(self, contract: Contract) -> None:
        self._names = {
            each.path[: found.start()]: found.group(1)
            for each in contract.resources
            for found in [_LAST.search(each.path)]
            if found is not None
        }
        self._objects: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._deleted: OrderedDict[str, None] = OrderedDict()
        self._next = 1

    def answer(self, resource: str, method: Method, path: str, body: bytes, otherwise: Answer, base: str) -> Answer:
        """
        The answer to a call of *path* (below the API); *otherwise* is that of the examples, and stands where
        nothing is remembered. *base* is what the API's paths begin with.
        """
        path = path.rstrip("/")
        if resource in self._names and method.verb == "POST":
            return self._add(self._names[resource], path, body, otherwise, base)
        if resource in self._names and method.verb == "GET":
            return self._list(path, otherwise)
        if _LAST.search(resource) is None:
            return otherwise
        if method.verb in ("GET", "HEAD"):
            return self._get(path, method, otherwise)
        if method.verb in ("PUT", "PATCH"):
            return self._change(path, method, body, otherwise)
        return self._delete(path, otherwise) if method.verb == "DELETE" else otherwise

    def _add(self, name: str, path: str, body: bytes, otherwise: Answer, base: str) -> Answer:
        given = _object(body)
        if given is None:
            return otherwise
        key = next((each for each in (name, "id") if isinstance(given.get(each), str | int)), None)
        if key is None:
            key = "id"
            while f"{path}/{self._next}" in self._objects:
                self._next += 1
            given = {key: self._next, **given}
        place = f"{path}/{given[key]}"
        self._keep(place, given)
        return Answer(otherwise.status, _JSON, _text(given), (("Location", base + place),), otherwise.delay)

    def _list(self, path: str, otherwise: Answer) -> Answer:
        kept = [value for place, value in self._objects.items() if place.rpartition("/")[0] == path]
        if not kept:
            return otherwise
        # A collection that is an object with one list, such as {"items": []}, keeps that shape.
        shape = _object(otherwise.body)
        lists = [name for name, value in (shape or {}).items() if isinstance(value, list)]
        listed: Any = {**(shape or {}), lists[0]: kept} if len(lists) == 1 else kept
        return Answer(otherwise.status, _JSON, _text(listed), delay=otherwise.delay)

    def _get(self, path: str, method: Method, otherwise: Answer) -> Answer:
        if path in self._objects:
            body = b"" if method.verb == "HEAD" else _text(self._objects[path])
            return Answer(200, _JSON, body, delay=otherwise.delay)
        return _missing(otherwise) if path in self._deleted else otherwise

    def _change(self, path: str, method: Method, body: bytes, otherwise: Answer) -> Answer:
        given = _object(body)
        if given is None:
            return otherwise
        if method.verb == "PATCH":
            given = {**self._objects.get(path, {}), **given}
        self._keep(path, given)
        return Answer(otherwise.status, _JSON, _text(given) if otherwise.body else b"", delay=otherwise.delay)

    def _delete(self, path: str, otherwise: Answer) -> Answer:
        if path in self._deleted:
            return _missing(otherwise)
        self._objects.pop(path, None)
        self._deleted[path] = None
        while len(self._deleted) > MOST_OBJECTS:
            self._deleted.popitem(last=False)
        return otherwise

    def _keep(self, place: str, value: dict[str, Any]) -> None:
        self._deleted.pop(place, None)
        self._objects[place] = value
        while len(self._objects) > MOST_OBJECTS:
            self._objects.popitem(last=False)


def _object(body: bytes) -> dict[str, Any] | None:
    if not body or len(body) > LARGEST_OBJECT:
        return None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _missing(otherwise: Answer) -> Answer:
    return Answer(404, _JSON, _text({"status": 404, "title": "Not found"}), delay=otherwise.delay)


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
