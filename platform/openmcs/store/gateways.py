"""
Gateway processes, on however many machines: what each says of its workers, and when workers were told to start anew.

Workers belong to the gateway process that started them, so what another process should know of them is here.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    RowMapping,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from openmcs.store.clock import now_us
from openmcs.store.tables import MYSQL_OPTIONS, Id, LongText, metadata

gateway_status = Table(
    "gateway_status",
    metadata,
    Column("id", Id, primary_key=True),  # of the process, new at each start
    Column("node", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("document", LongText, nullable=False),  # JSON: runtime.pool.Pool.workers
    **MYSQL_OPTIONS,
)

worker_restart = Table(
    "worker_restart",
    metadata,
    Column("api", Id, ForeignKey("api.id", ondelete="CASCADE"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("team_member", String(100), nullable=False),
    **MYSQL_OPTIONS,
)
"""Workers of an API that started before are not the ones that should serve it."""


def say(connection: Connection, id_: str, node: str, pid: int, document: str) -> None:
    """Put down what a gateway process has to say, now."""
    values = {"node": node, "pid": pid, "at": now_us(), "document": document}
    if connection.execute(update(gateway_status).where(gateway_status.c.id == id_).values(values)).rowcount == 0:
        connection.execute(insert(gateway_status).values(id=id_, **values))


def statuses(connection: Connection, since: int) -> Sequence[RowMapping]:
    """What gateway processes have said since *since* (microseconds), by node and pid."""
    query = select(gateway_status).where(gateway_status.c.at >= since)
    return connection.execute(query.order_by(gateway_status.c.node, gateway_status.c.pid)).mappings().all()


def forget(connection: Connection, id_: str, before: int = 0) -> None:
    """Forget the process *id_*, and those that said nothing since *before*."""
    gone = (gateway_status.c.id == id_) | (gateway_status.c.at < before)
    connection.execute(delete(gateway_status).where(gone))


def restart(connection: Connection, api: str, by: str) -> int:
    """Have all workers of an API replaced; when that was asked for."""
    at = now_us()
    values = {"at": at, "team_member": by}
    if connection.execute(update(worker_restart).where(worker_restart.c.api == api).values(values)).rowcount == 0:
        connection.execute(insert(worker_restart).values(api=api, **values))
    return at


def restarts(connection: Connection) -> dict[str, int]:
    """API id to when its workers were last told to start anew."""
    return {row.api: row.at for row in connection.execute(select(worker_restart.c.api, worker_restart.c.at))}
