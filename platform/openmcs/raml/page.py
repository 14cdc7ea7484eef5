"""
A contract as one page of documentation: HTML that stands by itself, without scripts and without anything fetched.

Every text of the definition is escaped; nothing of it becomes markup or an address.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence

from openmcs.raml.contract import Body, Contract, Method, Parameter, Resource
from openmcs.raml.schemas import document

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:2rem 1rem;color:#1c1c1c;background:#fff}
h1{margin:0}h2{margin:2.5rem 0 .5rem;font-size:1.1rem;border-top:1px solid #ddd;padding-top:1.5rem}h3{font-size:1rem;margin:1.5rem 0 .3rem}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:#f6f6f4;padding:.8rem;overflow:auto;border-radius:4px}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #eee;vertical-align:top}
th{font-weight:600;font-size:.85rem;color:#555}.verb{font-weight:700;display:inline-block;min-width:4.5rem}
.note{color:#555}p.text{white-space:pre-wrap}nav a{display:block;text-decoration:none;color:#0b57a4}
@media(prefers-color-scheme:dark){body{background:#161616;color:#e6e6e6}pre{background:#222}th,.note{color:#aaa}th,td,h2{border-color:#333}nav a{color:#8ab8ee}}
"""


def page(contract: Contract) -> str:
    """The page."""
    definitions = {name: json.loads(text) for name, text in contract.definitions.items()}
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{_text(contract.title)}</title>',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{_text(contract.title)}</h1>",
        f'<p class="note">Version {_text(contract.version or "–")} · RAML {_text(contract.raml_version)}'
        f"{' · <code>' + _text(contract.base_uri) + '</code>' if contract.base_uri else ''}</p>",
        _paragraph(contract.description),
        "<nav>",
        *(_link(resource, method) for resource in contract.resources for method in resource.methods),
        "</nav>",
    ]
    for resource in contract.resources:
        for method in resource.methods:
            parts += _operation(resource, method, definitions)
    if contract.types:
        parts.append("<h2>Types</h2>")
        for each in contract.types:
            schema = definitions.get(each.definition)
            parts.append(f"<h3>{_text(each.name)}</h3>{_paragraph(each.description)}{_code(schema)}")
    return "\n".join([*(each for each in parts if each), "</body></html>", ""])


def _link(resource: Resource, method: Method) -> str:
    name = f" <span class=note>{_text(method.display_name)}</span>" if method.display_name else ""
    return f'<a href="#{_anchor(resource, method)}"><span class="verb">{_text(method.verb)}</span>{_text(resource.path)}{name}</a>'


def _anchor(resource: Resource, method: Method) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", f"{method.verb}{resource.path}") + f"-{sum(map(ord, resource.path)) % 9973}"


def _operation(resource: Resource, method: Method, definitions: dict[str, object]) -> Iterator[str]:
    yield (
        f'<h2 id="{_anchor(resource, method)}"><span class="verb">{_text(method.verb)}</span>'
        f"<code>{_text(resource.path)}</code></h2>"
    )
    yield f"<p><strong>{_text(method.display_name)}</strong></p>" if method.display_name else ""
    yield _paragraph(method.description or resource.description)
    yield _table("Path", resource.uri_parameters)
    yield _table("Query", method.query_parameters)
    yield _table("Header", method.headers)
    for body in method.bodies:
        yield f"<h3>Body: {_text(body.media_type)}</h3>"
        yield _body(body, definitions)
    for response in method.responses:
        yield f"<h3>Answer {response.status}</h3>{_paragraph(response.description)}{_table('Header', response.headers)}"
        for body in response.bodies:
            yield f'<p class="note">{_text(body.media_type)}</p>{_body(body, definitions)}'


def _body(body: Body, definitions: dict[str, object]) -> str:
    parts = [_table("Fields", body.form)]
    if body.type is not None:
        parts.append(f'<p class="note">Type <code>{_text(body.type)}</code></p>')
    elif body.schema is not None and not body.form:
        parts.append(_code(document(json.loads(body.schema), definitions)))
    shown = body.examples or ({"": body.example} if body.example is not None else {})
    for name, text in shown.items():
        parts.append(f'<p class="note">Example{" " + _text(name) if name else ""}</p><pre>{_text(text)}</pre>')
    return "".join(parts)


def _table(title: str, parameters: Sequence[Parameter]) -> str:
    if not parameters:
        return ""
    rows = "".join(
        f"<tr><td><code>{_text(each.name)}</code></td><td>{_text(each.type[:200])}{'' if each.required else ', optional'}</td>"
        f"<td>{_text(_facts(each))}</td></tr>"
        for each in parameters
    )
    return f"<table><tr><th>{title}</th><th>Type</th><th></th></tr>{rows}</table>"


def _facts(parameter: Parameter) -> str:
    facts = [parameter.description.strip()] if parameter.description else []
    if parameter.enum:
        facts.append("One of " + ", ".join(parameter.enum) + ".")
    for label, value in (
        ("At least", parameter.minimum), ("At most", parameter.maximum), ("Shortest", parameter.min_length),
        ("Longest", parameter.max_length), ("Pattern", parameter.pattern), ("Default", parameter.default),
        ("Example", parameter.example),
    ):  # fmt: skip
        if value is not None:
            facts.append(f"{label} {value:g}." if isinstance(value, float) else f"{label} {value}.")
    return " ".join(facts)


def _paragraph(text: str) -> str:
    return f'<p class="text">{_text(text.strip())}</p>' if text.strip() else ""


def _code(schema: object) -> str:
    return f"<pre>{_text(json.dumps(schema, ensure_ascii=False, indent=2))}</pre>" if schema not in (None, True) else ""


def _text(text: str) -> str:
    return html.escape(text, quote=True)
