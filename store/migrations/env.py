"""Alembic's entry: migrations run on the connection that `Database.migrate` hands in."""

from alembic import context
from sqlmodel import SQLModel

import store.tables

assert store.tables is not None

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
