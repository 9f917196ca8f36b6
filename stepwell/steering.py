"""What moves journeys: entering a client, and everything that clients, practitioners, operators and hosts do to a journey."""

import asyncio
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, get_args

from pydantic import ValidationError
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from engine.findings import did_you_mean
from engine.journey import PauseMode
from engine.messages import (
    By,
    ExcuseStep,
    ExtendStep,
    HostEvent,
    Message,
    OpenStep,
    PauseJourney,
    ReleaseStep,
    RemindNow,
    ReopenStep,
    Respond,
    ResumeJourney,
    SetDate,
    SkipStep,
    SnoozeReminders,
    StopJourney,
)
from engine.turn import Answer
from stepwell.desk import Desk, plain
from stepwell.enrolment import Wish, enrol, start_facts, structure_for
from stepwell.errors import NotFound, NotStarted, Refused, Unavailable
from stepwell.judging import judge, step_of
from stepwell.messenger import submit
from stepwell.models import Again, JourneySummary
from store import journeys, responses
from store.ids import new_id
from store.responses import DifferentSubmission
from store.tables import JourneyRow, ResponseRow
from workflows.journey import JourneyInput, JourneyWorkflow
from workflows.names import JOURNEYS, PATHWAY, STATE, TENANT, VERSION

_CATCH_UP = 3.0
"""Seconds a call waits for the store to know what it did."""
_CLIENT = By(role="client")
_PRACTITIONER = By(role="practitioner")


