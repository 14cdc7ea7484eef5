"""Loading is safe: what is hostile or broken is refused with its place, and quickly."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.raml.load import LARGEST_FILE, Loader, Unreadable
from openmcs.raml.node import Node


def load(text: str | bytes, **others: bytes) -> Node:
    data = text.encode() if isinstance(text, str) else text
    bundle = {"api.raml": data, **{name.replace("_", "."): each for name, each in others.items()}}
    return Loader(bundle).load("api.raml")[0]


def refused(bundle: dict[str, bytes]) -> tuple[str, str | None, int | None]:
    """Code, file and line of the refusal, which comes in less than a second."""
    started = time.monotonic()
    with pytest.raises(Unreadable) as raised:
        Loader(bundle).load("api.raml")
    assert time.monotonic() - started < 1
    finding = raised.value.finding
    assert finding.column is not None
    return finding.code, finding.file, finding.line


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(9)
)

HOSTILE = {
    "100 KB of opening brackets": (b"[" * 100_000, "RAML_TOO_DEEP", 1),
    "100 KB of opening braces": (b"{" * 100_000, "RAML_TOO_DEEP", 1),
    "deep block sequences": (b"- " * 50_000, "RAML_TOO_DEEP", 1),
    "deep flow mappings": (b"{a: " * 20_000, "RAML_TOO_DEEP", 1),
    "an alias bomb": (BOMB.encode(), "RAML_TOO_EXPENSIVE", 6),
    "a merge key": (b"a: &x {b: 1}\nc:\n  <<: *x\n", "RAML_MERGE_KEY", 3),
    "a duplicate key": (b"a: 1\nb: 2\na: 3\n", "RAML_DUPLICATE_KEY", 3),
    "an alias of itself": (b"a: &x [*x]\n", "RAML_SYNTAX", 1),
    "an unknown alias": (b"a: *nowhere\n", "RAML_SYNTAX", 1),
    "a second document": (b"a: 1\n---\nb: 2\n", "RAML_SYNTAX", 2),
    "a list as a key": (b"? [a]\n: 1\n", "RAML_SYNTAX", 1),
    "broken YAML": (b"a: 1\nb: [1\nc: 2\n", "RAML_SYNTAX", 3),
    "a control character": (b"a: 1\nb: \x01\n", "RAML_SYNTAX", 2),
    "text that is not UTF-8": (b"a: 1\nb: \xff\xfe\xfa\n", "RAML_ENCODING", 2),
    "a number of 5,000 digits": (b"a: " + b"9" * 5000, "RAML_NUMBER", 1),
    "a file that is too large": (b"#" * (LARGEST_FILE + 1), "RAML_TOO_LARGE", 1),
    "an include out of the bundle": (b"a: !include ../secret.txt\n", "RAML_INCLUDE_ESCAPES", 1),
    "an include out of the bundle in the middle": (b"a: !include x/../../secret.txt\n", "RAML_INCLUDE_ESCAPES", 1),
    "an include with backslashes": (b"a: !include ..\\secret.txt\n", "RAML_INCLUDE_ESCAPES", 1),
    "an include of a file of the system": (b"\na: !include /etc/hostname\n", "RAML_INCLUDE_MISSING", 2),
    "an include from the network": (b"a: !include http://127.0.0.1/x.raml\n", "RAML_INCLUDE_REMOTE", 1),
    "an include of a file URL": (b"a: !include file:///etc/hostname\n", "RAML_INCLUDE_REMOTE", 1),
    "an include that is missing": (b"a:\n  b: !include x.raml\n", "RAML_INCLUDE_MISSING", 2),
    "an include of itself": (b"a: !include api.raml\n", "RAML_INCLUDE_CYCLE", 1),
    "an include of a list": (b"a: !include [x]\n", "RAML_INCLUDE_INVALID", 1),
    "a constructor of Python": (b"a: !!python/object/apply:os.system [id]\n", "RAML_TAG", 1),
    "an include without its space": (b"a: !includesome/file.json\n", "RAML_TAG", 1),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_it_is_refused_in_less_than_a_second_with_its_line(what: str) -> None:
    data, code, line = HOSTILE[what]
    assert refused({"api.raml": data}) == (code, "api.raml", line)


def test_files_that_include_one_another_are_refused() -> None:
    bundle = {"api.raml": b"a: !include b.raml", "b.raml": b"\nb: !include c.raml", "c.raml": b"c: !include b.raml"}
    assert refused(bundle) == ("RAML_INCLUDE_CYCLE", "c.raml", 1)


def test_a_chain_of_includes_is_refused_where_it_is_too_deep() -> None:
    bundle = {f"{n}.raml": f"a: !include {n + 1}.raml".encode() for n in range(100)}
    assert refused({"api.raml": b"a: !include 0.raml", **bundle})[0] == "RAML_INCLUDE_DEEP"


def test_includes_that_multiply_are_refused() -> None:
    bundle = {f"{n}.raml": ("[" + ",".join([f"!include {n + 1}.raml "] * 20) + "]").encode() for n in range(12)}
    bundle["12.raml"] = b"x"
    assert refused({"api.raml": b"!include 0.raml", **bundle})[0] == "RAML_TOO_EXPENSIVE"


def test_too_many_files_are_refused() -> None:
    assert refused({"api.raml": b"a: 1", **{f"{n}": b"" for n in range(4000)}})[0] == "RAML_TOO_LARGE"


def test_a_missing_root_is_refused() -> None:
    assert refused({"other.raml": b"a: 1"})[0] == "RAML_FILE_MISSING"


def test_a_mistake_in_an_included_file_is_reported_there() -> None:
    bundle = {"api.raml": b"a: !include b.raml", "b.raml": b"x: 1\nx: 2"}
    assert refused(bundle) == ("RAML_DUPLICATE_KEY", "b.raml", 2)


@pytest.mark.parametrize(
    "data",
    [
        "title: Ä\nb: 1\n".encode("utf-8-sig"),
        "title: Ä\r\nb: 1\r\n".encode(),
        "title: Ä\nb: 1\n".encode("utf-16"),
        b"\xfe\xff" + "title: Ä\nb: 1\n".encode("utf-16-be"),
    ],
    ids=["byte order mark", "CRLF", "UTF-16 little endian", "UTF-16 big endian"],
)
def test_encodings_and_line_ends_of_editors_are_read(data: bytes) -> None:
    assert load(data).plain() == {"title": "Ä", "b": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("yes", "yes"), ("off", "off"), ("012", 12), ("12:30:45", "12:30:45"), ("2020-01-01", "2020-01-01"),
        ("true", True), ("~", None), ("0x1F", 31), ("0o17", 15), ("1e3", 1000.0), ("1.50", 1.5), ("'1'", "1"), (".inf", ".inf"),
        ("1_000", "1_000"), ("-7", -7),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert load(f"a: {text}").plain() == {"a": value}


def test_a_node_knows_where_it_stands_and_how_it_was_written() -> None:
    tree = load("a:\n  b:   1.50\n")
    node = tree.get("a")
    assert node is not None and node.get("b") is not None
    assert node.place_of("b")[1:] == (2, 3)
    number = node.get("b")
    assert number is not None and number.place[1:] == (2, 8) and number.text() == "1.50"


def test_includes_resolve_beside_the_file_that_names_them() -> None:
    bundle = {
        "api.raml": b"a: !include x/one.raml\nroot: !include /x/text.md\n",
        "x/one.raml": b"b: !include y/two.json\nup: !include ../api.txt\n",
        "x/y/two.json": b'{"c": 1}',
        "x/text.md": b"# T",
        "api.txt": b"up",
    }
    tree, _ = Loader(bundle).load("api.raml")
    assert tree.plain() == {"a": {"b": '{"c": 1}', "up": "up"}, "root": "# T"}


def test_an_alias_stands_for_its_anchor() -> None:
    assert load("a: &x {b: 1}\nc: *x\n").plain() == {"a": {"b": 1}, "c": {"b": 1}}


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        Loader({"api.raml": data}).load("api.raml")
    except Unreadable as error:
        assert error.finding.code.startswith("RAML_")


# YAML has no control characters, and JSON's pairs of escapes for one character are none of its own.
_texts = st.text(st.characters(exclude_categories=("C", "Z")), max_size=8).filter(lambda each: each != "<<")
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(_texts, _values, max_size=5))
def test_json_is_read_as_json_reads_it(value: dict[str, object]) -> None:
    assert load(json.dumps(value, ensure_ascii=False)).plain() == value
