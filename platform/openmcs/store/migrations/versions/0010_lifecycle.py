"""Published assets, the build log of an implementation, calls split between two, SOAP connectors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    """What is there is a draft, answers for all calls, and is REST."""
    for table in ("mobile_backend", "api", "connector"):
        _add(table, sa.Column("published", sa.Boolean(), nullable=False, server_default=sa.false()))
    _add("api", sa.Column("canary_percent", sa.Integer(), nullable=False, server_default="0"))
    _add("connector", sa.Column("port", sa.String(255), nullable=False, server_default=""))
    op.add_column("api", sa.Column("canary", sa.String(26), nullable=True))
    op.add_column("connector", sa.Column("wsdl", LONG_TEXT, nullable=True))
    op.add_column("connector", sa.Column("operations", LONG_TEXT, nullable=True))
    op.execute("UPDATE connector SET operations = '[]'")
    with op.batch_alter_table("connector") as connector:
        connector.alter_column("operations", existing_type=LONG_TEXT, nullable=False)
    op.add_column("deployment", sa.Column("implementation", sa.String(26), nullable=True))
    op.create_index("ix_deployment_implementation", "deployment", ["implementation"])


def _add(table: str, column: sa.Column[object]) -> None:
    """Add a column that has a value in every row; the default is there for those that exist only."""
    with op.batch_alter_table(table) as added:
        added.add_column(column)
    with op.batch_alter_table(table) as settled:
        settled.alter_column(column.name, existing_type=column.type, existing_nullable=False, server_default=None)
