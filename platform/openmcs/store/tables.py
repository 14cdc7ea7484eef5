"""
The tables, as SQLAlchemy Core sees them.

Ids are ULIDs in text, so that rows sort by age and nothing depends on a counter of one database.
Times are wall-clock microseconds since the epoch in a big integer: they compare and group the same
way in SQLite and MySQL. Names are compared exactly (`utf8mb4_bin` in MySQL).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)

from openmcs.store.columns import MYSQL_OPTIONS as MYSQL_OPTIONS
from openmcs.store.columns import Id as Id
from openmcs.store.columns import LongBinary, new_table
from openmcs.store.columns import LongText as LongText
from openmcs.store.columns import metadata as metadata
from openmcs.store.runtime_tables import activation as activation
from openmcs.store.runtime_tables import configuration as configuration
from openmcs.store.runtime_tables import connector as connector

# ── the catalogue ────────────────────────────────────────────────────────────────────────────────

catalog_revision = new_table(
    "catalog_revision",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
)
"""One row, id 1. Every change of what gateways serve adds one to it, in the same transaction."""

mobile_backend = new_table(
    "mobile_backend",
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("version", String(100), nullable=False),
    Column("description", String(1000), nullable=False, default=""),
    Column("backend_id", String(64), nullable=False, unique=True),
    Column("anonymous_key", String(400), nullable=False),
    Column("basic_auth", Boolean, nullable=False, default=True),
    Column("anonymous_auth", Boolean, nullable=False, default=True),
    Column("realm", String(100), nullable=False, default="Default"),
    Column("cors_origins", Text, nullable=False, default="[]"),  # JSON list
    Column("app_policies", LongText, nullable=False, default="{}"),  # JSON object
    Column("published", Boolean, nullable=False, default=False),
    Column("etag", Integer, nullable=False, default=1),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    UniqueConstraint("name", "version"),
)

client = new_table(
    "client",
    Column("id", Id, primary_key=True),
    Column("backend", Id, ForeignKey("mobile_backend.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("platform", String(20), nullable=False),
    Column("client_id", String(255), nullable=False),
    Column("version", String(100), nullable=False),
    Column("application_key", String(64), nullable=False, unique=True),
)

api = new_table(
    "api",
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("version", String(100), nullable=False),
    Column("title", String(255), nullable=False, default=""),
    Column("description", String(1000), nullable=False, default=""),
    Column("login_required", Boolean, nullable=False, default=False),
    Column("roles", Text, nullable=False, default="[]"),  # JSON list
    Column("endpoint_roles", Text, nullable=False, default="{}"),  # JSON: "GET /event/{id}" -> [role]
    Column("raml_root", String(255), nullable=False),  # file name of the root in raml_files
    Column("raml_files", LongText, nullable=False),  # JSON object: path -> text
    Column("contract", LongBinary, nullable=False),  # raml.contract, msgpack
    Column("implementation", Id, nullable=True),  # the active one; NULL: the mock answers
    Column("canary", Id, nullable=True),  # an implementation that some of the calls go to
    Column("canary_percent", Integer, nullable=False, default=0),
    Column("published", Boolean, nullable=False, default=False),
    Column("etag", Integer, nullable=False, default=1),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    UniqueConstraint("name", "version"),
)

association = new_table(
    "association",
    Column("backend", Id, ForeignKey("mobile_backend.id", ondelete="CASCADE"), primary_key=True),
    Column("api", Id, ForeignKey("api.id", ondelete="CASCADE"), primary_key=True),
)

implementation = new_table(
    "implementation",
    Column("id", Id, primary_key=True),
    Column("api", Id, ForeignKey("api.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("version", String(100), nullable=False),
    Column("description", String(1000), nullable=False, default=""),
    Column("artifact", String(64), nullable=False),  # SHA-256 of the archive in the object store
    Column("manifest", LongText, nullable=False),  # JSON: catalog.manifest.Manifest
    Column("environment", String(64), nullable=True),  # key of the set of dependencies; NULL: none
    Column("published", Boolean, nullable=False, default=False),
    Column("uploaded_by", String(100), nullable=False),
    Column("uploaded_at", BigInteger, nullable=False),
    UniqueConstraint("api", "name", "version"),
)

deployment = new_table(
    "deployment",
    Column("id", Id, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),  # api, implementation, backend
    Column("subject", String(210), nullable=False),  # "synapse(1.0)"
    Column("team_member", String(100), nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Column("summary", Text, nullable=False),
    Column("findings", LongText, nullable=False, default="[]"),  # JSON list of exchange.Finding
    Column("build_log", LongText, nullable=False, default=""),
    Column("implementation", Id, nullable=True),  # the one that an upload made
    Index(None, "kind", "subject", "at"),
    Index(None, "implementation"),
    Index(None, "at"),
)
"""Every attempt to change what is served, also the refused ones: what was wrong, and where."""

# ── policies ─────────────────────────────────────────────────────────────────────────────────────

policy = new_table(
    "policy",
    Column("name", String(506), primary_key=True),  # "*.*.Logging_Level"
    Column("value", LongText, nullable=False),  # JSON
    Column("modified_by", String(100), nullable=False),
    Column("modified_at", BigInteger, nullable=False),
)

policy_change = new_table(
    "policy_change",
    Column("id", Id, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("team_member", String(100), nullable=False),
    Column("name", String(506), nullable=False),
    Column("before", LongText, nullable=True),  # JSON; NULL: it was not set
    Column("after", LongText, nullable=True),  # JSON; NULL: it was taken away
    Column("change_set", Id, nullable=True),  # what was changed together; NULL: this one by itself
    Column("comment", String(500), nullable=True),
    Index(None, "name"),
    Index(None, "change_set"),
)

# ── people ───────────────────────────────────────────────────────────────────────────────────────

mobile_user = new_table(
    "mobile_user",
    Column("id", Id, primary_key=True),
    Column("realm", String(100), nullable=False),
    Column("username", String(100), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("first_name", String(100), nullable=False, default=""),
    Column("last_name", String(100), nullable=False, default=""),
    Column("email", String(255), nullable=False, default=""),
    Column("roles", Text, nullable=False, default="[]"),  # JSON list
    Column("properties", LongText, nullable=False, default="{}"),  # JSON object
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("realm", "username"),
)

team_member = new_table(
    "team_member",
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=True),  # NULL: signs in by link or token only
    Column("role", String(20), nullable=False, default="administrator"),  # administrator, developer, analyst
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created_at", BigInteger, nullable=False),
)

team_token = new_table(
    "team_token",
    Column("digest", String(64), primary_key=True),  # SHA-256 of the token; the token is not kept
    Column("member", Id, ForeignKey("team_member.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(20), nullable=False),  # session, bearer, link
    Column("expires_at", BigInteger, nullable=False),
)

# ── what was changed, and what was deleted ───────────────────────────────────────────────────────

activity = new_table(
    "activity",
    Column("id", Id, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("team_member", String(100), nullable=False),
    Column("action", String(20), nullable=False),  # created, changed, deleted, restored, purged, signed
    Column("kind", String(20), nullable=False),  # store.assets: backend, api …; policy
    Column("asset", Id, nullable=False),
    Column("name", String(210), nullable=False),  # "synapse(1.0)", "joe"
    Column("before", LongText, nullable=False, default="{}"),  # JSON object: what changed, as it was
    Column("after", LongText, nullable=False, default="{}"),  # JSON object: the same, as it is since
    Column("undone_by", String(100), nullable=True),
    Index(None, "kind", "asset"),
)
"""Who changed what; a row is written in the transaction of the change itself."""

trash = new_table(
    "trash",
    Column("id", Id, primary_key=True),  # the asset's own, which it has again after a restore
    Column("kind", String(20), nullable=False),
    Column("name", String(210), nullable=False),
    Column("document", LongText, nullable=False),  # JSON: all rows of the asset, by table
    Column("deleted_by", String(100), nullable=False),
    Column("deleted_at", BigInteger, nullable=False),
    Index(None, "deleted_at"),
)
"""Deleted assets: their rows are nowhere else, so nothing has to remember to leave them out."""

report = new_table(
    "report",
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("address", Text, nullable=False),  # path and query of the console's page: the question itself
    Column("team_member", String(100), nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("name"),
)
"""Questions that the team has saved (contract: portal, 4.1, My Reports)."""

# ── the log ──────────────────────────────────────────────────────────────────────────────────────

log_batch = new_table(
    "log_batch",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("batch", BigInteger, nullable=False),
)
"""
One row, id 1: the number of the last batch of records that was loaded.

