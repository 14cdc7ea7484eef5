"""Policies: names, values, and which of several counts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.catalog.policies import Policies, PolicyName, read_value
from openmcs.catalog.policy_definitions import DEFINITIONS
from openmcs.errors import RequestInvalid

BACKEND, API = "synapse(1.0)", "events(1.0)"


@pytest.mark.parametrize(
    ("text", "backend", "artifact"),
    [
        ("*.*.Logging_Level", "*", "*"),
        ("synapse(1.0).*.Logging_Level", BACKEND, "*"),
        ("*.custom/events(1.0).Logging_Level", "*", "custom/events(1.0)"),
        ("*.events(1.0).Logging_Level", "*", "custom/events(1.0)"),
        ("synapse(1.0).custom/events(1.0.2).Logging_Level", BACKEND, "custom/events(1.0.2)"),
        ("*.connector/Offers(1.0).Connector_Endpoint", "*", "connector/Offers(1.0)"),
    ],
)
def test_a_name_is_read_at_its_scope(text: str, backend: str, artifact: str) -> None:
    """The dots inside of versions are no separators."""
    read = PolicyName.parse(text)
    assert (read.backend, read.artifact) == (backend, artifact)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Logging_Level", "names no policy"),
        ("*.Logging_Level", "names no policy"),
        ("*.*.Logging_Level.x", "names no policy"),
        ("a b.*.Logging_Level", "names no policy"),
        ("*.*.Loging_Level", "Did you mean Logging_Level?"),
        ("synapse(1.0).*.Diagnostics_LongRequestThreshold", "is set for environment only"),
        ("*.*." + "x" * 600, "names no policy"),
    ],
)
def test_a_name_that_is_none_is_refused_with_what_to_write(text: str, says: str) -> None:
    """The message holds what to do."""
    with pytest.raises(RequestInvalid) as refused:
        PolicyName.parse(text)
    assert says in refused.value.detail


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    """Nothing but `RequestInvalid` is raised, and what is read is written as it was."""
    try:
        read = PolicyName.parse(text)
    except RequestInvalid:
        return
    assert PolicyName.parse(str(read)) == read


@pytest.mark.parametrize(
    ("policy", "given", "value"),
    [
        ("Logging_Level", 500, 500),
        ("Logging_Level", "500", 500),
        ("CCC_LogBody", "TRUE", True),
        ("CCC_LogBody", False, False),
        ("Notifications_DeviceCountWarningThreshold", "70.0", 70.0),
        ("Security_ExposeHeaders", "ETag, Link", ["ETag", "Link"]),
        ("Security_IdentityProviders", '[{"name": "facebook"}]', [{"name": "facebook"}]),
    ],
)
def test_values_are_read_from_json_and_from_properties(policy: str, given: object, value: object) -> None:
    """Both spellings of a value are the same value."""
    assert read_value(DEFINITIONS[policy], given) == value


@pytest.mark.parametrize(
    ("policy", "given"),
    [
        ("Logging_Level", "loud"),
        ("Logging_Level", True),
        ("Logging_Level", 8.5),
        ("Logging_Level", -1),
        ("Logging_Level", 1001),
        ("CCC_LogBody", "maybe"),
        ("CCC_LogBody", 1),
        ("Notifications_DeviceCountWarningThreshold", "nan"),
        ("Security_IdentityProviders", "[{"),
        ("Asset_DefaultInitialVersion", 1.0),
        ("Asset_DefaultInitialVersion", "x" * 70_000),
    ],
)
def test_a_value_of_another_kind_is_refused_by_name(policy: str, given: object) -> None:
    """The message begins with the policy."""
    with pytest.raises(RequestInvalid) as refused:
        read_value(DEFINITIONS[policy], given)
    assert refused.value.detail.startswith(policy)


def test_every_default_is_a_value_of_its_definition() -> None:
    """A definition cannot contradict itself."""
    for definition in DEFINITIONS.values():
        assert read_value(definition, definition.default) == definition.default


SCOPES = [f"{BACKEND}.custom/{API}", f"*.custom/{API}", f"{BACKEND}.*", "*.*"]


@given(st.sets(st.sampled_from(SCOPES)), st.none() | st.integers(0, 1000))
def test_the_narrowest_value_counts(is_set: set[str], from_settings: int | None) -> None:
    """Then the settings' value, then the default."""
    values = {f"{scope}.Logging_Level": number for number, scope in enumerate(SCOPES) if scope in is_set}
    defaults = {} if from_settings is None else {"Logging_Level": from_settings}
    policies = Policies(values, defaults)
    expected = min(values.values(), default=800 if from_settings is None else from_settings)
    assert policies.value("Logging_Level", BACKEND, API) == expected
    assert policies.value("Logging_Level", BACKEND, API) == expected, "the second look-up answers the same"


def test_what_is_set_for_one_does_not_reach_another() -> None:
    """A backend's value holds for its calls alone."""
    policies = Policies.from_rows([{"name": f"{BACKEND}.*.CCC_LogBody", "value": json.dumps(True)}])
    assert policies.value("CCC_LogBody", BACKEND, API) is True
    assert policies.value("CCC_LogBody", "other(1.0)", API) is False
    assert policies.value("CCC_LogBody") is False
