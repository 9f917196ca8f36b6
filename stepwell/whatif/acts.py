"""From what was recorded to what people did: each act with what it followed upon, and after how long.

What happened by the plan (deliveries, reminders, closings, …) is left to the plan that is tried.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.base import MessageId, OccurrenceId, StepId
from engine.events import (
    ClientFactsSet,
    DateSet,
    Event,
    HostEventReceived,
    JourneyPaused,
    JourneyResumed,
    JourneyStopped,
    MoreAsked,
    NotificationGivenUp,
    PractitionerTold,
    QuestionAnswered,
    QuestionAsked,
    ReminderDue,
    RemindersSnoozed,
    RiskAcknowledged,
    RiskRaised,
    StepCompleted,
    StepExcused,
    StepExtended,
    StepReleased,
    StepReopened,
    StepRevised,
    StepSkipped,
    StepStarted,
    StepTypeFound,
    StepTypeMissed,
    StepWorkedOn,
    TaskHeld,
    TaskStarted,
)
from engine.messages import (
    AcknowledgeRisk,
    AnswerQuestion,
    AskQuestion,
    By,
    ExcuseStep,
    ExtendStep,
    HostEvent,
    Message,
    NotificationFailed,
    OpenStep,
    PauseJourney,
    RaiseRisk,
    ReleaseStep,
    RemindNow,
    ReopenStep,
    Respond,
    ResumeJourney,
    RetryTask,
    SetClientFacts,
    SetDate,
    SkipStep,
    SnoozeReminders,
    StepTypeAnswered,
    StopJourney,
    TaskDone,
    TaskFailed,
)
from engine.steptype import Outcome
from engine.structure import Structure
from stepwell.whatif.prompts import TO_CLIENTS, TO_OTHERS, Prompt, Prompts, What
from stepwell.whatif.recorded import Recorded

PROMPTED_WITHIN = timedelta(hours=24)
"""An answer that comes sooner than this after a reminder was prompted by it; later, it was not."""

Make = Callable[[datetime, int], Message]
"""The message of an act, for the instant at which it is done and, for a task, the run that it answers."""


@dataclass(frozen=True)
class Act:
    """Something that somebody did."""

    seq: int
    """The number of the event that tells of it."""
    make: Make
    step: StepId | None = None
    occurrence: OccurrenceId | None = None
    at: datetime | None = None
    """Set: it happens at this instant, whatever the plan."""
    after: Prompt | int | None = None
    """Else: what it followed upon, a prompt or the act of that number."""
    delay: timedelta = timedelta()
    since_delivery: timedelta | None = None
    """How long after the delivery it came, where something else prompted it that may not happen again."""
    instead: bool = False
    """Set: done only where the step is still open and what prompted it has not come."""


@dataclass
class Script:
    """Everything that was done in one journey."""

    acts: list[Act] = field(default_factory=list)
    delivered: frozenset[OccurrenceId] = frozenset()
    """What came to the client, so that it is known what they did with it, or that they did nothing."""
    types_asked: frozenset[OccurrenceId] = frozenset()
    """Of what it is known whether its step type was installed."""
    not_reenacted: tuple[str, ...] = ()
    """The kinds of events that are not known here."""


_AboutStep = (
    StepStarted
    | StepWorkedOn
    | StepCompleted
    | StepRevised
    | StepSkipped
    | RemindersSnoozed
    | QuestionAsked
    | QuestionAnswered
    | MoreAsked
    | RiskRaised
    | StepExcused
    | StepReleased
    | StepExtended
    | StepReopened
    | TaskStarted
    | TaskHeld
    | StepTypeFound
    | StepTypeMissed
)
_BY_THE_PLAN = frozenset(
    {
        "journey_started",
        "step_delivered",
        "step_not_applicable",
        "step_expired",
        "step_abandoned",
        "step_cancelled",
        "step_parked",
        "review_returned",
        "step_type_asked",
        "practitioner_told",
        "journey_completed",
        "journey_ended",
    }
)
_TOLD: frozenset[What] = frozenset({"told"})
_JUST_BEFORE = timedelta(microseconds=1)


def script_of(recorded: Recorded) -> Script:
    """Read what was done out of what happened."""
    return _Reader(recorded).read()


class _Reader:
    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded
        self._events = recorded.events
        self._prompts = Prompts()
        self._came: dict[str, list[tuple[Prompt, datetime]]] = {}
        """The prompts so far, by what they are about."""
        self._done: dict[tuple[str, bool], tuple[int, datetime]] = {}
        """The last act on an occurrence by the client's side, and by the others."""
        self._script = Script()

    def read(self) -> Script:
        delivered, types_asked = set[OccurrenceId](), set[OccurrenceId]()
        unknown: dict[str, None] = {}
        for at, event in enumerate(self._events):
            for act in self._acts(at, event):
                self._script.acts.append(act)
            if event.kind not in _KNOWN:
                unknown[event.kind] = None
            if event.kind == "step_delivered":
                delivered.add(event.occurrence)
            elif event.kind == "step_type_asked":
                types_asked.add(event.occurrence)
            for prompt in self._prompts.of(event):
                self._came.setdefault(prompt.about, []).append((prompt, event.at))
        self._script.delivered, self._script.types_asked = frozenset(delivered), frozenset(types_asked)
        self._script.not_reenacted = tuple(unknown)
        return self._script

    def _acts(self, at: int, event: Event) -> Iterator[Act]:
        match event:
            case HostEventReceived() | JourneyPaused() | JourneyResumed() | JourneyStopped() | ClientFactsSet():
                yield Act(event.seq, _MAKERS[event.kind](event), at=event.at)
            case DateSet():
                if not self._follows_from_outcome(at):
                    yield Act(event.seq, _MAKERS[event.kind](event), at=event.at)
            case ReminderDue(asked=True):
                yield from self._asked_for(at, event)
            case RiskAcknowledged(alert=alert):
                yield self._act(event, _MAKERS[event.kind](event), None, (self._latest(alert, frozenset({"risk"})),))
            case NotificationGivenUp():
                yield self._given_up(at, event)
            case StepCompleted():
                yield from self._completed(event)
            case StepRevised():
                yield self._by_client(event, _respond(event, self._outcome_of(event)))
            case TaskStarted():
                if event.by.role != "engine" and not self._is_asked_for_by_opening(at):
                    yield self._by_others(event, _retry(event))
            case TaskHeld():
                yield self._by_engine(event, _task_failed(event.occurrence, event.reason), "task")
            case StepTypeFound() | StepTypeMissed():
                make = _type_answered(event.occurrence, is_there=isinstance(event, StepTypeFound))
                yield self._by_engine(event, make, "type")
            case (
                StepStarted()
                | StepWorkedOn()
                | StepSkipped()
                | RemindersSnoozed()
                | QuestionAsked()
                | MoreAsked()
                | RiskRaised()
            ):
                yield self._by_client(event, _MAKERS[event.kind](event))
            case StepExcused() | StepReleased() | StepExtended() | QuestionAnswered():
                yield self._by_others(event, _MAKERS[event.kind](event))
            case StepReopened():
                if not self._is_reopened_by_review(at):
                    yield self._by_others(event, _MAKERS[event.kind](event))
            case _:  # by the plan; or of a kind that is not known here, which the caller is told
                return

    def _asked_for(self, at: int, event: ReminderDue) -> Iterator[Act]:
        """Nothing tells when it was asked for: so that the plan's own reminders of that instant still join it, just before."""
        is_first = self._events[at - 1].at < event.at
        for name in event.occurrences[:1]:
            asked_at = event.at - _JUST_BEFORE if is_first else event.at
            yield Act(event.seq, _remind_now(name), _step_of(name), name, at=asked_at)

    def _completed(self, event: StepCompleted) -> Iterator[Act]:
        step = self._recorded.structure.by_id.get(event.step)
        if event.response_id is not None:
            yield self._by_client(event, _respond(event, self._outcome_of(event)))
        elif event.by.role == "engine" and event.why is None and step is not None and step.task is not None:
            yield self._by_engine(event, _task_done(event.occurrence, self._outcome_of(event)), "task")

    def _given_up(self, at: int, event: NotificationGivenUp) -> Act:
        """A message that failed: that, too, followed upon what it told of."""
        told = self._events[at + 1] if at + 1 < len(self._events) else None
        is_clients = isinstance(told, PractitionerTold) and told.why == "not reached"
        make = _notification_failed(event, to="client" if is_clients else "practitioner")
        name = event.occurrences[0] if event.occurrences else None
        return self._act(event, make, name, (self._latest(name, TO_CLIENTS | TO_OTHERS) if name else None,))

    # What an act followed upon

    def _by_client(self, event: _AboutStep, make: Make) -> Act:
        """By whoever answers the step."""
        name = event.occurrence
        allowed: frozenset[What] = TO_CLIENTS if event.by.role != "practitioner" else TO_CLIENTS | _TOLD
        act = self._act(event, make, name, (self._latest(name, allowed, answers_at=event.at), self._done.get((name, True))))
        self._done[name, True] = (event.seq, event.at)
        return act

    def _by_others(self, event: _AboutStep, make: Make) -> Act:
        """By whoever steps in; what has not come yet, at the same instant."""
        name = event.occurrence
        act = self._act(event, make, name, (self._latest(name, TO_OTHERS), self._done.get((name, False))))
        self._done[name, False] = (event.seq, event.at)
        return act

    def _by_engine(self, event: _AboutStep, make: Make, what: What) -> Act:
        """By a machine that was asked."""
        act = self._act(event, make, event.occurrence, (self._latest(event.occurrence, frozenset({what})),))
        self._done[event.occurrence, True] = (event.seq, event.at)
        return act

    def _act(
        self, event: Event, make: Make, name: OccurrenceId | None, candidates: Iterable[tuple[Prompt | int, datetime] | None]
    ) -> Act:
        seq, at = event.seq, event.at
        step = _step_of(name) if name is not None else None
        known = [one for one in candidates if one is not None]
        if not known:
            return Act(seq, make, step, name, at=at)
        after, since = max(known, key=lambda one: one[1])
        delivered_at = next((since for prompt, since in self._came.get(name or "", ()) if prompt.what == "delivered"), None)
        is_prompted = isinstance(after, Prompt) and after.what in ("reminded", "opened")
        since_delivery = at - delivered_at if is_prompted and delivered_at else None
        return Act(seq, make, step, name, after=after, delay=at - since, since_delivery=since_delivery)

    def _latest(
        self, about: str, allowed: frozenset[What], *, answers_at: datetime | None = None
    ) -> tuple[Prompt, datetime] | None:
        for prompt, at in reversed(self._came.get(about, ())):
            if prompt.what not in allowed:
                continue
            if prompt.what == "reminded" and answers_at is not None and answers_at - at >= PROMPTED_WITHIN:
                continue
            return prompt, at
        return None

    # What only followed from something else

    def _follows_from_outcome(self, at: int) -> bool:
        """Whether a date was set by what a step declared, and not by anybody."""
        event = self._events[at]
        for before in reversed(self._events[:at]):
            if isinstance(before, DateSet) and before.at == event.at:
                continue
            if not isinstance(before, StepCompleted | StepRevised) or before.at != event.at or before.by != event.by:
                return False
            step = self._recorded.structure.by_id.get(before.step)
            return step is not None and isinstance(event, DateSet) and event.name in dict(step.dates)
        return False

    def _is_asked_for_by_opening(self, at: int) -> bool:
        event, before = self._events[at], self._events[at - 1]
        same = getattr(before, "occurrence", None) == getattr(event, "occurrence", None)
        return before.kind in ("step_reopened", "step_extended") and same and before.at == event.at

    def _is_reopened_by_review(self, at: int) -> bool:
        for before in reversed(self._events[:at]):
            if before.kind == "more_asked":
                return before.at == self._events[at].at and getattr(self._events[at], "occurrence", None) in before.of
            if before.kind not in ("step_reopened", "task_started"):
                return False
        return False

    def _outcome_of(self, event: StepCompleted | StepRevised) -> Outcome:
        """What the response declared; where only a date tells of it, that."""
        declared = self._recorded.outcomes.get(event.response_id or "")
        if declared is not None:
            return declared
        step = self._recorded.structure.by_id.get(event.step)
        sources = dict(step.dates) if step is not None else {}
        found: dict[str, Any] = {}
        for later in self._events[event.seq :]:
            if not isinstance(later, DateSet) or later.at != event.at:
                break
            if later.name in sources and later.value is not None:
                found[sources[later.name]] = str(later.value)
        return found


