"""One database behind one door: SQLite in a file, or PostgreSQL."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from copy import copy
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import asyncpg  # type: ignore[import-untyped]  # it ships none
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, text
from sqlalchemy.engine import URL, Connection, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import await_only

from store.encrypting import seal_everything
from store.failures import StoreOutdated, StoreUnavailable, told_plainly
from store.keyring import Keyring
from store.rootkeys import RootKeys
from store.sessions import new_session, sealed_columns
from store.tenancy import EVERY, NOBODY, SETTING, TenantConnection, why_unbound

__all__ = ["Database", "StoreOutdated", "StoreUnavailable"]

_MIGRATIONS = Path(__file__).parent / "migrations"
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
_PATIENCE = "15"
"""Seconds that a writer waits for another one on SQLite; `?timeout=` in the address says otherwise."""
_POOL: dict[str, Any] = {"pool_size": 15, "max_overflow": 0}
"""Connections of one process at most, and kept: one that is closed after use is made anew a moment later, twice for each step
under load."""
_WAL_ATTEMPTS = 50
_IN_A_HURRY: dict[str, Any] = {"pool_timeout": 2}
"""Seconds that somebody waits for a connection while each is in use."""
_SOON: dict[str, Any] = {"timeout": 2, "command_timeout": 15}
"""Seconds until a server has to take a connection, and to answer a statement."""
_SILENCE = 10.0
"""Seconds after which a connection may be dead without our having heard of it."""
_BEFORE_SEALING = "0011"
"""The revision whose tables are those of today, and may hold something in the clear."""
_ONE_MIGRATES = text("SELECT pg_advisory_xact_lock(7378697629483821)")
_EVERYBODYS = text(f"SET LOCAL {SETTING} = '{EVERY}'")


class Database:
    """A pool of connections. Open it once a process and say whose rows are meant, by `of`, and where it has to be
    `of_every_tenant`; then `begin` to write, `read` to read, `glance` for a single question."""

    _tenant: str | None = None

    def __init__(self, engine: AsyncEngine, roots: RootKeys | None = None) -> None:
        self._engine = engine
        self.keys = Keyring(self, roots)
        """The keys of what is kept here, and of what is given to Temporal."""
        self._writer = engine.execution_options(writes=True)
        # one writer at a time, first come first served: SQLite itself lets whoever asks at the right moment go first
        self._turn = asyncio.Lock() if self.is_sqlite else nullcontext()
        # one statement after the other would each see another moment: a journey's rows could be newer than its events
        self._reader = engine if self.is_sqlite else engine.execution_options(isolation_level="REPEATABLE READ")
        self._glancer = engine if self.is_sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")

    @classmethod
    def open(cls, url: str, roots: RootKeys | None = None, *, is_hurried: bool = False) -> "Database":
        """Open `sqlite:///path` or `postgresql://user:password@host:port/name`. Raises StoreUnavailable for another address.

        Without root keys nothing can be sealed or opened: enough to look after the tables themselves. Where somebody waits
        for answers, `is_hurried` has PostgreSQL count as away once it, or a free connection, is not there within moments.
        """
        address = _read_address(url)
        is_file = address.get_backend_name() == "sqlite"
        pool = _POOL | (_IN_A_HURRY if is_hurried and not is_file else {})
        drivers = {} if is_file else {"connection_class": TenantConnection, **(_SOON if is_hurried else {})}
        engine = create_async_engine(address, hide_parameters=True, connect_args=drivers, **pool)
        if is_file:
            event.listen(engine.sync_engine, "do_connect", _try_file)
            event.listen(engine.sync_engine, "connect", _set_up_sqlite)
            event.listen(engine.sync_engine, "begin", _begin_sqlite)
        else:
            event.listen(engine.sync_engine, "checkin", _note_when)
            event.listen(engine.sync_engine, "checkout", _refuse_dead)
            event.listen(engine.sync_engine, "handle_error", _let_go_of_hung)
        return cls(engine, roots)

    def of(self, tenant: str) -> "Database":
        """The same store for one tenant: on PostgreSQL nobody else's rows are there, and none of them can be written.

        Raises ValueError for what cannot be a tenant.
        """
        if tenant in (EVERY, NOBODY) or not tenant.isprintable():
            raise ValueError(f"{tenant!r} is no tenant")
        return self._bound(tenant)

    def of_every_tenant(self) -> "Database":
        """The same store for work that spans tenants, or has to find out whose something is. A test lists who asks for it."""
        return self._bound(EVERY)

    def _bound(self, tenant: str) -> "Database":
        bound = copy(self)
        bound._tenant = tenant
        return bound

    @property
    def _whose(self) -> str:
        assert self._tenant is not None, "say whose rows are meant: of(tenant), or of_every_tenant()"
        return self._tenant

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A transaction that writes: all of it at the end, or nothing. Raises StoreUnavailable, StoreOutdated."""
        with told_plainly(self._engine.url):
            async with self._turn, new_session(self._writer, self.keys, self._whose) as session:
                yield session
                await session.commit()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A look at one moment of the store. Raises StoreUnavailable, StoreOutdated."""
        with told_plainly(self._engine.url):
            async with new_session(self._reader, self.keys, self._whose) as session:
                yield session

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncSession]:
        """A look for questions that need not be answered of one moment: a third of the way of `read` for a single one."""
        with told_plainly(self._engine.url):
            async with new_session(self._glancer, self.keys, self._whose) as session:
                yield session

    async def migrate(self) -> None:
        """Bring the tables up to this version and seal what is in the clear; whoever comes second finds it done.

        The tables go all the way or not at all, the sealing goes on where it was cut off: until its end the store counts as
        outdated. Raises StoreUnavailable, KeysUnavailable, and StoreOutdated where a newer version has been here.
        """
        had = await self._upgrade(_BEFORE_SEALING)
        if not had.is_sealed:
            await seal_everything(self)
            if not had.is_new:
                await self._rewrite()
        await self._upgrade("head")

    async def _upgrade(self, revision: str) -> "_Had":
        with told_plainly(self._engine.url):
            async with self._writer.begin() as connection:
                if not self.is_sqlite:
                    await connection.execute(_ONE_MIGRATES)
                    await connection.execute(_EVERYBODYS)
                return await connection.run_sync(_upgrade, revision)

    async def _rewrite(self) -> None:
        """Have the database write its files anew: what was in the clear still stands in those that it thinks are free."""
        with told_plainly(self._engine.url):
            if not self.is_sqlite:
                async with self._glancer.connect() as connection:
                    for table in sealed_columns():
                        await connection.execute(text(f'VACUUM FULL "{table.__tablename__}"'))
                return
            async with self._engine.connect() as connection:  # by its driver: not in a transaction
                driver: Any = (await connection.get_raw_connection()).driver_connection
                for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    await driver.execute(statement)

    async def check(self) -> None:
        """Raise StoreOutdated where the tables are not those of this version, StoreUnavailable where nobody can tell."""
        have = await self.run_sync(_revision)
        want = ScriptDirectory.from_config(_alembic()).get_current_head()
        if have != want:
            _refuse_newer(have)
            raise StoreOutdated(f"the database is at revision {have}, this version needs {want}; run 'stepwell store migrate'")

    async def why_unbound(self) -> str | None:
        """Why the database does not keep tenants apart for this role; None where it does, or never can (SQLite)."""
        why: str | None = await self.run_sync(why_unbound)
        return why

    async def run_sync(self, job: Any) -> Any:
        """Run a function on a plain connection; for checks of the tables themselves."""
        with told_plainly(self._engine.url):
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


def _read_address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number; neither text may repeat a password
        raise StoreUnavailable("the database address is none; write sqlite:///path or postgresql://user@host/name") from None
    kind = address.get_backend_name()
    if kind not in _DRIVERS:
        raise StoreUnavailable(f"{kind} is not supported; write sqlite:///path or postgresql://user@host/name")
    if kind == "sqlite" and address.database in (None, "", ":memory:"):
        raise StoreUnavailable("a database in memory forgets everything; write sqlite:///path")
    if kind == "sqlite" and "timeout" not in address.query:
        address = address.update_query_dict({"timeout": _PATIENCE})
    mode = address.query.get("sslmode")  # as libpq writes it, and with it most hosting companies
    address = address.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode} if mode else {})
    return address.set(drivername=_DRIVERS[kind])


def _try_file(_dialect: Any, _record: Any, arguments: list[Any], keywords: dict[str, Any]) -> None:
    # where it cannot be opened it fails here: in the driver it would leave a thread that outlives the loop and complains
    sqlite3.connect(arguments[0], uri=keywords.get("uri", False)).close()


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver would begin deferred transactions by itself, which cannot be upgraded
    cursor = connection.cursor()
    _log_ahead(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _log_ahead(cursor: Any) -> None:
    """Have the file written by a log. Of two that ask it of a new file at once, SQLite turns one away without waiting."""
    for attempt in range(_WAL_ATTEMPTS):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if attempt == _WAL_ATTEMPTS - 1:
                raise
            await_only(asyncio.sleep(0.02))
        else:
            return


def _note_when(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = monotonic()


def _refuse_dead(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Have another one opened where this one is closed; the server is asked only after a while of silence.

    To ask it each time, as the pool would, takes three messages there and back: more than most of our questions.
    """
    connection.driver_connection.tenant = NOBODY  # whoever takes it has to say whose rows they mean
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError
    if monotonic() - record.info.get("idle_since", monotonic()) > _SILENCE:
        try:
            connection.ping()
        except Exception as dead:
            raise InvalidatePoolError from dead


def _let_go_of_hung(context: ExceptionContext) -> None:
    """A statement that was given up leaves its connection in the middle of something: nobody gets it again."""
    if isinstance(context.original_exception, TimeoutError | asyncpg.InternalClientError):
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False  # the others may be well


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreOutdated(
            f"the database is at revision {revision}, which this version does not know; use the newer Stepwell that made it"
        )


class _Had(NamedTuple):
    """What a migration found."""

    is_new: bool
    """Whether there was no table."""
    is_sealed: bool
    """Whether there was nothing in the clear any more."""


def _upgrade(connection: Connection, revision: str) -> _Had:
    """Upgrade, where the tables are not further already."""
    have = _revision(connection)
    _refuse_newer(have)
    config = _alembic()
    config.attributes["connection"] = connection
    before = {one.revision for one in ScriptDirectory.from_config(config).iterate_revisions(_BEFORE_SEALING, "base")}
    had = _Had(is_new=have is None, is_sealed=have is not None and have not in before)
    if revision == "head" or not had.is_sealed:
        command.upgrade(config, revision)
    return had
