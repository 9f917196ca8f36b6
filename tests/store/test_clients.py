"""Clients and practitioners are kept as they were given, each tenant's apart."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from store import clients
from store.database import Database
from store.tables import PractitionerRow
from tests.store.seeds import NOW, client_row


def _practitioner(email: str, *, created_at: datetime = NOW, tenant: str = "t") -> PractitionerRow:
    return PractitionerRow(tenant=tenant, id="eva", display_name="Eva", email=email, created_at=created_at)


async def test_a_client_reads_back_as_written(database: Database) -> None:
    """Words in any script, lists, and instants to the microsecond; the zone they were written in does not matter."""
    elsewhere = NOW.astimezone(datetime.fromisoformat("2026-03-02T00:00:00+05:45").tzinfo)
    written = client_row(
        display_name="Ánn “O” 黒猫 👩🏽‍🚀", zone="Asia/Kathmandu", opted_out=["email", "sms"], consent_at=elsewhere
    )
    as_given = written.model_dump()
    async with database.begin() as session:
        await clients.add(session, written)
    async with database.read() as session:
        read = await clients.get(session, "t", "ann")
    assert read is not None
    assert read.model_dump() == as_given
    assert read.consent_at is not None
    assert read.consent_at.utcoffset() == timedelta(0)
    assert read.created_at.tzinfo is UTC


async def test_a_naive_instant_is_refused(database: Database) -> None:
    """Nobody knows what it means."""
    with pytest.raises(Exception, match="a naive instant does not go into the store"):
        async with database.begin() as session:
            await clients.add(session, client_row(created_at=datetime(2026, 3, 2)))


async def test_the_same_client_twice_is_refused_and_the_first_stays(database: Database) -> None:
    """Nobody is overwritten by somebody of the same id."""
    async with database.begin() as session:
        await clients.add(session, client_row(display_name="Ann"))
    with pytest.raises(IntegrityError):
        async with database.begin() as session:
            await clients.add(session, client_row(display_name="Another"))
    async with database.read() as session:
        kept = await clients.get(session, "t", "ann")
    assert kept is not None
    assert kept.display_name == "Ann"


async def test_of_ten_who_add_one_client_at_once_one_does(database: Database) -> None:
    """The others are told."""

    async def add(name: str) -> None:
        async with database.begin() as session:
            await clients.add(session, client_row(display_name=name))

    done = await asyncio.gather(*(add(f"Ann {number}") for number in range(10)), return_exceptions=True)
    assert [type(one) for one in done if one is not None] == [IntegrityError] * 9
    winner = done.index(None)
    async with database.read() as session:
        assert [row.display_name for row in await clients.find(session, "t")] == [f"Ann {winner}"]


async def test_a_client_of_another_tenant_is_not_there(database: Database) -> None:
    """The same id in two tenants is two people."""
    async with database.begin() as session:
        await clients.add(session, client_row(display_name="Ours"))
    async with database.of("other").begin() as session:
        await clients.add(session, client_row(tenant="other", display_name="Theirs"))
        await clients.add(session, client_row("bob", tenant="other"))
    async with database.read() as session:
        assert await clients.get(session, "t", "bob") is None
        assert [row.display_name for row in await clients.find(session, "t")] == ["Ours"]
    async with database.of("other").read() as session:
        theirs = await clients.get(session, "other", "ann")
    assert theirs is not None
    assert theirs.display_name == "Theirs"


@pytest.mark.parametrize("size", [1, 3, 7, 100])
async def test_pages_of_any_size_hold_everybody_once(database: Database, size: int) -> None:
    """In the order of their ids."""
    names = ["Zoe", "a", "ann", "b-1", "b.1", "b_1", "cli_2"]
    async with database.begin() as session:
        for name in reversed(names):
            await clients.add(session, client_row(name))
    met: list[str] = []
    async with database.read() as session:
        while page := await clients.find(session, "t", limit=size, after=met[-1] if met else ""):
            assert len(page) <= size
            assert page[0].id not in met
            met += [row.id for row in page]
    assert met == sorted(names)


async def test_a_practitioner_who_changes_stays_as_old_as_they_are(database: Database) -> None:
    """A new address is not a new person."""
    async with database.begin() as session:
        await clients.keep_practitioner(session, _practitioner("eva@old.example"))
    async with database.begin() as session:
        await clients.keep_practitioner(session, _practitioner("eva@new.example", created_at=NOW + timedelta(days=9)))
    async with database.read() as session:
        kept = await clients.get_practitioner(session, "t", "eva")
        assert await clients.get_practitioner(session, "other", "eva") is None
    assert kept is not None
    assert (kept.email, kept.created_at) == ("eva@new.example", NOW)


async def test_eight_who_keep_a_new_practitioner_at_once_all_may(database: Database) -> None:
    """One after the other; the last one's words stand."""

    async def keep(number: int) -> None:
        async with database.begin() as session:
            await clients.keep_practitioner(session, _practitioner(f"eva@{number}.example"))

    await asyncio.gather(*(keep(number) for number in range(8)))
    async with database.read() as session:
        assert await clients.get_practitioner(session, "t", "eva") is not None