class Steering(Desk):
    """Start journeys and pass on what people do. Each call is safe to repeat with the same id.

    A journey is named by its id or by its enrolment key, which is `client/pathway` unless another was given.
    Everything raises Refused with the rule's id, NotFound, or Unavailable when the server cannot be reached in time.
    """

    patience = timedelta(seconds=30)
    """How long a call tries to reach a journey before it raises Unavailable."""
    rotate_at = 1000
    """Journeys continue as new at this many events of history."""

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
    ) -> JourneySummary:
        """Enter a client on a pathway and start the journey: one key, one journey (rule P5).

        The key is client and pathway unless given. A call with the same `request_id` is the same start.
        """
        _check_start(again, dates or {})
        key = plain(enrolment_key or f"{client}/{pathway}", "an enrolment key", "P5", 200)
        if again == "restart":
            await self._stop_running(key, request_id)
        wish = Wish(self._tenant, client, pathway, version, key, again, request_id, practitioner, dates or {})
        row = await enrol(self._database, wish, self._now())
        if row.status == "starting":
            await self._begin(row)
        return summary_from(row)

    async def _stop_running(self, key: str, request: str | None) -> None:
        async with self._database.read() as session:
            attempts = await journeys.enrolled(session, self._tenant, key)
        if attempts and attempts[0].status not in journeys.OVER and (request is None or attempts[0].request != request):
            with suppress(NotStarted):  # then it is the one that starts now
                await self.stop(attempts[0].id, reason="entered again", message_id=f"restart-{attempts[0].id}")

    async def _begin(self, row: JourneyRow) -> None:
        structure = await structure_for(self._database, row)
        facts = start_facts(row, await self._client(row.client))
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
                JourneyInput(structure=structure, facts=facts, rotate_at=self.rotate_at),
                id=row.id,
                task_queue=JOURNEYS,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=attributes,
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

    # What clients do

    async def open(self, journey: str, occurrence: str, *, message_id: str | None = None) -> Answer:
        """The client looked at an open step, or worked on it again; the inactivity limit counts from here (rule G6)."""
        return await self._tell(journey, OpenStep, message_id, by=_CLIENT, occurrence=occurrence)

    async def respond(
        self,
        journey: str,
        occurrence: str,
        response: dict[str, Any] | None = None,
        *,
        submission_id: str | None = None,
        by: By | None = None,
    ) -> Answer:
        """Take a response: judged, kept in the store, then told to the journey. Raises InvalidResponse with every problem.

        The same `submission_id` is the same submission (rule G9). `by` is the client, or for a review the practitioner,
        unless given.
        """
        row = await self._journey(journey)
        published = await self._published_for(row)
        step = step_of(published, occurrence)
        payload, outcome = judge(published, self._types, step, response or {})
        who = by or (_PRACTITIONER if step.actor == "practitioner" else _CLIENT)
        name = plain(submission_id or new_id("sub"), "a submission id", "G9", 100)
        kept = ResponseRow(
            tenant=self._tenant,
            id=name,
            journey=row.id,
            occurrence=occurrence,
            by_role=who.role,
            payload=payload,
            outcome=dict(outcome),
            visibility=published.contents.steps[step.id].visibility,
            received_at=self._now(),
        )
        try:
            async with self._database.begin() as session:
                await responses.keep(session, kept)
        except DifferentSubmission as different:
            raise Refused("different_submission", "G9", str(different)) from None
        try:
            return await self._tell(row.id, Respond, name, by=who, occurrence=occurrence, response_id=name, outcome=outcome)
        except Refused:
            async with self._database.begin() as session:
                await responses.forget_refused(session, self._tenant, name)
            raise

    async def skip(
        self, journey: str, occurrence: str, *, obstacle: str | None = None, message_id: str | None = None
    ) -> Answer:
        """The client leaves out an optional step (rule G8); `obstacle` is a code, not text."""
        return await self._tell(journey, SkipStep, message_id, by=_CLIENT, occurrence=occurrence, obstacle=obstacle)

    async def snooze(self, journey: str, occurrence: str, until: datetime, *, message_id: str | None = None) -> Answer:
        """The client wants no reminder of this step before an instant (rule R5)."""
        return await self._tell(journey, SnoozeReminders, message_id, by=_CLIENT, occurrence=occurrence, until=until)

    # What practitioners, operators and hosts do

    async def excuse(
        self, journey: str, occurrence: str, *, reason: str, by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Let the client off a step (rule G8)."""
        return await self._tell(journey, ExcuseStep, message_id, by=by, occurrence=occurrence, reason=reason)

    async def release(
        self, journey: str, occurrence: str, *, reason: str, by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Deliver a waiting step before its time; quiet hours still hold it (rule G8)."""
        return await self._tell(journey, ReleaseStep, message_id, by=by, occurrence=occurrence, reason=reason)

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

    async def reopen(
        self, journey: str, occurrence: str, *, reason: str, by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Open a settled step again, its windows counted anew (rule G8)."""
        return await self._tell(journey, ReopenStep, message_id, by=by, occurrence=occurrence, reason=reason)

    async def remind_now(
        self, journey: str, occurrence: str, *, by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Send a reminder now; twice within the cool-down is one (rule R7)."""
        return await self._tell(journey, RemindNow, message_id, by=by, occurrence=occurrence)

    async def pause(
        self, journey: str, *, reason: str, mode: PauseMode = "freeze", by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Deliver and remind nothing until resumed; `freeze` keeps what remained, `calendar` keeps the dates (rule P1)."""
        return await self._tell(journey, PauseJourney, message_id, by=by, mode=mode, reason=reason)

    async def resume(self, journey: str, *, by: By = _PRACTITIONER, message_id: str | None = None) -> Answer:
        """Go on; what fell due meanwhile comes one by one (rule P2)."""
        return await self._tell(journey, ResumeJourney, message_id, by=by)

    async def stop(self, journey: str, *, reason: str, by: By = _PRACTITIONER, message_id: str | None = None) -> Answer:
        """End the journey for good (rule P3)."""
        return await self._tell(journey, StopJourney, message_id, by=by, reason=reason)

    async def set_date(
        self, journey: str, name: str, value: date | datetime | None, *, by: By | None = None, message_id: str | None = None
    ) -> Answer:
        """Set or move a client date, or take it away with None; what hangs on it is planned again at once (rule T4)."""
        return await self._tell(journey, SetDate, message_id, by=by or By(), name=name, value=value)

    async def host_event(self, journey: str, name: str, *, message_id: str | None = None) -> Answer:
        """Tell the journey that something happened in the host application (rule G10)."""
        return await self._tell(journey, HostEvent, message_id, name=name)

    async def _tell(self, journey: str, kind: type[Message], message_id: str | None, **facts: Any) -> Answer:
        row = await self._journey(journey)
        message = _message(kind, plain(message_id or new_id("msg"), "a message id", "G9", 100), facts)
        try:
            answer = await submit(self._connection, row.id, message, patience=self.patience)
        except NotFound:
            row = await self._journey(journey)
            if row.status == "starting":
                raise NotStarted("the journey is reserved but not started; call start again with the same key") from None
            if row.status in journeys.OVER:
                raise Refused("journey_over", "P3", f"the journey is {row.status}; nothing more happens in it") from None
            raise Unavailable(f"the workflow of journey {row.id} is gone from Temporal; an operator has to look") from None
        await self._until_recorded(row.id, answer.seq)
        return answer

    async def _until_recorded(self, journey: str, seq: int) -> None:
        """Let the store catch up, so that whoever acted sees it; a store that is away holds nobody up."""
        give_up_at = asyncio.get_running_loop().time() + _CATCH_UP
        pause = 0.01
        while (await self._journey(journey)).seq < seq and asyncio.get_running_loop().time() < give_up_at:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.2)


def _message(kind: type[Message], name: str, facts: dict[str, Any]) -> Message:
    """The message, or Refused with everything in it that cannot be: no reason given, an instant without its zone."""
    try:
        return kind(id=name, **facts)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg'].lower()}"
            for one in error.errors(include_url=False, include_input=False, include_context=False)
        )
        raise Refused("malformed", "G8", f"the journey was not asked: {wrong}") from None


def _check_start(again: str, dates: dict[str, date | datetime]) -> None:
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
