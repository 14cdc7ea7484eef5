"""The repository's tree: tests mirror rooms and modules, and the folder `platform` shadows nothing of Python's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "platform" / "openmcs"
TESTS = ROOT / "tests"

ELSEWHERE = {
    "journeys": "stories of the whole product, not of one room",
    "sdk": "the JavaScript SDK in sdk_js/, against a running platform",
}
"""Folders of tests that are no room, and why."""

WITHOUT_MODULE = {
    "analytics/test_naive.py": "every question against the same question answered by plain Python",
    "auth/test_lockout.py": "guessing, through callers and attempts",
    "cli/test_commands.py": "the group itself, `openmcs.cli`",
    "console/test_apart.py": "a page of custom code in the browser of a signed-in team member",
    "console/test_building.py": "journeys through the console's pages in Chromium: what a team builds",
    "console/test_designing.py": "journeys through the designer: traits, resource types, schemas, types, documentation",
    "console/test_every_page.py": "each page of the console: accessible, narrow, dark, and strict in what it loads",
    "console/test_hostile.py": "what clients send is text on every page",
    "console/test_operating.py": "journeys through the console's pages: calls made again, workers, connectors, configuration",
    "console/test_sign_in.py": "journeys through the console's pages: the way in",
    "console/test_watching.py": "journeys through the console's pages: calls, logs, health",
    "sandbox/test_as_ordinary_user.py": "walls, levels, leases and forked workers again, without root",
    "sandbox/test_levels.py": "which wall stops which attack, through all modules of the room",
    "raml/test_errors_page.py": "docs/raml-errors.md against the codes",
    "raml/test_hostile.py": "definitions that mean harm, through all modules of the room",
    "raml/test_mcs.py": "definitions as MCS exports them, through all modules of the room",
    "raml/test_kit.py": "the public conformance kit, through all modules of the room",
    "test_porting.py": "the examples of docs/porting.md",
    "test_docs.py": "docs/ against the code",
    "test_tree.py": "this file",
}
"""Test files that mirror no module, and why."""


def modules() -> set[str]:
    """Every module of the package, as a path without ending."""
    return {
        file.relative_to(PACKAGE).with_suffix("").as_posix()
        for file in PACKAGE.rglob("*.py")
        if file.name != "__init__.py" and "migrations" not in file.parts
    }


def test_each_folder_of_tests_is_a_room() -> None:
    """`tests/<room>/` for `platform/openmcs/<room>/`, with the exceptions that are listed."""
    folders = {each.name for each in TESTS.iterdir() if each.is_dir() and any(each.glob("*.py"))}
    rooms = {each.name for each in PACKAGE.iterdir() if (each / "__init__.py").is_file()}
    assert folders - rooms == set(ELSEWHERE)


def test_each_test_file_mirrors_a_module() -> None:
    """`tests/<room>/test_<module>.py` for `platform/openmcs/<room>/<module>.py`, with the exceptions that are listed."""
    known = modules()
    stray = set()
    for file in TESTS.rglob("test_*.py"):
        path = file.relative_to(TESTS)
        mirrored = (path.parent / path.stem.removeprefix("test_")).as_posix()
        if path.parts[0] not in ELSEWHERE and mirrored not in known and path.as_posix() not in WITHOUT_MODULE:
            stray.add(path.as_posix())
    assert stray == set()


def test_the_listed_exceptions_exist() -> None:
    """A list of exceptions is no place for what is gone."""
    assert [each for each in WITHOUT_MODULE if not (TESTS / each).is_file()] == []


def test_platform_is_a_folder_and_never_a_package() -> None:
    """The five conditions under which a root folder called `platform` is safe."""
    folder = ROOT / "platform"
    assert list(folder.glob("*.py")) == []
    assert {each.name for each in folder.iterdir() if each.is_dir()} <= {"openmcs", "console", "__pycache__"}
    assert [each for each in folder.rglob("conftest.py") if "node_modules" not in each.parts] == []
    assert [each for each in folder.rglob("test_*.py") if "node_modules" not in each.parts] == []
    assert [*TESTS.rglob("platform"), *TESTS.rglob("platform.py")] == []
    assert (TESTS / "__init__.py").is_file()


def test_the_standard_library_s_platform_is_found_from_the_root() -> None:
    """Python run in the root imports its own module, and the package by its own name."""
    code = "import platform, openmcs; platform.system(); print(platform.__file__); print(openmcs.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    found, package = done.stdout.split()
    assert not found.startswith(str(ROOT / "platform"))
    assert package == str(PACKAGE / "__init__.py")


def test_nobody_imports_the_package_through_the_folder() -> None:
    """It is `import openmcs`."""
    forbidden = ("import platform.openmcs", "from platform.openmcs", "from platform import openmcs")
    for folder in ("platform/openmcs", "tests", "benchmarks", "docs", "custom_code"):
        for file in (ROOT / folder).rglob("*.py"):
            if file != Path(__file__):
                text = file.read_text("utf-8")
                assert not any(each in text for each in forbidden), file
