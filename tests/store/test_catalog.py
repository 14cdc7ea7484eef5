"""Questions and changes of the catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from openmcs.errors import Conflict, PreconditionFailed, ResourceNotFound
from openmcs.store import catalog
from openmcs.store.database import Database
from openmcs.store.ids import new_id


def _backend(name: str = "synapse", **values: Any) -> dict[str, Any]:
    return {
        "id": new_id(), "name": name, "version": "1.0", "backend_id": new_id(), "anonymous_key": "key",
        "created_at": 1, "modified_at": 1, **values,
    }  # fmt: skip


def _api(name: str = "synapse", version: str = "1.0") -> dict[str, Any]:
    return {
        "id": new_id(), "name": name, "version": version, "raml_root": "a.raml", "raml_files": "{}",
        "contract": b"\x00\xff", "created_at": 1, "modified_at": 1,
    }  # fmt: skip


def _implementation(api: str, **values: Any) -> dict[str, Any]:
    return {
        "id": new_id(), "api": api, "name": "synapse", "version": "1.0", "artifact": "a" * 64, "manifest": "{}",
        "uploaded_by": "admin", "uploaded_at": 1, **values,
    }  # fmt: skip


def test_a_backend_is_found_by_id_and_by_name(database: Database) -> None:
    """With the defaults of its columns; another id is not found."""
    values = _backend()
    with database.write() as connection:
        catalog.insert_backend(connection, values)
        row = catalog.backend(connection, values["id"])
        assert catalog.backend_named(connection, "synapse", "1.0") == row
        assert catalog.backend_named(connection, "Synapse", "1.0") is None
        assert (row["etag"], row["realm"], row["cors_origins"], row["basic_auth"]) == (1, "Default", "[]", True)
        with pytest.raises(ResourceNotFound, match=r"mobile backend.*'other'"):
            catalog.backend(connection, "other")


def test_a_name_is_taken_once_and_the_transaction_goes_on(database: Database) -> None:
    """A second backend of a name and version is a conflict, and so is renaming one to it."""
    second = _backend("second")
    with database.write() as connection:
        catalog.insert_backend(connection, _backend())
        with pytest.raises(Conflict, match=r"mobile backend synapse 1\.0"):
            catalog.insert_backend(connection, _backend())
        catalog.insert_backend(connection, second)
        with pytest.raises(Conflict):
            catalog.update_backend(connection, second["id"], {"name": "synapse"}, None)
    with database.read() as connection:
        rows, total = catalog.backends(connection, 1, 1)
    assert ([row["name"] for row in rows], total) == (["synapse"], 2)


def test_a_change_needs_the_current_etag(database: Database) -> None:
    """Each change adds one; an older etag is refused and changes nothing; an unknown id is not found."""
    values = _api()
    with database.write() as connection:
        catalog.insert_api(connection, values)
        catalog.update_api(connection, values["id"], {"title": "one"}, 1)
        with pytest.raises(PreconditionFailed):
            catalog.update_api(connection, values["id"], {"title": "two"}, 1)
        catalog.update_api(connection, values["id"], {"title": "three"}, None)
        row = catalog.api_row(connection, values["id"])
        with pytest.raises(ResourceNotFound):
            catalog.update_api(connection, "other", {"title": "x"}, None)
    assert (row["title"], row["etag"], row["contract"]) == ("three", 3, b"\x00\xff")
    assert row["modified_at"] > 1


def test_apis_are_associated_once(database: Database) -> None:
    """Associating twice is associating; dissociating takes it back."""
    backend, api = _backend(), _api()
    with database.write() as connection:
        catalog.insert_backend(connection, backend)
        catalog.insert_api(connection, api)
        catalog.associate(connection, backend["id"], api["id"])
        catalog.associate(connection, backend["id"], api["id"])
        assert [row["name"] for row in catalog.associations(connection, [backend["id"]])] == ["synapse"]
        assert len(catalog.associations(connection)) == 1
        catalog.dissociate(connection, backend["id"], api["id"])
        assert catalog.associations(connection) == []


def test_clients_are_replaced_as_a_whole(database: Database) -> None:
    """An application key belongs to one client."""
    one, two = _backend("one"), _backend("two")

    def row(key: str) -> dict[str, Any]:
        return {
            "id": new_id(), "name": f"n{key}", "platform": "WEB", "client_id": "c", "version": "1",
            "application_key": key,
        }  # fmt: skip

    with database.write() as connection:
        catalog.insert_backend(connection, one)
        catalog.insert_backend(connection, two)
        catalog.replace_clients(connection, one["id"], [row("a"), row("b")])
        catalog.replace_clients(connection, one["id"], [row("b"), row("c")])
        assert [each["name"] for each in catalog.clients(connection, [one["id"]])] == ["nb", "nc"]
        with pytest.raises(Conflict, match="nb"):
            catalog.replace_clients(connection, two["id"], [row("b")])


def test_an_upload_replaces_the_draft_with_its_id(database: Database) -> None:
    """The active one is found through its API."""
    api = _api()
    with database.write() as connection:
        catalog.insert_api(connection, api)
        draft = _implementation(api["id"])
        catalog.save_implementation(connection, draft)
        catalog.save_implementation(connection, draft)  # nothing changed: still one row
        catalog.save_implementation(connection, draft | {"artifact": "b" * 64})
        catalog.save_implementation(connection, _implementation(api["id"], version="2.0", uploaded_at=2))
        rows, total = catalog.implementations(connection, api["id"], 10, 0)
        assert [(row["version"], row["artifact"][0]) for row in rows] == [("2.0", "a"), ("1.0", "b")]
        assert total == 2
        assert catalog.implementation_named(connection, api["id"], "synapse", "1.0") == rows[1]
        assert catalog.active_implementations(connection) == []
        catalog.update_api(connection, api["id"], {"implementation": draft["id"]}, None)
        assert [row["id"] for row in catalog.active_implementations(connection)] == [draft["id"]]


def test_problems_are_subjects_whose_newest_attempt_failed(database: Database) -> None:
    """A later success clears the problem; attempts are filtered and listed newest first."""
    with database.write() as connection:
        for number, (subject, succeeded) in enumerate(
            [("a(1.0)", False), ("b(1.0)", True), ("a(1.0)", True), ("b(1.0)", False), ("c(1.0)", False)]
        ):
            catalog.insert_deployment(
                connection,
                {
                    "id": f"{number:026d}", "at": number, "kind": "implementation", "subject": subject,
                    "team_member": "admin", "succeeded": succeeded, "summary": "s",
                },
            )  # fmt: skip
        assert [row["subject"] for row in catalog.problems(connection)] == ["c(1.0)", "b(1.0)"]
        rows, total = catalog.deployments(connection, "implementation", None, True, 2, 0)
        assert ([row["at"] for row in rows], total) == ([4, 3], 3)
        assert catalog.deployments(connection, None, "b(1.0)", None, 10, 0)[1] == 2
        assert catalog.deployments(connection, "api", None, None, 10, 0) == ([], 0)


def test_the_revision_counts_changes(database: Database) -> None:
    """In the transaction of the change."""
    with database.write() as connection:
        assert catalog.revision(connection) == 0
        catalog.bump_revision(connection)
    with database.read() as connection:
        assert catalog.revision(connection) == 1
