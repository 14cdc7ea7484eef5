"""`/users` and `/realms`: mobile users, their realms and roles."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, ValidationError

from openmcs.auth import passwords
from openmcs.auth.trials import Trial
from openmcs.catalog import activity, trash
from openmcs.errors import Conflict, RequestInvalid, ResourceNotFound
from openmcs.exchange import Finding
from openmcs.store import catalog as questions
from openmcs.store import people
from openmcs.store.clock import now_us, to_iso
from openmcs.store.ids import new_id
from openmcs.tools.paging import Page, Text, envelope
from openmcs.tools.workshop import Developer, Shop, Workshop

router = APIRouter(tags=["users"])
Row = Mapping[str, Any]
Realm = Annotated[str, Query(max_length=100)]
MOST_USERS = 1000
MOST_NAMES = 1000
"""Realms, roles, and APIs that ask for one, in one answer."""
COLUMN_OF = {"firstName": "first_name", "lastName": "last_name", "email": "email", "roles": "roles"}
COLUMNS = ("username", "password", *COLUMN_OF)


Role = Annotated[str, Field(min_length=1, max_length=100)]


class NewUser(BaseModel):
    """A mobile user to be."""

    username: str = Field(min_length=1, max_length=100, pattern=r"^[^:\x00-\x1f]+$")
    password: str = Field(max_length=1000)
    realm: str = Field(default="Default", max_length=100)
    firstName: str = Field(default="", max_length=100)
    lastName: str = Field(default="", max_length=100)
    email: str = Field(default="", max_length=255)
    roles: list[Role] = Field(default_factory=list, max_length=100)


class UserChange(BaseModel):
    """What may be changed of a mobile user; what is left out stays."""

    firstName: str | None = Field(default=None, max_length=100)
    lastName: str | None = Field(default=None, max_length=100)
    email: str | None = Field(default=None, max_length=255)
    roles: list[Role] | None = Field(default=None, max_length=100)
    password: str | None = Field(default=None, max_length=1000)


class Import(BaseModel):
    """Users as CSV, the first line with the names of the columns."""

    realm: str = Field(default="Default", max_length=100)
    csv: str = Field(max_length=20_000_000)


@router.get("/users")
async def list_users(
    who: Developer, shop: Shop, page: Page, realm: Realm = "Default", text: Text = "", role: Text = ""
) -> dict[str, Any]:
    """The mobile users of a realm, those with *text* in one of their names and with that role."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            rows, total = people.users(connection, realm, page.limit, page.offset, text, role)
        return envelope([_user(row) for row in rows], total, page)

    return await asyncio.to_thread(find)


@router.get("/realms")
async def realms(who: Developer, shop: Shop) -> dict[str, Any]:
    """Realms that have users or that backends name, and the roles in use."""
    return await asyncio.to_thread(_realms_and_roles, shop)


@router.post("/users", status_code=201)
async def create_user(body: NewUser, who: Developer, shop: Shop) -> dict[str, Any]:
    """A new mobile user."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(passwords.hashing, _create, shop, body, who.name)


@router.post("/users/import")
async def import_users(body: Import, who: Developer, shop: Shop) -> dict[str, Any]:
    """
    Add users from CSV with the columns username, password, firstName, lastName, email, roles (separated by `;`).

    Nothing is imported while a line is wrong: 400 with a finding for each. A name that exists is changed.
    """
    users = read_csv(body.csv, body.realm)
    loop = asyncio.get_running_loop()
    added = await loop.run_in_executor(passwords.hashing, put_users, shop, body.realm, users, who.name)
    await shop.refresh()
    return {"added": added, "changed": len(users) - added}


@router.post("/mobilebackends/{id_}/trial", status_code=201)
async def trial(id_: str, who: Developer, shop: Shop) -> dict[str, Any]:
    """
    Credentials for a minute, of the mobile user who has the team member's name: "me" on the test page.

    404 when the backend's realm has no such user, 409 when the backend takes no users.
    """

    def grant() -> dict[str, Any]:
        with shop.database.read() as connection:
            backend = questions.backend(connection, id_)
            user = people.user_named(connection, backend["realm"], who.name)
        if not backend["basic_auth"]:
            raise Conflict(f"The mobile backend {backend['name']} takes no users.")
        if user is None:
            raise ResourceNotFound(
                f"The realm {backend['realm']} has no user {who.name!r}: add a mobile user of your own name first."
            )
        granted = shop.trials.grant(Trial(id_, backend["realm"], user["username"]))
        return {"authorization": granted, "username": user["username"], "realm": backend["realm"]}

    return await asyncio.to_thread(grant)


@router.get("/users/{id_}")
async def get_user(id_: str, who: Developer, shop: Shop) -> dict[str, Any]:
    """One mobile user."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            return _user(people.user(connection, id_))

    return await asyncio.to_thread(find)


@router.put("/users/{id_}")
async def change_user(id_: str, body: UserChange, who: Developer, shop: Shop) -> dict[str, Any]:
    """Change a mobile user's data, roles or password; it holds for the next call they make."""
    loop = asyncio.get_running_loop()
    shown = await loop.run_in_executor(passwords.hashing, _change, shop, id_, body, who.name)
    await shop.refresh()
    return shown


@router.delete("/users/{id_}")
async def delete_user(id_: str, who: Developer, shop: Shop) -> dict[str, Any]:
    """Into the trash; their credentials are refused from now on."""
    await asyncio.to_thread(trash.move, shop.database, "user", id_, who.name)
    await shop.refresh()
    return {}


