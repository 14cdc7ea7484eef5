"""Which of the events that apps report a question is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.filters import LONGEST_VALUE, Binds
from openmcs.errors import RequestInvalid
from openmcs.store.clock import to_iso

COLUMNS = {
    "name": "name",
    "backend": "backend",
    "client": "application_key",
    "user": "user",
    "session": "session_id",
    "device": "device_id",
    "component": "component",
    "type": "type",
}
CONTEXT = {
    "timezone": "timezone", "carrier": "carrier", "manufacturer": "manufacturer", "model": "model",
    "osName": "os_name", "osVersion": "os_version", "osBuild": "os_build", "locality": "locality", "region": "region",
    "postalCode": "postal_code", "country": "country",
}  # fmt: skip
"""What an app says of where and on what something happened, as `context.model` and so on."""
MOST = 20
WHO = {
    "session": "session_id",
    "user": "CASE WHEN caller_kind = 'user' THEN \"user\" END",
    "device": "device_id",
}


def expression(name: str, binds: Binds) -> str:
    """SQL for a property of an event, or for `context.model` and its kin. Raises `RequestInvalid`."""
    if name.startswith("context."):
        column = CONTEXT.get(name[8:])
        if column is None:
            raise RequestInvalid(f"There is no {name[:64]!r}; known are context.{', context.'.join(CONTEXT)}.")
        return f'"{column}"'
    # A JSON pointer, as a parameter: a name may have any characters.
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    return f"json_extract_string(properties, {binds.add(pointer)})"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Events with these values."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    properties: tuple[tuple[str, str, bool], ...] = ()
    """Name of a property or context, value, and whether it must not be that."""

    @classmethod
    def parse(cls, parameters: read.Parameters) -> EventFilter:
        """From the query of a call. Raises `RequestInvalid`, which names the parameter."""
        columns = {name: tuple(read.every(parameters, name)) for name in COLUMNS}
        properties = []
        for key in dict.fromkeys(parameters):
            name = key.removeprefix("property.") if key.startswith("property.") else key
            if name == key and not key.startswith("context."):
                continue
            for value in read.every(parameters, key):
                negated = value.startswith("!") and len(value) > 1
                properties.append((name, value[negated:][:LONGEST_VALUE], negated))
                expression(name, Binds())
        if len(properties) > MOST:
            raise RequestInvalid(f"More than {MOST} properties are asked for.")
        return cls({name: values for name, values in columns.items() if values}, tuple(properties))

    def sql(self, binds: Binds) -> str:
        """The condition of a statement."""
        conditions = []
        for name, values in self.columns.items():
            same = " OR ".join(f'"{COLUMNS[name]}" = {binds.add(value)}' for value in values)
            conditions.append(f"({same})")
        for name, value, negated in self.properties:
            test = f"coalesce({expression(name, binds)} = {binds.add(value)}, false)"
            conditions.append(f"NOT {test}" if negated else test)
        return " AND ".join(conditions) or "true"


def document(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of events as the tools API shows it."""
    return {
        "time": to_iso(row["time"]),
        "clientTime": to_iso(row["client_time"]),
        "receivedAt": to_iso(row["received_at"]),
        "name": row["name"],
        "type": row["type"],
        "component": row["component"],
        "sessionId": row["session_id"],
        "user": row["user"] if row["caller_kind"] == "user" else None,
        "deviceId": row["device_id"],
        "backend": row["backend"],
        "backendVersion": row["backend_version"],
        "applicationKey": row["application_key"],
        "clientSdk": row["client_sdk"],
        "ecid": row["ecid"],
        "context": {name: row[column] for name, column in CONTEXT.items() if row[column] is not None}
        | {name: row[name] for name in ("latitude", "longitude") if row[name] is not None},
        "properties": json.loads(row["properties"]),
    }
