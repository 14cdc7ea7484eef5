"""`openmcs dev`: the platform on a project folder, which is watched; each save is applied at once."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click

from openmcs.cli.companions import Companions
from openmcs.cli.output import print_findings
from openmcs.cli.running import Running, folder_option, overrides, refuse_start
from openmcs.errors import PlatformError, ResourceNotFound
from openmcs.settings import load

DEBUGGING = {
    "runtime.isolation": "none",
    "runtime.debug_port": 5678,
    "runtime.zygote": False,
    "runtime.workers": 1,
    "runtime.most_workers": 1,
    "runtime.idle_seconds": 0,
    # Nobody hurries whoever sits at a breakpoint.
    "runtime.hang_seconds": 86_400,
    "runtime.request_timeout_ms": 86_400_000,
}
"""Settings under which a handler can be stopped and looked at."""


@click.command("dev")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@folder_option
@click.option("--debug", is_flag=True, help="Let a debugger into the workers (debugpy), which then have no walls.")
@click.option("--companions/--no-companions", default=True, help="Start the processes of [[dev.companions]].")
def command(folder: Path, data: Path | None, port: int | None, host: str | None, companions: bool, debug: bool) -> None:
    """
    Run the platform on the project in FOLDER and apply each save without a restart.

    A save that is broken is told here and in the console, and the last good version goes on serving.
    """
    given = overrides(data, port, host)
    loaded = load(folder, overrides={**given, **DEBUGGING} if debug else given)
    if "runtime.undeclared" not in loaded.origins:
        loaded = load(folder, overrides={**given, **(DEBUGGING if debug else {}), "runtime.undeclared": "warn"})
    if debug:
        click.echo(
            click.style("Workers run without walls: for debugging on your own machine only.", fg="yellow"), err=True
        )
    running = Running(loaded.settings)
    beside = Companions(loaded.settings.dev.companions if companions else [], folder, loaded.settings.data_directory)
    try:
        running.start(leave_credentials=True)
    except PlatformError as error:
        refuse_start(error)
        sys.exit(2)
    try:
        beside.start()
    except PlatformError as error:
        refuse_start(error)
        beside.stop()
        running.host.stop()
        running.run()
        sys.exit(2)
    project = Project(folder, running, beside)
    try:
        sys.exit(running.run(project.begin))
    finally:
        beside.stop()


class Project:
    """Applies the folder to the running platform, once at the start and then part by part."""

    def __init__(self, folder: Path, running: Running, beside: Companions) -> None:
        self._folder = folder.resolve()
        self._running = running
        self._beside = beside
        self._applied: dict[Path, dict[Path, tuple[int, int]]] = {}
        """What each part looked like when it was applied last."""
        self._refused: set[Path] = set()

    def begin(self) -> None:
        """Apply and watch beside the thread that minds the platform."""
        threading.Thread(target=self._apply_and_watch, name="project", daemon=True).start()

    def _apply_and_watch(self) -> None:
        if not self._running.wait_until_ready():
            return
        for part in self._parts():
            self._apply(part)
        self._welcome()
        self._watch()

    def _parts(self) -> list[Path]:
        """Connectors and APIs first: APIs call the one, and backends name the other."""
        apis = sorted(each.parent for each in (self._folder / "custom_code").glob("*/api.toml"))
        connectors, backends = (sorted((self._folder / each).glob("*.toml")) for each in ("connectors", "backends"))
        return [*connectors, *apis, *backends]

    def _apply(self, part: Path) -> bool:
        from openmcs.cli.upload import upload_api, upload_backend, upload_connector

        started = time.monotonic()
        self._applied[part] = _looks(part)
        name = part.relative_to(self._folder)
        try:
            if part.is_dir():
                result = upload_api(self._running.tools(), part)
                print_findings(result["warnings"])
                said = f"{result['implementation'] or 'the mock'} answers"
                if result["network"]:
                    said += f" and may reach {', '.join(result['network'])}"
            elif part.parent.name == "connectors":
                connector = upload_connector(self._running.tools(), part)
                said = f"applied, {'with' if connector['credentials'] else 'without'} credentials"
            else:
                upload_backend(self._running.tools(), part, with_users=True)
                said = "applied"
        except PlatformError as error:
            self._complain(name, error)
            self._refused.add(part)
            return False
        self._refused.discard(part)
        click.echo(f"{click.style('✓', fg='green')} {name}: {said} ({time.monotonic() - started:.1f} s)", err=True)
        return True

    def _complain(self, name: Path, error: PlatformError) -> None:
        click.echo(f"{click.style('✗', fg='red')} {name}: {error.detail}", err=True)
        print_findings(error.findings)
        build_log = getattr(error, "build_log", "")
        if build_log:
            click.echo(click.style(build_log.rstrip(), dim=True), err=True)
        click.echo("  The last good version goes on serving.", err=True)

    def _watch(self) -> None:
        import watchfiles

        folders = (self._folder / each for each in ("connectors", "custom_code", "backends"))
        roots = [each for each in folders if each.is_dir()]
        if not roots:
            click.echo(f"{self._folder} has neither custom_code nor backends; nothing to watch.", err=True)
            return
        watching = watchfiles.watch(
            *roots, debounce=100, step=20, watch_filter=_FILTER, raise_interrupt=False,
            # Wakes up without a change too: for what was saved before the watch began.
            rust_timeout=500, yield_on_timeout=True,
        )  # fmt: skip
        for _ in watching:
            if self._running.host.stopping:
                return
            for said in self._beside.ended():
                click.echo(f"{click.style('✗', fg='red')} {said}", err=True)
            saved = [part for part in self._parts() if self._applied.get(part) != _looks(part)]
            applied = [part for part in saved if self._apply(part)]
            if any(part.is_dir() for part in applied):
                self._apply_backends_that_waited()

    def _apply_backends_that_waited(self) -> None:
        """A backend may have been refused because it names an API that is there only now."""
        for part in sorted(self._refused):
            if part.parent.name == "backends" and part.is_file():
                self._apply(part)

    def _welcome(self) -> None:
        from openmcs.cli.client import find_backend

        url = self._running.url
        lines = [
            "",
            f"  Console        {url}/console/",
            f"  Sign in once   {self._running.sign_in_link()}",
        ]
        for file in sorted((self._folder / "backends").glob("*.toml")):
            try:
                backend = find_backend(self._running.tools(), file.stem)
            except (PlatformError, ResourceNotFound):
                continue
            lines += [
                "",
                f"  Backend        {backend['name']} {backend['version']}",
                f"  Backend id     {backend['backendId']}",
                f"  Anonymous key  {backend['anonymousKey']}",
            ]
            lines += _curl(self._running, backend)
        click.echo("\n".join([*lines, ""]))
        sys.stdout.flush()


def _curl(running: Running, backend: dict[str, Any]) -> list[str]:
    """A line to paste: the first GET of the backend's APIs that has no path parameter."""
    for reference in backend["apis"]:
        api = running.tools().get(f"/apis/{reference['id']}")
        for resource in api["resources"]:
            if "GET" in resource["methods"] and "{" not in resource["path"]:
                return [
                    "",
                    f"  curl -H 'Oracle-Mobile-Backend-ID: {backend['backendId']}' "
                    f"-H 'Authorization: Basic {backend['anonymousKey']}' "
                    f"{running.url}{api['basePath']}{resource['path']}",
                ]
    return []


class _Filter:
    """Ignores what tools and editors leave behind, so that no save causes another."""

    _IGNORED = (
        "__pycache__",
        ".git",
        ".openmcs",
        ".venv",
        "node_modules",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
    )
    _ENDINGS = (".pyc", ".swp", ".swx", "~", ".tmp", ".db", ".db-wal", ".db-shm", ".db-journal", ".log")

    def __call__(self, change: object, path: str) -> bool:
        parts = Path(path).parts
        return not any(part in self._IGNORED for part in parts) and not path.endswith(self._ENDINGS)


_FILTER = _Filter()


def _looks(part: Path) -> dict[Path, tuple[int, int]]:
    """The files of a part with their times and sizes, by which a save is noticed."""
    files = (
        [part] if part.is_file() else [each for each in part.rglob("*") if _FILTER(None, str(each)) and each.is_file()]
    )
    looks = {}
    for each in files:
        with contextlib.suppress(FileNotFoundError):
            found = each.stat()
            looks[each] = (found.st_mtime_ns, found.st_size)
    return looks
