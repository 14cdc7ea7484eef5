"""Processes that `openmcs dev` starts and ends with the platform (`[[dev.companions]]`)."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from openmcs.errors import ConfigurationError
from openmcs.settings import Companion

READY_SECONDS = 15.0


class Companions:
    """
    All companions of a project.

    `{python}`, `{data}` and `{project}` in commands and environment values stand for this interpreter,
    the data folder and the project folder.
    """

    def __init__(self, companions: Sequence[Companion], folder: Path, data: Path) -> None:
        self._companions = companions
        self._folder = folder.resolve()
        self._places = {"python": sys.executable, "data": str(data), "project": str(self._folder)}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._gone: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start each and wait for its port. Raises `ConfigurationError` naming the one that does not come up."""
        for companion in self._companions:
            self._processes.append(self._spawn(companion))
            if companion.ready:
                self._wait_for(companion, self._processes[-1])

    def ended(self) -> list[str]:
        """What is to be said of those that have ended since this was asked last."""
        said = []
        for companion, process in zip(self._companions, self._processes, strict=False):
            if process.poll() is not None and process not in self._gone:
                self._gone.append(process)
                said.append(f"{companion.name} ended with status {process.returncode}; its output is above")
        return said

    def stop(self) -> None:
        """End all, with their children."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _spawn(self, companion: Companion) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **{name: self._filled(text) for name, text in companion.environment.items()}}
        try:
            return subprocess.Popen(
                [self._filled(each) for each in companion.command],
                cwd=self._folder / companion.directory,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise ConfigurationError(f"dev.companions: {companion.name} does not start: {error}") from None

    def _wait_for(self, companion: Companion, process: subprocess.Popen[bytes]) -> None:
        host, _, port = companion.ready.rpartition(":")
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            if process.poll() is not None:
                raise ConfigurationError(
                    f"dev.companions: {companion.name} ended with status {process.returncode}; its output is above"
                )
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
            except OSError:
                time.sleep(0.05)
                continue
            click.echo(f"{click.style('✓', fg='green')} {companion.name}: listens on {companion.ready}", err=True)
            return
        raise ConfigurationError(f"dev.companions: {companion.name} did not listen on {companion.ready} in time")

    def _filled(self, text: str) -> str:
        for name, value in self._places.items():
            text = text.replace(f"{{{name}}}", value)
        return text
