"""One database behind one door: SQLite in a file, or PostgreSQL."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

_MIGRATIONS = Path(__file__).parent / "migrations"
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


class StoreUnavailable(Exception):
    """The database does not answer; nothing was stored, and the same may be tried again."""


class StoreOutdated(Exception):
    """The database has other tables than this version needs; run `stepwell up`, or `stepwell store migrate`."""


class Database:
    """A pool of connections. Open it once a process; `begin` to write, `read` to read."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writes=True)

    @classmethod
    def open(cls, url: str) -> "Database":
        """Open `sqlite:///path` or `postgresql://user:password@host:port/name`. Raises StoreUnavailable for another address."""
        try:
            address = make_url(url)
        except ArgumentError:
            raise StoreUnavailable("the database address is none; write sqlite:///path or postgresql://…") from None
        kind = address.get_backend_name()
        if kind not in _DRIVERS:
            raise StoreUnavailable(f"{kind} is not supported; write sqlite:///path or postgresql://user@host/name")
        engine = create_async_engine(
            address.set(drivername=_DRIVERS[kind]), pool_pre_ping=kind != "sqlite", hide_parameters=True
        )
        if kind == "sqlite":
            event.listen(engine.sync_engine, "connect", _set_up_sqlite)
            event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return cls(engine)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A transaction that writes: all of it at the end, or nothing. Raises StoreUnavailable."""
        async with self._session(self._writer) as session:
            yield session
            await session.commit()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A look at one moment of the store. Raises StoreUnavailable."""
        async with self._session(self._engine) as session:
            yield session

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        try:
            async with AsyncSession(engine, expire_on_commit=False) as session:
                yield session
        except (OperationalError, InterfaceError, OSError, sqlite3.DatabaseError) as error:
            raise StoreUnavailable("the database does not answer; check that it runs and that the disk has room") from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise StoreUnavailable("the connection to the database was lost; try again") from error
            raise

    async def migrate(self) -> None:
        """Bring the tables up to this version."""
        try:
            async with self._writer.connect() as connection:
                await connection.run_sync(_upgrade)
                await connection.commit()
        except (OperationalError, InterfaceError, OSError) as error:
            raise StoreUnavailable("the database does not answer; check its address and that it runs") from error

    async def check(self) -> None:
        """Raise StoreOutdated where the tables are not those of this version."""
        try:
            async with self._engine.connect() as connection:
                have = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
        except (OperationalError, InterfaceError, OSError) as error:
            raise StoreUnavailable("the database does not answer; check its address and that it runs") from error
        want = ScriptDirectory.from_config(_alembic()).get_current_head()
        if have != want:
            raise StoreOutdated(f"the database is at revision {have}, this version needs {want}; run 'stepwell store migrate'")

    async def run_sync(self, job: Any) -> Any:
        """Run a function on a plain connection; for checks of the tables themselves."""
        async with self._engine.connect() as connection:
            return await connection.run_sync(job)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._engine.dispose()
        await asyncio.sleep(0)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self._engine.dialect.name == "sqlite"


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver would begin deferred transactions by itself, which cannot be upgraded
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _upgrade(connection: Connection) -> None:
    config = _alembic()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
