"""The ledger: one row for each message, and what became of it (rule N2)."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from store import ledger
from store.database import Database
from store.tables import NotificationRow
from tests.store.seeds import NOW

LATER = NOW + timedelta(hours=1)


def _row(name: str = "j/a.1/delivered/1", **more: Any) -> NotificationRow:
    fields: dict[str, Any] = {
        "journey": "j",
        "occurrences": ["a.1"],
        "purpose": "delivered",
        "recipient": "client",
        "intended_at": NOW,
    }
    return NotificationRow(id=name, **(fields | more))


async def _intend(database: Database, row: NotificationRow) -> NotificationRow:
    async with database.begin() as session:
        return await ledger.intend(session, row)


async def _mark(database: Database, occurrence: str = "a.1", *, seen: datetime | None, acted: datetime | None = None) -> None:
    async with database.begin() as session:
        await ledger.mark(session, "j", occurrence, recipient="client", seen_at=seen, acted_at=acted)


async def _rows(database: Database, journey: str = "j") -> list[NotificationRow]:
    async with database.read() as session:
        return await ledger.of_journey(session, journey)


async def test_N1_intending_twice_is_one_row(ready: Database) -> None:
    """The second is given the first, with what became of it meanwhile."""
    await _intend(ready, _row())
    async with ready.begin() as session:
        row = await ledger.intend(session, _row())
        row.attempts, row.failed = 3, "the mail server took too long"
    again = await _intend(ready, _row(intended_at=LATER, occurrences=["b.1"]))
    assert (again.attempts, again.failed) == (3, "the mail server took too long")
    assert (again.intended_at, again.occurrences) == (NOW, ["a.1"])
    assert len(await _rows(ready)) == 1


async def test_N1_ten_who_intend_the_same_at_once_are_one_row(ready: Database) -> None:
    """And no attempt of theirs goes uncounted."""

    async def attempt() -> None:
        async with ready.begin() as session:
            row = await ledger.intend(session, _row())
            row.attempts += 1

    await asyncio.gather(*(attempt() for _ in range(10)))
    assert [row.attempts for row in await _rows(ready)] == [10]


async def test_N2_the_rows_of_a_journey_are_in_the_order_of_their_intention(ready: Database) -> None:
    """Only this journey's, and the same order every time."""
    for name, at in (("late", LATER), ("b", NOW), ("a", NOW)):
        await _intend(ready, _row(name, intended_at=at))
    await _intend(ready, _row("of k", journey="k"))
    assert [row.id for row in await _rows(ready)] == ["a", "b", "late"]
    assert [row.id for row in await _rows(ready, "k")] == ["of k"]


async def test_N2_a_message_about_a_journey_nobody_knows_is_refused(ready: Database) -> None:
    """There are no orphans."""
    with pytest.raises(DBAPIError, match=r"FOREIGN KEY|row-level security"):
        await _intend(ready, _row(journey="unknown"))


async def test_N2_seeing_and_acting_are_noted_the_first_time(ready: Database) -> None:
    """In each message that was about the step and was accepted."""
    await _intend(ready, _row("first", accepted_at=NOW))
    await _intend(ready, _row("reminder", accepted_at=NOW, occurrences=["b.1", "a.1"]))
    for hours in (1, 2):
        await _mark(ready, seen=NOW + timedelta(hours=hours))
    assert {(row.seen_at, row.acted_at) for row in await _rows(ready)} == {(LATER, None)}
    for hours in (3, 4):
        await _mark(ready, seen=NOW + timedelta(hours=hours), acted=NOW + timedelta(hours=hours))
    assert {(row.seen_at, row.acted_at) for row in await _rows(ready)} == {(LATER, NOW + timedelta(hours=3))}


async def test_N2_acting_is_seeing(ready: Database) -> None:
    """Who answers has seen it."""
    await _intend(ready, _row(accepted_at=NOW))
    await _mark(ready, seen=None, acted=LATER)
    assert [(row.seen_at, row.acted_at) for row in await _rows(ready)] == [(LATER, LATER)]


@pytest.mark.parametrize(
    "other",
    [
        {"accepted_at": None},
        {"recipient": "practitioner"},
        {"occurrences": ["a.10", "b.1"]},
        {"journey": "k"},
    ],
    ids=["not accepted", "somebody else's", "another step's", "another journey's"],
)
async def test_N2_what_they_did_not_get_they_have_not_seen(ready: Database, other: dict[str, Any]) -> None:
    """A message counts as seen by whom it reached, about what it was about."""
    await _intend(ready, _row(**({"accepted_at": NOW} | other)))
    await _mark(ready, seen=LATER, acted=LATER)
    (row,) = await _rows(ready, other.get("journey", "j"))
    assert (row.seen_at, row.acted_at) == (None, None)
