"""What happened in a journey: past tense, numbered, never refused. The read model is folded from these alone."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from engine.base import EffectId, Frozen, Instant, OccurrenceId, StepId
from engine.durations import Offset
from engine.journey import PauseMode
from engine.messages import By
from engine.structure import TimeWindow


class Reason(Frozen):
    """Why a planned thing has its instant: anchor, offset, zone, window, hold."""

    anchor: str
    """What it counts from: `journey.started`, `why.completed`, `date surgery`, …"""
    anchor_at: Instant | None = None
    offset: str = "0"
    zone: str = "UTC"
    window: str | None = None
    """The wall time, days or drawn window that shaped it; a drawn instant comes with its probability."""
    hold: str | None = None
    """What moved it on afterwards: quiet hours, a pause, lateness, an early release."""


class _Event(Frozen):
    seq: int
    at: Instant
    by: By = By(role="engine")


class _StepEvent(_Event):
    occurrence: OccurrenceId
    step: StepId


class JourneyStarted(_Event):
    kind: Literal["journey_started"] = "journey_started"
    zone: str
    dates: dict[str, date | Instant] = Field(default_factory=dict)


class StepDelivered(_StepEvent):
    kind: Literal["step_delivered"] = "step_delivered"
    due_at: Instant
    closes_at: Instant | None = None
    reason: Reason


class StepNotApplicable(_StepEvent):
    kind: Literal["step_not_applicable"] = "step_not_applicable"
    due_at: Instant | None = None
    why: str
    """`condition` with the values it saw, `past`, or `needs`."""


class StepStarted(_StepEvent):
    """The client opened it for the first time."""

    kind: Literal["step_started"] = "step_started"
    closes_at: Instant | None = None
    content_version: int | None = None
    """The version whose content it is shown with from here on."""


class StepWorkedOn(_StepEvent):
    """The client came back to it; the inactivity limit counts from here."""

    kind: Literal["step_worked_on"] = "step_worked_on"
    closes_at: Instant | None = None


class StepCompleted(_StepEvent):
    kind: Literal["step_completed"] = "step_completed"
    response_id: str | None = None
    late: bool = False
    obstacle: str | None = None
    why: str | None = None
    """What completed it, where nobody did: the way taken with the facts it saw, or that the time ran out."""
    content_version: int | None = None
    """The version whose content was answered."""


class StepRevised(_StepEvent):
    """Another response to a settled step whose type allows it."""

    kind: Literal["step_revised"] = "step_revised"
    response_id: str


class StepSkipped(_StepEvent):
    kind: Literal["step_skipped"] = "step_skipped"
    obstacle: str | None = None


class StepExpired(_StepEvent):
    """Closed without having been started, or never delivered because its whole window had passed."""

    kind: Literal["step_expired"] = "step_expired"
    why: str
    holds: bool


class StepAbandoned(_StepEvent):
    """Closed after the client had started it."""

    kind: Literal["step_abandoned"] = "step_abandoned"
    why: str
    holds: bool


class StepExcused(_StepEvent):
    kind: Literal["step_excused"] = "step_excused"
    reason: str


class StepCancelled(_StepEvent):
    kind: Literal["step_cancelled"] = "step_cancelled"


class StepReleased(_StepEvent):
    kind: Literal["step_released"] = "step_released"
    reason: str


class StepExtended(_StepEvent):
    kind: Literal["step_extended"] = "step_extended"
    until: Instant
    reason: str


class StepReopened(_StepEvent):
    kind: Literal["step_reopened"] = "step_reopened"
    closes_at: Instant | None = None
    reason: str


class StepParked(_StepEvent):
    """Too late by its own limit; an operator releases or excuses it."""

    kind: Literal["step_parked"] = "step_parked"
    due_at: Instant
    why: str


class MoreAsked(_StepEvent):
    """A review asked for more: the steps it looked at are open again, and it waits for them."""

    kind: Literal["more_asked"] = "more_asked"
    response_id: str
    of: tuple[OccurrenceId, ...]
    content_version: int | None = None


class ReviewReturned(_StepEvent):
    """What a review had asked for has come: it is the practitioner's again."""

    kind: Literal["review_returned"] = "review_returned"


class QuestionAsked(_StepEvent):
    kind: Literal["question_asked"] = "question_asked"
    question: str


class QuestionAnswered(_StepEvent):
    kind: Literal["question_answered"] = "question_answered"
    answer: str


class TaskStarted(_StepEvent):
    """The step's activity is asked for."""

    kind: Literal["task_started"] = "task_started"
    activity: str
    run: int