Each loading transaction adds one and keeps the row locked until it commits, so batches become visible in
the order of their numbers, whichever loader made them. That is what a reader who follows the log relies on.
"""

request_log = new_table(
    "request_log",
    Column("segment", String(80), primary_key=True),  # spool segment and offset: exactly-once key
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("batch", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("ecid", String(64), nullable=False),
    Column("rid", String(64), nullable=False, default="0"),
    Column("backend", String(100), nullable=True),
    Column("backend_version", String(100), nullable=True),
    Column("api", String(100), nullable=True),
    Column("api_version", String(100), nullable=True),
    Column("resource", String(500), nullable=True),
    Column("method", String(20), nullable=False),
    Column("path", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    Column("worker_us", BigInteger, nullable=True),
    Column("bytes_in", BigInteger, nullable=False),
    Column("bytes_out", BigInteger, nullable=False),
    Column("caller_kind", String(20), nullable=True),
    Column("user", String(100), nullable=True),
    Column("application_key", String(100), nullable=True),
    Column("client_sdk", String(256), nullable=True),
    Column("device_id", String(100), nullable=True),
    Column("session_id", String(100), nullable=True),
    Column("client_time", String(64), nullable=True),
    Column("implementation", String(210), nullable=True),  # "name(version)", or "MockService(1.0)"
    Column("error_code", String(20), nullable=True),
    Column("error_detail", Text, nullable=True),
    Column("trace_id", String(32), nullable=True),  # W3C trace context, of who called
    Column("trace_parent", String(19), nullable=True),  # the span in it, and flags: 00f067aa0ba902b7-01
    Index(None, "time"),
    Index(None, "ecid"),
    Index(None, "backend", "time"),
    Index(None, "batch", "position"),
)

log_message = new_table(
    "log_message",
    Column("segment", String(80), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("batch", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("level", Integer, nullable=False),  # 1000 severe … 300 finest, java.util.logging's numbers
    Column("text", LongText, nullable=False),
    Column("logger", String(200), nullable=False),
    Column("ecid", String(64), nullable=True),
    Column("rid", String(64), nullable=True),
    Column("backend", String(100), nullable=True),
    Column("api", String(100), nullable=True),
    Column("api_version", String(100), nullable=True),
    Column("implementation", String(210), nullable=True),
    Column("user", String(100), nullable=True),
    Column("file", String(500), nullable=True),
    Column("line", Integer, nullable=True),
    Index(None, "time"),
    Index(None, "ecid"),
    Index(None, "batch", "position"),
)

log_loss = new_table(
    "log_loss",
    Column("segment", String(80), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("lost", BigInteger, nullable=False),
    Column("reason", String(255), nullable=False),
    Index(None, "time"),
)
"""Records that never reached the tables: the disk was full, or a line of the spool is damaged."""

log_cursor = new_table(
    "log_cursor",
    Column("segment", String(80), primary_key=True),
    Column("position", BigInteger, nullable=False),
)
"""How far each spool segment is loaded; moved in the transaction that inserts its rows."""

# ── closed segments of the log ───────────────────────────────────────────────────────────────────

log_segment = new_table(
    "log_segment",
    Column("id", Id, primary_key=True),
    Column("kind", String(20), nullable=False),  # store.log_kinds: requests, messages
    Column("hour", BigInteger, nullable=False),  # hours since the epoch: the partition
    Column("row_count", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),  # of the file and those beside it
    Column("first", BigInteger, nullable=False),  # the times of its oldest and newest row
    Column("last", BigInteger, nullable=False),
    Column("first_batch", BigInteger, nullable=False),
    Column("last_batch", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger, nullable=True),  # no question reads it any more; its files go later
    Index(None, "kind", "hour"),
)
"""Which Parquet files are the log: a file without a row here is none of it, whatever its name."""

log_compaction = new_table(
    "log_compaction",
    Column("kind", String(20), primary_key=True),
    Column("batch", BigInteger, nullable=False),  # rows up to this batch are in segments, later ones are hot
    Column("revision", BigInteger, nullable=False),  # one more with each change of the segments
    Column("at", BigInteger, nullable=False),
    Column("problem", String(500), nullable=True),  # why the last run failed
)
"""One row a kind of record; moved in the transaction that adds or removes its segments."""

log_export = new_table(
    "log_export",
    Column("name", String(50), primary_key=True),
    Column("batch", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
)
"""How far the log was sent elsewhere."""

lease = new_table(
    "lease",
    Column("name", String(50), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""Who does a job that one at a time may do, and until when nobody else may."""