def _step_of(name: str) -> StepId:
    return StepId(name.rpartition(".")[0])


# The messages


def _respond(event: Any, outcome: Outcome) -> Make:
    def make(now: datetime, run: int) -> Message:
        return Respond(
            id=MessageId(f"act-{event.seq}"),
            by=By(role=event.by.role),
            occurrence=event.occurrence,
            response_id=event.response_id,
            outcome=dict(outcome),
            obstacle=getattr(event, "obstacle", None),
        )

    return make


def _ask_more(event: Any) -> Make:
    steps = tuple(dict.fromkeys(_step_of(name) for name in event.of))
    facts = {"occurrence": event.occurrence, "response_id": event.response_id, "asks_more": steps}
    return lambda now, run: Respond.model_validate({"id": f"act-{event.seq}", "by": By(role=event.by.role), **facts})


def _task_done(name: OccurrenceId, outcome: Outcome) -> Make:
    return lambda now, run: TaskDone(id=MessageId(f"done-{name}-{run}"), occurrence=name, run=run, outcome=dict(outcome))


def _task_failed(name: OccurrenceId, reason: str) -> Make:
    return lambda now, run: TaskFailed(id=MessageId(f"failed-{name}-{run}"), occurrence=name, run=run, reason=reason)


def _retry(event: TaskStarted) -> Make:
    name, by = event.occurrence, By(role=event.by.role)
    return lambda now, run: RetryTask(id=MessageId(f"retry-{name}-{run}"), by=by, occurrence=name)


