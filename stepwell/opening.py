"""Opening the store as the settings say: with the tables of this version, and with the keys that it was begun with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stepwell.settings import Settings, root_keys
from store.database import Database


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Database]:
    """The store, ready for use. Raises NotRunning where no keys are named, StoreUnavailable, StoreOutdated, KeysUnavailable."""
    roots = root_keys(settings)
    roots.check()
    database = Database.open(settings.database, roots)
    try:
        await database.check()
        await database.keys.check()
        yield database
    finally:
        await database.close()
