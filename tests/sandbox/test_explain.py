"""What the author of an implementation is told about an exception that came from a wall."""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
from pathlib import Path

import pytest

from openmcs.sandbox.explain import explain
from openmcs.sandbox.walls import Walls

WALLS = Walls(read=())


def raised_by(act: object) -> BaseException:
    """The exception that calling *act* raises."""
    try:
        act()  # type: ignore[operator]
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def refuse(*_: object, **__: object) -> None:
    """What the kernel answers to a forbidden act."""
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


class Connection:
    """Keeps host and port as client libraries do."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port

    def open(self) -> None:
        """Fails like `http.client.HTTPConnection.connect` in the sandbox."""
        refuse()


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), PermissionError("yours alone"), TimeoutError()])
def test_an_ordinary_exception_comes_from_no_wall(error: BaseException) -> None:
    """Only what the sandbox caused is explained."""
    assert explain(error, WALLS) is None


def test_a_refused_connection_of_the_network_is_no_wall() -> None:
    """A server that does not listen is not the sandbox's doing."""
    assert explain(ConnectionRefusedError(errno.ECONNREFUSED, "refused"), WALLS) is None


def test_a_connection_objects_host_and_port_are_found() -> None:
    """The line to add is complete when the library kept what it wanted to reach."""
    hint = explain(raised_by(Connection("db.example.com", 3306).open), WALLS)
    assert hint is not None and 'network = ["db.example.com:3306"]' in hint


def test_the_first_cause_is_explained_through_wrappers() -> None:
    """Libraries wrap the kernel's refusal in exceptions of their own."""

    def wrapped() -> None:
        try:
            Connection("api.example.com", 443).open()
        except OSError as error:
            raise RuntimeError("could not connect") from error

    hint = explain(raised_by(wrapped), WALLS)
    assert hint is not None and "api.example.com:443" in hint


def test_a_name_that_cannot_be_resolved_is_a_matter_of_declaring_it() -> None:
    """Names are resolved for declared hosts only; IPv6 addresses get brackets."""
    error = socket.gaierror(socket.EAI_NONAME, "the host 'h' is not declared; add: network = [\"h:80\"]")
    hint = explain(error, WALLS._replace(connect=(443,)))
    assert hint is not None and 'network = ["h:80"]' in hint and "443" in hint
    hint = explain(raised_by(Connection("2001:db8::1", 80).open), WALLS)
    assert hint is not None and '"[2001:db8::1]:80"' in hint


def test_a_placeholder_stands_for_what_is_not_known() -> None:
    """Without host and port the line shows its form."""
    hint = explain(socket.gaierror(socket.EAI_AGAIN, "try again"), WALLS)
    assert hint is not None and 'network = ["host:port"]' in hint


def test_files_are_to_be_packaged(tmp_path: Path) -> None:
    """A refused file is recognised by its name, a database by its message."""
    refused = PermissionError(errno.EACCES, "Permission denied", "/etc/passwd")
    for error in (
        refused,
        raised_by(lambda: sqlite3.connect(tmp_path / "none" / "x.db")),
        FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"),
        OSError(errno.EFBIG, "File too large"),
    ):
        hint = explain(error, WALLS)
        assert hint is not None and "importlib.resources" in hint


def test_memory_and_threads_name_the_limit() -> None:
    """Both come from the same wall, whose size is said."""
    for error in (MemoryError(), RuntimeError("can't start new thread"), OSError(errno.ENOMEM, "no")):
        hint = explain(error, WALLS._replace(memory=64 * 2**20))
        assert hint is not None and "64 MiB" in hint


def test_open_files_name_the_limit() -> None:
    """The number that may be open is said."""
    hint = explain(OSError(errno.EMFILE, "Too many open files"), WALLS)
    assert hint is not None and "256" in hint


def test_a_cycle_of_causes_ends() -> None:
    """Exceptions that name each other as cause do not hang the explanation."""
    one, two = ValueError(1), ValueError(2)
    one.__cause__, two.__cause__ = two, one
    assert explain(one, WALLS) is None
