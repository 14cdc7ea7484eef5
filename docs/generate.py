"""
Writes the parts of `docs/` that are made from the code: `make docs`.

A page marks such a part with `<!-- made from NAME -->` and `<!-- end -->`; what stands between is replaced.
`tests/test_docs.py` fails when a page no longer says what the code says.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click
import msgspec

import openmcs
from openmcs import errors
from openmcs.catalog.policy_definitions import DEFINITIONS, Definition
from openmcs.cli import openmcs as command_line
from openmcs.settings import SECTIONS, section_type

DOCS = Path(__file__).parent
_PART = re.compile(r"(<!-- made from (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def settings() -> str:
    """A table for each section of `platform.toml`."""
    return "\n".join(_section(name) for name in SECTIONS)


def _section(name: str) -> str:
    kind = section_type(name)
    assert kind is not None
    hints = get_type_hints(kind, include_extras=True)
    rows = [f"## [{name}]", "", inspect.cleandoc(kind.__doc__ or ""), "", "| key | default | what it is |"]
    rows.append("| --- | --- | --- |")
    for field in msgspec.structs.fields(kind):
        meta = next((each for each in get_args(hints[field.name]) if isinstance(each, msgspec.Meta)), None)
        description = (meta.description if meta else None) or ""
        default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
        rows.append(f"| `{field.name}` | {_toml(default)} | {description} |")
    return "\n".join([*rows, ""])


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return f'`"{value}"`'
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple | list):
        return f"`[{', '.join(_toml(each).strip('`') for each in value)}]`"
    return f"`{value:_}`" if isinstance(value, int) and value >= 100_000 else f"`{value}`"


def policies() -> str:
    """Two tables: the policies that have an effect, and those that are kept for imports."""
    served = [each for each in DEFINITIONS.values() if each.served]
    kept = [each for each in DEFINITIONS.values() if not each.served]
    return "\n".join(["## With an effect", "", *_policies(served), "", "## Kept for imports", "", *_policies(kept), ""])


def _policies(definitions: list[Definition]) -> Iterator[str]:
    yield "| policy | type | default | may be set for | effect |"
    yield "| --- | --- | --- | --- | --- |"
    for each in definitions:
        unit = f" {each.unit}" if each.unit else ""
        scopes = ", ".join(each.scopes)
        yield f"| `{each.name}` | {each.kind} | {_toml(each.default)}{unit} | {scopes} | {each.effect} |"


def codes() -> str:
    """One row for each error that reaches a client, whichever room defines it."""
    for module in pkgutil.walk_packages(openmcs.__path__, "openmcs."):
        if "migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    rows = ["| code | status | title | when |", "| --- | --- | --- | --- |"]
    for error in sorted(_errors(errors.PlatformError), key=lambda each: (each.code, each.__name__)):
        when = inspect.cleandoc(error.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        rows.append(f"| `{error.code}` | {error.status} | {error.title} | {when} |")
    return "\n".join([*rows, ""])


def _errors(base: type[errors.PlatformError]) -> Iterator[type[errors.PlatformError]]:
    if "code" in vars(base):
        yield base
    for each in base.__subclasses__():
        yield from _errors(each)


def commands() -> str:
    """The help of each command."""
    context = click.Context(command_line, info_name="openmcs", terminal_width=100, **command_line.context_settings)
    return "\n".join(_command(command_line, context, "openmcs"))


def _command(command: click.Command, context: click.Context, path: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield from (f"## {path}", "", "```", command.get_help(context), "```", "")
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from _command(
            child, click.Context(child, info_name=name, parent=context, terminal_width=100), f"{path} {name}"
        )


PARTS: dict[str, Callable[[], str]] = {
    "settings": settings,
    "policies": policies,
    "errors": codes,
    "commands": commands,
}


def page(text: str) -> str:
    """A page's text with its parts made anew."""
    return _PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}", text)


def main() -> None:
    """Write every page whose parts have changed."""
    for file in sorted(DOCS.glob("*.md")):
        text = file.read_text("utf-8")
        made = page(text)
        if made != text:
            file.write_text(made, "utf-8")
            print(f"{file.name}: written", file=sys.stderr)


if __name__ == "__main__":
    main()