def _type_answered(name: OccurrenceId, *, is_there: bool) -> Make:
    def make(now: datetime, run: int) -> Message:
        return StepTypeAnswered(id=MessageId(f"type-{name}-{now}-{is_there}"), occurrence=name, is_there=is_there)

    return make


def _remind_now(name: OccurrenceId) -> Make:
    return lambda now, run: RemindNow(id=MessageId(f"remind-{name}-{now}"), by=By(role="practitioner"), occurrence=name)


def _of(model: Any, *fields: str, by_engine: bool = False) -> Callable[[Any], Make]:
    """A message that carries these fields of its event as they are."""

    def maker(event: Any) -> Make:
        facts = {name: getattr(event, name) for name in fields}
        by = {} if by_engine else {"by": By(role=event.by.role)}

        def make(now: datetime, run: int) -> Message:
            message: Message = model.model_validate({"id": f"act-{event.seq}", **by, **facts})
            return message

        return make

    return maker


def _notification_failed(event: NotificationGivenUp, *, to: str) -> Make:
    fields = {"effect": event.effect, "to": to, "occurrences": event.occurrences, "reason": event.reason}
    return lambda now, run: NotificationFailed.model_validate({"id": f"act-{event.seq}", **fields})


def _until(model: Any, *fields: str) -> Callable[[Any], Make]:
    """One that lasts as long as it did."""

    def maker(event: Any) -> Make:
        facts = {name: getattr(event, name) for name in fields}
        lasting = event.until - event.at

        def make(now: datetime, run: int) -> Message:
            message: Message = model.model_validate(
                {"id": f"act-{event.seq}", "by": By(role=event.by.role), "until": now + lasting, **facts}
            )
            return message

        return make

    return maker


