"""The read model of one journey, folded from its events and nothing else.

The store keeps a journey as these rows; `stepwell verify` folds the stored events again and compares, and compares
the workflow's own state through `view_of`.
"""

from datetime import date
from typing import assert_never

from pydantic import Field

from engine.base import Frozen, Instant, OccurrenceId, StepId
from engine.events import (
    ClientFactsSet,
    DateSet,
    Event,
    HostEventReceived,
    JourneyCompleted,
    JourneyEnded,
    JourneyMigrated,
    JourneyPaused,
    JourneyResumed,
    JourneyStarted,
    JourneyStopped,
    MoreAsked,
    NotificationGivenUp,
    PlanChanged,
    PractitionerTold,
    QuestionAnswered,
    QuestionAsked,
    ReminderDue,
    RemindersSnoozed,
    ReviewReturned,
    RiskAcknowledged,
    RiskRaised,
    StepAbandoned,
    StepCancelled,
    StepCompleted,
    StepDelivered,
    StepExcused,
    StepExpired,
    StepExtended,
    StepNotApplicable,
    StepParked,
    StepReleased,
    StepReopened,
    StepRevised,
    StepSkipped,
    StepStarted,
    StepTypeAsked,
    StepTypeFound,
    StepTypeMissed,
    StepWorkedOn,
    TaskHeld,
    TaskStarted,
)
from engine.journey import Journey, JourneyStatus, OccurrenceState


class OccurrenceView(Frozen):
    """One occurrence as the store shows it."""

    id: OccurrenceId
    step: StepId
    state: OccurrenceState = "waiting"
    due_at: Instant | None = None
    """When the plan had wanted it; known once it was delivered."""
    delivered_at: Instant | None = None
    started_at: Instant | None = None
    settled_at: Instant | None = None
    response_id: str | None = None
    late: bool = False
    holds: bool = False
    """An expired required step that keeps the journey waiting, or a parked one."""
    snoozed_until: Instant | None = None
    generation: int = 0
    reminders: int = 0
    content_version: int | None = None
    """The version whose content it was opened or answered with; None: not yet, or from before this was kept."""


class JourneyView(Frozen):
    """One journey as the store shows it."""

    status: JourneyStatus = "active"
    started_at: Instant | None = None
    finished_at: Instant | None = None
    zone: str = "UTC"
    dates: dict[str, date | Instant] = Field(default_factory=dict)
    risks: tuple[str, ...] = ()
    """The alerts that nobody has acknowledged."""
    version: int | None = None
    """The version of the pathway since it moved to another; None: the one it was entered on."""
    retired: dict[StepId, int] = Field(default_factory=dict)
    """Steps that came once and are not in the pathway any more, each with the last version that had it."""
    renamed: dict[StepId, StepId] = Field(default_factory=dict)
    """What steps were called before, each with its name now."""
    deviations: int = 0
    """In how many points this client's plan was changed alone (rule E4)."""
    occurrences: dict[OccurrenceId, OccurrenceView] = Field(default_factory=dict)
    seq: int = 0

    @property
    def is_held(self) -> bool:
        """Whether something waits for a practitioner or operator before the journey can go on."""
        return any(occurrence.holds for occurrence in self.occurrences.values())


def apply(view: JourneyView, event: Event) -> JourneyView:
    """Bring the view up by one event; the next in number, or ValueError."""
    if event.seq != view.seq + 1:
        raise ValueError(f"event {event.seq} does not follow event {view.seq}")
    changed = _apply(view, event)
    return changed.changed(seq=event.seq)


def fold(events: "list[Event] | tuple[Event, ...]", view: JourneyView | None = None) -> JourneyView:
    """Fold a run of events, from the beginning or from a view."""
    current = view or JourneyView()
    for event in events:
        current = apply(current, event)
    return current


