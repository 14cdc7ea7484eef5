"""Trace ids in the request log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Which trace a call belongs to."""
    op.add_column("request_log", sa.Column("trace_id", sa.String(32), nullable=True))
