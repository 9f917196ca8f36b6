"""What went wrong and what it affects: of one journey with causes and next moves, and of all of them since an instant."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from engine.events import Event
from stepwell.access import needs
from stepwell.errors import Unavailable
from stepwell.models import Failure, FailurePage, JourneyLine, JourneyQuery, Trouble
from stepwell.searching import Searching
from stepwell.watching import QUERY, Watching
from store import events, journeys, ledger
from store.owing import FAILURES
from store.tables import JourneyRow, NotificationRow, OccurrenceRow
from workflows.names import STUCK, TENANT

_MOST_EVENTS = 500
_MOST_STUCK = 100
_STUCK = 3
"""Tries of one workflow task: a worker that was killed explains the second."""
_IN_APP = "in_app"
_ANSWERED_BY = {
    "task_held": ("task_started", "step_excused", "step_cancelled", "step_completed"),
    "step_type_missed": ("step_type_found", "step_excused", "step_cancelled"),
    "step_parked": ("step_released", "step_delivered", "step_excused", "step_cancelled"),
    "step_expired": ("step_reopened", "step_extended", "step_excused", "step_completed"),
    "step_abandoned": ("step_reopened", "step_extended", "step_excused", "step_completed"),
}
"""What ends each trouble with a step."""


class Troubles(Searching, Watching):
    """Say what failed, why, and what to do about it."""

    @needs("journeys:read", "practitioner", "operator")
    async def troubles(self, journey: str) -> list[Trouble]:
        """What the store knows of that keeps a journey or its messages from going on, the oldest first. Raises NotFound."""
        row = await self._journey(journey)
        async with self._database.read() as session:
            told = await events.read(session, row.id)
            sent = await ledger.of_journey(session, row.id)
            found = await journeys.occurrences(session, row.id)
        return troubles_of(row, found, told, sent)

    @needs("journeys:read", "practitioner", "operator")
    async def workflow_trouble(self, journey: str) -> Trouble | None:
        """What is wrong with the journey's workflow, asked of Temporal; None: nothing. Raises NotFound."""
        row = await self._journey(journey)
        handle = self._connection.get_workflow_handle(row.id)
        try:
            described = await handle.describe(rpc_timeout=QUERY)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                return Trouble(kind="no_answer", cause="Temporal does not answer", next_move="look at the page System")
            if row.status in (*journeys.OVER, "starting"):
                return None
            cause = f"the journey is {row.status}, and its workflow is not in Temporal"
            return Trouble(kind="workflow_gone", cause=cause, next_move="restore Temporal's data, or start the journey again")
        status, task = described.status, described.raw_description.pending_workflow_task
        if task.attempt >= _STUCK:
            cause = f"its workflow has stopped at a fault and was tried {task.attempt} times; its place is kept"
            move = "see the log of the workers; it goes on by itself once that is put right"
            since = task.original_scheduled_time.ToDatetime(UTC)
            return Trouble(kind="workflow_stuck", since=since, cause=cause, next_move=move)
        if status in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED):
            return None
        cause = f"the workflow is {status.name.lower() if status else 'in no known state'} while the journey is {row.status}"
        return Trouble(kind="workflow_ended", cause=cause, next_move="see its history in Temporal; start the journey again")

    @needs("journeys:read", "operator")
    async def stuck(self) -> list[str]:
        """The journeys whose workflow has stopped at a fault, as Temporal knows them, a hundred at most. Raises Unavailable.

        Servers that do not say so (before 1.29) name none.
        """
        tenant = self._tenant.replace("'", "''")
        query = f"{STUCK} AND {TENANT.name} = '{tenant}'"
        try:
            return [one.id async for one in self._connection.list_workflows(query, limit=_MOST_STUCK, rpc_timeout=QUERY)]
        except RPCError as error:
            if error.status == RPCStatusCode.INVALID_ARGUMENT:
                return []
            raise Unavailable("Temporal does not answer") from error

    @needs("journeys:read", "operator")
    async def failures(self, since: datetime, *, limit: int = 50, after: str | None = None) -> FailurePage:
        """What could not be carried out since an instant, the journeys that it concerns a page at a time."""
        page = await self.search(JourneyQuery(failed_since=since, sort="failed"), limit=limit, after=after)
        lines = {line.id: line for line in page.items}
        async with self._database.read() as session:
            told = await events.of_kinds(session, list(lines), FAILURES, since=since, limit=_MOST_EVENTS)
        items = tuple(_failure(lines[journey], event) for journey, event in told)
        return FailurePage(items=items, journeys=len(lines), next=page.next)


