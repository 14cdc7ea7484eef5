"""
Definitions that mean harm: each is refused (or taken, where nothing is wrong with it) in the child process, within
its limits, and with nothing opened.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmcs.raml import compiler, nodes
from openmcs.raml.compiler import Compiled, compile, compile_here
from openmcs.raml.load import Loader, Unreadable
from tests.raml.definitions import ROOT, new, old


def bomb(levels: int, width: int) -> str:
    """Aliases of aliases."""
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def chain(count: int) -> dict[str, bytes]:
    """Files that include one another in a row."""
    files = {f"f{n}.raml": f"!include f{n + 1}.raml".encode() for n in range(count)}
    return {**files, f"f{count}.raml": b"x: 1"}


def nested_schema(levels: int) -> str:
    return '{"properties": {"a": ' * levels + "{}" + "}}" * levels


# name: (bundle or text, a code that is said, or None when nothing is wrong)
ATTACKS: dict[str, tuple[str | dict[str, bytes], str | None]] = {
    "a file above": (new("description: !include ../secret.txt\n"), "RAML_INCLUDE_ESCAPES"),
    "a file of the machine": (new("description: !include /etc/hostname\n"), "RAML_INCLUDE_MISSING"),
    "a file behind an encoded path": (new("description: !include ./%2e%2e/secret.txt\n"), "RAML_INCLUDE_MISSING"),
    "a path with a zero byte": (new('description: !include "a\\0b"\n'), "RAML_INCLUDE_ESCAPES"),
    "a path with backslashes": (new("description: !include ..\\secret.txt\n"), "RAML_INCLUDE_ESCAPES"),
    "an address": (new("description: !include http://127.0.0.1:9/x\n"), "RAML_INCLUDE_REMOTE"),
    "an address of a file": (new("description: !include file:///etc/hostname\n"), "RAML_INCLUDE_REMOTE"),
    "a schema elsewhere": (new("types:\n  T: '{\"$ref\": \"http://127.0.0.1:9/x\"}'\n"), "RAML_SCHEMA_REFERENCE"),
    "a schema of the machine": (new("types:\n  T: '{\"$ref\": \"file:///etc/hostname\"}'\n"), "RAML_SCHEMA_REFERENCE"),
    "a schema with an id elsewhere": (
        new("types:\n  T: '{\"$id\": \"http://127.0.0.1:9/a\", \"$ref\": \"b\"}'\n"), "RAML_SCHEMA_REFERENCE"),
    "a library elsewhere": (new("uses: {l: 'https://127.0.0.1:9/l.raml'}\n"), "RAML_INCLUDE_REMOTE"),
    "an overlay of something elsewhere": ("#%RAML 1.0 Overlay\nextends: http://127.0.0.1:9/x\n", "RAML_INCLUDE_REMOTE"),
    "aliases, ten levels of ten": (new(bomb(10, 10)), "RAML_TOO_EXPENSIVE"),
    "aliases, many levels of two": (new(bomb(60, 2)), "RAML_TOO_EXPENSIVE"),
    "merge keys": (new("a: &a {b: 1}\nc: {<<: *a}\n"), "RAML_MERGE_KEY"),
    "brackets": (new("a: " + "[" * 30_000), "RAML_TOO_DEEP"),
    "braces": (new("a: " + "{a: " * 30_000), "RAML_TOO_DEEP"),
    "indentation": (new("".join(" " * n + f"k{n}:\n" for n in range(1500))), "RAML_TOO_DEEP"),
    "an include of itself": ({ROOT: b"#%RAML 1.0\ntitle: !include api.raml\n"}, "RAML_INCLUDE_CYCLE"),
    "includes in a row": ({ROOT: b"#%RAML 1.0\ntitle: !include f0.raml\n", **chain(200)}, "RAML_INCLUDE_DEEP"),
    "an overlay of itself": ({ROOT: b"#%RAML 1.0 Overlay\nextends: api.raml\n"}, "RAML_INCLUDE_CYCLE"),
    "a library of itself": (
        {ROOT: b"#%RAML 1.0\ntitle: T\nuses: {l: l.raml}\n", "l.raml": b"#%RAML 1.0 Library\nuses: {m: l.raml}\n"},
        "RAML_INCLUDE_CYCLE"),
    "an object of Python": (new("a: !!python/object/apply:os.system ['true']\n"), "RAML_TAG"),
    "a duplicate key": (new("title: U\n"), "RAML_DUPLICATE_KEY"),
    "a number of many digits": (new("version: " + "9" * 5000 + "\n"), "RAML_NUMBER"),
    "entities in XML": (
        new("types:\n  T: |\n    <!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><x>&a;</x>\n"), None),
    "a regular expression that goes astray": (
        new("types:\n  T: {type: string, pattern: '^(a+)+$', example: " + "a" * 40 + "b}\n"), "RAML_EXAMPLE_TYPE"),
    "one with a look-ahead": (
        new("types:\n  T: {type: string, pattern: '^(?=(a+)+$)(a|aa)+$', example: " + "a" * 40 + "b}\n"), "RAML_EXAMPLE_TYPE"),
    "one that is as large as a house": (
        new("types:\n  T: {type: string, pattern: '((((a{99}){99}){99}){99})'}\n"), "RAML_FACET_VALUE"),
    "parameters that grow": (
        new("resourceTypes:\n" + "".join(f"  t{n}: {{type: {{t{n + 1}: {{p: '<<p>><<p>>'}}}}}}\n" for n in range(18))
            + "  t18: {description: '<<p>>'}\n/a: {type: {t0: {p: xxxxxxxxxx}}}\n"), "RAML_TOO_EXPENSIVE"),
    "traits of traits": (
        new("traits:\n" + "".join(f"  t{n}: {{is: [t{n + 1}, t{n + 1}]}}\n" for n in range(30)) + "  t30: {}\n/a: {get: {is: [t0]}}\n"),
        "RAML_TOO_EXPENSIVE"),
    "types that inherit in a row": (
        new("types:\n" + "".join(f"  T{n}: T{n + 1}\n" for n in range(3000)) + "  T3000: string\n"), "RAML_TOO_DEEP"),
    "unions that double": (
        new("types:\n" + "".join(f"  T{n}: T{n + 1} | T{n + 1}[]\n" for n in range(40)) + "  T40: string\n  X: {type: T0, example: 1}\n"),
        "RAML_EXAMPLE_TYPE"),
    "unions times unions": (
        new("types:\n" + "".join(f"  U{n}: A | B | C | D\n" for n in range(12))
            + "".join(f"  {c}: {{properties: {{{c.lower()}: string}}}}\n" for c in "ABCD")
            + "  X: [" + ", ".join(f"U{n}" for n in range(12)) + "]\n"), None),
    "a schema many levels deep": (new(f"types:\n  T: '{nested_schema(3000)}'\n"), "RAML_SCHEMA_JSON"),
    "a schema deeper than is taken": (new(f"types:\n  T: '{nested_schema(150)}'\n"), "RAML_SCHEMA_INVALID"),
    "schemas that refer to themselves": (new("types:\n  T:\n    type: '{\"$ref\": \"#\"}'\n    example: '{}'\n"), None),
    "an example of many elements": (
        new("types:\n  T: {type: array, uniqueItems: true, example: [" + ", ".join(map(str, range(20_000))) + "]}\n"), None),
    "many findings": (new("".join(f"k{n}: 1\n" for n in range(20_000))), "RAML_KEY_UNKNOWN"),
    "many resources": (old("".join(f"/r{n}: {{get: }}\n" for n in range(25_000))), "RAML_TOO_EXPENSIVE"),
    "long paths": (old("/" + "{a}" * 300 + ":\n  get:\n"), None),
    "a file that is too large": (new("description: " + "x" * (2 * 1024 * 1024) + "\n"), "RAML_TOO_LARGE"),
    "many files": ({ROOT: new("").encode(), **{f"{n}.raml": b"" for n in range(4_000)}}, "RAML_TOO_LARGE"),
    "no text at all": ({ROOT: b""}, "RAML_HEADER"),
    "bytes that are no text": ({ROOT: b"#%RAML 1.0\ntitle: \xff\xfe\n"}, "RAML_ENCODING"),
    "half of a character in UTF-16": ({ROOT: b"\xff\xfe#\x00%\x00R"}, "RAML_ENCODING"),
    "a zero byte": ({ROOT: b"#%RAML 1.0\ntitle: a\x00b\n"}, "RAML_SYNTAX"),
    "an alias before its anchor": (new("a: *b\nb: &b 1\n"), "RAML_SYNTAX"),
    "an anchor inside of itself": (new("a: &a [*a]\n"), "RAML_SYNTAX"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_refused_in_the_child_within_its_limits(name: str) -> None:
    """With the code that says why; a child that had to be ended would say that it took too long."""
    what, code = ATTACKS[name]
    bundle = what if isinstance(what, dict) else {ROOT: what.encode()}
    found = compile(bundle, ROOT)
    codes = [each.code for each in found.findings]
    assert not any("the definition was not read" in each.message for each in found.findings)
    if code is None:
        assert found.valid, codes
    else:
        assert code in codes


def test_the_child_can_open_nothing_once_it_reads() -> None:
    """Neither a file nor a socket, whatever library tries: no free descriptor, and no sockets."""
    code = (
        "import socket\n"
        "from openmcs.raml import compiler\n"
        "def answer(question):\n"
        "    refused = []\n"
        "    for attempt in (lambda: open('/etc/hostname'), lambda: socket.socket()):\n"
        "        try: attempt()\n"
        "        except OSError as error: refused.append(type(error).__name__)\n"
        "    return ' '.join(refused).encode()\n"
        "compiler._answer = answer\n"
        "compiler.main()\n"
    )
    import subprocess

    command = [sys.executable, "-I", "-c", code, "strict"]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["OSError", "PermissionError"]


def test_nothing_is_opened_while_a_definition_is_read() -> None:
    """Watched in this process, where it could be; modules that Python imports meanwhile are its own."""
    nodes.prepare()
    touched: list[tuple[str, Any]] = []
    watching, here = True, threading.get_ident()

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if not watching or event not in _TOUCHES or threading.get_ident() != here:
            return
        if event == "open" and str(arguments[0]).endswith((".py", ".pyc", ".so")):
            return
        touched.append((event, arguments))

    sys.addaudithook(watch)
    try:
        for name, (what, _) in ATTACKS.items():
            if name.startswith(("a ", "an ", "one ")):
                compile_here(what if isinstance(what, dict) else {ROOT: what.encode()}, ROOT)
    finally:
        watching = False
    assert touched == []


_TOUCHES = {
    "open",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.__new__",
    "subprocess.Popen",
    "os.system",
    "os.exec",
}


# ── any bytes ────────────────────────────────────────────────────────────────────────────────────────

pieces = st.sampled_from(
    ["#%RAML 1.0\n", "#%RAML 0.8\n", "title: T\n", "types:\n", "  A: ", "/a:\n", "  get:\n", "    body:\n", "{", "}", "[", "]", ": ",
     "- ", "&a ", "*a", "!include ", "api.raml", "<<x>>", "| ", ">\n", "'", '"', "\n", "  ", "\t", "?", "!!int ", "A[] | B", "type: ",
     "properties: ", "example: ", "is: [a]\n", "uses: {l: l.raml}\n", "extends: ", "\ufeff", "\u2028", "1e999", "0x", "~", "(a): "]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(pieces | st.text(max_size=4), max_size=30).map("".join) | st.text(max_size=50),
    st.sampled_from(["utf-8", "utf-16"]),
)
def test_any_text_is_read_or_refused(text: str, encoding: str) -> None:
    data = text.encode(encoding, "replace")
    found = compile_here({ROOT: data, "l.raml": b"#%RAML 1.0 Library\ntypes: {B: string}\n"}, ROOT)
    assert isinstance(found, Compiled)
    assert all(each.file and each.line and each.column for each in found.findings)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        Loader({ROOT: data}).load(ROOT)
    except Unreadable as error:
        assert error.finding.code.startswith("RAML_")


schemas = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["string", "object", "#", "#/definitions/a"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "properties", "items", "$ref", "required", "enum", "extends", "definitions", "allOf", "id", "$id",
                         "minimum", "exclusiveMinimum", "dependencies", "pattern", "additionalItems", "divisibleBy", "disallow", "a"]),
        inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(schemas)
def test_any_json_is_taken_as_a_schema_or_refused(schema: Any) -> None:
    text = json.dumps(json.dumps({"a": schema, "type": schema} if not isinstance(schema, dict) else schema))
    found = compile_here({ROOT: new(f"types:\n  T:\n    type: {text}\n    example: '{{}}'\n").encode()}, ROOT)
    assert isinstance(found, Compiled)


def test_the_limits_of_the_child_are_those_that_are_documented() -> None:
    assert (compiler.SECONDS, compiler.MEMORY) == (15.0, 768 * 1024 * 1024)
