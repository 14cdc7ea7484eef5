"""Where a node keeps what it can make again: unpacked archives and installed dependencies."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Places(NamedTuple):
    """Folders below the data folder."""

    data: Path

    @property
    def objects(self) -> Path:
        """Uploaded archives, by content."""
        return self.data / "objects"

    @property
    def code(self) -> Path:
        """Unpacked archives, by content."""
        return self.data / "cache" / "code"

    @property
    def environments(self) -> Path:
        """Installed sets of dependencies, by key."""
        return self.data / "cache" / "environments"

    @property
    def spool(self) -> Path:
        """Log records that are not in the tables yet."""
        return self.data / "spool"

    @property
    def log(self) -> Path:
        """Closed segments of the log."""
        return self.data / "log"

    @property
    def gateways(self) -> Path:
        """Sockets of the gateway processes that run."""
        return self.data / "run" / "gateways"

    @property
    def canary(self) -> Path:
        """A secret that no worker may read; its self-test tries to."""
        return self.data / "canary"
