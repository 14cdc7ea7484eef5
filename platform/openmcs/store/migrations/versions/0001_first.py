"""The first schema."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
LONG_BINARY = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")


def upgrade() -> None:
    """Make every table, and the two counters that have one row."""
    catalogue()
    people()
    log()


def catalogue() -> None:
    """What is served."""
    op.create_table(
        "catalog_revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_revision"),
        **OPTIONS,
    )
    op.create_table(
        "mobile_backend",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("description", sa.String(1000), nullable=False),
        sa.Column("backend_id", sa.String(64), nullable=False),
        sa.Column("anonymous_key", sa.String(400), nullable=False),
        sa.Column("basic_auth", sa.Boolean(), nullable=False),
        sa.Column("anonymous_auth", sa.Boolean(), nullable=False),
        sa.Column("realm", sa.String(100), nullable=False),
        sa.Column("cors_origins", sa.Text(), nullable=False),
        sa.Column("app_policies", LONG_TEXT, nullable=False),
        sa.Column("etag", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mobile_backend"),
        sa.UniqueConstraint("backend_id", name="uq_mobile_backend_backend_id"),
        sa.UniqueConstraint("name", "version", name="uq_mobile_backend_name_version"),
        **OPTIONS,
    )
    op.create_table(
        "client",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("backend", sa.String(26), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("platform", sa.String(20), nullable=False),
        sa.Column("client_id", sa.String(255), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("application_key", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["backend"], ["mobile_backend.id"], name="fk_client_backend", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_client"),
        sa.UniqueConstraint("application_key", name="uq_client_application_key"),
        **OPTIONS,
    )
    op.create_table(
        "api",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("description", sa.String(1000), nullable=False),
        sa.Column("login_required", sa.Boolean(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("endpoint_roles", sa.Text(), nullable=False),
        sa.Column("raml_root", sa.String(255), nullable=False),
        sa.Column("raml_files", LONG_TEXT, nullable=False),
        sa.Column("contract", LONG_BINARY, nullable=False),
        sa.Column("implementation", sa.String(26), nullable=True),
        sa.Column("etag", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_api"),
        sa.UniqueConstraint("name", "version", name="uq_api_name_version"),
        **OPTIONS,
    )
    op.create_table(
        "association",
        sa.Column("backend", sa.String(26), nullable=False),
        sa.Column("api", sa.String(26), nullable=False),
        sa.ForeignKeyConstraint(["api"], ["api.id"], name="fk_association_api", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["backend"], ["mobile_backend.id"], name="fk_association_backend", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("backend", "api", name="pk_association"),
        **OPTIONS,
    )
    op.create_table(
        "implementation",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("api", sa.String(26), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("description", sa.String(1000), nullable=False),
        sa.Column("artifact", sa.String(64), nullable=False),
        sa.Column("manifest", LONG_TEXT, nullable=False),
        sa.Column("environment", sa.String(64), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("uploaded_by", sa.String(100), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["api"], ["api.id"], name="fk_implementation_api", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_implementation"),
        sa.UniqueConstraint("api", "name", "version", name="uq_implementation_api_name_version"),
        **OPTIONS,
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(210), nullable=False),
        sa.Column("team_member", sa.String(100), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("findings", LONG_TEXT, nullable=False),
        sa.Column("build_log", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deployment"),
        **OPTIONS,
    )
    op.create_index("ix_deployment_at", "deployment", ["at"])
    op.create_index("ix_deployment_kind_subject_at", "deployment", ["kind", "subject", "at"])
    op.execute("INSERT INTO catalog_revision (id, revision) VALUES (1, 0)")


def people() -> None:
    """Mobile users, and the team."""
    op.create_table(
        "mobile_user",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("realm", sa.String(100), nullable=False),
        sa.Column("username", sa.String(100), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("first_name", sa.String(100), nullable=False),
        sa.Column("last_name", sa.String(100), nullable=False),
        sa.Column("email", sa.String(255), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("properties", LONG_TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mobile_user"),
        sa.UniqueConstraint("realm", "username", name="uq_mobile_user_realm_username"),
        **OPTIONS,
    )
    op.create_table(
        "team_member",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_team_member"),
        sa.UniqueConstraint("name", name="uq_team_member_name"),
        **OPTIONS,
    )
    op.create_table(
        "team_token",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("member", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["team_member.id"], name="fk_team_token_member", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="pk_team_token"),
        **OPTIONS,
    )


def log() -> None:
    """Requests, messages, and how far they are loaded."""
    op.create_table(
        "log_batch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_log_batch"),
        **OPTIONS,
    )
    op.create_table(
        "request_log",
        sa.Column("segment", sa.String(80), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("ecid", sa.String(64), nullable=False),
        sa.Column("rid", sa.String(64), nullable=False),
        sa.Column("backend", sa.String(100), nullable=True),
        sa.Column("backend_version", sa.String(100), nullable=True),
        sa.Column("api", sa.String(100), nullable=True),
        sa.Column("api_version", sa.String(100), nullable=True),
        sa.Column("resource", sa.String(500), nullable=True),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("duration_us", sa.BigInteger(), nullable=False),
        sa.Column("worker_us", sa.BigInteger(), nullable=True),
        sa.Column("bytes_in", sa.BigInteger(), nullable=False),
        sa.Column("bytes_out", sa.BigInteger(), nullable=False),
        sa.Column("caller_kind", sa.String(20), nullable=True),
        sa.Column("user", sa.String(100), nullable=True),
        sa.Column("application_key", sa.String(100), nullable=True),
        sa.Column("client_sdk", sa.String(256), nullable=True),
        sa.Column("device_id", sa.String(100), nullable=True),
        sa.Column("session_id", sa.String(100), nullable=True),
        sa.Column("client_time", sa.String(64), nullable=True),
        sa.Column("implementation", sa.String(210), nullable=True),
        sa.Column("error_code", sa.String(20), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("segment", "position", name="pk_request_log"),
        **OPTIONS,
    )
    op.create_index("ix_request_log_backend_time", "request_log", ["backend", "time"])
    op.create_index("ix_request_log_batch_position", "request_log", ["batch", "position"])
    op.create_index("ix_request_log_ecid", "request_log", ["ecid"])
    op.create_index("ix_request_log_time", "request_log", ["time"])
    op.create_table(
        "log_message",
        sa.Column("segment", sa.String(80), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("text", LONG_TEXT, nullable=False),
        sa.Column("logger", sa.String(200), nullable=False),
        sa.Column("ecid", sa.String(64), nullable=True),
        sa.Column("rid", sa.String(64), nullable=True),
        sa.Column("backend", sa.String(100), nullable=True),
        sa.Column("api", sa.String(100), nullable=True),
        sa.Column("api_version", sa.String(100), nullable=True),
        sa.Column("implementation", sa.String(210), nullable=True),
        sa.Column("user", sa.String(100), nullable=True),
        sa.Column("file", sa.String(500), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("segment", "position", name="pk_log_message"),
        **OPTIONS,
    )
    op.create_index("ix_log_message_batch_position", "log_message", ["batch", "position"])
    op.create_index("ix_log_message_ecid", "log_message", ["ecid"])
    op.create_index("ix_log_message_time", "log_message", ["time"])
    op.create_table(
        "log_loss",
        sa.Column("segment", sa.String(80), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("segment", "position", name="pk_log_loss"),
        **OPTIONS,
    )
    op.create_index("ix_log_loss_time", "log_loss", ["time"])
    op.create_table(
        "log_cursor",
        sa.Column("segment", sa.String(80), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("segment", name="pk_log_cursor"),
        **OPTIONS,
    )
    op.execute("INSERT INTO log_batch (id, batch) VALUES (1, 0)")