class TaskHeld(_StepEvent):
    """The step's task failed: the step keeps the journey visibly until somebody tries it again or excuses it."""

    kind: Literal["task_held"] = "task_held"
    run: int
    reason: str


class StepTypeAsked(_StepEvent):
    """Its type comes from a package: whether that is there is asked before the step is delivered."""

    kind: Literal["step_type_asked"] = "step_type_asked"
    type: str


class StepTypeMissed(_StepEvent):
    """The package of its type is not installed: the step waits visibly until it is."""

    kind: Literal["step_type_missed"] = "step_type_missed"
    type: str


class StepTypeFound(_StepEvent):
    kind: Literal["step_type_found"] = "step_type_found"
    type: str


class RiskRaised(_StepEvent):
    """A response met a risk rule; nobody is reminded of anything by the plan until it is acknowledged (rule R8)."""

    kind: Literal["risk_raised"] = "risk_raised"
    alert: str


class RiskAcknowledged(_Event):
    kind: Literal["risk_acknowledged"] = "risk_acknowledged"
    alert: str
    reason: str


class RemindersSnoozed(_StepEvent):
    kind: Literal["reminders_snoozed"] = "reminders_snoozed"
    until: Instant


class ReminderDue(_Event):
    """One reminder message, for one or several open steps."""

    kind: Literal["reminder_due"] = "reminder_due"
    effect: EffectId
    occurrences: tuple[OccurrenceId, ...]
    asked: bool = False
    """On request, not by the plan."""


class PractitionerTold(_StepEvent):
    kind: Literal["practitioner_told"] = "practitioner_told"
    to: str
    why: str


class NotificationGivenUp(_Event):
    kind: Literal["notification_given_up"] = "notification_given_up"
    effect: EffectId
    occurrences: tuple[OccurrenceId, ...]
    reason: str


class JourneyPaused(_Event):
    kind: Literal["journey_paused"] = "journey_paused"
    mode: PauseMode
    reason: str


class JourneyResumed(_Event):
    kind: Literal["journey_resumed"] = "journey_resumed"


class JourneyCompleted(_Event):
    kind: Literal["journey_completed"] = "journey_completed"
    closes_at: Instant | None = None


class JourneyStopped(_Event):
    kind: Literal["journey_stopped"] = "journey_stopped"
    reason: str


class JourneyEnded(_Event):
    """Ended by a required step that expired with `on_expiry: end`."""

    kind: Literal["journey_ended"] = "journey_ended"
    step: StepId


class DateSet(_Event):
    kind: Literal["date_set"] = "date_set"
    name: str
    value: date | Instant | None


class ClientFactsSet(_Event):
    kind: Literal["client_facts_set"] = "client_facts_set"
    zone: str
    quiet_hours: TimeWindow | None = None


class PlanChanged(_Event):
    """This client's plan was changed alone (rule E4)."""

    kind: Literal["plan_changed"] = "plan_changed"
    change: Literal["add", "drop", "restore", "shift", "move"]
    step: StepId
    shifted_by: Offset | None = None
    shifted_to: date | None = None
    after: StepId | None = None
    """The step that it was put behind."""
    reason: str


class JourneyMigrated(_Event):
    """The journey goes on by another version of its pathway (rules E1 to E3)."""

    kind: Literal["journey_migrated"] = "journey_migrated"
    from_version: int
    to_version: int
    renamed: dict[StepId, StepId] = Field(default_factory=dict)
    retired: dict[StepId, int] = Field(default_factory=dict)
    """All steps that came once and are not in the pathway any more, each with the last version that had it."""
    renewed: tuple[OccurrenceId, ...] = ()
    """Occurrences, by their new names, whose reminders on their way have lost their meaning."""
    deviations: int = 0
    """How many of the client's own deviations still fit."""
    reason: str


class HostEventReceived(_Event):
    kind: Literal["host_event_received"] = "host_event_received"
    name: str


Event = Annotated[
    JourneyStarted
    | StepDelivered
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
    | MoreAsked
    | ReviewReturned
    | QuestionAsked
    | QuestionAnswered
    | TaskStarted
    | TaskHeld
    | StepTypeAsked
    | StepTypeMissed
    | StepTypeFound
    | RiskRaised
    | RiskAcknowledged
    | RemindersSnoozed
    | ReminderDue
    | PractitionerTold
    | NotificationGivenUp
    | JourneyPaused
    | JourneyResumed
    | JourneyCompleted
    | JourneyStopped
    | JourneyEnded
    | DateSet
    | ClientFactsSet
    | PlanChanged
    | JourneyMigrated
    | HostEventReceived,
    Field(discriminator="kind"),
]
