"""Policies and their history."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    """What is set, and what it was before."""
    op.create_table(
        "policy",
        sa.Column("name", sa.String(506), nullable=False),
        sa.Column("value", LONG_TEXT, nullable=False),
        sa.Column("modified_by", sa.String(100), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_policy"),
        **OPTIONS,
    )
    op.create_table(
        "policy_change",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("team_member", sa.String(100), nullable=False),
        sa.Column("name", sa.String(506), nullable=False),
        sa.Column("before", LONG_TEXT, nullable=True),
        sa.Column("after", LONG_TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_policy_change"),
        **OPTIONS,
    )
    op.create_index("ix_policy_change_name", "policy_change", ["name"])
