"""`openmcs doctor`: is this machine fit for the platform, and is the one that runs here well?"""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import click

from openmcs.cli.output import json_option, print_json, print_table
from openmcs.errors import PlatformError
from openmcs.settings import Settings, load

LEAST_FREE = 512 * 1024 * 1024
"""Bytes on the data folder's disk below which the log is in danger."""

_CODE = 'def register(service):\n    service.get("/", lambda req: {})\n'


class Check(NamedTuple):
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "warning", "problem"]
    found: str
    advice: str = ""


@click.command("doctor")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
def command(folder: Path, as_json: bool) -> int:
    """
    Check this machine, the settings of FOLDER, its database, and a running platform.

    Exit code 5 when there is a problem.
    """
    checks = list(examine(folder))
    if as_json:
        print_json([each._asdict() for each in checks])
    else:
        marks = {"ok": "✓", "warning": "!", "problem": "✗"}
        print_table(
            ("", "Check", "Found", "What to do"),
            ((marks[each.state], each.name, each.found, each.advice) for each in checks),
            empty="",
        )
    return 5 if any(each.state == "problem" for each in checks) else 0


def examine(folder: Path) -> Iterator[Check]:
    """All checks, in the order in which one depends on the other."""
    yield _python()
    yield _attempt("uv", _uv)
    try:
        settings = load(folder).settings
    except PlatformError as error:
        yield Check("settings", "problem", error.detail, "Correct platform.toml or the environment.")
        return
    yield Check("settings", "ok", str(folder / "platform.toml"))
    yield _attempt("data folder", lambda: _data_folder(settings))
    yield _attempt("database", lambda: _database(settings))
    yield _attempt("isolation", lambda: _isolation(settings))
    yield from _running()


def _attempt(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except PlatformError as error:
        return Check(name, "problem", error.detail)
    except OSError as error:
        return Check(name, "problem", str(error))


def _python() -> Check:
    found = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.platform != "linux":
        return Check("python", "problem", found, "Workers are walled in by Linux; run the platform there.")
    return Check("python", "ok", found)


def _uv() -> Check:
    from uv import find_uv_bin

    try:
        return Check("uv", "ok", find_uv_bin())
    except FileNotFoundError as error:
        return Check("uv", "problem", str(error), "Install openmcs again: dependencies of uploads need uv.")


def _data_folder(settings: Settings) -> Check:
    data = settings.data_directory
    existing = next(each for each in (data, *data.parents) if each.exists())
    free = shutil.disk_usage(existing).free
    found = f"{data} ({free // 2**20:,} MiB free)"
    if free < LEAST_FREE:
        return Check("data folder", "problem", found, "Make room: log records are dropped when the disk is full.")
    if data.exists() and data.stat().st_mode & 0o077:
        return Check("data folder", "warning", f"{found}, readable by others", f"chmod 700 {data}")
    return Check("data folder", "ok", found if data.exists() else f"{found}, made at the first start")


def _database(settings: Settings) -> Check:
    from sqlalchemy import make_url

    from openmcs.store import schema
    from openmcs.store.database import Database

    url = make_url(settings.store_url)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return Check("database", "ok", f"{shown}, made at the first start")
    database = Database.open(settings.store_url)
    try:
        revision, newest = schema.revision(database), schema.head()
    finally:
        database.close()
    if revision != newest:
        return Check("database", "warning", f"{shown}, schema {revision or 'empty'}", f"Start upgrades it to {newest}.")
    return Check("database", "ok", f"{shown}, schema {revision}")


def _isolation(settings: Settings) -> Check:
    """What a worker on this machine proves; nothing is taken from the settings but the level that is required."""
    import asyncio

    from openmcs.runtime.admission import WorkerRefused
    from openmcs.runtime.binding import Binding, Limits
    from openmcs.runtime.group import Group
    from openmcs.runtime.machine import Machine
    from openmcs.runtime.zygote import Zygote

    async def probed(code: str, canary: str) -> dict[str, Any]:
        binding = Binding("doctor", "doctor(1.0)", "doctor", "1.0", code, "main.py")
        limits = Limits(
            isolation="none" if required == "none" else "basic",
            additions=() if required == "none" else settings.runtime.additions,
            first_user=settings.runtime.first_user,
        )
        zygote = Zygote(namespaces=True) if settings.runtime.zygote else None
        group = Group(binding, limits, lambda _: None, canary, zygote=zygote, machine=Machine.open(limits, 1.0))
        try:
            await group.start()
            return group.health()
        finally:
            await group.drain()
            if zygote is not None:
                zygote.close()

    required, required_additions = settings.runtime.isolation, settings.runtime.required
    with tempfile.TemporaryDirectory() as code, tempfile.NamedTemporaryFile() as canary:
        Path(code, "main.py").write_text(_CODE, "utf-8")
        try:
            health = asyncio.run(probed(code, canary.name))
        except WorkerRefused as error:
            return Check("isolation", "problem", str(error), "docs/sandbox.md tells what each level needs.")
    level, additions = str(health["isolation"]), health["additions"]
    found = "+".join([level, *additions])
    without = "; ".join(f"no {name}: {reason}" for name, reason in health["missing"].items())
    if lacking := [each for each in required_additions if each not in additions]:
        return Check("isolation", "problem", f"{found}, required is {', '.join(lacking)}", without)
    if required == "strict" and level != "strict":
        return Check("isolation", "problem", f"{level}, required is {required}", "docs/sandbox.md tells what it needs.")
    return Check("isolation", "ok", f"{found} (required: {required})", without)


def _running() -> Iterator[Check]:
    from openmcs.cli.client import connect

    tools = connect(timeout=10.0)
    try:
        ready = tools.raw("GET", "/readyz").json()
    except (PlatformError, ValueError):
        yield Check("platform", "ok", f"none is running at {tools.url}")
        return
    parts = {name: part for name, part in ready.items() if isinstance(part, dict)}
    unready = [f"{name}: {part.get('reason', 'not ready')}" for name, part in parts.items() if not part.get("ready")]
    if unready:
        yield Check("platform", "problem", f"{tools.url}: {'; '.join(unready)}")
    else:
        yield Check("platform", "ok", f"{tools.url} is ready")
    for each in parts.get("workers", {}).get("failed", []):
        yield Check(
            "implementation",
            "problem",
            f"{each.get('implementation')}: {each.get('failure')}",
            "`openmcs logs --messages` has the traceback.",
        )
