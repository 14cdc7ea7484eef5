"""Events and sessions that apps report."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def context() -> list[sa.Column[Any]]:
    """Where and on what an app runs."""
    texts = {
        "timezone": 64, "carrier": 100, "manufacturer": 100, "model": 100, "os_name": 100, "os_version": 100,
        "os_build": 100, "locality": 100, "region": 100, "postal_code": 40, "country": 100,
    }  # fmt: skip
    columns = [sa.Column(name, sa.String(width), nullable=True) for name, width in texts.items()]
    return [*columns, *(sa.Column(name, sa.Double(), nullable=True) for name in ("latitude", "longitude"))]


def upgrade() -> None:
    """One row an event, one row a session."""
    op.create_table(
        "analytics_event",
        sa.Column("segment", sa.String(80), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("client_time", sa.BigInteger(), nullable=False),
        sa.Column("skew_us", sa.BigInteger(), nullable=True),
        sa.Column("ecid", sa.String(64), nullable=False),
        sa.Column("backend", sa.String(100), nullable=False),
        sa.Column("backend_version", sa.String(100), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("component", sa.String(100), nullable=True),
        sa.Column("session_id", sa.String(100), nullable=True),
        sa.Column("caller_kind", sa.String(20), nullable=False),
        sa.Column("user", sa.String(100), nullable=False),
        sa.Column("application_key", sa.String(100), nullable=True),
        sa.Column("client_sdk", sa.String(256), nullable=True),
        sa.Column("device_id", sa.String(100), nullable=True),
        *context(),
        sa.Column("properties", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("segment", "position", name="pk_analytics_event"),
        **OPTIONS,
    )
    op.create_index("ix_analytics_event_time", "analytics_event", ["time"])
    op.create_index("ix_analytics_event_backend_name_time", "analytics_event", ["backend", "name", "time"])
    op.create_index("ix_analytics_event_batch_position", "analytics_event", ["batch", "position"])
    op.create_table(
        "analytics_session",
        sa.Column("backend", sa.String(100), nullable=False),
        sa.Column("session_id", sa.String(100), nullable=False),
        sa.Column("backend_version", sa.String(100), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("caller_kind", sa.String(20), nullable=False),
        sa.Column("user", sa.String(100), nullable=False),
        sa.Column("application_key", sa.String(100), nullable=True),
        sa.Column("client_sdk", sa.String(256), nullable=True),
        sa.Column("device_id", sa.String(100), nullable=True),
        *context(),
        sa.PrimaryKeyConstraint("backend", "session_id", name="pk_analytics_session"),
        **OPTIONS,
    )
    op.create_index("ix_analytics_session_started_at", "analytics_session", ["started_at"])
    op.create_index("ix_analytics_session_last_at", "analytics_session", ["last_at"])
