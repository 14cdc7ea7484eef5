"""Edits change their own lines; every other byte of the author's text stays."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmcs.raml.edit import Edit, EditRefused, apply
from openmcs.raml.layout import Layout, Part
from tests.raml.definitions import EXPORT, compiled, errors

TEXT = """\
#%RAML 0.8
title: "Events"   # the title
# by hand
traits:
  - paged: {queryParameters: {page: {type: integer}}}
  - secured:
      description: x
/event:   # all
    get:
        description: 'List'  # c
        responses:
            200:
                body:
                    application/json:
                        example: |
                            {"a": 1}

    # about one
    /{id}:
        uriParameters:
            id: {type: integer}
        get:

# end
"""


def put(*at: str, value: Any = None) -> Edit:
    return Edit("put", at, value)


def remove(*at: str) -> Edit:
    return Edit("remove", at)


def rename(*at: str, to: str) -> Edit:
    return Edit("rename", at, to=to)


def changed(text: str, *edits: Edit) -> list[str]:
    """Lines that went and came."""
    made = apply(text, edits)
    return [
        each.rstrip("\r\n") for each in difflib.ndiff(text.splitlines(True), made.splitlines(True)) if each[0] in "+-"
    ]


# what, the edit, lines that go and come
CASES: list[tuple[str, Edit, list[str]]] = [
    ("a text keeps its quotes and the comment behind it", put("/event", "get", "description", value="It's"),
     ["-         description: 'List'  # c", "+         description: 'It''s'  # c"]),
    ("a text of several lines becomes a block", put("title", value="a\nb\n"),
     ['- title: "Events"   # the title', "+ title: | # the title", "+     a", "+     b"]),
    ("a block is replaced", put("/event", "get", "responses", "200", "body", "application/json", "example", value='{\n  "b": 2\n}\n'),
     ['-                             {"a": 1}', "+                             {", '+                               "b": 2', "+                             }"]),
    ("what is missing on the way is added", put("/event", "get", "queryParameters", "limit", value={"type": "integer", "enum": ["1", "x"]}),
     ["+         queryParameters:", "+             limit:", "+                 type: integer", "+                 enum:", "+                     - '1'", "+                     - x"]),
    ("a key of a resource stands above the resources below it", put("/event", "post", value=None), ["+     post:"]),
    ("a resource goes below the longest that there is", put("/event/{id}/photo", "get", value=None),
     ["+         /photo:", "+             get:"]),
    ("a resource that is new to the root goes to the end", put("/other", value=None), ["+ /other:"]),
    ("a key without a value gets one", put("/event/{id}", "get", "description", value="x"), ["+             description: x"]),
    ("a flow mapping stays one", put("/event/{id}", "uriParameters", "id", "minimum", value=1),
     ["-             id: {type: integer}", "+             id: {type: integer, minimum: 1}"]),
    ("an entry of a list of mappings is found by name", put("traits", "secured", "description", value="12"),
     ["-       description: x", "+       description: '12'"]),
    ("a new name in such a list is a new element", put("traits", "cached", "description", value="y"),
     ["+   - cached:", "+         description: y"]),
    ("a removed key takes its lines along", remove("/event", "get", "responses", "200", "body"),
     ["-                 body:", "-                     application/json:", "-                         example: |", '-                             {"a": 1}']),
    ("a removed resource takes those below it along", remove("/event/{id}"),
     ["-     /{id}:", "-         uriParameters:", "-             id: {type: integer}", "-         get:"]),
    ("a removed element of a list goes whole", remove("traits", "paged"),
     ["-   - paged: {queryParameters: {page: {type: integer}}}"]),
    ("a removed entry of a flow mapping leaves the braces", remove("traits", "paged", "queryParameters", "page", "type"),
     ["-   - paged: {queryParameters: {page: {type: integer}}}", "+   - paged: {queryParameters: {page: {}}}"]),
    ("a renamed parameter is renamed in its path", rename("/event/{id}", "uriParameters", "id", to="number"),
     ["-     /{id}:", "-             id: {type: integer}", "+     /{number}:", "+             number: {type: integer}"]),
    ("a renamed method keeps all below it", rename("/event", "get", to="post"), ["-     get:", "+     post:"]),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "lines"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_only_its_own_lines_change(edit: Edit, lines: list[str], line_break: str) -> None:
    found = changed(TEXT.replace("\n", line_break), edit)
    assert sorted(found) == sorted(lines)


REFUSED = {
    "removing what is not there": remove("/event", "put"),
    "renaming what is not there": rename("/none", to="/x"),
    "a name that is taken": rename("/event", to="title"),
    "a way through a text": put("title", "x", value=1),
    "an index beyond the next one": put("traits", "7", value={}),
    "a number that is none": put("version", value=float("nan")),
    "half of a character": put("title", value="\ud800"),
    "a value without end": put("x", value=eval("[" * 90 + "]" * 90)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_done_is_refused_with_the_edits_index(what: str) -> None:
    with pytest.raises(EditRefused) as caught:
        apply(TEXT, [put("version", value="2"), REFUSED[what]])
    assert caught.value.index == 1


@pytest.mark.parametrize("text", ["", "- a\n", "a: [\n", "text", "a: 1\n---\nb: 2\n", "{" * 200])
def test_a_text_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(EditRefused):
        apply(text, [put("title", value="x")])


def test_an_include_and_an_alias_are_not_led_through() -> None:
    text = "#%RAML 1.0\ntitle: T\ntypes: !include types.raml\n/a: &a\n  get:\n/b: *a\n"
    for edit in (put("types", "X", value="string"), put("/b", "get", "description", value="x")):
        with pytest.raises(EditRefused):
            apply(text, [edit])


def test_a_byte_order_mark_stays() -> None:
    assert apply("\ufeff" + TEXT, [put("title", value="x")]) == "\ufeff" + apply(TEXT, [put("title", value="x")])


def test_a_last_line_without_a_break_gets_one_when_a_line_follows() -> None:
    assert apply("#%RAML 0.8\ntitle: T", [put("version", value="1")]) == "#%RAML 0.8\ntitle: T\nversion: '1'"
    assert apply("title: T\nversion: 1", [remove("version")]) == "title: T"


def test_a_definition_is_made_from_nothing_but_a_title() -> None:
    text = apply(
        "#%RAML 0.8\ntitle: Events\n",
        [
            put(
                "/event/{id}", "get", "responses", "200", "body", "application/json", "example", value='{\n  "id": 1\n}'
            ),
            put("/event", "post", "body", "application/json", value=None),
            put("/event/{id}", "uriParameters", "id", value={"type": "integer", "required": True}),
        ],
    )
    found = compiled(text)
    assert errors(found) == []
    assert sorted((each["path"], *each["methods"]) for each in found.resources()) == [
        ("/event", "POST"),
        ("/event/{id}", "GET"),
    ]


# ── any text, any edit ───────────────────────────────────────────────────────────────────────────────

keys = st.sampled_from(
    ["get", "/a", "/{b}", "title", "description", "200", "x y", "#", "a: b", "- c", "é", "'", "true"]
)
scalars = (
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12) | st.sampled_from(["a\nb", "a\nb\n", "  x\ny", "null", "1", "- a", "a: b", "# c", "*x", "!t", "\n", "a #b"])
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)


def paths_of(part: Part, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [above] if above else []
    if part.kind == "map" and len(above) < 8:
        for name, value in part.entries:
            found += paths_of(value, (*above, name.text))
    elif part.kind == "list":
        for index, value in enumerate(part.items):
            found += paths_of(value, (*above, str(index)))
    return found


def corpus() -> list[str]:
    kit = Path(os.environ.get("OPENMCS_RAML_KIT") or Path(__file__).parents[2] / "../shared/raml-kit")
    files = sorted(kit.rglob("*.raml"))[::9] if kit.is_dir() else []
    texts = [
        TEXT,
        EXPORT,
        "a: {b: [1, {c: d}], e: ''}\nf:\n- g\n- h: i\n  j: k\n",
        *(each.read_text() for each in files),
    ]
    return [each for each in texts if _is_editable(each)]


def _is_editable(text: str) -> bool:
    try:
        return Layout(text).root.kind == "map"
    except Exception:
        return False


CORPUS = corpus()


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_an_edit_does_what_it_says_or_is_refused_and_lines_it_does_not_touch_stay(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(CORPUS))
    if data.draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    paths = paths_of(Layout(text).root)
    at = list(data.draw(st.sampled_from(paths)))
    op = data.draw(st.sampled_from(["put", "remove", "rename"]))
    if op == "put" and data.draw(st.booleans()):
        at.append(data.draw(keys))
    edit = Edit(op, tuple(at), data.draw(values) if op == "put" else None, data.draw(keys) if op == "rename" else "")  # type: ignore[arg-type]
    try:
        made = apply(text, [edit])
    except EditRefused:
        return
    before, after = text.splitlines(True), made.splitlines(True)
    blocks = [each for each in difflib.SequenceMatcher(None, before, after, False).get_opcodes() if each[0] != "equal"]
    # One place of the text, or two where a parameter's name stands in its path as well.
    assert len(blocks) <= (2 if op == "rename" else 1) or _repeats(after)
    # Comments outside of what was edited are all there.
    if op == "rename":
        assert [each for each in before if each.lstrip().startswith("#")] == [
            each for each in after if each.lstrip().startswith("#")
        ]


def _repeats(lines: list[str]) -> bool:
    """Equal lines can be matched in more ways than one."""
    return len(set(lines)) < len(lines)


def test_most_edits_of_real_texts_are_not_refused() -> None:
    """The refusal is for odd layouts; ordinary ones are edited."""
    done = refused = 0
    for text in CORPUS:
        for path in paths_of(Layout(text).root)[:12]:
            try:
                apply(text, [Edit("put", path, "a text")])
                done += 1
            except EditRefused:
                refused += 1
    assert refused <= 0.1 * (done + refused)


DEFAULT = """\
#%RAML 1.0
title: Events
mediaType: application/json
/event:
  post:
    body:
      type: object   # ours
"""


def test_a_body_without_a_media_type_is_edited_where_it_stands() -> None:
    """It is of the API's own media type; another one needs that to be written first."""
    body = ("/event", "post", "body")
    edited = apply(DEFAULT, [put(*body, "application/json", "example", value="{}")])
    assert edited == DEFAULT + "      example: '{}'\n"
    assert "body" not in apply(DEFAULT, [remove(*body, "application/json")])
    with pytest.raises(EditRefused, match="without its media type"):
        apply(DEFAULT, [put(*body, "text/xml", value=None)])
    named = apply(DEFAULT, [put("/event", "get", "body", "text/xml", "example", value="<a/>")])
    assert errors(compiled(named)) == [] and "text/xml:" in named
