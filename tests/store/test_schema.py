"""The tables that migrations make are the tables the code means, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

from store.database import Database, StoreOutdated
from tests.store.seeds import owning


def _differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata))


async def test_migrated_tables_are_the_ones_the_code_means(database: Database) -> None:
    """Nobody forgot a migration, and nobody wrote one that says something else."""
    assert await database.run_sync(_differences) == []


async def test_a_missing_column_would_be_seen(database: Database) -> None:
    """The comparison above compares."""
    async with owning(database) as owner, owner.begin() as session:
        await session.execute(text("ALTER TABLE client DROP COLUMN consent_text"))
    assert len(await database.run_sync(_differences)) == 1


async def test_migrating_twice_is_migrating_once(empty_url: str) -> None:
    """Every start may migrate."""
    database = Database.open(empty_url)
    with pytest.raises(StoreOutdated, match="stepwell store migrate"):
        await database.check()
    await database.migrate()
    await database.migrate()
    await database.check()
    await database.close()
