"""The command line, run in this process, beside a platform that serves the project of `openmcs init`."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest

from openmcs.cli import main
from tests.server import Done, Server, clean_environment

Run = Callable[..., Done]


def run_here(*arguments: str | Path, **environment: str) -> Done:
    """Run a command in this process, as the entry point does; quicker than a process of its own."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        mock.patch.object(sys, "argv", ["openmcs", *map(str, arguments)]),
        mock.patch.dict(os.environ, clean_environment(**environment), clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else 1
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`openmcs serve` with the API and the backend `shop` of `openmcs init`, deployed, and the user `joe`."""
    folder = tmp_path_factory.mktemp("cli") / "shop"
    assert run_here("init", folder).code == 0
    with Server(folder, folder.parent / "data") as running:
        environment = {"OPENMCS_DATA": str(running.data)}
        deployed = run_here("deploy", folder, **environment)
        assert deployed.code == 0, deployed.err
        added = run_here("user", "add", "joe", **environment, OPENMCS_NEW_PASSWORD="Mobile1*")
        assert added.code == 0, added.err
        yield running


@pytest.fixture
def run(server: Server) -> Run:
    """Run a command beside the data folder of the platform."""

    def run(*arguments: str | Path, **environment: str) -> Done:
        return run_here(*arguments, **{"OPENMCS_DATA": str(server.data), **environment})

    return run
