"""`openmcs init`: a project folder to start from."""

from __future__ import annotations

import re
from pathlib import Path

import click

_NAME = re.compile(r"^[a-zA-Z][a-zA-Z0-9_]*$")

_BACKEND = """\
# A mobile backend: what an app identifies itself with, and the APIs behind it.

name = "{name}"
version = "1.0"
description = ""
apis = ["{name} 1.0"]

[auth]
basic = true
anonymous = true

[cors]
origins = ["http://localhost:*", "http://127.0.0.1:*"]

# Made by `openmcs dev` only.
[[users]]
username = "joe"
password = "Mobile1*"
"""

_API = """\
name = "{name}"
version = "1.0"
title = "{name}"
description = ""
raml = "{name}.raml"
login_required = false
"""

_RAML = """\
#%RAML 0.8
title: {name}
version: "1.0"
baseUri: /mobile/custom/{name}
mediaType: application/json
/greeting:
  get:
    description: A greeting for whoever calls.
    responses:
      200:
        body:
          application/json:
            example: |
              {{"greeting": "Hello!"}}
"""

_PYPROJECT = """\
[project]
name = "{name}"
version = "1.0"
requires-python = ">=3.11"
dependencies = []

[tool.openmcs]
main = "{name}.py"
# Hosts and ports that the code may reach, such as "api.example.com:443"; nothing else can be.
network = []
"""

_CODE = '''\
"""The API `{name}`."""


def register(service):
    """Called once when a worker starts."""
    service.get("/greeting", greeting)


def greeting(req):
    """GET /greeting"""
    req.console.info("greeting", req.user.name)
    return {{"greeting": f"Hello, {{req.user.name}}!"}}
'''

_PLATFORM = """\
# The server's settings; `openmcs config show` prints all of them.

[server]
port = 8080
"""


@click.command("init")
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", help="Name of the first backend and API; the folder's by default.")
def init(folder: Path, name: str | None) -> None:
    """Start a project in FOLDER: one backend, one API with an implementation."""
    name = name or re.sub(r"\W", "_", folder.resolve().name)
    if not _NAME.match(name):
        raise click.UsageError(f"{name!r} is no name: letters, digits and _, beginning with a letter (--name)")
    files = {
        "platform.toml": _PLATFORM,
        f"backends/{name}.toml": _BACKEND,
        f"custom_code/{name}/api.toml": _API,
        f"custom_code/{name}/{name}.raml": _RAML,
        f"custom_code/{name}/pyproject.toml": _PYPROJECT,
        f"custom_code/{name}/{name}.py": _CODE,
        ".gitignore": ".openmcs/\n__pycache__/\n",
    }
    existing = [path for path in files if (folder / path).exists() and path != ".gitignore"]
    if existing:
        raise click.ClickException(f"{', '.join(existing)} in {folder} exist already; nothing was written")
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.write_text(text if path == ".gitignore" else text.format(name=name), "utf-8")
    click.echo(f"Written to {folder}. Now: openmcs dev {folder}", err=True)
