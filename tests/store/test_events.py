"""Events: every one is kept once, in order, and read back equal to what happened."""

import asyncio
from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from engine.events import Event
from store import events
from store.database import Database
from store.sealing import KeyDestroyed
from tests.store.happenings import KINDS, MIDNIGHT, lived, one_of_every_kind
from tests.store.seeds import add_journey


async def _append(database: Database, *happened: Event, journey: str = "j") -> None:
    async with database.begin() as session:
        await events.append(session, journey, list(happened))


async def test_every_kind_reads_back_equal(ready: Database) -> None:
    """Instants at midnight stay instants, and nothing is rounded."""
    happened = one_of_every_kind()
    assert len(happened) == len(KINDS) > 20
    await _append(ready, *happened)
    async with ready.read() as session:
        kept = await events.read(session, "j")
    assert kept == happened
    assert [type(event) for event in kept] == [type(event) for event in happened]


@pytest.mark.parametrize("instant", [MIDNIGHT, MIDNIGHT + timedelta(microseconds=1), MIDNIGHT - timedelta(microseconds=1)])
async def test_a_date_and_the_instant_of_its_midnight_are_two_things(ready: Database, instant: object) -> None:
    """A client date may be either, and stays what it was."""
    (a_date,) = (event for event in one_of_every_kind() if event.kind == "date_set")
    happened = [
        a_date.model_copy(update={"seq": 1, "value": instant}),
        a_date.model_copy(update={"seq": 2, "value": MIDNIGHT.date()}),
        a_date.model_copy(update={"seq": 3, "value": None}),
    ]
    await _append(ready, *happened)
    async with ready.read() as session:
        kept = await events.read(session, "j")
    assert kept == happened
    assert [type(getattr(event, "value", "")) for event in kept] == [type(instant), type(MIDNIGHT.date()), type(None)]


async def test_whole_journeys_read_back_equal(ready: Database) -> None:
    """Whatever the engine made of them."""
    for number in range(8):
        happened = lived(number).events
        async with ready.begin() as session:
            await add_journey(session, id=f"lived-{number}")
            await events.append(session, f"lived-{number}", happened)
        async with ready.read() as session:
            assert await events.read(session, f"lived-{number}") == happened


async def test_a_number_is_taken_once_in_a_journey(ready: Database) -> None:
    """And what came with the second one is not kept either."""
    first, second, third = one_of_every_kind()[:3]
    await _append(ready, first, second)
    with pytest.raises(IntegrityError):
        await _append(ready, third, second)
    async with ready.read() as session:
        assert await events.read(session, "j") == [first, second]


async def test_of_eight_who_append_the_same_number_at_once_one_does(ready: Database) -> None:
    """The table decides."""
    first = one_of_every_kind()[0]
    done = await asyncio.gather(*(_append(ready, first) for _ in range(8)), return_exceptions=True)
    assert [type(one) for one in done if one is not None] == [IntegrityError] * 7


async def test_journeys_number_for_themselves(ready: Database) -> None:
    """And the last number of none is 0."""
    first, second = one_of_every_kind()[:2]
    await _append(ready, first, second)
    async with ready.read() as session:
        assert await events.last_number(session, "k") == 0
    await _append(ready, first, journey="k")
    async with ready.read() as session:
        assert (await events.last_number(session, "j"), await events.last_number(session, "k")) == (2, 1)


async def test_an_event_of_a_journey_nobody_knows_is_refused(ready: Database) -> None:
    """There are no orphans."""
    with pytest.raises(KeyDestroyed):
        await _append(ready, one_of_every_kind()[0], journey="unknown")


async def test_they_are_read_in_the_order_of_their_numbers_from_any_position(ready: Database) -> None:
    """Whatever order they were written in; a page at a time, if asked."""
    happened = one_of_every_kind()
    for event in reversed(happened):
        await _append(ready, event)
    async with ready.read() as session:
        assert await events.read(session, "j") == happened
        assert await events.read(session, "j", after=5) == happened[5:]
        assert await events.read(session, "j", after=5, limit=3) == happened[5:8]
        assert await events.read(session, "j", after=len(happened)) == []


async def test_its_columns_say_the_same_as_the_event(ready: Database) -> None:
    """For whoever looks into the table itself."""
    happened = one_of_every_kind()
    await _append(ready, *happened)
    async with ready.read() as session:
        rows = (await session.execute(text("SELECT seq, kind FROM event WHERE journey = 'j' ORDER BY seq"))).all()
    assert [tuple(row) for row in rows] == [(event.seq, event.kind) for event in happened]


def test_no_kind_is_left_out() -> None:
    """The samples are the union's members, all of them."""
    assert set(KINDS) == set(get_args(get_args(Event)[0]))
    assert {event.kind for event in one_of_every_kind()} == {kind.model_fields["kind"].default for kind in KINDS}
