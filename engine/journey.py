"""The state of one client's run of one pathway version."""

from datetime import date
from typing import Literal

from pydantic import Field

from engine.base import ClientId, Frozen, Instant, JourneyId, MessageId, OccurrenceId, Scalar, StepId, TenantId
from engine.deviations import Deviation
from engine.structure import TimeWindow

OccurrenceState = Literal[
    "waiting", "open", "started", "completed", "expired", "abandoned", "skipped", "excused", "not_applicable", "cancelled"
]
OPEN_STATES: frozenset[OccurrenceState] = frozenset({"open", "started"})
SATISFYING_STATES: frozenset[OccurrenceState] = frozenset({"completed", "excused", "not_applicable"})

JourneyStatus = Literal["active", "paused", "completed", "stopped", "ended"]
PauseMode = Literal["freeze", "calendar"]


class Occurrence(Frozen):
    """One release of a step. Kept once it was delivered, settled, or treated apart from the plan."""

    id: OccurrenceId
    step: StepId
    number: int
    state: OccurrenceState = "waiting"
    due_at: Instant | None = None
    """When the plan wanted it, before any hold."""
    delivered_at: Instant | None = None
    """When it became available to the client, after any hold."""
    clock_at: Instant | None = None
    """What its windows and reminders count from: the delivery, moved on by every freezing pause."""
    start_by_at: Instant | None = None
    finish_by_at: Instant | None = None
    started_at: Instant | None = None
    active_at: Instant | None = None
    """The client's last sign of working on it; the base of the inactivity limit."""
    settled_at: Instant | None = None
    passed_at: Instant | None = None
    """Since when it no longer holds up the steps behind it."""
    response_id: str | None = None
    late: bool = False
    reminders_used: int = 0
    """Planned reminders sent or overtaken."""
    messages_sent: int = 0
    """Reminder messages of any kind; the next one's ordinal."""
    reminded_at: Instant | None = None
    """When the last reminder on request was sent; the cool-down counts from it (rule R7)."""
    snoozed_until: Instant | None = None
    asked_at: Instant | None = None
    """A reminder asked for and not yet sent: quiet hours hold it."""
    rungs_used: int = 0
    generation: int = 0
    """Moves on whenever reminders already on their way lose their meaning (rule R2)."""
    release_at: Instant | None = None
    """Released early by a practitioner or operator at this instant."""
    parked: bool = False
    """Too late by the step's own limit: an operator has to decide (rule T10)."""
    zone: str | None = None
    """The zone its due instant was planned in; what repeats after it keeps that wall time."""
    extended_until: Instant | None = None
    """Closes then, whatever its window says."""
    runs: int = 0
    """How often its task was asked for."""
    task_failed: bool = False
    type_asked_at: Instant | None = None
    """Whether its step type is installed was asked then."""
    type_state: Literal["unknown", "found", "missed"] = "unknown"
    awaits: tuple[OccurrenceId, ...] = ()
    """A review that asked for more: what it waits for."""
    content_version: int | None = None
    """The version whose content it was opened or answered with, whatever is published since (rule E); None: nobody said."""

    @property
    def is_holding(self) -> bool:
        """Whether it keeps the journey waiting for a person: parked, failed, or required and closed unanswered."""
        if self.parked or self.task_failed or self.type_state == "missed":
            return True
        return self.state in ("expired", "abandoned") and self.passed_at is None


class ClientDate(Frozen):
    """A date of the client's that steps hang on, and since when it is known."""

    value: date | Instant
    set_at: Instant


class SeenEvent(Frozen):
    """A host event: its first arrival, how often it came, and how many waits it has completed (rule G10)."""

    first_at: Instant
    count: int = 1
    used: int = 0


class Pause(Frozen):
    """One pause, open while `until` is missing."""

    mode: PauseMode
    since: Instant
    until: Instant | None = None


class Restart(Frozen):
    """A wait that a migration let begin anew (rule E2)."""

    at: Instant
    reached: int = 0
    """How many occurrences of a repeated step had come by then."""


class Parent(Frozen):
    """The step of another journey that this journey is."""

    journey: JourneyId
    occurrence: OccurrenceId
    run: int
    hands_back: dict[str, str] = Field(default_factory=dict)
    """What the other journey learns, each with the `STEP.OUTCOME` of this one it is."""


class Journey(Frozen):
    """Everything the engine remembers of one journey; with its structure it is the whole checkpoint."""

    schema_version: Literal[1] = 1
    id: JourneyId
    tenant: TenantId
    client: ClientId
    pathway: str
    version: int
    status: JourneyStatus = "active"
    started_at: Instant
    zone: str
    quiet_hours: TimeWindow | None = None
    replanned_at: Instant
    """The last time the plan itself changed: start, zone, dates, quiet hours, resume."""
    dates: dict[str, ClientDate] = Field(default_factory=dict)
    host_events: dict[str, SeenEvent] = Field(default_factory=dict)
    occurrences: dict[OccurrenceId, Occurrence] = Field(default_factory=dict)
    reached: dict[StepId, int] = Field(default_factory=dict)
    """How many occurrences of each step are no longer waiting."""
    outcomes: dict[StepId, dict[str, Scalar | tuple[str, ...]]] = Field(default_factory=dict)
    deviations: tuple[Deviation, ...] = ()
    """How this one client's plan differs from the pathway, in the order it was decided (rule E4)."""
    renamed: dict[StepId, StepId] = Field(default_factory=dict)
    """What steps were called before a migration, so that whoever still uses the old name finds them."""
    retired: dict[StepId, int] = Field(default_factory=dict)
    """Steps that were reached and are not in the pathway any more, each with the last version that had it."""
    restarts: dict[StepId, Restart] = Field(default_factory=dict)
    migrations: int = 0
    parent: Parent | None = None
    risks: tuple[str, ...] = ()
    """The alerts that nobody has acknowledged (rule R8)."""
    pauses: tuple[Pause, ...] = ()
    spaced_at: Instant | None = None
    """The last delivery of what a pause had held back."""
    finished_at: Instant | None = None
    """When it was completed, stopped or ended."""
    closes_at: Instant | None = None
    """When open optional steps close after completion."""
    seen_at: Instant
    """The latest instant it was told; time never runs backwards inside a journey."""
    wake_at: Instant | None = None
    """When the next thing happens by itself; None: only a message moves it."""
    seq: int = 0
    """The number of the last event."""
    answered: dict[MessageId, int] = Field(default_factory=dict)
    """The accepted messages that may still be repeated, with the event number their answer named."""

    @property
    def is_held(self) -> bool:
        """Whether something waits for a practitioner or operator before the journey can go on."""
        return any(one.is_holding for one in self.occurrences.values())
