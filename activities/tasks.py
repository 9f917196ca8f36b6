"""What steps have done besides being delivered: the built-in activities of step types, and whether a type is there."""

from collections.abc import Collection
from typing import Protocol

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.host import Host
from engine.base import OccurrenceId
from engine.effects import AWAIT_STEP_TYPE, FIND_STEP_TYPE, HAND_BACK, Perform, Performed
from engine.journey import Parent
from engine.steps.host_task import CALL_HOST, HostTaskContent
from engine.steps.pathway import START_JOURNEY, STOP_JOURNEY
from store import journeys, versions
from store.database import Database
from store.tables import OccurrenceRow
from store.versions import MissingVersion, Shown, Versions

_log = structlog.get_logger("stepwell.task")


class Journeys(Protocol):
    """Other journeys, as a step that is one needs them. Each call is safe to repeat."""

    async def start(self, effect: Perform, parent: Parent) -> None:
        """Enter the same client on the pathway that `effect.details` names, once for this run."""

    async def stop(self, effect: Perform) -> None:
        """Stop the journey that this run started, if it did."""

    async def hand_back(self, effect: Perform) -> None:
        """Tell the waiting journey how this one ended."""


class Tasks:
    """The activities of the built-in step types. Raises on what may pass by itself, so that it is tried again."""

    def __init__(self, database: Database, types: Collection[str], journeys: Journeys, host: Host) -> None:
        self._database = database
        self._versions = Versions(database)
        self._types = types
        self._journeys = journeys
        self._host = host

    @activity.defn(name=FIND_STEP_TYPE)
    async def find_step_type(self, effect: Perform) -> Performed:
        """Say whether the package of a step's type is installed here."""
        return Performed(completes=effect.details["type"] in self._types)

    @activity.defn(name=AWAIT_STEP_TYPE)
    async def await_step_type(self, effect: Perform) -> Performed:
        """Come back where the package is installed; fail, to be tried again, where it is not."""
        if effect.details["type"] not in self._types:
            raise ApplicationError(f"the step type {effect.details['type']} is not installed here", type="NoStepType")
        return Performed(completes=True)

    @activity.defn(name=CALL_HOST)
    async def call_host(self, effect: Perform) -> Performed:
        """Ask the host to do something, by a signed request; its answer comes later, as a response."""
        content = HostTaskContent.model_validate((await self._shown(effect)).content.content)
        await self._host.ask(effect, content.task, content.data)
        _log.info("host asked", effect=effect.id, task=content.task)
        return Performed()

    async def _shown(self, effect: Perform) -> Shown:
        """What the step would be shown with now (rule E)."""
        async with self._database.of(effect.tenant).read() as session:
            journey = await journeys.get(session, effect.tenant, effect.journey)
            if journey is None:
                raise ApplicationError(f"{effect.journey} is not in the store", type="NoJourney")
            newest = (await versions.newest(session, effect.tenant, [journey.pathway])).get(journey.pathway, journey.version)
            known = await journeys.occurrence(session, journey.id, effect.occurrence)
        found = known or OccurrenceRow(journey=journey.id, id=effect.occurrence, step=effect.step, state="open")
        try:
            return await self._versions.shown(journey, found, newest)
        except MissingVersion as missing:
            raise ApplicationError(str(missing), type="NoPathway") from None

    @activity.defn(name=START_JOURNEY)
    async def start_journey(self, effect: Perform) -> Performed:
        """Start the journey that a step is."""
        wanted = {name.partition(".")[2]: source for name, source in effect.details.items() if name.startswith("hands_back.")}
        occurrence = OccurrenceId(effect.occurrence)
        await self._journeys.start(
            effect, Parent(journey=effect.journey, occurrence=occurrence, run=effect.run, hands_back=wanted)
        )
        return Performed()

    @activity.defn(name=STOP_JOURNEY)
    async def stop_journey(self, effect: Perform) -> Performed:
        """Stop the journey that a step is."""
        await self._journeys.stop(effect)
        return Performed()

    @activity.defn(name=HAND_BACK)
    async def hand_back(self, effect: Perform) -> Performed:
        """Tell the waiting journey."""
        await self._journeys.hand_back(effect)
        return Performed()
