"""Changes of policies that belong together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Which changes were made together, and why."""
    op.add_column("policy_change", sa.Column("change_set", sa.String(26), nullable=True))
    op.add_column("policy_change", sa.Column("comment", sa.String(500), nullable=True))
    op.create_index("ix_policy_change_change_set", "policy_change", ["change_set"])
