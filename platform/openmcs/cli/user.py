"""`openmcs user add|list`."""

from __future__ import annotations

import click

from openmcs.cli.output import json_option, print_json, print_table


@click.group("user")
def command() -> None:
    """Users: add, list."""


@command.command("add")
@click.argument("name")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="OPENMCS_NEW_PASSWORD")
@click.option("--team", is_flag=True, help="A team member, who manages the platform, instead of a mobile user.")
@click.option("--realm", default="Default", show_default=True)
@click.option("--first-name", default="")
@click.option("--last-name", default="")
@click.option("--email", default="")
@click.option("--role", "roles", multiple=True, help="May be repeated.")
@json_option
def add(
    name: str,
    password: str,
    team: bool,
    realm: str,
    first_name: str,
    last_name: str,
    email: str,
    roles: tuple[str, ...],
    as_json: bool,
) -> None:
    """Add a user; the password is asked for, or taken from OPENMCS_NEW_PASSWORD."""
    from openmcs.cli.client import connect

    tools = connect()
    if team:
        user = tools.post("/team", {"name": name, "password": password})
    else:
        user = tools.post(
            "/users",
            {
                "username": name,
                "password": password,
                "realm": realm,
                "firstName": first_name,
                "lastName": last_name,
                "email": email,
                "roles": list(roles),
            },
        )
    if as_json:
        print_json(user)
    else:
        click.echo(f"{name} may sign in now.", err=True)


@command.command("list")
@click.option("--team", is_flag=True, help="Team members instead of mobile users.")
@click.option("--realm", default="Default", show_default=True)
@json_option
def list_(team: bool, realm: str, as_json: bool) -> None:
    """The users of a realm, or the team."""
    from openmcs.cli.client import connect

    users = connect().all("/team") if team else connect().all("/users", realm=realm)
    if as_json:
        print_json(users)
    elif team:
        print_table(
            ("Name", "Since"), ((u["name"], u["createdAt"]) for u in users), empty="There is no team member yet."
        )
    else:
        print_table(
            ("User", "Name", "E-mail", "Roles"),
            (
                (u["username"], f"{u['firstName']} {u['lastName']}".strip(), u["email"], ", ".join(u["roles"]))
                for u in users
            ),
            empty="There is no user yet. Add one: openmcs user add <name>",
        )
