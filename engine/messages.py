"""What a journey is told: commands from people and hosts, host events, the clock, results of effects."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from engine.base import EffectId, Frozen, Instant, MessageId, OccurrenceId, Scalar, StepId
from engine.deviations import Deviation
from engine.journey import PauseMode
from engine.mapping import Mapping
from engine.structure import Structure, TimeWindow

Role = Literal["client", "practitioner", "operator", "host", "engine"]


class By(Frozen):
    """Who speaks: a role, and an opaque id where one is known."""

    role: Role = "host"
    id: str | None = None


class _Message(Frozen):
    id: MessageId
    by: By = By()


class Tick(_Message):
    """The clock reached the instant the plan asked for."""

    kind: Literal["tick"] = "tick"
    by: By = By(role="engine")


class OpenStep(_Message):
    """The client looked at an open step, or worked on it again."""

    kind: Literal["open_step"] = "open_step"
    occurrence: OccurrenceId
    content_version: int | None = None
    """The version whose content it was shown with; the first one named is the occurrence's for good (rule E)."""


class Respond(_Message):
    """The client (or the practitioner, for a review) sent a response that the step type found valid.

    The response itself stays in the store under `response_id`; only the declared outcome comes here (rule V2).
    """

    kind: Literal["respond"] = "respond"
    occurrence: OccurrenceId
    response_id: str
    outcome: dict[str, Scalar | tuple[str, ...]] = Field(default_factory=dict)
    asks_more: tuple[StepId, ...] = ()
    """A review: the steps it wants done again."""
    obstacle: str | None = None
    """What came in between, where the response is late: a code from the taxonomy (D28)."""
    content_version: int | None = None
    """The version whose content was answered."""


class SkipStep(_Message):
    """The client leaves out an optional step; `obstacle` is a code from the taxonomy, not free text."""

    kind: Literal["skip_step"] = "skip_step"
    occurrence: OccurrenceId
    obstacle: str | None = None


class SnoozeReminders(_Message):
    """The client wants no reminder of this step before `until`."""

    kind: Literal["snooze_reminders"] = "snooze_reminders"
    occurrence: OccurrenceId
    until: Instant


class ExcuseStep(_Message):
    """A practitioner or operator lets the client off a step."""

    kind: Literal["excuse_step"] = "excuse_step"
    occurrence: OccurrenceId
    reason: str = Field(min_length=1, max_length=2000)


class ReleaseStep(_Message):
    """A practitioner or operator releases a waiting step before its time; quiet hours still hold it."""

    kind: Literal["release_step"] = "release_step"
    occurrence: OccurrenceId
    reason: str = Field(min_length=1, max_length=2000)


class ExtendStep(_Message):
    """A practitioner or operator moves the closing of an open step; a step that expired opens again."""

    kind: Literal["extend_step"] = "extend_step"
    occurrence: OccurrenceId
    until: Instant
    reason: str = Field(min_length=1, max_length=2000)


class ReopenStep(_Message):
    """A practitioner or operator opens a settled step again, with its windows counted anew."""

    kind: Literal["reopen_step"] = "reopen_step"
    occurrence: OccurrenceId
    reason: str = Field(min_length=1, max_length=2000)


class RemindNow(_Message):
    """Send a reminder of an open step now (rule R7)."""

    kind: Literal["remind_now"] = "remind_now"
    occurrence: OccurrenceId


class PauseJourney(_Message):
    """Deliver and remind nothing until resumed."""

    kind: Literal["pause_journey"] = "pause_journey"
    mode: PauseMode = "freeze"
    reason: str = Field(min_length=1, max_length=2000)


class ResumeJourney(_Message):
    """Go on after a pause."""

    kind: Literal["resume_journey"] = "resume_journey"


class StopJourney(_Message):
    """End the journey for good."""

    kind: Literal["stop_journey"] = "stop_journey"
    reason: str = Field(min_length=1, max_length=2000)


class SetDate(_Message):
    """Set or move a client date; what is not delivered is planned again (rule T4). None takes it away."""

    kind: Literal["set_date"] = "set_date"
    name: str = Field(min_length=1, max_length=64)
    value: date | Instant | None


