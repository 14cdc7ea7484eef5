"""
Brings the customer's code in: search path, names it may resolve, its main module, `register(service)`.

The code is loaded by file location and comes last on the search path, so that an uploaded `json.py`
or `sitecustomize.py` shadows nothing.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import socket
import sys
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any

from openmcs import sandbox
from openmcs.runtime.console import place
from openmcs.runtime.protocol import Fault, Start
from openmcs.runtime.service import Service


class CodeInvalid(Exception):
    """The code was imported and is no implementation."""


def search_path(start: Start) -> None:
    """Leave the standard library on `sys.path`, then the dependencies, then the code."""
    own = {os.path.realpath(os.path.dirname(os.path.dirname(__import__("openmcs").__file__ or "")))}
    standard = [p for p in sys.path if p and os.path.realpath(p) not in own and "site-packages" not in p]
    sys.path[:] = [*standard, *start.packages, start.directory]
    sys.dont_write_bytecode = True
    for finder in [
        each for each in sys.meta_path if type(each).__module__.startswith("_") and "editable" in repr(each)
    ]:
        sys.meta_path.remove(finder)


def load(start: Start, service: Service) -> str:
    """
    Import the main module, let it register its routes, and note its `startup` and `shutdown`.

    Returns the module's name. Raises whatever the code raises, and `CodeInvalid` when there is no
    `register(service)` or it registers nothing.
    """
    module = _import_main(start)
    register: Callable[[Service], Any] | None = getattr(module, "register", None)
    if not callable(register):
        raise CodeInvalid(f"{start.main} has no function register(service)")
    register(service)
    for name, hooks in (("startup", service.startup), ("shutdown", service.shutdown)):
        hook = getattr(module, name, None)
        if callable(hook) and hook not in hooks:
            hooks.append(hook)
    if not service.routes:
        raise CodeInvalid(f"register(service) of {start.main} registered no route")
    return module.__name__


async def run_hook(hook: Callable[..., Any], service: Service) -> None:
    """Run a `startup` or `shutdown`, which takes the service or nothing and may be a coroutine."""
    value = hook(service) if inspect.signature(hook).parameters else hook()
    if inspect.isawaitable(value):
        await value


def _import_main(start: Start) -> ModuleType:
    path = os.path.join(start.directory, start.main)
    name, is_package = _module_name(start.main)
    spec = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[os.path.dirname(path)] if is_package else None
    )
    if spec is None or spec.loader is None:
        raise CodeInvalid(f"{start.main} is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _module_name(main: str) -> tuple[str, bool]:
    directory, file = os.path.split(main)
    if file == "__init__.py":
        return directory.replace("/", "."), True
    stem = file.removesuffix(".py")
    return (f"{directory.replace('/', '.')}.{stem}" if directory else stem), False


def fault_of(error: BaseException, start: Start, walls: sandbox.Walls) -> Fault:
    """What went wrong, with the deepest line of the customer's own code and the wall it hit, if any."""
    file, line, column = _place_of(error, start.directory)
    text = "".join(traceback.format_exception(error))
    return Fault(
        kind=type(error).__name__,
        message=_message_of(error, placed=file is not None)[:2000],
        traceback=text.replace(start.directory.rstrip("/") + "/", "")[-20_000:],
        file=file,
        line=line,
        column=column,
        hint=sandbox.explain(error, walls),
    )


def _message_of(error: BaseException, *, placed: bool) -> str:
    # Python adds "(file, line n)" to a syntax error, which has been said where the place is known.
    return error.msg if placed and isinstance(error, SyntaxError) else str(error)


def _place_of(error: BaseException, directory: str) -> tuple[str | None, int | None, int | None]:
    if isinstance(error, SyntaxError) and error.filename:
        file, line = place(error.filename, error.lineno or 0, directory)
        if file:
            return file, line, error.offset
    found: tuple[str | None, int | None, int | None] = (None, None, None)
    for frame, number in traceback.walk_tb(error.__traceback__):
        file, line = place(frame.f_code.co_filename, number, directory)
        if file:
            found = (file, line, None)
    return found


def resolve_declared_names_only(start: Start) -> None:
    """
    Answer name look-ups from what the platform resolved for the declared hosts.

    The sandbox lets no packet reach a name server; without this a declared host could not be found,
    and an undeclared one would fail with a riddle instead of the line to add.
    """
    addresses = start.addresses
    original = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or name in addresses:
            known = addresses.get(name, []) if name else ["127.0.0.1"]
            found: list[Any] = []
            for address in known:
                try:
                    found += original(address, port, family, type, proto, flags | socket.AI_NUMERICHOST)
                except socket.gaierror:
                    continue
            if found:
                return found
        else:
            try:
                return original(name, port, family, type, proto, flags | socket.AI_NUMERICHOST)
            except socket.gaierror:
                pass
        line = f'network = ["{name}:{port}"]'
        raise socket.gaierror(
            socket.EAI_NONAME,
            f"the host {name!r} is not declared; add it to pyproject.toml under [tool.openmcs]: {line}",
        )

    socket.getaddrinfo = getaddrinfo
    socket.gethostbyname = lambda name: getaddrinfo(name, 0, socket.AF_INET)[0][4][0]
