"""
What is encrypted at rest: secrets of configuration, and credentials of connectors.

The key is `OPENMCS_SECRET_KEY`, else the file `secret.key` in the data folder, which is made at the first
start and belongs to the platform's user alone. Nodes that share a database share the key. The variable and
the file may hold several keys, one a line: the first seals, all open, so that a key can be replaced.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from openmcs.errors import ConfigurationError

VARIABLE = "OPENMCS_SECRET_KEY"
FILE = "secret.key"


class SecretUnreadable(ConfigurationError):
    """Something was sealed with a key that is not here."""

    code = "MOBILE-90031"
    title = "Secret not readable"


class Vault:
    """Seals and opens texts."""

    def __init__(self, keys: list[str]) -> None:
        """*keys* are Fernet keys: 32 bytes in URL-safe Base64. Raises `ConfigurationError`."""
        try:
            self._fernet = MultiFernet([Fernet(key.encode()) for key in keys])
        except (ValueError, TypeError):
            raise ConfigurationError(
                f"{VARIABLE} (or {FILE}) has to be 32 bytes in URL-safe Base64, one key a line; make one with: "
                "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
            ) from None

    @classmethod
    def open(cls, data: Path, environment: Mapping[str, str] = os.environ) -> Vault:
        """The vault of a data folder; its key file is made if there is none. Raises `ConfigurationError`."""
        given = environment.get(VARIABLE, "").split()
        return cls(given or _file_keys(data / FILE))

    def seal(self, text: str) -> str:
        """*text* so that only the key opens it."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """What `seal` was given. Raises `SecretUnreadable`."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SecretUnreadable(
                f"A secret in the database was sealed with another key than this node has; give it the right "
                f"{VARIABLE}, or set the secret anew."
            ) from None


def _file_keys(file: Path) -> list[str]:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            raise ConfigurationError(f"{file} can be read by others (mode {mode:o}); chmod 600 it.") from None
        return file.read_text("ascii", "replace").split()
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(Fernet.generate_key().decode() + "\n")
        out.flush()
        os.fsync(out.fileno())
    return file.read_text("ascii").split()
