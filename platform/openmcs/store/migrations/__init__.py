"""Alembic migrations; packaged with the platform and run by `openmcs.store.schema`."""
