"""Which handler a path comes to: MCS's paths, `:x` and `{x}`, first match first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.runtime.console import Console
from openmcs.runtime.service import Service


def service() -> Service:
    return Service("Shop", Console(lambda *line: None, 800, "/code"))


def handler(req: Any) -> None: ...


MATCHES = [
    ("/items", "/items", {}),
    ("items", "/items", {}),
    ("/items/", "/items", {}),
    ("/items", "/items/", {}),
    ("/mobile/custom/Shop/items", "/items", {}),
    ("/mobile/custom/shop/items", "/items", {}),
    ("/mobile/custom/Shop", "/", {}),
    ("/", "/", {}),
    ("/items/:id", "/items/7", {"id": "7"}),
    ("/items/{id}", "/items/7", {"id": "7"}),
    ("/items/{id}/parts/:part", "/items/7/parts/a%2Fb", {"id": "7", "part": "a/b"}),
    ("/items/:id.json", "/items/7.json", {"id": "7"}),
    ("/from/:a-:b", "/from/x-y", {"a": "x", "b": "y"}),
    ("/{odd name}", "/x", {"odd name": "x"}),
    ("/a.b", "/a.b", {}),
]
NO_MATCHES = [
    ("/items", "/item"),
    ("/items", "/items/7"),
    ("/items/:id", "/items"),
    ("/items/:id", "/items/7/parts"),
    ("/a.b", "/aXb"),
    ("/items", "/ITEMS"),
]


@pytest.mark.parametrize(("route", "path", "params"), MATCHES)
def test_a_route_matches_and_gives_its_decoded_parameters(route: str, path: str, params: dict[str, str]) -> None:
    shop = service()
    shop.get(route, handler)
    found = shop.find("GET", path)
    assert found is not None
    assert found.params == params


@pytest.mark.parametrize(("route", "path"), NO_MATCHES)
def test_a_route_does_not_match_another_path(route: str, path: str) -> None:
    shop = service()
    shop.get(route, handler)
    assert shop.find("GET", path) is None


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=30))
def test_any_segment_comes_back_as_it_was_sent(value: str) -> None:
    from urllib.parse import quote

    shop = service()
    shop.get("/items/:id", handler)
    found = shop.find("GET", f"/items/{quote(value, safe='')}")
    assert found is not None
    assert found.params == {"id": value}


@given(st.text(max_size=60))
def test_any_text_is_a_route_or_an_error_that_says_why(path: str) -> None:
    shop = service()
    try:
        shop.get(path, handler)
    except (ValueError, TypeError) as error:
        assert str(error)
    else:
        assert shop.routes[0].method == "GET"


def test_methods_are_told_apart_and_the_first_route_wins() -> None:
    shop = service()
    shop.get("/a", handler)
    shop.post("/a", lambda req: "post")
    shop.get("/:any", lambda req: "any")
    found = shop.find("POST", "/a")
    assert found is not None
    assert found.route.method == "POST"
    assert shop.find("GET", "/a").route.handler is handler  # type: ignore[union-attr]
    assert shop.find("DELETE", "/a") is None


def test_head_falls_back_to_get_unless_it_has_a_route_of_its_own() -> None:
    shop = service()
    shop.get("/a", handler)
    assert shop.find("HEAD", "/a").route.method == "GET"  # type: ignore[union-attr]
    shop.head("/a", handler)
    assert shop.find("HEAD", "/a").route.method == "HEAD"  # type: ignore[union-attr]


def test_every_verb_registers_and_decorates() -> None:
    shop = service()
    for verb in ("get", "post", "put", "patch", "delete", "head", "options"):
        decorated = getattr(shop, verb)("/x")(handler)
        assert decorated is handler
    assert [route.method for route in shop.routes] == ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


WRONG = [
    (lambda shop: shop.get("/mobile/custom/other/items", handler), ValueError, "belongs to the API 'other'"),
    (lambda shop: shop.get(7, handler), TypeError, "not a text"),
    (lambda shop: shop.get("/a", "handler"), TypeError, "not callable"),
    (lambda shop: shop.get("/a", lambda: None), TypeError, "takes 0 arguments"),
    (lambda shop: shop.get("/a", lambda a, b, c: None), TypeError, "takes 3 arguments"),
    (lambda shop: shop.use(lambda a, b, c, d: None), TypeError, "takes 4 arguments"),
]


@pytest.mark.parametrize(("register", "error", "text"), WRONG)
def test_a_wrong_registration_says_what_is_wrong(register: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        register(service())


@pytest.mark.parametrize(
    ("prefix", "path", "runs"),
    [
        (None, "/anything", True),
        ("/", "/", True),
        ("/admin", "/admin", True),
        ("/admin", "/admin/x/y", True),
        ("/admin", "/administrator", False),
        ("/users/:id", "/users/7/orders", True),
        ("/users/:id", "/users", False),
    ],
)
def test_middleware_holds_for_what_is_below_its_path(prefix: str | None, path: str, runs: bool) -> None:
    shop = service()
    if prefix is None:
        shop.use(handler)
    else:
        shop.use(prefix, handler)
    assert bool(shop.before(path)) is runs


def test_a_route_is_found_again_in_both_spellings_and_only_there() -> None:
    """With and without a slash at the end; a route that is registered later takes what the earlier ones left."""
    service = Service("api", Console(lambda *line: None, 800, "/"))
    service.get("/all", lambda req: None)
    for _ in range(2):
        assert [found is not None for found in map(lambda path: service.find("GET", path), ("/all", "/all/", "/all//"))] == [
            True, True, False
        ]  # fmt: skip
        assert service.find("POST", "/all") is None and service.find("HEAD", "/all") is not None
    service.get("/{name}", lambda req: None)
    found = service.find("GET", "/all")
    assert found is not None and found.route.path == "/all" and found.params == {}
    assert service.find("GET", "/other") is not None