def troubles_of(
    row: JourneyRow, occurrences: Iterable[OccurrenceRow], told: Iterable[Event], sent: Iterable[NotificationRow]
) -> list[Trouble]:
    """What these rows say is wrong."""
    found = [*_with_steps(row, occurrences, told), *_with_messages(sent)]
    if row.status == "starting":
        again = "call start again with the same enrolment key"
        cause = "the journey has its place, and its workflow was never started"
        found.append(Trouble(kind="not_started", since=row.created_at, cause=cause, next_move=again))
    for alert in row.risks or ():
        cause = f"alert {alert} is not acknowledged; reminders are held until it is"
        found.append(Trouble(kind="risk", cause=cause, next_move="acknowledge the alert on the page Alerts"))
    return sorted(found, key=lambda one: one.since.timestamp() if one.since else 0.0)


def _with_steps(row: JourneyRow, occurrences: Iterable[OccurrenceRow], told: Iterable[Event]) -> Iterator[Trouble]:
    if row.status in journeys.OVER:
        return
    standing: dict[tuple[str, str], Event] = {}
    for event in told:
        occurrence = getattr(event, "occurrence", None)
        if occurrence is None:
            continue
        for kind, ends in _ANSWERED_BY.items():
            if event.kind == kind:
                standing[occurrence, kind] = event
            elif event.kind in ends:
                standing.pop((occurrence, kind), None)
    holding = {one.id for one in occurrences if one.holds}
    for (occurrence, _), event in standing.items():
        if occurrence in holding:
            yield _trouble(occurrence, event)


def _trouble(occurrence: str, event: Event) -> Trouble:
    match event.kind:
        case "task_held":
            move = "put right what it needs, then retry it; or excuse the step"
            return Trouble(kind="task_held", occurrence=occurrence, since=event.at, cause=cause_of(event), next_move=move)
        case "step_type_missed":
            move = "install the package on every worker; the step then goes on by itself"
            return Trouble(
                kind="step_type_missed", occurrence=occurrence, since=event.at, cause=cause_of(event), next_move=move
            )
        case "step_parked":
            move = "release it, or excuse it"
            return Trouble(kind="step_parked", occurrence=occurrence, since=event.at, cause=cause_of(event), next_move=move)
        case _:
            move = "extend or re-open it, or excuse it"
            return Trouble(kind="expired", occurrence=occurrence, since=event.at, cause=cause_of(event), next_move=move)


def _with_messages(sent: Iterable[NotificationRow]) -> Iterator[Trouble]:
    """Messages that nobody got: one that another channel took is none, but a to-do list brings nothing to anybody."""
    sent = list(sent)
    got = {_message(one) for one in sent if one.accepted_at and one.channel != _IN_APP}
    for one in sent:
        if one.failed and _message(one) not in got:
            where = f" by {one.channel}" if one.channel else ""
            cause = f"the {one.purpose} message to {one.recipient}{where} failed: {one.failed}"
            occurrence = one.occurrences[0] if one.occurrences else None
            move = "put the address or the channel right, then remind again"
            yield Trouble(
                kind="message_failed",
                occurrence=occurrence,
                since=one.attempted_at or one.intended_at,
                cause=cause,
                next_move=move,
            )


def _message(row: NotificationRow) -> str:
    """What is the same whichever channel it went by: journey, occurrence, purpose, ordinal."""
    return "/".join(row.id.split("/")[:4])


def cause_of(event: Event) -> str:
    """Why something could not be carried out, in words."""
    match event.kind:
        case "task_held":
            return f"its task failed at run {event.run}: {event.reason}"
        case "step_type_missed":
            return f"the package of the step type {event.type} is not installed"
        case "step_parked":
            return f"it came too late by its own limit: {event.why}"
        case "step_expired" | "step_abandoned":
            return f"{event.why}, and what follows waits for it"
        case "notification_given_up":
            return f"no channel took the message: {event.reason}"
        case _:
            return event.kind.replace("_", " ")


def _failure(line: JourneyLine, event: Event) -> Failure:
    one = getattr(event, "occurrence", None)
    return Failure(
        journey=line.id,
        client=line.client,
        pathway=line.pathway,
        version=line.version,
        status=line.status,
        held=line.held,
        at=event.at,
        kind=event.kind,
        occurrences=(one,) if one else tuple(getattr(event, "occurrences", ())),
        cause=cause_of(event),
    )
