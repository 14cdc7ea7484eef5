"""Configuration of implementations, the history of what answered, and connectors."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    """What implementations work with."""
    op.create_table(
        "configuration",
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("owner", sa.String(26), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("value", LONG_TEXT, nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("modified_by", sa.String(100), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "owner", "name", name="pk_configuration"),
        **OPTIONS,
    )
    op.create_table(
        "activation",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("api", sa.String(26), nullable=False),
        sa.Column("implementation", sa.String(26), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("team_member", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(["api"], ["api.id"], name="fk_activation_api", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_activation"),
        **OPTIONS,
    )
    op.create_index("ix_activation_api_id", "activation", ["api", "id"])
    op.create_table(
        "connector",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("description", sa.String(1000), nullable=False),
        sa.Column("base_url", sa.String(1000), nullable=False),
        sa.Column("rules", LONG_TEXT, nullable=False),
        sa.Column("allow", sa.Text(), nullable=False),
        sa.Column("connect_timeout_ms", sa.Integer(), nullable=True),
        sa.Column("read_timeout_ms", sa.Integer(), nullable=True),
        sa.Column("credentials", LONG_TEXT, nullable=True),
        sa.Column("etag", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connector"),
        sa.UniqueConstraint("name", "version", name="uq_connector_name_version"),
        **OPTIONS,
    )
