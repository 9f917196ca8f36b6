"""The read model: whichever way the events arrive, it says what the journey itself says."""

import pytest
from sqlalchemy import text

from activities.recorder import Recorder
from engine.base import EffectId, JourneyId, TenantId
from engine.effects import Record
from engine.events import Event
from engine.view import fold
from store import journeys, projection
from store.database import Database
from store.tables import JourneyRow
from tests.store.happenings import lived
from tests.store.seeds import add_journey


async def _begin(database: Database) -> None:
    async with database.begin() as session:
        await add_journey(session, id="j")


async def _record(database: Database, happened: list[Event], size: int) -> None:
    recorder = Recorder(database)
    for first in range(0, len(happened), size):
        batch = tuple(happened[first : first + size])
        effect = Record(id=EffectId(f"j/record/{first}"), tenant=TenantId("t"), journey=JourneyId("j"), events=batch)
        assert (await recorder.record(effect)).seq == batch[-1].seq


async def _row(database: Database) -> JourneyRow:
    async with database.read() as session:
        row = await journeys.get(session, "t", "j")
    assert row is not None
    return row


@pytest.mark.parametrize("number", range(12))
async def test_recorded_in_batches_of_any_size_it_is_the_journeys_own_view(database: Database, number: int) -> None:
    """And equal to the one folded anew from the stored events."""
    journey = lived(number)
    await _begin(database)
    await _record(database, journey.events, (1, 2, 3, 7, 50, 1000)[number % 6])
    async with database.begin() as session:
        row = await journeys.take(session, "t", "j")
        assert row is not None
        recorded = await projection.read(session, row)
        rebuilt = await projection.rebuild(session, row)
    assert projection.differences(recorded, journey.view) == []
    assert recorded == rebuilt == journey.view


@pytest.mark.parametrize("number", [1, 5])
async def test_it_holds_after_every_single_event(database: Database, number: int) -> None:
    """Not only in the end: who looks in between sees what had happened by then."""
    journey = lived(number)
    await _begin(database)
    for upto, event in enumerate(journey.events, 1):
        await _record(database, [event], 1)
        async with database.read() as session:
            row = await journeys.get(session, "t", "j")
            assert row is not None
            assert await projection.read(session, row) == fold(journey.events[:upto])


async def test_a_journey_without_events_is_starting(database: Database) -> None:
    """Reserved, and not begun; rebuilding says the same."""
    await _begin(database)
    assert (await _row(database)).status == "starting"
    async with database.begin() as session:
        row = await journeys.take(session, "t", "j")
        assert row is not None
        await projection.rebuild(session, row)
    assert ((await _row(database)).status, (await _row(database)).seq) == ("starting", 0)


async def test_rebuilding_puts_right_what_was_wrong(database: Database) -> None:
    """A row too many, one too few, and a wrong state; another journey's rows are left alone."""
    journey = lived(3)
    await _begin(database)
    await _record(database, journey.events, 100)
    async with database.begin() as session:
        await add_journey(session, id="k")
        for statement in (
            "UPDATE occurrence SET state = 'waiting', reminders = 99",
            "DELETE FROM occurrence WHERE id = (SELECT min(id) FROM occurrence)",
            "INSERT INTO occurrence (journey, id, step, state, late, holds, generation, reminders) VALUES "
            "('j', 'ghost.1', 'ghost', 'open', FALSE, TRUE, 0, 0), ('k', 'kept.1', 'kept', 'open', FALSE, FALSE, 0, 0)",
            "UPDATE journey SET status = 'paused', seq = 1, zone = 'UTC' WHERE id = 'j'",
        ):
            await session.execute(text(statement))
    async with database.begin() as session:
        row = await journeys.take(session, "t", "j")
        assert row is not None
        found = projection.differences(await projection.read(session, row), journey.view)
        assert {"ghost.1.state: open against waiting", "ghost.1.holds: True against False"} < set(found)
        assert f"seq: 1 against {journey.view.seq}" in found
        assert await projection.rebuild(session, row) == journey.view
    async with database.read() as session:
        row = await journeys.get(session, "t", "j")
        assert row is not None
        assert await projection.read(session, row) == journey.view
        assert [one.id for one in await journeys.occurrences(session, "k")] == ["kept.1"]


async def test_a_journey_that_waits_for_a_person_is_marked_held(database: Database) -> None:
    """So that an operator finds it without folding anything; and no longer once it is seen to."""
    held = [number for number in range(60) if lived(number).view.is_held]
    assert held
    await _begin(database)
    await _record(database, lived(held[0]).events, 10)
    assert (await _row(database)).held
    async with database.read() as session:
        assert [row.id for row in await journeys.find(session, "t", held=True)] == ["j"]
        assert await journeys.find(session, "t", held=False) == []


def test_differences_name_the_place_and_nothing_else() -> None:
    """Equal views differ in nothing."""
    one, other = lived(1).view, lived(2).view
    assert projection.differences(one, one) == []
    assert projection.differences(one, other)
    assert len(projection.differences(one, other)) == len(projection.differences(other, one))
