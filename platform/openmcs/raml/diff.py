"""What differs between two versions of a contract, and whether apps that use the old one would break."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from openmcs.raml.contract import Body, Contract, Method, Parameter, Resource, Response
from openmcs.raml.schemas import document

DEEPEST = 12


class Difference(NamedTuple):
    """One difference."""

    breaking: bool
    where: str
    """Operation and part, such as `GET /event query limit`."""
    message: str


def differences(old: Contract, new: Contract) -> list[Difference]:
    """All that matters to a caller, breaking ones first."""
    found = [*_resources(old, new)]
    return sorted(dict.fromkeys(found), key=lambda each: (not each.breaking, each.where))


def _resources(old: Contract, new: Contract) -> Iterator[Difference]:
    before, after = _operations(old), _operations(new)
    for name, (resource, method) in before.items():
        if name not in after:
            yield Difference(True, name, "is gone")
            continue
        other_resource, other = after[name]
        pairs = ((resource.uri_parameters, other_resource.uri_parameters, "path"),
                 (method.query_parameters, other.query_parameters, "query"), (method.headers, other.headers, "header"))  # fmt: skip
        for one, two, place in pairs:
            yield from _parameters(f"{name} {place}", one, two)
        yield from _requests(name, method.bodies, other.bodies, _texts(old), _texts(new))
        yield from _responses(name, method.responses, other.responses, _texts(old), _texts(new))
    for name in after.keys() - before.keys():
        yield Difference(False, name, "is new")


def _operations(contract: Contract) -> dict[str, tuple[Resource, Method]]:
    # Another name of a path's parameter is no difference to a caller.
    return {
        f"{method.verb} {resource.path}": (resource, method)
        for resource in contract.resources
        for method in resource.methods
    }


def _texts(contract: Contract) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in contract.definitions.items()}


def _parameters(where: str, old: list[Parameter], new: list[Parameter]) -> Iterator[Difference]:
    before, after = {each.name: each for each in old}, {each.name: each for each in new}
    for name, one in before.items():
        other = after.get(name)
        if other is None:
            yield Difference(True, f"{where} {name}", "is gone")
            continue
        if other.required and not one.required:
            yield Difference(True, f"{where} {name}", "is required now")
        if set(one.kinds) - set(other.kinds) and not (set(one.kinds) == {"integer"} and "number" in other.kinds):
            yield Difference(True, f"{where} {name}", f"was {'/'.join(one.kinds)} and is {'/'.join(other.kinds)}")
        gone = set(one.enum or ()) - set(other.enum or ()) if other.enum is not None else set()
        if gone or (other.enum is not None and one.enum is None):
            told = ", ".join(sorted(gone)) or "other values"
            yield Difference(True, f"{where} {name}", f"does not take {told} any more")
        yield from _bounds(f"{where} {name}", one, other)
    for name, other in after.items():
        if name not in before:
            yield Difference(other.required, f"{where} {name}", "is new and required" if other.required else "is new")


def _bounds(where: str, one: Parameter, other: Parameter) -> Iterator[Difference]:
    for key, narrower in (("minimum", 1), ("min_length", 1), ("maximum", -1), ("max_length", -1)):
        before, after = getattr(one, key), getattr(other, key)
        if after is not None and (before is None or narrower * after > narrower * before):
            yield Difference(True, where, f"is bounded more narrowly: {key.replace('_', ' ')} {after:g}")
    if other.pattern is not None and other.pattern != one.pattern:
        yield Difference(True, where, "has another pattern")


def _requests(
    name: str, old: list[Body], new: list[Body], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    for one in old:
        other = next((each for each in new if each.media_type == one.media_type), None)
        if other is None:
            yield Difference(True, f"{name} body {one.media_type}", "is gone")
        else:
            yield from _schemas(f"{name} body", _whole(one, before), _whole(other, after), is_request=True)


def _responses(
    name: str, old: list[Response], new: list[Response], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    statuses = {each.status: each for each in new}
    for one in old:
        other = statuses.get(one.status)
        if other is None:
            yield Difference(True, f"{name} answer {one.status}", "is gone")
            continue
        for body in one.bodies:
            found = next((each for each in other.bodies if each.media_type == body.media_type), None)
            where = f"{name} answer {one.status}"
            if found is None:
                yield Difference(True, f"{where} {body.media_type}", "is gone")
            else:
                yield from _schemas(where, _whole(body, before), _whole(found, after), is_request=False)
    for status in statuses.keys() - {each.status for each in old}:
        yield Difference(False, f"{name} answer {status}", "is new")


def _whole(body: Body, definitions: Mapping[str, Any]) -> Any:
    return document(json.loads(body.schema), dict(definitions)) if body.schema is not None else {}


def _schemas(where: str, old: Any, new: Any, *, is_request: bool) -> Iterator[Difference]:
    waiting = [("", old, new, 0)]
    roots = (old if isinstance(old, dict) else {}, new if isinstance(new, dict) else {})
    while waiting:
        path, one, other, depth = waiting.pop()
        one, other = _resolved(one, roots[0]), _resolved(other, roots[1])
        if depth > DEEPEST or not one or not other:
            continue
        at = f"{where} {path}".strip()
        if one.get("type") is not None and other.get("type") is not None and one["type"] != other["type"]:
            widened = (one["type"], other["type"]) == (("integer", "number") if is_request else ("number", "integer"))
            if not widened:
                yield Difference(True, at, f"was {one['type']} and is {other['type']}")
            continue
        properties, others = one.get("properties") or {}, other.get("properties") or {}
        required, others_required = set(one.get("required") or ()), set(other.get("required") or ())
        for name in sorted(properties.keys() | others.keys()):
            inner = f"{path}/{name}"
            shown = f"{where} {inner}"
            if name not in others:
                if not is_request or other.get("additionalProperties") is False:
                    yield Difference(True, shown, "is gone")
            elif name not in properties:
                must = is_request and name in others_required
                yield Difference(must, shown, "is new and required" if must else "is new")
            else:
                if is_request and name in others_required - required:
                    yield Difference(True, shown, "is required now")
                if not is_request and name in required - others_required:
                    yield Difference(True, shown, "may be missing now")
                waiting.append((inner, properties[name], others[name], depth + 1))
        if "items" in one and "items" in other:
            waiting.append((f"{path}[]", one["items"], other["items"], depth + 1))
        yield from _values(at, one.get("enum"), other.get("enum"), is_request=is_request)


def _values(where: str, old: Any, new: Any, *, is_request: bool) -> Iterator[Difference]:
    before, after = ([json.dumps(each) for each in side] if isinstance(side, list) else None for side in (old, new))
    narrower, wider = (after, before) if is_request else (before, after)
    if narrower is not None and (wider is None or set(wider) - set(narrower)):
        told = ", ".join(sorted(set(wider or ()) - set(narrower))) or "others"
        yield Difference(True, where, f"{'does not take' if is_request else 'may be'} {told} now")


def _resolved(schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    for _ in range(DEEPEST):
        target = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(target, str):
            break
        schema = (root.get("$defs") or {}).get(target.removeprefix("#/$defs/"))
    return schema if isinstance(schema, dict) else {}