def _apply(view: JourneyView, event: Event) -> JourneyView:
    match event:
        case JourneyStarted():
            return view.changed(started_at=event.at, zone=event.zone, dates=event.dates)
        case JourneyPaused():
            return _silence(view.changed(status="paused"))
        case JourneyResumed():
            return view.changed(status="active")
        case JourneyCompleted():
            return view.changed(status="completed", finished_at=event.at)
        case JourneyStopped():
            return view.changed(status="stopped", finished_at=event.at)
        case JourneyEnded():
            return view.changed(status="ended", finished_at=event.at)
        case ClientFactsSet():
            return view.changed(zone=event.zone)
        case DateSet():
            kept = {name: value for name, value in view.dates.items() if name != event.name}
            return view.changed(dates=kept if event.value is None else {**kept, event.name: event.value})
        case PlanChanged():
            return view.changed(deviations=view.deviations + 1)
        case JourneyMigrated():
            return _migrated(view, event)
        case HostEventReceived() | NotificationGivenUp():
            return view
        case RiskAcknowledged():
            return view.changed(risks=tuple(alert for alert in view.risks if alert != event.alert))
        case RiskRaised():
            quiet = view if view.risks else _silence(view)
            return quiet.changed(risks=(*view.risks, event.alert))
        case ReminderDue():
            for occurrence in event.occurrences:
                old = view.occurrences[occurrence]
                view = _put(view, old.changed(reminders=old.reminders + 1))
            return view
        case (
            StepDelivered()
            | StepNotApplicable()
            | StepStarted()
            | StepWorkedOn()
            | StepCompleted()
            | StepRevised()
            | StepSkipped()
            | StepExpired()
            | StepAbandoned()
            | StepExcused()
            | StepCancelled()
            | StepReleased()
            | StepExtended()
            | StepReopened()
            | StepParked()
            | RemindersSnoozed()
            | PractitionerTold()
            | MoreAsked()
            | ReviewReturned()
            | QuestionAsked()
            | QuestionAnswered()
            | TaskStarted()
            | TaskHeld()
            | StepTypeAsked()
            | StepTypeMissed()
            | StepTypeFound()
        ):
            old = view.occurrences.get(event.occurrence) or OccurrenceView(id=event.occurrence, step=event.step)
            return _put(view, _apply_to_occurrence(old, event))
        case _:
            assert_never(event)


_StepEvent = (
    StepDelivered
    | StepNotApplicable
    | StepStarted
    | StepWorkedOn
    | StepCompleted
    | StepRevised
    | StepSkipped
    | StepExpired
    | StepAbandoned
    | StepExcused
    | StepCancelled
    | StepReleased
    | StepExtended
    | StepReopened
    | StepParked
    | RemindersSnoozed
    | PractitionerTold
    | MoreAsked
    | ReviewReturned
    | QuestionAsked
    | QuestionAnswered
    | TaskStarted
    | TaskHeld
    | StepTypeAsked
    | StepTypeMissed
    | StepTypeFound
)


def _apply_to_occurrence(old: OccurrenceView, event: _StepEvent) -> OccurrenceView:
    def settled(state: OccurrenceState, *, holds: bool = False, **more: object) -> OccurrenceView:
        generation = old.generation + 1
        return old.changed(state=state, settled_at=event.at, holds=holds, generation=generation, **more)

    match event:
        case StepDelivered():
            return old.changed(state="open", due_at=event.due_at, delivered_at=event.at, holds=False)
        case StepStarted():
            return _bound(old.changed(state="started", started_at=event.at), event.content_version)
        case StepCompleted():
            completed = settled("completed", response_id=event.response_id or old.response_id, late=event.late)
            return _bound(completed, event.content_version)
        case StepRevised():
            return old.changed(response_id=event.response_id)
        case StepSkipped():
            return settled("skipped")
        case StepExcused():
            return settled("excused")
        case StepNotApplicable():
            return settled("not_applicable")
        case StepCancelled():
            return settled("cancelled")
        case StepExpired():
            return settled("expired", holds=event.holds)
        case StepAbandoned():
            return settled("abandoned", holds=event.holds)
        case StepParked():
            return old.changed(holds=True)
        case StepReleased():
            return old.changed(holds=False)
        case StepReopened():
            return _opened_again(old)
        case StepExtended():
            return old if old.settled_at is None else _opened_again(old)
        case RemindersSnoozed():
            return old.changed(snoozed_until=event.until, generation=old.generation + 1)
        case MoreAsked():
            return _bound(old.changed(response_id=event.response_id), event.content_version)
        case ReviewReturned():
            return old.changed(generation=old.generation + 1)
        case TaskHeld() | StepTypeMissed():
            return old.changed(holds=True)
        case TaskStarted() | StepTypeFound():
            return old.changed(holds=False)
        case StepWorkedOn() | PractitionerTold() | QuestionAsked() | QuestionAnswered() | StepTypeAsked():
            return old
        case _:
            assert_never(event)