class SetClientFacts(_Message):
    """The client's zone or quiet hours changed; a fact left out stays as it is."""

    kind: Literal["set_client_facts"] = "set_client_facts"
    zone: str | None = None
    quiet_hours: TimeWindow | Literal["pathway"] | None = None
    """None: unchanged. `pathway`: the client has none of their own any more."""


class ChangePlan(_Message):
    """A practitioner or operator changes this one client's plan: steps that are not reached yet (rule E4)."""

    kind: Literal["change_plan"] = "change_plan"
    deviation: Deviation
    reason: str = Field(min_length=1, max_length=2000)


class Migrate(_Message):
    """Go on by another version of the pathway (rules E1 to E3)."""

    kind: Literal["migrate"] = "migrate"
    structure: Structure
    mapping: Mapping = Mapping()
    reason: str = Field(min_length=1, max_length=2000)
    expects: int | None = None
    """The number of the last event that the diff was made from; where more has happened since, it is refused."""


class HostEvent(_Message):
    """Something happened in the host application (rule G10)."""

    kind: Literal["host_event"] = "host_event"
    name: str = Field(min_length=1, max_length=64)


class AskQuestion(_Message):
    """The client asks the practitioner about a step; the words stay in the store under `question` (D16)."""

    kind: Literal["ask_question"] = "ask_question"
    occurrence: OccurrenceId
    question: str


class AnswerQuestion(_Message):
    """The practitioner answers; the words stay in the store under `answer`."""

    kind: Literal["answer_question"] = "answer_question"
    occurrence: OccurrenceId
    answer: str


class RaiseRisk(_Message):
    """A response met a risk rule: automatic reminders are held until the alert is acknowledged (rule R8)."""

    kind: Literal["raise_risk"] = "raise_risk"
    occurrence: OccurrenceId
    alert: str


class AcknowledgeRisk(_Message):
    """A named person has taken up an alert."""

    kind: Literal["acknowledge_risk"] = "acknowledge_risk"
    alert: str
    reason: str = Field(min_length=1, max_length=2000)


class RetryTask(_Message):
    """A practitioner, operator or host has a step's task tried again."""

    kind: Literal["retry_task"] = "retry_task"
    occurrence: OccurrenceId


class TaskDone(_Message):
    """A step's task came to its result."""

    kind: Literal["task_done"] = "task_done"
    by: By = By(role="engine")
    occurrence: OccurrenceId
    run: int
    """Which run of the task it was."""
    outcome: dict[str, Scalar | tuple[str, ...]] = Field(default_factory=dict)


class TaskFailed(_Message):
    """A step's task spent its retries, or cannot be done."""

    kind: Literal["task_failed"] = "task_failed"
    by: By = By(role="engine")
    occurrence: OccurrenceId
    run: int
    reason: str


class StepTypeAnswered(_Message):
    """Whether the type of a step is installed where journeys are worked on."""

    kind: Literal["step_type_answered"] = "step_type_answered"
    by: By = By(role="engine")
    occurrence: OccurrenceId
    is_there: bool


class NotificationFailed(_Message):
    """A notification spent its retries on one channel, or found no way to its recipient (rule N3)."""

    kind: Literal["notification_failed"] = "notification_failed"
    by: By = By(role="engine")
    effect: EffectId
    to: str = "client"
    occurrences: tuple[OccurrenceId, ...]
    reason: str


Message = Annotated[
    Tick
    | OpenStep
    | Respond
    | SkipStep
    | SnoozeReminders
    | ExcuseStep
    | ReleaseStep
    | ExtendStep
    | ReopenStep
    | RemindNow
    | PauseJourney
    | ResumeJourney
    | StopJourney
    | SetDate
    | SetClientFacts
    | ChangePlan
    | Migrate
    | HostEvent
    | AskQuestion
    | AnswerQuestion
    | RaiseRisk
    | AcknowledgeRisk
    | RetryTask
    | TaskDone
    | TaskFailed
    | StepTypeAnswered
    | NotificationFailed,
    Field(discriminator="kind"),
]
