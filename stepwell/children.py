"""Journeys that are steps of other journeys: started, stopped and handed back by the activities of the `pathway` step."""

from contextlib import suppress

from temporalio.client import Client as Connection

from engine.base import MessageId, OccurrenceId
from engine.effects import Perform
from engine.journey import Parent
from engine.messages import By, Message, StopJourney, TaskDone, TaskFailed
from engine.steps import StepTypes
from stepwell.care import Care
from stepwell.enrolment import date_from
from stepwell.errors import NotFound, Refused
from stepwell.messenger import submit
from stepwell.steering import Steering
from store import journeys
from store.database import Database


class Children:
    """Other journeys, as the activities of steps reach them."""

    def __init__(self, database: Database, connection: Connection, types: StepTypes, care: Care) -> None:
        self._database = database
        self._connection = connection
        self._types = types
        self._care = care

    async def start(self, effect: Perform, parent: Parent) -> None:
        """Enter the same client on the pathway that `effect.details` names: one run, one journey."""
        async with self._database.of(effect.tenant).read() as session:
            row = await journeys.get(session, effect.tenant, effect.journey)
        if row is None:
            raise NotFound(f"journey {effect.journey} is not in the store yet")
        version = effect.details.get("version")
        await Steering(self._database, self._connection, effect.tenant, self._types, self._care).start(
            effect.client,
            effect.details["pathway"],
            version=int(version) if version else None,
            enrolment_key=_key(effect),
            again="use_existing",
            practitioner=row.practitioner,
            dates={name: date_from(value) for name, value in row.dates.items()},
            parent=parent,
        )

    async def stop(self, effect: Perform) -> None:
        """Stop the journey that this run started, if it did and it still runs."""
        async with self._database.of(effect.tenant).read() as session:
            started = await journeys.enrolled(session, effect.tenant, _key(effect))
        for row in started[:1]:
            stop = StopJourney(
                id=MessageId(f"{effect.id}"), by=By(role="operator"), reason="the step of another journey that it was is over"
            )
            await self._tell(row.id, stop)

    async def hand_back(self, effect: Perform) -> None:
        """Tell the waiting journey how this one ended; where it is over itself, nobody waits any more."""
        status, occurrence = effect.details["status"], OccurrenceId(effect.occurrence)
        message: Message = TaskFailed(
            id=MessageId(effect.id), occurrence=occurrence, run=effect.run, reason=f"its journey was {status}"
        )
        if status == "completed":
            message = TaskDone(id=MessageId(effect.id), occurrence=occurrence, run=effect.run, outcome=effect.outcome)
        await self._tell(effect.journey, message)

    async def _tell(self, journey: str, message: Message) -> None:
        with suppress(NotFound, Refused):
            await submit(self._connection, journey, message)


def _key(effect: Perform) -> str:
    return f"{effect.journey}/{effect.occurrence}/{effect.run}"
