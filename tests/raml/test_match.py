"""A path finds the resource that the definition means, with its parameters decoded."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.raml.contract import Contract, Method, Resource
from openmcs.raml.match import Matcher


def matcher(*paths: str) -> Matcher:
    return Matcher(Contract("T", "0.8", resources=[Resource(path, methods=[Method("GET")]) for path in paths]))


def found(paths: list[str], path: str) -> tuple[str, dict[str, str]] | None:
    match = matcher(*paths).match(path)
    return (match.resource.path, match.parameters) if match else None


@pytest.mark.parametrize(
    ("paths", "path", "expected"),
    [
        (["/{id}", "/describe"], "/describe", ("/describe", {})),
        (["/{id}", "/describe"], "/other", ("/{id}", {"id": "other"})),
        (["/{id}", "/{id}.json"], "/7.json", ("/{id}.json", {"id": "7"})),
        (["/{a}/x", "/b/y"], "/b/x", ("/{a}/x", {"a": "b"})),
        (["/e/{id}"], "/e/a%2Fb", ("/e/{id}", {"id": "a/b"})),
        (["/e/{id}"], "/e/a%20b+c", ("/e/{id}", {"id": "a b+c"})),
        (["/e/{id}"], "/e/", None),
        (["/e/{id}"], "/e/1/", ("/e/{id}", {"id": "1"})),
        (["/e/{id}"], "/e/1/2", None),
        (["/é"], "/%C3%A9", ("/é", {})),
        (["/{from}-{to}"], "/1-2", ("/{from}-{to}", {"from": "1", "to": "2"})),
        (["/u{mediaTypeExtension}"], "/u.json", ("/u{mediaTypeExtension}", {"mediaTypeExtension": ".json"})),
        (["/u{mediaTypeExtension}"], "/u", ("/u{mediaTypeExtension}", {"mediaTypeExtension": ""})),
        (["/a.b"], "/axb", None),
        (["/"], "/", ("/", {})),
        (["/"], "", ("/", {})),
    ],
)  # fmt: skip
def test_the_meant_resource_is_found(paths: list[str], path: str, expected: tuple[str, dict[str, str]] | None) -> None:
    assert found(paths, path) == expected
    assert found(paths[::-1], path) == expected


def test_methods_of_a_path_that_is_written_twice_are_all_found() -> None:
    contract = Contract(
        "T", "0.8", resources=[Resource("/a", methods=[Method("GET")]), Resource("/a", methods=[Method("POST")])]
    )
    match = Matcher(contract).match("/a")
    assert match is not None and sorted(match.methods) == ["GET", "POST"]


_segment = st.sampled_from(["a", "b", "ab", "{x}", "{y}", "a{x}", "{x}b", "{x}-{y}", "c d"])
_paths = st.lists(
    st.lists(_segment, min_size=1, max_size=3).map(lambda each: "/" + "/".join(each)), min_size=1, max_size=8
)
_asked = st.lists(st.sampled_from(["a", "b", "ab", "x-y", "aab", "c d", "a/b", "-", "é"]), min_size=1, max_size=3)


def _naive(paths: list[str], segments: list[str]) -> set[str]:
    """All paths that fit, by one regular expression each."""
    path = "/" + "/".join(quote(each, safe="") for each in segments)
    fitting = set()
    for each in paths:
        pieces = re.split(r"\{[^}]*\}", each)
        pattern = "[^/]+".join(re.escape(quote(piece, safe="/")) for piece in pieces)
        if re.fullmatch(pattern, path):
            fitting.add(each)
    return fitting


def _key(path: str) -> list[tuple[int, int]]:
    return [(1, -len(re.sub(r"\{[^}]*\}", "", each))) if "{" in each else (0, 0) for each in path.strip("/").split("/")]


@given(_paths, _asked)
def test_it_agrees_with_trying_every_path(paths: list[str], segments: list[str]) -> None:
    """It finds one exactly when one fits, the one with literal segments first, and its values give the path again."""
    match = matcher(*paths).match("/" + "/".join(quote(each, safe="") for each in segments))
    fitting = _naive(paths, segments)
    assert (match is None) == (not fitting)
    if match is not None:
        assert match.resource.path in fitting
        assert _key(match.resource.path) == min(_key(each) for each in fitting)
        if len(re.findall(r"\{", match.resource.path)) == len(match.parameters):
            again = re.sub(r"\{([^}]*)\}", lambda name: match.parameters[name.group(1)], match.resource.path)
            assert again == "/" + "/".join(segments)


@given(st.text(max_size=40))
def test_any_path_is_taken(path: str) -> None:
    match = matcher("/{a}", "/b/{c}/d").match(path)
    assert match is None or all(unquote(each) is not None for each in match.parameters.values())


def test_a_path_that_could_go_many_ways_is_answered_quickly() -> None:
    import time

    many = matcher(*("/" + "/".join(f"{{{name}{n}}}" for n in range(12)) + f"/{name}" for name in "abcdefgh"))
    started = time.monotonic()
    assert many.match("/x" * 12 + "/nope") is None
    assert time.monotonic() - started < 1


def test_a_segment_of_many_parameters_is_answered_quickly() -> None:
    import time

    many = matcher("/" + "-".join(f"{{p{n}}}" for n in range(12)) + "!")
    started = time.monotonic()
    many.match("/" + "-" * 60)
    assert time.monotonic() - started < 1
