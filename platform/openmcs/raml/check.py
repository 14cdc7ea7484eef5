"""
The rules of both versions: what is wrong with a tree, all of it, with its place.

What real MCS exports contain is a warning at most: a `displayName` on a 0.8 method, an example that is
not valid JSON, no `baseUri`, a `baseUri` that is a path.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from typing import Literal

from openmcs.exchange import Finding
from openmcs.raml.expand import VERBS
from openmcs.raml.names import declared as declared_in
from openmcs.raml.node import Node, Place

_ROOT = {
    "0.8": {
        "title", "version", "baseUri", "baseUriParameters", "uriParameters", "protocols", "mediaType", "schemas",
        "resourceTypes", "traits", "securitySchemes", "securedBy", "documentation",
    },
    "1.0": {
        "title", "description", "version", "baseUri", "baseUriParameters", "protocols", "mediaType", "documentation",
        "schemas", "types", "traits", "resourceTypes", "annotationTypes", "securitySchemes", "securedBy", "uses",
        "usage", "extends",
    },
}  # fmt: skip
_RESOURCE = {
    "0.8": {"displayName", "description", "type", "is", "securedBy", "uriParameters", "baseUriParameters"},
    "1.0": {"displayName", "description", "type", "is", "securedBy", "uriParameters"},
}
_METHOD = {
    "0.8": {
        "description", "headers", "queryParameters", "body", "responses", "is", "securedBy", "protocols",
        "baseUriParameters",
    },
    "1.0": {
        "displayName", "description", "headers", "queryParameters", "queryString", "body", "responses", "is",
        "securedBy", "protocols",
    },
}  # fmt: skip
_RESPONSE = {"description", "headers", "body"}
_PARAMETER_08 = {
    "displayName", "description", "type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum",
    "example", "repeat", "required", "default",
}  # fmt: skip
_TYPES_08 = {"string", "number", "integer", "date", "boolean", "file"}
_MEDIA_TYPE = re.compile(r"^[\w.+*-]+/[\w.+*-]+(\s*;.*)?$")
_BRACES = re.compile(r"\{([^{}]*)\}")

MOST_HINTS = 100
"""Findings that say what may have been meant: looking for it takes time."""

Severity = Literal["error", "warning"]


class Checks:
    """One pass over an expanded tree."""

    def __init__(self, version: str) -> None:
        self._version = version
        self.findings: list[Finding] = []

    def root(self, root: Node) -> None:
        """Everything below the root."""
        if not root.is_map:
            self._say("RAML_ROOT", "the document is a mapping of keys such as title and resources", root.place)
            return
        self._title(root)
        self._keys(root, _ROOT[self._version], "the root", resources=True)
        for key in ("title", "baseUri", "version"):
            self._scalar(root, key)
        self._one_of(root, "types", "schemas")
        self._protocols(root)
        self._base_uri(root)
        self._media_types(root.get("mediaType"))
        self._documentation(root.get("documentation"))
        self._schemas(root)
        for _, declared in declared_in(root.get("resourceTypes")):
            for key in declared.value if declared.is_map else ():
                if key.startswith("/"):
                    self._say("RAML_KEY_UNKNOWN", "a resource type has no resources below it", declared.place_of(key))
        seen: dict[str, Place] = {}
        for key, value in root.items():
            if key.startswith("/"):
                self._resource(key, value, root.place_of(key), "", seen)

    # ── parts ────────────────────────────────────────────────────────────────────────────────────

    def _title(self, root: Node) -> None:
        title = root.get("title")
        if title is None:
            self._say("RAML_TITLE_MISSING", "an API has a title", root.place)
        elif _is_empty(title) or title.is_list:
            self._say("RAML_VALUE", "title is a text that is not empty", root.place_of("title"))

    def _base_uri(self, root: Node) -> None:
        base = root.get("baseUri")
        if base is None:
            return
        text = base.text()
        if text.count("{") != text.count("}"):
            self._say("RAML_BRACES", "the braces of baseUri do not match", base.place)
        if "{version}" in text and root.get("version") is None:
            self._say("RAML_VERSION_MISSING", "baseUri uses {version}, and there is no version", base.place)

    def _protocols(self, node: Node) -> None:
        protocols = node.get("protocols")
        if protocols is None:
            return
        if protocols.is_map or (protocols.kind == "scalar" and self._version == "0.8"):
            self._say("RAML_VALUE", "protocols is a list of HTTP and HTTPS", protocols.place)
            return
        for each in protocols.elements():
            if each.text().upper() not in ("HTTP", "HTTPS"):
                self._say("RAML_PROTOCOL", f"{each.text()!r} is no protocol of RAML; HTTP and HTTPS are", each.place)

    def _media_types(self, node: Node | None) -> None:
        for each in node.elements() if node is not None else ():
            if not _MEDIA_TYPE.match(each.text()):
                self._say("RAML_MEDIA_TYPE", f"{each.text()!r} is no media type", each.place)

    def _documentation(self, node: Node | None) -> None:
        if node is None:
            return
        if not node.is_list:
            self._say("RAML_VALUE", "documentation is a list of pages with title and content", node.place)
            return
        for page in node.elements():
            for key in ("title", "content"):
                if page.get(key) is None or page.get(key).text() == "":  # type: ignore[union-attr]
                    self._say("RAML_DOCUMENTATION", f"a page of documentation has a {key}", page.place)

    def _schemas(self, root: Node) -> None:
        for section in ("schemas", "types"):
            declared = root.get(section)
            pairs: Iterable[tuple[str, Node]] = ()
            if declared is not None and declared.is_map:
                pairs = declared.items()
            elif declared is not None:
                pairs = [pair for each in declared.elements() for pair in each.items()]
            for _, node in pairs:
                if self._version == "1.0":
                    self._one_of(node, "type", "schema")

    def _resource(self, key: str, node: Node, place: Place, above: str, seen: dict[str, Place]) -> None:
        path = above + key
        if key.count("{") != key.count("}") or "{}" in key:
            self._say("RAML_BRACES", f"the braces of {key} do not match, or are empty", place)
        if path in seen:
            first = seen[path]
            self._say("RAML_DUPLICATE_RESOURCE", f"{path} stands here again, first on line {first.line}", place)
        seen[path] = place
        if _is_empty(node):
            return
        if not node.is_map:
            self._say("RAML_VALUE", f"the resource {path} is a mapping", node.place)
            return
        self._keys(node, _RESOURCE[self._version] | set(VERBS), f"the resource {path}", resources=True)
        self._scalar(node, "description")
        self._parameters(node, "uriParameters", known=set(_BRACES.findall(key)))
        for name, value in node.items():
            if name in VERBS:
                self._method(name, value, path)
            elif name.startswith("/"):
                self._resource(name, value, node.place_of(name), path, seen)

    def _method(self, verb: str, node: Node, path: str) -> None:
        if not node.is_map:
            if not _is_empty(node):
                self._say("RAML_VALUE", f"{verb} of {path} is a mapping", node.place)
            return
        what = f"{verb} of {path}"
        self._keys(node, _METHOD[self._version], what, lenient=("displayName",))
        self._protocols(node)
        self._scalar(node, "description")
        self._one_of(node, "queryParameters", "queryString")
        for section in ("queryParameters", "headers", "baseUriParameters"):
            self._parameters(node, section)
        self._bodies(node.get("body"), what)
        self._responses(node.get("responses"), what)

    def _responses(self, responses: Node | None, what: str) -> None:
        if responses is None or _is_empty(responses):
            return
        if not responses.is_map:
            self._say("RAML_VALUE", f"responses of {what} is a mapping of status codes", responses.place)
            return
        for status, response in responses.items():
            place = responses.place_of(status)
            if not re.match(r"^[1-5][0-9][0-9]$", status):
                self._say("RAML_STATUS", f"{status!r} is no status code", place)
            if response.is_map:
                self._keys(response, _RESPONSE, f"the response {status} of {what}", lenient=("displayName",))
                self._parameters(response, "headers")
                self._bodies(response.get("body"), f"the response {status} of {what}")
            elif not _is_empty(response):
                self._say("RAML_VALUE", f"the response {status} of {what} is a mapping", response.place)

    def _bodies(self, body: Node | None, what: str) -> None:
        if body is None or not body.is_map:
            if body is not None and self._version == "0.8" and body.value is not None:
                self._say("RAML_VALUE", f"the body of {what} is a mapping of media types", body.place)
            return
        media_types = {key: value for key, value in body.items() if "/" in key}
        if self._version == "0.8":
            for key in body.value:
                if key not in media_types and key not in ("schema", "example", "formParameters"):
                    self._say("RAML_MEDIA_TYPE", f"{key!r} in the body of {what} is no media type", body.place_of(key))
        elif media_types:
            for key in body.value:
                if key not in media_types and not key.startswith("("):
                    told = f"{key!r} in the body of {what} stands beside media types; it belongs below one of them"
                    self._say("RAML_MEDIA_TYPE", told, body.place_of(key))
        for media_type, content in media_types.items():
            if not _MEDIA_TYPE.match(media_type):
                self._say("RAML_MEDIA_TYPE", f"{media_type!r} is no media type", body.place_of(media_type))
            self._example(content, media_type, f"{media_type} of {what}")

    def _example(self, content: Node, media_type: str, what: str) -> None:
        if self._version == "1.0":
            self._one_of(content, "type", "schema")
        example = content.get("example")
        if example is not None and example.kind != "scalar" and self._version == "0.8":
            self._say("RAML_VALUE", f"the example of {what} is a text", example.place)
        if example is not None and "json" in media_type and example.kind == "scalar":
            text = example.text().strip()
            if text[:1] in ("{", "["):
                self._json(example, f"the example of {what}", "RAML_EXAMPLE_JSON", "warning")
        if self._version == "0.8":
            self._parameters(content, "formParameters")

    def _json(self, node: Node, what: str, code: str, severity: Severity) -> None:
        try:
            json.loads(node.text())
        except (ValueError, RecursionError) as error:
            self._say(code, f"{what} is not valid JSON: {error}", node.place, severity)

    def _parameters(self, node: Node, section: str, known: set[str] | None = None) -> None:
        declared = node.get(section)
        if declared is None or declared.value is None:
            return
        if not declared.is_map:
            self._say("RAML_VALUE", f"{section} is a mapping of names", declared.place)
            return
        for name, parameter in declared.items():
            place = declared.place_of(name)
            if known is not None and name not in known:
                severity: Severity = "error" if self._version == "0.8" and name != "version" else "warning"
                self._say("RAML_URI_PARAMETER", f"the path has no {{{name}}}", place, severity)
            if self._version == "0.8":
                for variant in parameter.elements() if parameter.is_list else [parameter]:
                    self._parameter_08(name, variant)

    def _parameter_08(self, name: str, node: Node) -> None:
        if not node.is_map:
            if not _is_empty(node):
                self._say("RAML_VALUE", f"the parameter {name} is a mapping", node.place)
            return
        self._keys(node, _PARAMETER_08, f"the parameter {name}")
        kind = node.get("type")
        if kind is not None and kind.text() not in _TYPES_08:
            known = ", ".join(sorted(_TYPES_08))
            self._say("RAML_TYPE_UNKNOWN", f"{kind.text()!r} is no type; RAML 0.8 has {known}", kind.place)
        for key in ("required", "repeat"):
            flag = node.get(key)
            if flag is not None and flag.text() not in ("true", "false"):
                self._say("RAML_VALUE", f"{key} of {name} is true or false", flag.place)
        for key in ("minimum", "maximum", "minLength", "maxLength"):
            number = node.get(key)
            if number is not None and (isinstance(number.value, bool) or not isinstance(number.value, int | float)):
                self._say("RAML_VALUE", f"{key} of {name} is a number", number.place)
        enum = node.get("enum")
        if enum is not None and not enum.is_list:
            self._say("RAML_VALUE", f"enum of {name} is a list", enum.place)

    # ── tools ────────────────────────────────────────────────────────────────────────────────────

    def _one_of(self, node: Node, one: str, other: str) -> None:
        if node.get(one) is not None and node.get(other) is not None:
            later = max(node.place_of(one), node.place_of(other))
            self._say("RAML_EXCLUSIVE", f"{one} and {other} stand side by side; only one of them may be there", later)

    def _scalar(self, node: Node, key: str) -> None:
        value = node.get(key)
        if value is not None and value.kind != "scalar" and not (value.is_map and value.get("value") is not None):
            self._say("RAML_VALUE", f"{key} is a text", value.place)

    def _keys(
        self, node: Node, known: set[str], what: str, *, resources: bool = False, lenient: tuple[str, ...] = ()
    ) -> None:
        for key in node.value:
            if key in known or (resources and key.startswith("/")):
                continue
            if self._version == "1.0" and key.startswith("(") and key.endswith(")"):
                continue
            close = difflib.get_close_matches(key, known, n=1) if len(self.findings) < MOST_HINTS else []
            hint = f"; did you mean {close[0]!r}?" if close else ""
            severity: Severity = "warning" if key in lenient else "error"
            self._say("RAML_KEY_UNKNOWN", f"{what} has no key {key!r}{hint}", node.place_of(key), severity)

    def _say(self, code: str, message: str, place: Place, severity: Severity = "error") -> None:
        self.findings.append(Finding(code, message, place.file, place.line, place.column, severity))


def _is_empty(node: Node) -> bool:
    """Null, or a text of nothing: what a key without a value is, quoted or not."""
    return node.kind == "scalar" and node.value in (None, "")
