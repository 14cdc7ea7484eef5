"""Project files to a running platform, for `deploy` and `dev` alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from openmcs.catalog.project import read_api, read_backend, read_connector
from openmcs.cli.client import Tools, quoted


def upload_api(
    tools: Tools, folder: Path, *, implementation: str | None = None, say: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """
    Definition and implementation of one API folder; *say* hears the build line by line.

    Raises what the platform refuses, with findings.
    """
    read = read_api(folder, implementation=implementation)
    api = tools.put(f"/apis/by-name/{quoted(read.name, read.version)}", read.definition)
    result: dict[str, Any] = {
        "apiId": api["id"],
        "api": api["name"],
        "apiVersion": api["version"],
        "warnings": api["warnings"],
        "implementationId": None,
        "artifactId": None,
        "implementation": None,
        "network": [],
        "unresolvedDependencies": [],
    }
    if read.implementation is not None:
        answer = tools.upload(
            f"/apis/{api['id']}/implementations", f"{read.name}_{read.version}.zip", read.implementation, say
        )
        uploaded = answer["implementation"]
        result.update(
            implementationId=answer["implementationId"],
            artifactId=answer["artifactId"],
            implementation=f"{uploaded['name']}({uploaded['version']})",
            network=uploaded["network"],
            unresolvedDependencies=answer["unresolvedDependencies"],
        )
    return result


def upload_backend(tools: Tools, file: Path, *, with_users: bool) -> dict[str, Any]:
    """One backend file; its users only where they are asked for (development)."""
    read = read_backend(file)
    definition = dict(read.definition) if with_users else {**read.definition, "users": []}
    backend: dict[str, Any] = tools.put(f"/mobilebackends/by-name/{quoted(read.name, read.version)}", definition)
    return backend


def upload_connector(tools: Tools, file: Path) -> dict[str, Any]:
    """One connector file; its credentials stay as they are."""
    read = read_connector(file)
    connector: dict[str, Any] = tools.put(f"/connectors/by-name/{quoted(read.name, read.version)}", read.definition)
    return connector
