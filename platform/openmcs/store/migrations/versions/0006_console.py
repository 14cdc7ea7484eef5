"""Roles of team members, activity, trash, and saved reports."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    """Those who are members already go on as administrators."""
    with op.batch_alter_table("team_member") as members:
        members.add_column(sa.Column("role", sa.String(20), nullable=False, server_default="administrator"))
        members.add_column(sa.Column("disabled", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("team_member") as members:
        members.alter_column("role", existing_type=sa.String(20), existing_nullable=False, server_default=None)
        members.alter_column("disabled", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
    op.create_table(
        "activity",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("team_member", sa.String(100), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("asset", sa.String(26), nullable=False),
        sa.Column("name", sa.String(210), nullable=False),
        sa.Column("before", LONG_TEXT, nullable=False),
        sa.Column("after", LONG_TEXT, nullable=False),
        sa.Column("undone_by", sa.String(100), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_activity"),
        **OPTIONS,
    )
    op.create_index("ix_activity_kind_asset", "activity", ["kind", "asset"])
    op.create_table(
        "trash",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(210), nullable=False),
        sa.Column("document", LONG_TEXT, nullable=False),
        sa.Column("deleted_by", sa.String(100), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trash"),
        **OPTIONS,
    )
    op.create_index("ix_trash_deleted_at", "trash", ["deleted_at"])
    op.create_table(
        "report",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("team_member", sa.String(100), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sa.UniqueConstraint("name", name="uq_report_name"),
        **OPTIONS,
    )
