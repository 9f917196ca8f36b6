"""Opening the store as the settings say: with the tables of this version, and with the keys that it was begun with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from stepwell.settings import Settings, root_keys
from store.database import Database


@asynccontextmanager
async def opened_store(settings: Settings, *, is_hurried: bool = False) -> AsyncIterator[Database]:
    """The store, ready for use; hurried where somebody waits for answers.

    Raises NotRunning where no keys are named, StoreUnavailable, StoreOutdated, KeysUnavailable.
    """
    roots = root_keys(settings)
    roots.check()
    database = Database.open(settings.database, roots, is_hurried=is_hurried)
    try:
        await database.check()
        await database.keys.check()
        yield database
    finally:
        await database.close()


async def say_where_unbound(database: Database) -> None:
    """Warn whoever runs the process where its role is above the policies that keep tenants apart. Raises StoreUnavailable."""
    why = await database.why_unbound()
    if why is not None:
        structlog.get_logger("stepwell.store").warning(
            "the database does not keep tenants apart: its policies do not bind this role",
            because=why,
            then="give STEPWELL_DATABASE a role of its own, as SECURITY.md says under 'Two roles in PostgreSQL'",
        )
