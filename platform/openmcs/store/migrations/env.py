"""
Alembic's entry: runs the migrations on the connection that `openmcs.store.schema` hands over.

To write a new one, start from a database that `openmcs db upgrade` has made:
`OPENMCS_STORE__URL=… python -m openmcs.store.migrations "what changes"`.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from openmcs.store.gateways import gateway_status


def run(connection: Connection) -> None:
    """Run what `context` was asked for; the transaction belongs to the caller."""
    context.configure(
        connection=connection,
        target_metadata=gateway_status.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