# ── what apps report ─────────────────────────────────────────────────────────────────────────────


def _context() -> list[Column[Any]]:
    """Where and on what an app runs: the properties of the SDKs' `context` event."""
    return [
        Column("timezone", String(64), nullable=True),  # seconds west of UTC, as text
        Column("carrier", String(100), nullable=True),
        Column("manufacturer", String(100), nullable=True),
        Column("model", String(100), nullable=True),
        Column("os_name", String(100), nullable=True),
        Column("os_version", String(100), nullable=True),
        Column("os_build", String(100), nullable=True),
        Column("latitude", Double, nullable=True),
        Column("longitude", Double, nullable=True),
        Column("locality", String(100), nullable=True),
        Column("region", String(100), nullable=True),
        Column("postal_code", String(40), nullable=True),
        Column("country", String(100), nullable=True),
    ]


analytics_event = new_table(
    "analytics_event",
    Column("segment", String(80), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("batch", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),  # when it happened, by this server's clock
    Column("received_at", BigInteger, nullable=False),
    Column("client_time", BigInteger, nullable=False),  # the event's timestamp, by the device's clock
    Column("skew_us", BigInteger, nullable=True),  # this server's clock less the device's; NULL: not known
    Column("ecid", String(64), nullable=False),  # of the request that brought it
    Column("backend", String(100), nullable=False),
    Column("backend_version", String(100), nullable=False),
    Column("name", String(100), nullable=False),
    Column("type", String(20), nullable=False),  # custom, system
    Column("component", String(100), nullable=True),
    Column("session_id", String(100), nullable=True),
    Column("caller_kind", String(20), nullable=False),
    Column("user", String(100), nullable=False),
    Column("application_key", String(100), nullable=True),
    Column("client_sdk", String(256), nullable=True),
    Column("device_id", String(100), nullable=True),
    *_context(),
    Column("properties", LongText, nullable=False),  # JSON object
    Index(None, "time"),
    Index(None, "backend", "name", "time"),
    Index(None, "batch", "position"),
)
"""Events that apps have reported (`docs/analytics-events.md`)."""

analytics_session = new_table(
    "analytics_session",
    Column("backend", String(100), primary_key=True),
    Column("session_id", String(100), primary_key=True),
    Column("backend_version", String(100), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),  # of its sessionEnd; NULL: none came
    Column("last_at", BigInteger, nullable=False),  # of its latest event
    Column("events", BigInteger, nullable=False),  # its custom events
    Column("caller_kind", String(20), nullable=False),
    Column("user", String(100), nullable=False),
    Column("application_key", String(100), nullable=True),
    Column("client_sdk", String(256), nullable=True),
    Column("device_id", String(100), nullable=True),
    *_context(),
    Index(None, "started_at"),
    Index(None, "last_at"),
)
"""Their sessions: a row for every session id that any event has named."""
