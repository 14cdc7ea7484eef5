"""APIs: their RAML, checked and compiled, and who may call them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openmcs.catalog import activity
from openmcs.catalog.deployments import attempt
from openmcs.catalog.names import check_name, check_version
from openmcs.errors import DefinitionInvalid
from openmcs.exchange import Finding
from openmcs.raml import compiler
from openmcs.raml.contract import encode
from openmcs.store import catalog as questions
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.ids import new_id

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ApiDefinition:
    """What an author says of an API."""

    name: str
    version: str
    title: str
    description: str
    root: str
    files: Mapping[str, str]
    login_required: bool = False
    roles: Sequence[str] = ()
    endpoint_roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """`GET /event/{id}` to roles."""

    @property
    def subject(self) -> str:
        """`name(version)`"""
        return f"{self.name}({self.version})"


def check(root: str, files: Mapping[str, str]) -> compiler.Compiled:
    """Compile without keeping anything."""
    return compiler.compile({path: text.encode() for path, text in files.items()}, root)


def save(
    database: Database, definition: ApiDefinition, by: str, *, id_: str | None = None, etag: int | None = None
) -> tuple[Row, Sequence[Finding]]:
    """
    Add an API, or change the one with *id_*; it serves at once.

    Returns its row and the warnings. Raises `DefinitionInvalid` with the findings of the RAML,
    `Conflict` or `PreconditionFailed`; then the last good version goes on serving.
    """
    check_name(definition.name)
    check_version(definition.version)
    with attempt(database, "api", definition.subject, by) as trying:
        compiled = check(definition.root, definition.files)
        errors = [each for each in compiled.findings if each.severity == "error"]
        if compiled.contract is None or errors:
            raise DefinitionInvalid(_summary(definition, errors, compiled), findings=compiled.findings)
        _check_endpoints(definition, compiled)
        values = _values(definition, encode(compiled.contract))
        new, id_ = id_ is None, id_ or new_id()
        with database.write() as connection, activity.change(connection, by, "api", id_):
            if new:
                added = {**values, "id": id_, "implementation": None, "created_at": now_us(), "modified_at": now_us()}
                questions.insert_api(connection, added)
            elif not _is_unchanged(questions.api_row(connection, id_), values):
                questions.update_api(connection, id_, values, etag)
            questions.bump_revision(connection)
            row = questions.api_row(connection, id_)
        trying.summary = f"RAML of {definition.subject} applied"
        trying.findings = compiled.findings
        return row, compiled.findings


def _summary(definition: ApiDefinition, errors: Sequence[Finding], compiled: compiler.Compiled) -> str:
    first = errors[0] if errors else None
    if first is None and compiled.fragment is not None:
        return f"The RAML of {definition.subject} is a {compiled.fragment}; upload the API that uses it."
    if first is None:
        return f"The RAML of {definition.subject} could not be compiled."
    place = ":".join(str(part) for part in (first.file, first.line, first.column) if part is not None)
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"The RAML of {definition.subject} has an error: {place}: {first.message}{more}"


def _check_endpoints(definition: ApiDefinition, compiled: compiler.Compiled) -> None:
    known = {f"{verb} {each['path']}" for each in compiled.resources() for verb in each["methods"]}
    for endpoint in definition.endpoint_roles:
        if endpoint not in known:
            message = f"roles are given for {endpoint}, which the RAML does not have"
            raise DefinitionInvalid(
                f"{definition.subject}: {message}.", findings=[Finding("API_ENDPOINT_UNKNOWN", message)]
            )


def _values(definition: ApiDefinition, contract: bytes) -> dict[str, Any]:
    return {
        "name": definition.name,
        "version": definition.version,
        "title": definition.title[:255],
        "description": definition.description[:1000],
        "login_required": definition.login_required,
        "roles": json.dumps(list(definition.roles)),
        "endpoint_roles": json.dumps({name: list(roles) for name, roles in definition.endpoint_roles.items()}),
        "raml_root": definition.root,
        "raml_files": json.dumps(dict(definition.files)),
        "contract": contract,
    }


def _is_unchanged(row: Row, values: Mapping[str, Any]) -> bool:
    return all(row[name] == value for name, value in values.items())
