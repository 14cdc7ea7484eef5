"""In which span a call was made, and how far the log was sent elsewhere."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """The parent of a call's span, and places in the log."""
    op.add_column("request_log", sa.Column("trace_parent", sa.String(19), nullable=True))
    op.create_table(
        "log_export",
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_log_export")),
        **OPTIONS,
    )
