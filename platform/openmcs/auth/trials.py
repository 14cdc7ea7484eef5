"""
Trials: a team member calls an API from the console's test page as the mobile user who has their name.

MCS's test page had a "Current User": a person of the identity domain, who could be team member and mobile user
at once (contract: portal, API-19). Here the two are kept apart, so "me" is the mobile user of the backend's realm
with the member's name, if there is one. Whoever may ask for a trial may give that user a new password as well.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from openmcs.errors import CallerRejected, PlatformError

SCHEME = "Bearer openmcs-trial."
SECONDS = 60
_PURPOSE = "trial"


class Trial(NamedTuple):
    """Whose credentials they are, and in which backend they count."""

    backend: str
    realm: str
    username: str


@dataclass(frozen=True, slots=True)
class Trials:
    """Makes and reads credentials that are good for a minute, in every process that has the platform's key."""

    seal: Callable[[str], str]
    unseal: Callable[[str], str]

    def grant(self, trial: Trial, now: float | None = None) -> str:
        """The `Authorization` header of a trial."""
        until = (time.time() if now is None else now) + SECONDS
        return SCHEME + self.seal(json.dumps({"for": _PURPOSE, "until": until, **trial._asdict()}))

    def read(self, header: str, backend: str) -> Trial:
        """Whose credentials a header has. Raises `CallerRejected` unless they count in *backend*, now."""
        try:
            said = json.loads(self.unseal(header.removeprefix(SCHEME)))
        except (PlatformError, ValueError):
            raise CallerRejected("The credentials of this trial are none of the platform's.") from None
        if not isinstance(said, dict) or said.get("for") != _PURPOSE or said.get("backend") != backend:
            raise CallerRejected("The credentials of this trial are of another backend.")
        if said["until"] < time.time():
            raise CallerRejected("The credentials of this trial have run out; the test page asks for new ones.")
        return Trial(said["backend"], said["realm"], said["username"])
