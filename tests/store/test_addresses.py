"""A store that cannot be used says what is wrong with it and what to do, and never repeats a password."""

import asyncio
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships none
import pytest
from sqlalchemy import text

from store import clients
from store.database import _SOON, Database, StoreOutdated, StoreUnavailable
from tests.chaos.links import Condition, Link
from tests.keys import SampleRoots
from tests.postgres import ADMIN, Postgres, as_role
from tests.store.seeds import client_row, owning


async def _complaint(url: str) -> str:
    """What every way in says, which is the same."""
    database = Database.open(url, SampleRoots())
    said = []
    for way in (database.migrate, database.check, lambda: _look(database), lambda: _write(database)):
        with pytest.raises(StoreUnavailable) as refused:
            await way()
        said.append(str(refused.value))
    await database.close()
    assert len(set(said)) == 1, said
    return said[0]


async def _look(database: Database) -> None:
    async with database.of("t").read() as session:
        await clients.get(session, "t", "ann")


async def _write(database: Database) -> None:
    async with database.of("t").begin() as session:
        await clients.add(session, client_row())


async def _write_while(database: Database, trouble: Callable[[], None]) -> None:
    async with database.of("t").begin() as session:
        await clients.add(session, client_row("bob"))
        trouble()


async def test_a_server_that_does_not_run_is_named(unused_tcp_port: int) -> None:
    """Host and port, and what to check; never the password."""
    said = await _complaint(f"postgresql://user:s3cret@127.0.0.1:{unused_tcp_port}/stepwell")
    assert said == f"the database at 127.0.0.1:{unused_tcp_port} does not answer; check its address and that it runs"


async def test_a_host_that_does_not_exist_is_named() -> None:
    """A misspelt host looks like any server that does not answer."""
    assert "nowhere.invalid:5432 does not answer" in await _complaint("postgresql://nowhere.invalid/stepwell")


async def test_a_database_that_does_not_exist_is_named(postgres: Postgres) -> None:
    """The server runs and lacks the database: create it."""
    assert "there is no database nothing_here" in await _complaint(as_role(ADMIN, postgres.url("nothing_here")))


async def test_a_user_the_server_does_not_know_is_said(postgres: Postgres) -> None:
    """The words are about user and password, and do not hold them."""
    said = await _complaint(postgres.url("postgres").replace("stepwell_app@", "nobody_known:s3cret@"))
    assert "refuses the user or the password" in said
    assert "s3cret" not in said


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """A wrong path to a text file harms neither."""
    file = tmp_path / "letter.txt"
    file.write_text("Dear Ann, " * 1000)
    assert "letter.txt is no database, or a damaged one; put a backup in its place" in await _complaint(f"sqlite:///{file}")
    assert file.read_text() == "Dear Ann, " * 1000


async def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """SQLite makes files, not folders."""
    said = await _complaint(f"sqlite:///{tmp_path / 'missing' / 'stepwell.db'}")
    assert "missing/stepwell.db cannot be used" in said
    assert "check that its folder exists" in said


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://user:s3cret@host/name", "mysql is not supported; write sqlite:///path or postgresql://"),
        ("s3cret", "the database address is none; write sqlite:///path"),
        ("", "the database address is none; write sqlite:///path"),
        ("postgresql://user:s3cret@host:port/name", "the database address is none"),
        ("sqlite://", "a database in memory forgets everything; write sqlite:///path"),
        ("sqlite:///:memory:", "a database in memory forgets everything; write sqlite:///path"),
    ],
)
def test_an_address_that_cannot_be_used_says_what_one_looks_like(url: str, words: str) -> None:
    """Without repeating it, for it may hold a password."""
    with pytest.raises(StoreUnavailable, match=words) as refused:
        Database.open(url, SampleRoots())
    assert "s3cret" not in str(refused.value)


async def test_the_address_may_say_sslmode_as_libpq_does(postgres_url: str) -> None:
    """Hosting companies hand out addresses like that."""
    database = Database.open(f"{postgres_url}?sslmode=disable", SampleRoots())
    await database.check()
    await database.close()


async def test_without_tables_the_store_says_to_migrate(empty_url: str) -> None:
    """Also where nobody called check first."""
    database = Database.open(empty_url, SampleRoots())
    for way in (database.check, lambda: _look(database), lambda: _write(database)):
        with pytest.raises(StoreOutdated, match="stepwell store migrate"):
            await way()
    await database.close()


