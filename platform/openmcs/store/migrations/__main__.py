"""Write a new migration from the difference between a database and `tables.py` (for developers)."""

from __future__ import annotations

import os
import sys

from alembic import command

from openmcs.store.database import Database
from openmcs.store.schema import configuration


def main() -> None:
    """`OPENMCS_STORE__URL=… python -m openmcs.store.migrations "what changes"`."""
    if len(sys.argv) != 2 or "OPENMCS_STORE__URL" not in os.environ:
        raise SystemExit(main.__doc__)
    database = Database.open(os.environ["OPENMCS_STORE__URL"])
    with database.write() as connection:
        command.revision(configuration(connection), sys.argv[1], autogenerate=True)


main()
