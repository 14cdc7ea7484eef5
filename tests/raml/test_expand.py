"""Resource types, traits and libraries are applied as the standard says."""

from __future__ import annotations

from openmcs.raml.contract import Contract, Method
from tests.raml.definitions import codes, compiled, contract_of, errors, new, old


def method(contract: Contract, verb: str = "GET", at: int = 0) -> Method:
    return next(each for each in contract.resources[at].methods if each.verb == verb)


def test_a_trait_adds_what_the_method_does_not_say() -> None:
    contract = contract_of(
        old(
            "traits:\n  - paged:\n      description: theirs\n      queryParameters: {page: {type: integer}}\n"
            "/a:\n  get:\n    is: [paged]\n    description: ours\n    queryParameters: {q: {}}\n"
        )
    )
    assert method(contract).description == "ours"
    assert [each.name for each in method(contract).query_parameters] == ["q", "page"]


def test_a_trait_of_a_resource_holds_for_its_methods_and_not_below() -> None:
    contract = contract_of(
        new("traits: {t: {headers: {X-T: string}}}\n/a:\n  is: [t]\n  get:\n  post:\n  /b:\n    get:\n")
    )
    assert [len(method(contract, verb).headers) for verb in ("GET", "POST")] == [1, 1]
    assert method(contract, at=1).headers == []


def test_parameters_and_reserved_parameters_are_filled_in() -> None:
    contract = contract_of(
        new(
            "resourceTypes:\n  list:\n    get:\n      description: <<resourcePathName | !singularize>> <<word>> <<resourcePath>>\n"
            "/users:\n  type: {list: {word: in}}\n  get:\n"
        )
    )
    assert method(contract).description == "user in /users"


def test_a_resource_type_adds_methods_and_optional_ones_only_where_there_is_one() -> None:
    contract = contract_of(
        old(
            "resourceTypes:\n  - t:\n      get: {description: g}\n      post?: {description: <<missing>>}\n      put?: {description: p}\n"
            "/a:\n  type: t\n  put:\n"
        )
    )
    assert {each.verb: each.description for each in contract.resources[0].methods} == {"PUT": "p", "GET": "g"}


def test_traits_of_an_optional_method_of_a_resource_type_are_applied() -> None:
    contract = contract_of(
        old(
            "traits:\n  - t: {queryParameters: {q: {}}}\nresourceTypes:\n  - r: {get?: {is: [t]}}\n/a:\n  type: r\n  get:\n"
        )
    )
    assert [each.name for each in method(contract).query_parameters] == ["q"]


def test_the_type_of_a_parent_does_not_leak_into_what_is_below() -> None:
    contract = contract_of(old("resourceTypes:\n  - r: {post: {}}\n/a:\n  type: r\n  /b:\n    get:\n"))
    assert [each.verb for each in contract.resources[1].methods] == ["GET"]


def test_resource_types_inherit() -> None:
    contract = contract_of(
        new("resourceTypes:\n  one: {get: {description: 1}}\n  two: {type: one, post: {}}\n/a:\n  type: two\n")
    )
    assert sorted(each.verb for each in contract.resources[0].methods) == ["GET", "POST"]


def test_libraries_bring_names_that_resolve_in_their_own_file() -> None:
    found = contract_of(
        new("uses: {lib: libs/l.raml}\n/a:\n  type: lib.r\n  get:\n    is: [lib.t]\n"),
        libs__l_raml="#%RAML 1.0 Library\nuses: {inner: i.raml}\ntraits: {t: {headers: {X-T: string}}}\n"
        "resourceTypes: {r: {get: {is: [inner.u]}}}\n",
        libs__i_raml="#%RAML 1.0 Library\ntraits: {u: {headers: {X-U: string}}}\n",
    )
    assert sorted(each.name for each in method(found).headers) == ["X-T", "X-U"]


def test_an_included_resource_type_may_use_libraries_of_its_own() -> None:
    found = contract_of(
        new("resourceTypes: {r: !include r.raml}\n/a:\n  type: r\n"),
        r_raml="#%RAML 1.0 ResourceType\nuses: {l: l.raml}\nget: {is: [l.t]}\n",
        l_raml="#%RAML 1.0 Library\ntraits: {t: {headers: {X: string}}}\n",
    )
    assert [each.name for each in method(found).headers] == ["X"]


def test_names_that_are_not_declared_are_reported_where_they_are_used() -> None:
    found = compiled(new("traits: {known: {}}\n/a:\n  type: nope\n  get:\n    is: [knwon]\n"))
    assert [(each.code, each.line) for each in errors(found)] == [
        ("RAML_RESOURCE_TYPE_UNKNOWN", 5),
        ("RAML_TRAIT_UNKNOWN", 7),
    ]
    assert "known" in errors(found)[1].message


def test_a_missing_parameter_is_reported() -> None:
    assert codes(compiled(new("traits: {t: {description: <<a>>}}\n/a:\n  get:\n    is: [t]\n"))) == [
        "RAML_PARAMETER_MISSING"
    ]


def test_types_in_a_circle_are_reported() -> None:
    assert "RAML_TYPE_CYCLE" in codes(compiled(new("resourceTypes: {a: {type: b}, b: {type: a}}\n/x:\n  type: a\n")))


def test_traits_in_a_circle_are_reported() -> None:
    found = compiled(new("traits: {a: {is: [b]}, b: {is: [a]}}\n/x:\n  get:\n    is: [a]\n"))
    assert "RAML_TYPE_CYCLE" in codes(found)


def test_libraries_in_a_circle_are_reported() -> None:
    found = compiled(
        new("uses: {l: l.raml}\n/a:\n"),
        l_raml="#%RAML 1.0 Library\nuses: {m: m.raml}",
        m_raml="#%RAML 1.0 Library\nuses: {l: l.raml}",
    )
    assert "RAML_INCLUDE_CYCLE" in codes(found)


def test_two_libraries_that_double_at_each_level_are_refused_quickly() -> None:
    import time

    started = time.monotonic()
    libraries = {f"l{n}_raml": f"#%RAML 1.0 Library\nuses: {{a: l{n + 1}.raml, b: l{n + 1}.raml}}" for n in range(19)}
    found = compiled(new("uses: {l: l0.raml}\n/a:\n"), **libraries, l19_raml="#%RAML 1.0 Library\n")
    assert time.monotonic() - started < 5
    assert found.contract is not None


def test_traits_that_double_at_each_level_end() -> None:
    import time

    started = time.monotonic()
    traits = "".join(f"  t{n}: {{is: [t{n + 1}, t{n + 1}]}}\n" for n in range(25))
    compiled(new(f"traits:\n{traits}  t25: {{}}\n/a:\n  get:\n    is: [t0]\n"))
    assert time.monotonic() - started < 5
