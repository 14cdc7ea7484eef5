"""The JavaScript SDK for download, with a configuration filled in for one backend."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openmcs.errors import ResourceNotFound

FILES = ("mcs.js", "mcs.min.js", "mcs.mjs", "index.d.ts")


def sdk_zip(directory: Path, backend: Mapping[str, Any]) -> bytes:
    """
    The built SDK and two configurations: the old shape and the new (contract: wire, section 1).

    Raises `ResourceNotFound` when the SDK was not built into this installation.
    """
    missing = [name for name in FILES if not (directory / name).is_file()]
    if missing:
        raise ResourceNotFound(f"This installation has no built SDK ({', '.join(missing)}); `make build` makes it.")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES:
            archive.write(directory / name, f"openmcs-sdk/{name}")
        archive.writestr("openmcs-sdk/oracle_mobile_cloud_config.js", _assigned(old_shape(backend)))
        archive.writestr("openmcs-sdk/mcs_config.js", _exported(new_shape(backend)))
    return out.getvalue()


def old_shape(backend: Mapping[str, Any]) -> dict[str, Any]:
    """For `mcs.mobileBackendManager.setConfig`."""
    return {
        "logLevel": 2,
        "mobileBackends": {
            backend["name"]: {
                "default": True,
                "baseUrl": backend["baseUrl"],
                "applicationKey": _application_key(backend),
                "authorization": {
                    "basicAuth": {"backendId": backend["backendId"], "anonymousToken": backend["anonymousKey"]}
                },
            }
        },
    }


def new_shape(backend: Mapping[str, Any]) -> dict[str, Any]:
    """For `mcs.init`."""
    return {
        "logLevel": 3,
        "mobileBackend": {
            "name": backend["name"],
            "baseUrl": backend["baseUrl"],
            "authentication": {
                "type": "basic",
                "basic": {"mobileBackendId": backend["backendId"], "anonymousKey": backend["anonymousKey"]},
            },
        },
    }


def _application_key(backend: Mapping[str, Any]) -> str:
    clients = sorted(backend["clients"], key=lambda each: each["platform"] != "WEB")
    return clients[0]["applicationKey"] if clients else ""


def _assigned(config: Mapping[str, Any]) -> str:
    return f"// For mcs.mobileBackendManager.setConfig(mcs_config).\nvar mcs_config = {json.dumps(config, indent=2)};\n"


def _exported(config: Mapping[str, Any]) -> str:
    return (
        f"// For mcs.init(mcs_config), in React Native and bundlers.\nexport default {json.dumps(config, indent=2)};\n"
    )