def read_csv(text: str, realm: str) -> list[NewUser]:
    """The users of a CSV text. Raises `RequestInvalid` with a finding for each wrong line."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    unknown = set(reader.fieldnames or ()) - set(COLUMNS)
    if unknown or "username" not in (reader.fieldnames or ()) or "password" not in (reader.fieldnames or ()):
        raise RequestInvalid(
            f"The first line names the columns: {', '.join(COLUMNS)}; username and password are needed."
        )
    users, findings = [], []
    for row in reader:
        values: dict[str, Any] = {name: value or "" for name, value in row.items() if name in COLUMNS}
        values["roles"] = [each.strip() for each in values.get("roles", "").split(";") if each.strip()]
        try:
            if set(row) - set(COLUMNS):
                raise RequestInvalid("the line has more fields than the first one")
            user = NewUser(**values, realm=realm)
            passwords.check_policy(user.password, user.username)
            users.append(user)
        except (ValidationError, RequestInvalid) as error:
            findings.append(Finding("USER_INVALID", _reason(error), "users.csv", reader.line_num))
        if len(findings) == 100 or len(users) > MOST_USERS:
            break
    if len(users) > MOST_USERS:
        raise RequestInvalid(f"At most {MOST_USERS} users at once.")
    if findings:
        raise RequestInvalid(f"Line {findings[0].line}: {findings[0].message}", findings=findings)
    return users


def _reason(error: ValidationError | RequestInvalid) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors())
    return error.detail


def _realms_and_roles(shop: Workshop) -> dict[str, Any]:
    with shop.database.read() as connection:
        counted = {row["realm"]: row["users"] for row in people.realms(connection)}
        named = questions.realms_of_backends(connection)
        lists = people.role_lists(connection)
        apis = questions.apis_with_roles(connection)
    used = {*named, *counted, "Default"}
    roles: Counter[str] = Counter()
    for row in lists:
        roles.update(dict.fromkeys(json.loads(row["roles"]), row["users"]))
    asked: dict[str, set[str]] = defaultdict(set)
    for api in apis:
        for role in {
            *json.loads(api["roles"]),
            *(r for each in json.loads(api["endpoint_roles"]).values() for r in each),
        }:
            asked[role].add(f"{api['name']}({api['version']})")
    return {
        "realms": [{"name": name, "users": counted.get(name, 0)} for name in sorted(used)[:MOST_NAMES]],
        "roles": [
            {"name": name, "users": roles.get(name, 0), "apis": sorted(asked.get(name, ()))[:MOST_NAMES]}
            for name in sorted({*roles, *asked})[:MOST_NAMES]
        ],
    }


def _change(shop: Workshop, id_: str, body: UserChange, by: str) -> dict[str, Any]:
    given = body.model_dump(exclude_none=True, exclude={"password"})
    values = {COLUMN_OF[name]: json.dumps(value) if name == "roles" else value for name, value in given.items()}
    hashed = None
    if body.password is not None:
        with shop.database.read() as connection:
            passwords.check_policy(body.password, people.user(connection, id_)["username"])
        hashed = passwords.hash_password(body.password)
    with shop.database.write() as connection, activity.change(connection, by, "user", id_):
        row = people.user(connection, id_)
        if values:
            people.update_user(connection, id_, values)
        if hashed:
            people.update_user(connection, id_, {"password_hash": hashed})
            activity.note(connection, by, "password", "user", id_, row["username"])
        questions.bump_revision(connection)
        return _user(people.user(connection, id_))


def put_users(shop: Workshop, realm: str, users: Sequence[NewUser], by: str) -> int:
    """Users of a project or a file: added, or changed where password or data differ. Returns how many are new."""
    added = 0
    for user in users:
        with shop.database.read() as connection:
            before = people.user_named(connection, realm, user.username)
        if before is None:
            _create(shop, user.model_copy(update={"realm": realm}), by)
            added += 1
            continue
        values = _values(user)
        right, _ = passwords.verify(user.password, before["password_hash"])
        if not right:
            values["password_hash"] = _hashed(user)
        if any(before[name] != value for name, value in values.items()):
            with shop.database.write() as connection, activity.change(connection, by, "user", before["id"]):
                people.update_user(connection, before["id"], values)
                questions.bump_revision(connection)
    return added


def _create(shop: Workshop, user: NewUser, by: str) -> dict[str, Any]:
    row = {
        "id": new_id(),
        "realm": user.realm,
        "username": user.username,
        "password_hash": _hashed(user),
        "properties": "{}",
        "created_at": now_us(),
        **_values(user),
    }
    with shop.database.write() as connection, activity.change(connection, by, "user", row["id"]):
        people.insert_user(connection, row)
    return _user(row)


def _hashed(user: NewUser) -> str:
    passwords.check_policy(user.password, user.username)
    return passwords.hash_password(user.password)


def _values(user: NewUser) -> dict[str, Any]:
    return {
        "first_name": user.firstName,
        "last_name": user.lastName,
        "email": user.email,
        "roles": json.dumps(user.roles),
    }


def _user(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "username": row["username"],
        "realm": row["realm"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "email": row["email"],
        "roles": json.loads(row["roles"]),
        "createdAt": to_iso(row["created_at"]),
    }
