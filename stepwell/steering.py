"""What moves journeys: entering a client, and everything that clients, practitioners, operators and hosts do to a journey."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import get_args

from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from activities.executions import Executions
from engine.findings import did_you_mean
from engine.journey import Parent, PauseMode
from engine.messages import (
    By,
    ExcuseStep,
    ExtendStep,
    HostEvent,
    PauseJourney,
    ReleaseStep,
    RemindNow,
    ReopenStep,
    ResumeJourney,
    RetryTask,
    SetDate,
    StopJourney,
)
from engine.publishing import Published
from engine.steps.appointment import AppointmentStep
from engine.structure import Structure
from engine.turn import Answer
from stepwell.access import needs
from stepwell.desk import plain
from stepwell.enrolment import Wish, client_deleted, enrol, refuse_deleting, start_facts, structure_for
from stepwell.errors import NotStarted, Refused, Unavailable
from stepwell.judging import step_of
from stepwell.models import Again, JourneySummary
from stepwell.telling import Telling
from store import clients, erasing, journeys
from store.tables import ClientRow, JourneyRow
from workflows.inputs import JourneyInput
from workflows.journey import JourneyWorkflow
from workflows.names import JOURNEYS, PATHWAY, STATE, TENANT, VERSION
from workflows.policies import priority_of

_PRACTITIONER = By(role="practitioner")


class Steering(Telling):
    """Start journeys and pass on what people do. Each call is safe to repeat with the same id.

    A journey is named by its id or by its enrolment key, which is `client/pathway` unless another was given.
    Everything raises Refused with the rule's id, NotFound, or Unavailable when the server cannot be reached in time.
    """

    rotate_at = 1000
    """Journeys continue as new at this many events of history."""

    @needs("journeys:write", "host", "practitioner")
    async def start(
        self,
        client: str,
        pathway: str,
        *,
        version: int | None = None,
        enrolment_key: str | None = None,
        again: Again = "reject",
        request_id: str | None = None,
        practitioner: str | None = None,
        dates: dict[str, date | datetime] | None = None,
        parent: Parent | None = None,
    ) -> JourneySummary:
        """Enter a client on a pathway and start the journey: one key, one journey (rule P5).

        The key is client and pathway unless given. A call with the same `request_id` is the same start. `parent` is the step
        of another journey that this one is to be.
        """
        check_start(again, dates or {})
        key = plain(enrolment_key or f"{client}/{pathway}", "an enrolment key", "P5", 200)
        refuse_deleting(await self._client(client))
        await self._refuse_unheard(client, pathway, version, practitioner)
        if again == "restart":
            await self._stop_running(key, request_id)
        wish = Wish(self._tenant, client, pathway, version, key, again, request_id, practitioner, dates or {}, parent)
        row = await enrol(self._database, wish, self._now())
        if row.status == "starting":
            async with self._database.begin() as session:
                await self._note(session, "journey begun", row.id)
            await self._begin(row)
        return summary_from(row)

    async def _stop_running(self, key: str, request: str | None) -> None:
        async with self._database.read() as session:
            attempts = await journeys.enrolled(session, self._tenant, key)
        if attempts and attempts[0].status not in journeys.OVER and (request is None or attempts[0].request != request):
            with suppress(NotStarted):  # then it is the one that starts now
                await self.stop(attempts[0].id, reason="entered again", message_id=f"restart-{attempts[0].id}")

    async def _refuse_unheard(self, client: str, pathway: str, version: int | None, practitioner: str | None) -> None:
        """Refuse to ask about risk where no alert would reach anybody (rule R8)."""
        published = await self._published(pathway, version)
        if published is not None:
            await self._refuse_unheard_in(published, client, practitioner)

    async def _refuse_unheard_in(self, published: Published, client: str, practitioner: str | None) -> None:
        if not any(step.is_risky for step in published.structure.steps):
            return
        first = published.structure.alerts.rungs[0].to if published.structure.alerts else ""
        if first in self._care.roles:
            return
        known = await self._client(client)
        async with self._database.read() as session:
            found = await clients.get_practitioner(session, self._tenant, practitioner or known.practitioner or "")
        if found is None or not found.email:
            message = "the pathway asks about risk, and no practitioner with an address would hear of it; name one first"
            raise Refused("nobody_alerted", "R8", message)

    async def _begin(self, row: JourneyRow) -> None:
        """Start the workflow of a reserved journey; a start that a deletion overtook leaves nothing behind (rule P4)."""
        await self._begin_as(row, await structure_for(self._database, row), await self._client(row.client))
        if await self._take_back_deleted([row]):
            raise client_deleted(row.client)

    async def _take_back_deleted(self, rows: Sequence[JourneyRow]) -> set[str]:
        """Have the workflows gone again of those journeys whose client is being deleted; the journeys' ids (rule P4)."""
        async with self._database.glance() as session:
            wanted = await erasing.wanted(session, self._tenant, {row.client for row in rows})
        late = {row.id for row in rows if row.client not in wanted}
        for journey in late:
            await Executions(self._connection).erase(journey)
        return late

    async def _begin_as(self, row: JourneyRow, structure: Structure, client: ClientRow) -> None:
        """Start the workflow; whoever calls this looks afterwards whether the client is still wanted."""
        start = JourneyInput(structure=structure, facts=start_facts(row, client), rotate_at=self.rotate_at)
        await self._start_workflow(row, start, client)

    async def _start_workflow(self, row: JourneyRow, start: JourneyInput, client: ClientRow) -> None:
        refuse_deleting(client)
        attributes = TypedSearchAttributes(
            [
                SearchAttributePair(PATHWAY, row.pathway),
                SearchAttributePair(VERSION, row.version),
                SearchAttributePair(STATE, "active"),
                SearchAttributePair(TENANT, row.tenant),
            ]
        )
        try:
            await self._connection.start_workflow(
                JourneyWorkflow.run,
                start,
                id=row.id,
                task_queue=JOURNEYS,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=attributes,
                priority=priority_of(row.tenant),
                static_summary=f"{row.pathway} v{row.version}",
                rpc_timeout=self.patience,
            )
        except WorkflowAlreadyStartedError:
            pass  # it has run to its end already
        except RPCError as error:
            message = (
                f"the journey is reserved but its workflow not started ({error.message}); call start again with the same key"
            )
            raise Unavailable(message) from error

    # What practitioners, operators and hosts do

    @needs("journeys:write", "practitioner", "operator")
    async def excuse(
        self, journey: str, occurrence: str, *, reason: str, by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Let the client off a step (rule G8)."""
        return await self._tell(journey, ExcuseStep, message_id, by=by, occurrence=occurrence, reason=reason)

    @needs("journeys:write", "host", "practitioner", "operator")
    async def retry(self, journey: str, occurrence: str, *, by: By = _PRACTITIONER, message_id: str | None = None) -> Answer:
        """Have the failed task of a step tried again (rule G12)."""
        return await self._tell(journey, RetryTask, message_id, by=by, occurrence=occurrence)

    @needs("journeys:write", "host", "practitioner")
    async def book(
        self, journey: str, occurrence: str, at: datetime, *, by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Book an appointment, or move it: what counts from its date is planned again at once (rule T4)."""
        published = await self._published_for(await self._journey(journey))
        step = step_of(published, occurrence)
        if step.type != AppointmentStep.name:
            raise Refused("no_appointment", "T4", f"{occurrence} is a {step.type}, not an appointment")
        date = published.contents.steps[step.id].content["date"]  # the one that the journey's structure counts from
        return await self.set_date(journey, date, at, by=by, message_id=message_id)

    @needs("journeys:write", "practitioner", "operator")
    async def release(
        self, journey: str, occurrence: str, *, reason: str, by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Deliver a waiting step before its time; quiet hours still hold it (rule G8)."""
        return await self._tell(journey, ReleaseStep, message_id, by=by, occurrence=occurrence, reason=reason)

    @needs("journeys:write", "practitioner", "operator")
    async def extend(
        self,
        journey: str,
        occurrence: str,
        until: datetime,
        *,
        reason: str,
        by: By = _PRACTITIONER,
        message_id: str | None = None,
    ) -> Answer:
        """Move the closing of a step; one that has expired opens again (rule G8)."""
        return await self._tell(journey, ExtendStep, message_id, by=by, occurrence=occurrence, until=until, reason=reason)

    @needs("journeys:write", "practitioner", "operator")
    async def reopen(
        self, journey: str, occurrence: str, *, reason: str, by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Open a settled step again, its windows counted anew (rule G8)."""
        return await self._tell(journey, ReopenStep, message_id, by=by, occurrence=occurrence, reason=reason)

    @needs("journeys:write", "host", "practitioner", "operator")
    async def remind_now(
        self, journey: str, occurrence: str, *, by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Send a reminder now; twice within the cool-down is one (rule R7)."""
        return await self._tell(journey, RemindNow, message_id, by=by, occurrence=occurrence)

    @needs("journeys:write", "host", "practitioner", "operator")
    async def pause(
        self, journey: str, *, reason: str, mode: PauseMode = "freeze", by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Deliver and remind nothing until resumed; `freeze` keeps what remained, `calendar` keeps the dates (rule P1)."""
        return await self._tell(journey, PauseJourney, message_id, by=by, mode=mode, reason=reason)

    @needs("journeys:write", "host", "practitioner", "operator")
    async def resume(self, journey: str, *, by: By = _PRACTITIONER, message_id: str | None = None) -> Answer:
        """Go on; what fell due meanwhile comes one by one (rule P2)."""
        return await self._tell(journey, ResumeJourney, message_id, by=by)

    @needs("journeys:write", "host", "practitioner", "operator")
    async def stop(self, journey: str, *, reason: str, by: By = _PRACTITIONER, message_id: str | None = None) -> Answer:
        """End the journey for good (rule P3)."""
        return await self._tell(journey, StopJourney, message_id, by=by, reason=reason)

    @needs("journeys:write", "host", "practitioner", "operator")
    async def set_date(
        self, journey: str, name: str, value: date | datetime | None, *, by: By | None = None, message_id: str | None = None
    ) -> Answer:
        """Set or move a client date, or take it away with None; what hangs on it is planned again at once (rule T4)."""
        return await self._tell(journey, SetDate, message_id, by=by or By(), name=name, value=value)

    @needs("journeys:write", "host")
    async def host_event(self, journey: str, name: str, *, message_id: str | None = None) -> Answer:
        """Tell the journey that something happened in the host application (rule G10)."""
        return await self._tell(journey, HostEvent, message_id, name=name)


def check_start(again: str, dates: dict[str, date | datetime]) -> None:
    """Refuse before a place is reserved that could never be taken."""
    if again not in get_args(Again):
        raise Refused("unknown_again", "P5", f"{again!r} is no way to enter again: {did_you_mean(again, get_args(Again))}")
    naive = [name for name, value in dates.items() if isinstance(value, datetime) and value.tzinfo is None]
    if naive:
        raise Refused("naive_instant", "T4", f"{', '.join(naive)}: an instant needs its zone, a day is a date without a time")


def summary_from(row: JourneyRow) -> JourneySummary:
    """A stored journey as one line."""
    return JourneySummary.model_validate(
        {name: getattr(row, name) for name in JourneySummary.model_fields} | {"status": row.status}
    )
