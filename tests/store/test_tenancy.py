"""Tenants apart in PostgreSQL itself (SC5): whatever a question forgets to say, nobody else's row is there or can be written."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import JSON, Connection, LargeBinary, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString
from structlog.testing import capture_logs

from stepwell.opening import say_where_unbound
from store.database import Database, StoreUnavailable
from store.sealed import Sealed
from store.tables import Utc
from tests.keys import SampleRoots
from tests.postgres import ADMIN, APP, OWNER, Postgres, as_role
from tests.store.seeds import NOW

ROOT = Path(__file__).parents[2]
OF_NO_TENANT = {"alembic_version", "failed_credential"}
TABLES = [table for table in SQLModel.metadata.sorted_tables if table.name not in OF_NO_TENANT]
EVERY_TENANT = {
    "activities/courier.py": 1,
    "activities/retention.py": 1,
    "stepwell/api/identity.py": 1,
    "stepwell/cli/encryption.py": 1,
    "stepwell/console/sessions.py": 1,
    "stepwell/doctor.py": 1,
    "stepwell/gauges.py": 2,
    "stepwell/housekeeping.py": 1,
    "stepwell/keys.py": 1,
    "stepwell/links.py": 2,
    "stepwell/watchman.py": 4,
    "store/encrypting.py": 1,
    "store/keyring.py": 1,
    "store/rotation.py": 1,
}
"""Who sees the rows of every tenant: whoever looks after all of them, or has to find out whose a key, a link or a job is."""


@pytest_asyncio.fixture
async def two(postgres_url: str) -> AsyncIterator[Database]:
    """A store with a row of tenant t and one of tenant u in every table; for nobody in particular."""
    database = Database.open(postgres_url, SampleRoots())
    async with database.of_every_tenant().begin() as session:
        for tenant in ("t", "u"):
            for table in TABLES:
                await session.execute(insert(table).values(_row(table, tenant)))
    yield database
    await database.close()


def _row(table: Table, tenant: str) -> dict[str, Any]:
    """A row in which every text is the name of its tenant: so each refers to the others of the same."""
    return {column.name: _value(column.type, tenant) for column in table.columns}


def _value(kind: Any, tenant: str) -> Any:
    match kind:
        case Sealed():
            return None
        case LargeBinary():
            return b""
        case Utc():
            return NOW
        case JSON():
            return {}
        case AutoString():
            return tenant
    values: dict[type, Any] = {int: 1 if tenant == "t" else 2, bool: False, float: 1.0}
    return values[kind.python_type]


async def _count(database: Database, table: Table) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def _seen(connection: Connection) -> dict[str, int]:
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES}


async def _ask(url: str, question: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(question)]
    finally:
        await connection.close()


# What the catalogue says

_UNGUARDED = (
    "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace AND nspname = 'public'"
    " WHERE relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policies"
    " WHERE tablename = relname AND cmd = 'ALL' AND qual = with_check AND qual LIKE '%stepwell.tenant%'))"
)


async def test_SC5_every_table_of_tenants_has_its_policy_enabled_and_forced(postgres_url: str) -> None:
    """A table that comes later is not forgotten; and one that is not forced would be found."""
    assert {name for (name,) in await _ask(postgres_url, _UNGUARDED)} == OF_NO_TENANT
    [(policies,)] = await _ask(postgres_url, "SELECT count(*) FROM pg_policies")
    assert policies == len(TABLES), "a second policy would widen what the first allows"
    for change in ("NO FORCE ROW LEVEL SECURITY", "DISABLE ROW LEVEL SECURITY"):
        await _ask(as_role(OWNER, postgres_url), f"ALTER TABLE post {change}")
        assert ("post",) in await _ask(postgres_url, _UNGUARDED)


async def test_SC5_the_role_that_works_owns_nothing_and_is_above_nothing(postgres_url: str) -> None:
    """As SECURITY.md has it made, by the statements that stand there."""
    of_role = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert await _ask(postgres_url, of_role) == [(False, False, False, False)]
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert await _ask(postgres_url, owners) == [(OWNER,)]
    for statement in (
        "CREATE TABLE another (id integer)",
        "DROP POLICY tenants_apart ON journey",
        "ALTER TABLE journey NO FORCE ROW LEVEL SECURITY",
        "TRUNCATE journey",
        "DELETE FROM audit",
        "UPDATE alembic_version SET version_num = '0001'",
        f"SET ROLE {OWNER}",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _ask(postgres_url, statement)


# What is seen and what is written


async def test_SC5_where_nobody_has_said_whose_there_is_no_row(two: Database) -> None:
    """In no table; not for a role of its own, nor for the owner; nor for a tenant who has none."""
    assert await two.run_sync(_seen) == {table.name: 0 for table in TABLES}
    owner = Database.open(as_role(OWNER, two._engine.url.render_as_string(False).replace("+asyncpg", "")))
    assert await owner.run_sync(_seen) == {table.name: 0 for table in TABLES}
    await owner.close()
    for whose, rows in ((two.of("nobody"), 0), (two.of("t"), 1), (two.of_every_tenant(), 2)):
        assert {table.name: await _count(whose, table) for table in TABLES} == {table.name: rows for table in TABLES}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
async def test_SC5_a_tenant_writes_no_row_of_another(two: Database, table: Table) -> None:
    """Neither adds one, nor changes or takes away what is there, nor gives away their own."""
    ours, theirs = two.of("t"), _row(table, "u")
    with pytest.raises(DBAPIError, match="row-level security policy"):
        async with ours.begin() as session:
            await session.execute(insert(table).values(theirs))
    whose = next(name for name in ("tenant", "job", "journey", "endpoint") if name in table.columns)
    with pytest.raises(DBAPIError, match=r"row-level security policy|the audit is only appended to"):
        async with ours.begin() as session:
            await session.execute(update(table).values({whose: "u"}))
    async with ours.begin() as session:
        where = table.columns[whose] == "u"
        changed: Any = await session.execute(update(table).where(where).values({whose: "t"}))
        deleted: Any = await session.execute(delete(table).where(where)) if table.name != "audit" else changed
        assert (changed.rowcount, deleted.rowcount) == (0, 0)
    assert await _count(two.of("u"), table) == 1


async def test_SC5_a_connection_that_goes_round_keeps_nobody(two: Database) -> None:
    """One connection for one tenant after the other: committed, broken off, glanced at, for every tenant, for nobody."""
    mine = text("SELECT id, pg_backend_pid() FROM client ORDER BY id")

    async def seen(database: Database, way: str) -> list[str]:
        async with getattr(database, way)() as session:
            rows = [tuple(row) for row in await session.execute(mine)]
        used.update(pid for _, pid in rows)
        return [name for name, _ in rows]

    async def break_off(database: Database) -> None:
        async with database.begin() as session:
            await session.execute(mine)
            await session.execute(text("SELECT 1/0"))

    used: set[int] = set()
    for way in ("begin", "read", "glance"):
        for other in ("glance", "begin", "read"):
            assert await seen(two.of("t"), way) == ["t"]
            assert await seen(two.of("u"), other) == ["u"]
            assert await seen(two.of("t"), way) == ["t"]
            assert await seen(two.of_every_tenant(), way) == ["t", "u"]
            assert not any((await two.run_sync(_seen)).values())
            assert await seen(two.of("nobody"), way) == []
            with pytest.raises(DBAPIError):
                await break_off(two.of("u"))
            assert await seen(two.of("t"), other) == ["t"]
    assert len(used) == 1, "it was one connection all the time"


async def test_SC5_many_at_once_see_their_own(two: Database) -> None:
    """On a few connections, some of them cut off in the middle."""

    async def look(number: int) -> None:
        tenant = "tu"[number % 2]
        way = ("begin", "read", "glance")[number % 3]
        async with getattr(two.of(tenant), way)() as session:
            for _ in range(2):
                assert (await session.scalars(text("SELECT id FROM client"))).all() == [tenant]

    async def cut_off(number: int) -> None:
        looking = asyncio.create_task(look(number))
        for _ in range(number % 7):
            await asyncio.sleep(0)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)

    for _ in range(5):
        await asyncio.gather(*(cut_off(number) if number % 5 == 0 else look(number) for number in range(40)))


async def test_SC5_within_one_transaction_it_stays_said(two: Database) -> None:
    """Past a savepoint that is rolled back; and what comes after the commit says it anew."""
    async with two.of("t").begin() as session:
        nested = await session.begin_nested()
        await session.execute(text("SELECT 1"))
        await nested.rollback()
        assert (await session.scalars(text("SELECT id FROM client"))).all() == ["t"]
        await session.commit()
        assert (await session.scalars(text("SELECT id FROM client"))).all() == ["t"]


# Who has to say it


async def test_SC5_whoever_says_nothing_gets_no_session(database: Database) -> None:
    """On SQLite as well, so that it is noticed wherever it is tried first."""
    unsaid = Database(database._engine, SampleRoots())
    for way in (unsaid.begin, unsaid.read, unsaid.glance):
        with pytest.raises(AssertionError, match="say whose"):
            async with way():
                pass


@pytest.mark.parametrize("name", ["*", "", "a\nb", "\0", "\ud800"])
async def test_SC5_what_means_something_else_is_no_tenant(database: Database, name: str) -> None:
    """Least of all what means everybody."""
    with pytest.raises(ValueError, match="is no tenant"):
        database.of(name)


@pytest.mark.parametrize("name", ["o'hara", "back\\slash", "'; DROP TABLE client; --", "\\'; --", "größe 🙂"])
async def test_SC5_a_tenant_may_be_called_anything_that_can_be_printed(postgres_url: str, name: str) -> None:
    """It is said as it is, whichever way."""
    database = Database.open(postgres_url, SampleRoots())
    for way in ("begin", "read", "glance"):
        async with getattr(database.of(name), way)() as session:
            assert await session.scalar(text("SELECT current_setting('stepwell.tenant')")) == name
    await database.close()


def test_SC5_who_sees_every_tenant_is_listed() -> None:
    """A new place is noticed, and has to say here why it is none of one tenant."""
    files = [
        file for folder in ("activities", "stepwell", "store", "workflows", "engine") for file in (ROOT / folder).rglob("*.py")
    ]
    found = {str(file.relative_to(ROOT)): len(re.findall(r"\.of_every_tenant\(\)", file.read_text())) for file in files}
    assert {name: number for name, number in found.items() if number} == EVERY_TENANT


# Roles that are above it


async def test_SC5_a_role_above_the_policies_is_told(postgres: Postgres, postgres_url: str) -> None:
    """When workers and gateways start: what is wrong, and what to do."""
    await _ask(as_role(ADMIN, postgres_url), "DO 'BEGIN CREATE ROLE above LOGIN BYPASSRLS; EXCEPTION WHEN OTHERS THEN END'")
    cases = {APP: None, OWNER: None, ADMIN: "it is a superuser", "above": "it has BYPASSRLS"}
    for role, why in cases.items():
        database = Database.open(as_role(role, postgres_url))
        with capture_logs() as said:
            await say_where_unbound(database)
        assert [one["because"] for one in said] == ([why] if why else []), role
        assert all(one["log_level"] == "warning" and "SECURITY.md" in one["then"] for one in said)
        await database.close()


async def test_SC5_a_table_whose_owner_is_not_bound_is_told(postgres_url: str) -> None:
    """Somebody has taken it back."""
    owner = Database.open(as_role(OWNER, postgres_url))
    await _ask(as_role(OWNER, postgres_url), "ALTER TABLE journey NO FORCE ROW LEVEL SECURITY")
    assert await owner.why_unbound() == "row-level security is off"
    await owner.close()


async def test_SC5_a_file_has_nothing_like_it(tmp_path: Path) -> None:
    """And nobody is warned of what cannot be otherwise."""
    database = Database.open(f"sqlite:///{tmp_path / 'stepwell.db'}")
    assert await database.why_unbound() is None
    await database.close()


async def test_SC5_a_role_without_rights_is_told_to_get_them(postgres: Postgres) -> None:
    """A store that was migrated before the roles were made."""
    url = await postgres.empty()
    owner = Database.open(url)
    await owner.migrate()
    await owner.close()
    database = Database.open(as_role(APP, url))
    with pytest.raises(StoreUnavailable, match="the rights that SECURITY"):
        await database.check()
    await database.close()
    await postgres.drop(url)