def _bound(old: OccurrenceView, version: int | None) -> OccurrenceView:
    """The first content it is shown with stays (rule E)."""
    return old if version is None or old.content_version is not None else old.changed(content_version=version)


def _opened_again(old: OccurrenceView) -> OccurrenceView:
    state = "started" if old.started_at else "open"
    fresh = {"state": state, "settled_at": None, "holds": False, "late": False, "generation": old.generation + 1}
    return old.changed(**fresh)


def _migrated(view: JourneyView, event: JourneyMigrated) -> JourneyView:
    occurrences = {one.id: one for one in (_by_its_new_name(old, event) for old in view.occurrences.values())}
    for name in event.renewed:
        one = occurrences[name]
        is_open = one.state in ("open", "started")
        occurrences[name] = one.changed(generation=one.generation + 1) if is_open else one.changed(holds=False)
    renamed = {old: event.renamed.get(new, new) for old, new in view.renamed.items()} | event.renamed
    facts = {"version": event.to_version, "retired": event.retired, "renamed": renamed, "deviations": event.deviations}
    return view.changed(occurrences=occurrences, **facts)


def _by_its_new_name(old: OccurrenceView, event: JourneyMigrated) -> OccurrenceView:
    was_opened = old.started_at is not None or old.response_id is not None
    if was_opened and old.content_version is None:
        old = old.changed(content_version=event.from_version)
    step = event.renamed.get(old.step)
    if step is None:
        return old
    return old.changed(id=OccurrenceId(f"{step}.{old.id.rpartition('.')[2]}"), step=step)


def _silence(view: JourneyView) -> JourneyView:
    """Move every open step's generation on: reminders on their way have lost their meaning (rule R2)."""
    for occurrence in view.occurrences.values():
        if occurrence.state in ("open", "started"):
            view = _put(view, occurrence.changed(generation=occurrence.generation + 1))
    return view


def _put(view: JourneyView, occurrence: OccurrenceView) -> JourneyView:
    return view.changed(occurrences={**view.occurrences, occurrence.id: occurrence})


def view_of(journey: Journey) -> JourneyView:
    """The view that the journey's own state amounts to; equal to the fold of all its events."""
    return JourneyView(
        status=journey.status,
        started_at=journey.started_at,
        finished_at=journey.finished_at,
        zone=journey.zone,
        dates={name: known.value for name, known in journey.dates.items()},
        risks=journey.risks,
        version=journey.version if journey.migrations else None,
        retired=journey.retired,
        renamed=journey.renamed,
        deviations=len(journey.deviations),
        seq=journey.seq,
        occurrences={
            one.id: OccurrenceView(
                id=one.id,
                step=one.step,
                state=one.state,
                due_at=one.due_at if one.delivered_at else None,
                delivered_at=one.delivered_at,
                started_at=one.started_at,
                settled_at=one.settled_at,
                response_id=one.response_id,
                late=one.late,
                holds=one.is_holding,
                snoozed_until=one.snoozed_until,
                generation=one.generation,
                reminders=one.messages_sent,
                content_version=one.content_version,
            )
            for one in journey.occurrences.values()
        },
    )