async def test_the_tables_of_a_newer_version_are_left_alone(database: Database) -> None:
    """Neither used nor migrated: the advice is the newer Stepwell."""
    async with owning(database) as owner, owner.begin() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for way in (database.check, database.migrate):
        with pytest.raises(StoreOutdated, match="revision 9999, which this version does not know; use the newer"):
            await way()


async def test_two_processes_may_migrate_at_once(empty_url: str) -> None:
    """Whoever comes second finds it done."""
    databases = [Database.open(empty_url, SampleRoots()) for _ in range(4)]
    await asyncio.gather(*(database.migrate() for database in databases))
    for database in databases:
        await database.check()
        await database.close()


async def test_a_migration_that_fails_leaves_nothing(empty_url: str) -> None:
    """All the way or not at all: a table that is in its way, and none of the others is made."""
    database = Database.open(empty_url, SampleRoots())
    async with database.of("t").begin() as session:
        await session.execute(text("CREATE TABLE response (id INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        await database.migrate()
    with pytest.raises(StoreOutdated):
        await _look(database)
    await database.close()


async def test_a_locked_file_is_said_to_be_in_use(tmp_path: Path) -> None:
    """Another program that keeps the file for itself is waited for, then named as the trouble."""
    database = Database.open(f"sqlite:///{tmp_path / 'stepwell.db'}?timeout=0.1", SampleRoots())
    await database.migrate()
    other = sqlite3.connect(tmp_path / "stepwell.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match=r"stepwell.db is in use by something that does not let go"):
        async with database.of("t").begin() as session:
            await session.execute(text("SELECT 1"))
    other.close()
    await _write(database)
    await database.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["in good order", "by a crash"])
async def test_a_server_that_went_away_and_came_back_is_used_again(postgres: Postgres, how: signal.Signals) -> None:
    """Meanwhile StoreUnavailable; afterwards the same pool works, and nothing half-written is there."""
    url = await postgres.fresh()
    database = Database.open(url, SampleRoots())
    await _write(database)
    try:
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await _write_while(database, lambda: postgres.stop(how))
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await _look(database)
    finally:
        postgres.start()
    async with database.of("t").read() as session:
        assert [row.id for row in await clients.find(session, "t")] == ["ann"]
    await database.close()
    await postgres.drop(url)


@pytest.mark.parametrize("deaf", ["lost_there", "lost_back"])
async def test_RT20_a_line_that_was_deaf_spoils_no_connection(
    deaf: Condition, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    """Whoever waits is told that the store is away, then it is there again: nobody gets a connection that is still busy."""
    monkeypatch.setitem(_SOON, "command_timeout", 0.3)
    url = await postgres.fresh()
    link = Link("store", unused_tcp_port, postgres.port)
    await link.start()
    database = Database.open(url.replace(f":{postgres.port}/", f":{link.port}/"), SampleRoots(), is_hurried=True)
    await asyncio.gather(*(_glance(database, tenant) for tenant in "abcdefghij"))
    for _ in range(3):
        link.be(deaf)
        told = await asyncio.gather(*(_glance(database, tenant) for tenant in "jihgfedcba"), return_exceptions=True)
        assert {type(one) for one in told} == {StoreUnavailable}
        link.be("through")
        again = await asyncio.gather(*(_glance(database, tenant) for tenant in "klmnopqrst"), return_exceptions=True)
        assert {type(one) for one in again if one is not None} <= {StoreUnavailable}
    async with asyncio.timeout(30):
        while await asyncio.gather(_glance(database, "u"), return_exceptions=True) != [None]:  # noqa: ASYNC110 - elsewhere
            await asyncio.sleep(0.1)
    await database.close()
    await link.stop()


@pytest.mark.parametrize("error", [asyncpg.InternalClientError("cannot switch to state"), TimeoutError()])
async def test_a_connection_that_the_server_ends_at_this_moment_is_away(
    error: Exception, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the driver calls it, which may be a fault of its own; the next one gets another connection."""
    database = Database.open(await postgres.fresh(), SampleRoots())
    await _glance(database, "a")
    with monkeypatch.context() as broken:

        async def execute(*_: object, **__: object) -> None:
            raise error

        broken.setattr(asyncpg.Connection, "execute", execute)
        with pytest.raises(StoreUnavailable):
            await _glance(database, "b")
    await _glance(database, "b")
    await database.close()


async def _glance(database: Database, tenant: str) -> None:
    async with database.of(tenant).glance() as session:
        await session.execute(text("SELECT count(*) FROM journey"))
