"""What gateway processes say of their workers, and restarts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    """One row a gateway process, one row an API that was restarted."""
    op.create_table(
        "gateway_status",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("node", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("document", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_status"),
        **OPTIONS,
    )
    op.create_table(
        "worker_restart",
        sa.Column("api", sa.String(26), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("team_member", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("api", name="pk_worker_restart"),
        sa.ForeignKeyConstraint(["api"], ["api.id"], name="fk_worker_restart_api", ondelete="CASCADE"),
        **OPTIONS,
    )
