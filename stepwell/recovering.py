"""After one of the two databases was lost: the store brought up to Temporal, and journeys started again from the store."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from temporalio.service import RPCError, RPCStatusCode

from activities.recorder import Recorder
from engine.effects import AWAIT_STEP_TYPE, FIND_STEP_TYPE, Notify, Perform
from engine.events import Event
from engine.journey import Journey
from stepwell.access import needs
from stepwell.alerting import Alerting
from stepwell.enrolment import start_facts
from stepwell.errors import StepwellError, Unavailable
from stepwell.models import Recovered, RecoveryKind
from stepwell.replaying import Replaying
from stepwell.runs import kept_beyond
from stepwell.steering import Steering
from stepwell.watching import Watching
from stepwell.whatif.recorded import Recorded
from stepwell.whatif.retaking import Retaken, retake
from store import alerts, events, journeys, ledger, responses, search
from store.tables import JourneyRow, NotificationRow
from workflows.inputs import JourneyInput
from workflows.journey import JourneyWorkflow
from workflows.names import JOURNEY, TENANT

_TRIES = 4
_UNDONE = timedelta(days=1)
"""How long before the last recorded event something may have been taken back that nobody knows the end of."""
_RUNNING = f"WorkflowType = '{JOURNEY}' AND ExecutionStatus = 'Running'"


class Recovering(Replaying, Steering, Watching, Alerting):
    """Put together again what a restored backup has torn apart."""

    @needs("admin", "operator")
    async def recover(self, *, is_trial: bool = False, progress: Callable[[int], None] = lambda done: None) -> list[Recovered]:
        """Bring every journey's record and workflow together; say of each that did not agree what became of it.

        A store that was restored from a backup is given the events that Temporal still holds. Journeys whose workflow
        Temporal has lost are started again where they were, and alarms go on. Safe to repeat; with `is_trial`
        nothing is changed. Raises Unavailable.
        """
        found: list[Recovered] = []
        known: set[str] = set()
        try:
            async for row in self._under_way():
                known.add(row.id)
                one = await self._recover(row, is_trial=is_trial)
                found += [one] if one is not None else []
                progress(len(known))
            found += await self._unknown(known)
        except RPCError as error:
            raise Unavailable("Temporal does not answer; nothing is lost, say it again") from error
        if not is_trial:
            await self._sound_again()
        return found

    async def _under_way(self) -> AsyncIterator[JourneyRow]:
        """The journeys that a workflow has to live for, in order of their ids: completed, until what it left open is closed."""
        after = ""
        while True:
            async with self._database.read() as session:
                page = await journeys.find(session, self._tenant, after=after)
                completed = [row.id for row in page if row.status == "completed"]
                left_open = await search.open_counts(session, completed) if completed else {}
            for row in page:
                if row.status in ("active", "paused") or left_open.get(row.id):
                    yield row
            if not page:
                return
            after = page[-1].id

    async def _recover(self, row: JourneyRow, *, is_trial: bool) -> Recovered | None:
        """What became of one; None where there was nothing to do."""
        try:
            await self._connection.get_workflow_handle(row.id).describe()
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return await self._start_again(row, is_trial=is_trial)
        try:
            await self._refuse_broken(row)
            return await self._bring_up(row, is_trial=is_trial)
        except StepwellError as error:
            return _became(row.id, "cannot", str(error))

    # The store is behind

    async def _bring_up(self, row: JourneyRow, *, is_trial: bool) -> Recovered | None:
        async with self._database.read() as session:
            last = await events.last_number(session, row.id)
        if await self._seq(row) <= last:
            return None
        kept = await kept_beyond(self._connection, row.id, last)
        if kept.is_on_its_way:
            return None
        told = {event.seq: event for record in kept.records for event in record.events if event.seq > last}
        numbers = [*told]
        if numbers != [*range(last + 1, last + 1 + len(numbers))] or not numbers:
            first = numbers[0] if numbers else "the next"
            return _became(row.id, "cannot", f"what came between event {last} and {first} is in neither database any more")
        if not is_trial:
            for record in kept.records:
                await Recorder(self._database).keep(record)
        says = f"{len(numbers)} events from Temporal, {numbers[0]} to {numbers[-1]}"
        return _became(row.id, "brought up to date", says, await self._lost([*told.values()]))

    async def _seq(self, row: JourneyRow) -> int:
        """The number of its last event by its workflow; the worker that had it may be gone, which Temporal takes a while to see."""
        for _ in range(_TRIES - 1):
            with suppress(Unavailable):
                return (await self._ask(row, JourneyWorkflow.state)).seq
        return (await self._ask(row, JourneyWorkflow.state)).seq

    async def _lost(self, told: Sequence[Event]) -> tuple[str, ...]:
        """The occurrences whose answers were in no backup: Temporal has never known them."""
        lost = []
        async with self._database.read() as session:
            for event in told:
                response = getattr(event, "response_id", None)
                if response is not None and await responses.get(session, self._tenant, response) is None:
                    lost.append(getattr(event, "occurrence", ""))
        return tuple(dict.fromkeys(lost))

    # Temporal has lost it

    async def _start_again(self, row: JourneyRow, *, is_trial: bool) -> Recovered:
        try:
            (recorded,) = await self._recorded([row])
            client = await self._client(row.client)
            facts = start_facts(row, client).changed(zone=recorded.started.zone, dates=recorded.started.dates)
            taken = await asyncio.to_thread(retake, recorded, facts)
            async with self._database.read() as session:
                messages = await ledger.of_journey(session, row.id)
            unsent = (*_unsent(taken, recorded, messages), *_unfinished(taken))
            start = JourneyInput(structure=recorded.structure, journey=taken.journey, unsent=unsent, rotate_at=self.rotate_at)
            if not is_trial:
                await self._start_workflow(row, start, client)
        except (StepwellError, ValueError) as error:
            return _became(row.id, "cannot", str(error))
        return _became(row.id, "started again", f"after event {taken.journey.seq}; {len(unsent)} things to do are done again")

    async def _sound_again(self) -> None:
        """Alarms that are lost begin anew, without what was told already; where one goes on, nothing happens."""
        async with self._database.read() as session:
            waiting = await alerts.find(session, self._tenant)
        for alert in waiting:
            await self._sound(alert)

    # What the store does not know

    async def _unknown(self, known: set[str]) -> list[Recovered]:
        """Journeys that run and were entered after the backup: their clients and keys were in none."""
        tenant = self._tenant.replace("'", "''")
        query = f"{_RUNNING} AND {TENANT.name} = '{tenant}'"
        says = "it was entered after the backup; have the host enter its client again, then terminate its workflow"
        return [
            _became(one.id, "cannot", says)
            async for one in self._connection.list_workflows(query)
            if one.id not in known and not await self._is_kept(one.id)
        ]

    async def _is_kept(self, journey: str) -> bool:
        async with self._database.read() as session:
            return await journeys.get(session, self._tenant, journey) is not None


def _unsent(taken: Retaken, recorded: Recorded, messages: Sequence[NotificationRow]) -> list[Notify]:
    """Messages of which the ledger does not say how they ended; under their ids they are sent once at most."""
    ended = {one.id for one in messages if one.accepted_at is not None or one.skipped is not None}
    ended |= {name.rpartition("/")[0] for name in ended}  # a later channel has its place after the message's own id
    given_up = {event.effect for event in recorded.events if event.kind == "notification_given_up"}
    wanted = [one.effect for one in taken.asked if isinstance(one.effect, Notify)]
    return [effect for effect in wanted if effect.id not in ended and effect.id not in given_up]


def _unfinished(taken: Retaken) -> list[Perform]:
    """What a step still waits for, by its last run; and what was lately to be taken back, since nobody knows whether it was."""
    latest = {(one.effect.occurrence, one.effect.activity): one for one in taken.asked if isinstance(one.effect, Perform)}
    last_at = max((one.at for one in taken.asked), default=None)
    found = []
    for one in latest.values():
        effect = one.effect
        assert isinstance(effect, Perform)
        is_recent = last_at is not None and last_at - one.at <= _UNDONE
        if (is_recent and effect.undoes) or (not effect.undoes and _is_awaited(effect, taken.journey)):
            found.append(effect)
    return found


def _is_awaited(effect: Perform, journey: Journey) -> bool:
    occurrence = journey.occurrences.get(effect.occurrence)
    if occurrence is None or occurrence.settled_at is not None:
        return False
    if effect.activity in (FIND_STEP_TYPE, AWAIT_STEP_TYPE):
        return occurrence.type_state != "found"
    return not occurrence.task_failed and effect.run == occurrence.runs


def _became(journey: str, what: RecoveryKind, says: str, answers_lost: tuple[str, ...] = ()) -> Recovered:
    return Recovered(journey=journey, what=what, says=says, answers_lost=answers_lost)
