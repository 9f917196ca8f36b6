"""The store's tests run on a SQLite file and on a PostgreSQL server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from store.database import Database
from tests.keys import SampleRoots
from tests.postgres import Postgres
from tests.store.seeds import add_journey


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'stepwell.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = await server.empty()
    yield url
    await server.drop(url)


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated database of the test's own, on each of both kinds, as tenant t sees it."""
    server: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    url = await server.fresh() if server else f"sqlite:///{tmp_path / 'stepwell.db'}"
    database = Database.open(url, SampleRoots()).of("t")
    if server is None:
        await database.migrate()
    yield database
    await database.close()
    if server is not None:
        await server.drop(url)


@pytest_asyncio.fixture
async def ready(database: Database) -> Database:
    """Two journeys of Ann's, j and k."""
    async with database.begin() as session:
        await add_journey(session, id="j")
        await add_journey(session, id="k")
    return database
