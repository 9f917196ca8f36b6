"""Since when a client owes a required step, and when something last failed: kept with every event, the same when rebuilt."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from activities.recorder import Recorder
from engine.base import EffectId, JourneyId, OccurrenceId, StepId, TenantId
from engine.effects import Record
from engine.events import (
    Event,
    JourneyPaused,
    JourneyStarted,
    JourneyStopped,
    NotificationGivenUp,
    Reason,
    StepCompleted,
    StepDelivered,
    StepExpired,
    StepParked,
)
from store import events, journeys, projection
from store.database import Database
from tests.store.seeds import NOW, add_journey, publish_example

HOUR = timedelta(hours=1)


class Told:
    """Events of one journey, an hour after each other."""

    def __init__(self) -> None:
        self.events: list[Event] = [JourneyStarted(seq=1, at=NOW, zone="UTC")]

    @property
    def now(self) -> datetime:
        """When the next one happens."""
        return NOW + len(self.events) * HOUR

    def add(self, kind: type[Any], step: str | None = None, **more: Any) -> None:
        """One more."""
        about = {"step": StepId(step), "occurrence": OccurrenceId(f"{step}.1")} if step else {}
        self.events.append(kind(seq=len(self.events) + 1, at=self.now, **about, **more))

    def deliver(self, step: str) -> None:
        """A step that had been due half an hour before."""
        self.add(StepDelivered, step, due_at=self.now - HOUR / 2, reason=Reason(anchor="journey.started"))


async def _standing(database: Database, told: Told) -> tuple[datetime | None, datetime | None]:
    """What the row says once all is recorded; it is what verify finds right, and what a rebuild says."""
    async with database.begin() as session:
        await publish_example(session, "tutorial")
        await add_journey(session, id="j")
    for event in told.events:
        await Recorder(database).record(
            Record(id=EffectId(f"j/{event.seq}"), tenant=TenantId("t"), journey=JourneyId("j"), events=(event,))
        )
    async with database.begin() as session:
        row = await journeys.take(session, "t", "j")
        assert row is not None
        kept = (row.owed_since, row.failed_at)
        assert await projection.standing_differences(session, row, await events.read(session, "j")) == []
        row.owed_since = row.failed_at = NOW - HOUR
        assert len(await projection.standing_differences(session, row, await events.read(session, "j"))) == 2
        await projection.rebuild(session, row)
        assert (row.owed_since, row.failed_at) == kept
    return kept


async def test_the_oldest_required_step_is_owed_since_it_was_due(database: Database) -> None:
    """Not since it came, and not the optional one that came first."""
    told = Told()
    told.deliver("low")
    told.deliver("welcome")
    told.deliver("mood")
    told.add(JourneyPaused, mode="freeze", reason="ill")
    assert await _standing(database, told) == (NOW + 1.5 * HOUR, None)


@pytest.mark.parametrize("holds", [True, False])
async def test_what_expired_is_owed_while_the_journey_waits_for_it(database: Database, holds: bool) -> None:
    """An expired step that nobody waits for is not owed any more."""
    told = Told()
    told.deliver("welcome")
    told.add(StepExpired, "welcome", why="finish_by", holds=holds)
    assert await _standing(database, told) == (NOW + HOUR / 2 if holds else None, None)


async def test_nothing_is_owed_once_done_or_over(database: Database) -> None:
    """The first is answered, and the journey ends with the second still open."""
    told = Told()
    told.deliver("welcome")
    told.add(StepCompleted, "welcome")
    told.deliver("mood")
    told.add(JourneyStopped, reason="moved")
    assert await _standing(database, told) == (None, None)


async def test_the_latest_failure_stays_when_the_trouble_is_over(database: Database) -> None:
    """A step parked, a message given up, then everything goes on."""
    told = Told()
    told.add(StepParked, "welcome", due_at=NOW, why="late")
    told.add(NotificationGivenUp, effect=EffectId("j/x"), occurrences=(), reason="no channel took it")
    failed_at = told.events[-1].at
    told.deliver("welcome")
    told.add(StepCompleted, "welcome")
    assert await _standing(database, told) == (None, failed_at)
