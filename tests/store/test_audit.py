"""The audit on both databases: a chain that only grows, and what is found where somebody went around us (SC18)."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from store import audit
from store.audit import Verified
from store.database import Database
from store.erasing import Whose, forget_reasons
from store.tables import AuditRow
from tests.store.seeds import owning

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def _append(database: Database, object: str = "jou_1", *, tenant: str = "t", reason: str | None = "because") -> None:
    row = AuditRow(tenant=tenant, at=_NOON, actor="operator:ada", action="answers revealed", object=object, reason=reason)
    async with database.of(tenant).begin() as session:
        await audit.append(session, row)


async def _verified(database: Database, *, noted: str | None = None) -> Verified:
    async with database.read() as session:
        return await audit.verify(session, "t", noted=noted)


async def _as_owner(database: Database, *statements: str) -> None:
    """What somebody does who may do anything with the tables."""
    on = "" if database.is_sqlite else " ON audit"
    async with owning(database) as owner, owner.begin() as session:
        await session.execute(text(f"DROP TRIGGER audit_stays{on}"))
        await session.execute(text(f"DROP TRIGGER audit_is_kept{on}"))
        for one in statements:
            await session.execute(text(one))


async def test_SC18_a_chain_that_nobody_touched_verifies(database: Database) -> None:
    """As many entries as were appended; those of another tenant are another chain."""
    assert await _verified(database) == Verified(0, None)
    for number in range(3):
        await _append(database, f"jou_{number}", reason=None if number == 1 else "because")
        await _append(database, tenant="other")
    found = await _verified(database)
    assert (found.entries, found.broken_at) == (3, None)
    assert found.head is not None


async def test_SC18_many_who_note_at_once_make_one_chain(database: Database) -> None:
    """Each follows another, and none the same."""
    await asyncio.gather(*(_append(database, f"jou_{number}") for number in range(20)))
    assert (await _verified(database))[::2] == (20, None)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET actor = 'operator:eve' WHERE number = 2",
        "UPDATE audit SET reason = 'another reason' WHERE number = 2",
        "UPDATE audit SET at = '2026-03-01 13:00:00' WHERE number = 2",
        "UPDATE audit SET object = 'jou_9', digest = NULL, reason = NULL WHERE number = 2",
        "DELETE FROM audit WHERE number = 2",
        "UPDATE audit SET number = number + 10 WHERE number = 2",
        "UPDATE audit SET hash = NULL WHERE number = 2",
    ],
)
async def test_SC18_what_was_changed_is_found(database: Database, change: str) -> None:
    """By whoever owns the tables, with the guards taken away."""
    for number in range(4):
        await _append(database, f"jou_{number}")
    await _as_owner(database, change)
    assert (await _verified(database)).broken_at in (2, 3)


async def test_SC18_the_last_entries_are_missed_by_the_hash_that_was_noted(database: Database) -> None:
    """A chain that is merely shorter verifies by itself; the noted head says that it was longer."""
    await _append(database)
    early = (await _verified(database)).head
    await _append(database)
    late = (await _verified(database)).head
    assert early is not None
    assert (await _verified(database, noted=early)).is_noted
    assert (await _verified(database, noted=late)).is_noted
    await _as_owner(database, "DELETE FROM audit WHERE number = 2")
    assert (await _verified(database, noted=late)) == Verified(1, early, is_noted=False)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit",
        "UPDATE audit SET actor = 'somebody else'",
        "UPDATE audit SET reason = 'another one'",
        "UPDATE audit SET salt = 'ab'",
        "UPDATE audit SET digest = NULL",
    ],
)
async def test_SC18_the_tables_themselves_refuse_a_change(database: Database, statement: str) -> None:
    """Also to their owner."""
    await _append(database)
    async with owning(database) as owner:
        with pytest.raises(DBAPIError, match="only appended to"):
            async with owner.begin() as session:
                await session.execute(text(statement))
    assert (await _verified(database)).entries == 1


async def test_SC18_the_words_about_a_deleted_client_go_and_the_chain_holds(database: Database) -> None:
    """And nobody finds out what they were: the salt is gone with them."""
    await _append(database, "cli_1", reason="she had asked for it")
    await _append(database, "jou_1")
    async with database.begin() as session:
        await forget_reasons(session, Whose("t", "cli_1"))
    async with database.read() as session:
        [_, row] = await audit.read(session, "t", limit=2)
    assert (row.object, row.reason, row.salt) == ("cli_1", None, None)
    assert (await _verified(database))[::2] == (2, None)