def _client_facts(event: Any) -> Make:
    facts = {"zone": event.zone, "quiet_hours": event.quiet_hours or "pathway"}
    return lambda now, run: SetClientFacts.model_validate({"id": f"act-{event.seq}", "by": By(role=event.by.role), **facts})


_MAKERS: Mapping[str, Callable[[Any], Make]] = {
    "step_started": _of(OpenStep, "occurrence"),
    "step_worked_on": _of(OpenStep, "occurrence"),
    "step_skipped": _of(SkipStep, "occurrence", "obstacle"),
    "reminders_snoozed": _until(SnoozeReminders, "occurrence"),
    "question_asked": _of(AskQuestion, "occurrence", "question"),
    "question_answered": _of(AnswerQuestion, "occurrence", "answer"),
    "more_asked": _ask_more,
    "risk_raised": _of(RaiseRisk, "occurrence", "alert"),
    "risk_acknowledged": _of(AcknowledgeRisk, "alert", "reason"),
    "step_excused": _of(ExcuseStep, "occurrence", "reason"),
    "step_released": _of(ReleaseStep, "occurrence", "reason"),
    "step_extended": _until(ExtendStep, "occurrence", "reason"),
    "step_reopened": _of(ReopenStep, "occurrence", "reason"),
    "journey_paused": _of(PauseJourney, "mode", "reason"),
    "journey_resumed": _of(ResumeJourney),
    "journey_stopped": _of(StopJourney, "reason"),
    "date_set": _of(SetDate, "name", "value"),
    "client_facts_set": _client_facts,
    "host_event_received": _of(HostEvent, "name"),
}
_KNOWN = (
    _BY_THE_PLAN
    | _MAKERS.keys()
    | {"reminder_due", "notification_given_up", "step_completed", "step_revised", "task_started", "task_held"}
    | {"step_type_found", "step_type_missed"}
)


def planned_reminders(structure: Structure, step: StepId) -> int:
    """How many reminders a step plans at most."""
    plan = structure.by_id[step].reminders
    if plan is None:
        return 0
    return len(plan.offsets) + (plan.maximum if plan.every is not None else 0)
