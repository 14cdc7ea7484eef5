"""Node, and the SDK's folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.platform_server import ANONYMOUS_KEY, APPLICATION_KEY, BACKEND_ID, PASSWORD, PlatformServer

SDK = Path(__file__).parents[2] / "sdk_js"
PATH = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"


def node(*arguments: str | Path, folder: Path = SDK) -> str:
    """What a script of Node prints; its complaints are those of the test."""
    program = shutil.which("node", path=PATH)
    assert program is not None, "make build provides Node"
    done = subprocess.run(
        [program, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
    return done.stdout


def app_folder(folder: Path) -> Path:
    """An app's folder that has the SDK."""
    (folder / "node_modules" / "@openmcs").mkdir(parents=True)
    (folder / "node_modules" / "@openmcs" / "sdk").symlink_to(SDK)
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def compiled(app: Path, *files: str) -> None:
    """Compile files of an app with tsc, strictly, into its folder `out`."""
    options = {"strict": True, "module": "node16", "target": "es2022", "lib": ["es2022", "dom"], "types": []}
    options |= {"outDir": "out", "noUncheckedIndexedAccess": True, "noUnusedLocals": True}
    (app / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": files}))
    node(SDK / "node_modules" / "typescript" / "bin" / "tsc", "-p", ".", folder=app)


def described(platform: PlatformServer, where: str) -> dict[str, str]:
    """The platform as the suite takes it."""
    return {
        "url": platform.url,
        "backendId": BACKEND_ID,
        "anonymousKey": ANONYMOUS_KEY,
        "applicationKey": APPLICATION_KEY,
        "username": "joe",
        "password": PASSWORD,
        "where": where,
    }


def failures(results: list[dict[str, str | None]]) -> list[str]:
    """What went wrong, by test."""
    assert len(results) > 5
    return [f"{each['name']}: {each['error']}" for each in results if each["error"]]
