"""The structure of a published pathway: when, whether and in what order. No content."""

import re
from datetime import date, datetime, time
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from engine.base import Frozen, StepId
from engine.durations import Offset

_WALL_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?")


def _read_wall_time(value: object) -> time:
    if isinstance(value, time):
        return value.replace(tzinfo=None, second=0, microsecond=0)
    written = _WALL_TIME.fullmatch(value) if isinstance(value, str) else None
    if written is None:
        raise ValueError(f"{value!r} is no wall time; write it in quotes like '09:00', without a zone")
    return time(int(written.group(1)), int(written.group(2)))


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Actor = Literal["client", "practitioner", "host"]
VariableType = Literal["bool", "int", "double", "string", "list", "timestamp"]

WallTime = Annotated[
    time, BeforeValidator(_read_wall_time), Field(description="A local wall time such as '09:00', without a zone.")
]

AnchorKind = Literal["started", "delivered", "passed", "completed", "date", "event", "fixed"]


class Anchor(Frozen):
    """What a step counts from (rule T4).

    `started`: the journey's start. `delivered`: step `name` was delivered. `passed`: step `name` no longer holds
    anyone up (completed if required, delivered if optional: rule G2). `completed`: step `name` came to its end.
    `date`: the client date `name`. `event`: the first host event `name`. `fixed`: the local date `on`.
    """

    kind: AnchorKind
    name: str | None = None
    on: date | None = None


class TimeWindow(Frozen):
    """From `start` until before `end`, in local wall time; wraps midnight where `end` is not after `start`."""

    start: time
    end: time


class Timing(Frozen):
    """When a step becomes due, counted from its anchor, in the client's zone (rules T1-T8)."""

    anchor: Anchor
    offset: Offset = Offset()
    at: time | None = None
    on: tuple[Weekday, ...] = ()
    calendar: str | None = None
    """Country (ISO 3166), optionally with a subdivision (`GB-SCT`), whose weekends and holidays are skipped."""
    between: TimeWindow | None = None
    past: Literal["now", "skip", "next_slot"] = "now"


class Lateness(Frozen):
    """What to do with a delivery that an outage delayed by more than `over` (rule T10)."""

    over: Offset
    then: Literal["send", "skip", "ask_operator"]


class Window(Frozen):
    """How long a step stays open, counted from its delivery; the earliest closes it (rule G6)."""

    start_by: Offset | None = None
    finish_by: Offset | None = None
    inactivity: Offset | None = None


class Repeat(Frozen):
    """How a step comes again: every interval or by an RRULE, `count` times, or until an end (rule T11)."""

    every: Offset | None = None
    rrule: str | None = None
    count: int | None = Field(default=None, ge=1, le=1000)
    until: date | None = None
    lasting: Offset | None = None
    overlap: bool = False

    def ended(self, reached: int) -> "Repeat":
        """The same, but coming no more than so many times."""
        return self.model_copy(update={"count": reached})


class Reminders(Frozen):
    """When an open step is reminded of: a list of offsets, or every so often up to a maximum (rule R1)."""

    base: Literal["delivered", "due", "closing", "date"] = "delivered"
    date: str | None = None
    """The client date that `date` counts from."""
    offsets: tuple[Offset, ...] = ()
    every: Offset | None = None
    maximum: int = Field(default=3, ge=1, le=50)
    at: time | None = None


class Rung(Frozen):
    """One step of the escalation ladder: whom to tell, how long after the last reminder or the deadline (rule R6)."""

    after: Offset
    to: str = "practitioner"
    calendar: str | None = None


class Condition(Frozen):
    """An expression with the types of the facts it uses; parsed and checked at publishing (rule G5)."""

    source: str
    variables: tuple[tuple[str, VariableType], ...] = ()


class Needs(Frozen):
    """A step's own gate: `count` of these steps, or an expression that must be true (rule G4)."""

    of: tuple[StepId, ...] = ()
    count: int = 0
    condition: Condition | None = None


class Completion(Frozen):
    """What completes an open step without anybody's response: a host event, a client date plus an offset, or time alone."""

    event: str | None = None
    date: str | None = None
    offset: Offset = Offset()
    """After the date; without event and date, after the delivery."""
    at: time | None = None
    timeout: Offset | None = None
    """Completed without it this long after the delivery; the outcome `timed_out` says which it was."""


class Task(Frozen):
    """An activity that runs when a step is delivered (rule G12: what cannot be carried out stops visibly)."""

    activity: str
    """Its name; a worker of the installed step type runs it."""
    completes: bool = True
    """Whether its result completes the step; otherwise the step waits for a response all the same."""
    patience: Offset | None = Offset(days=1)
    """How long it is tried before the step holds and people are told; None: for ever."""
    undo: str | None = None
    """The activity that takes it back where the step is excused or cancelled."""
    details: dict[str, str] = Field(default_factory=dict)
    """What the activity is told besides ids: facts of the pathway, never of a client."""


class StepStructure(Frozen):
    """One step as the engine sees it."""

    id: StepId
    type: str
    actor: Actor = "client"
    """Who completes it. Quiet hours and reminders to the client apply to `client` only."""
    required: bool = True
    timing: Timing
    regardless: bool = False
    needs: Needs | None = None
    when: Condition | None = None
    window: Window = Window()
    on_expiry: Literal["hold", "continue", "end"] = "hold"
    late: Literal["accept_late", "accept_if_started", "reject"] = "accept_late"
    repeat: Repeat | None = None
    max_lateness: Lateness | None = None
    urgent: bool = False
    reminders: Reminders | None = None
    escalation: tuple[Rung, ...] = ()
    completes_on: Completion | None = None
    told: Actor | None = None
    """Who is told of it and reminded, where that is not the actor."""
    task: Task | None = None
    ways: tuple[tuple[str, Condition], ...] = ()
    """A step that decides: the first way whose condition is true is its outcome `way`, at once."""
    dates: tuple[tuple[str, str], ...] = ()
    """Client dates, each with the outcome that sets it."""
    looks_at: tuple[StepId, ...] = ()
    """The steps whose responses this one is about; it may ask more of them."""
    is_risky: bool = False
    """Whether a response may meet a risk rule (rule R8)."""
    is_foreign: bool = False
    """Whether its type comes from an installed package: it is delivered only where that package is there (rule G12)."""
    revisable: bool = False
    """Whether a settled occurrence takes another response (rule G9)."""
    outcomes: tuple[tuple[str, VariableType], ...] = ()
    """The facts its step type declares; empty for `client_only` steps (rule V2)."""
    left_out: bool = False
    """Left out for this one client (rule E4): when its turn comes it does not apply."""

    @property
    def reader(self) -> Actor:
        """Who is told of it and reminded."""
        return self.told or self.actor

    @cached_property
    def is_free(self) -> bool:
        """Whether the gate of the steps before it does not apply to it."""
        return self.regardless or self.needs is not None


class AlertRung(Frozen):
    """Who is alerted, how long after the alert was raised."""

    after: Offset
    to: str


class Alerts(Frozen):
    """Whom an alert goes to, and how it climbs until somebody acknowledges it (rule R8)."""

    rungs: tuple[AlertRung, ...]
    every: Offset


class Structure(Frozen):
    """One published version of a pathway, pinned when a journey starts."""

    schema_version: Literal[1] = 1
    pathway: str
    version: int
    steps: tuple[StepStructure, ...]
    zone: str = "UTC"
    quiet_hours: TimeWindow | None = None
    linger: Offset = Offset(days=7)
    """How long open optional steps stay answerable after completion (rule G11)."""
    release_gap: Offset = Offset(minutes=60)
    """The least time between two deliveries of what fell due during a pause (rule P2)."""
    reminder_cooldown: Offset = Offset(minutes=60)
    """Two reminders on request within it are one (rule R7)."""
    alerts: Alerts | None = None
    missed_in_a_row: int | None = None
    """The practitioner is told when the client has left so many steps undone, one after the other (D41)."""

    @cached_property
    def by_id(self) -> dict[StepId, StepStructure]:
        """The steps by their id."""
        return {step.id: step for step in self.steps}

    def with_every_type(self) -> "Structure":
        """The same as if every step type were installed: for looking ahead, where nobody is there to ask."""
        if not any(step.is_foreign for step in self.steps):
            return self
        return self.with_steps(tuple(step.model_copy(update={"is_foreign": False}) for step in self.steps))

    def with_steps(self, steps: "tuple[StepStructure, ...]") -> "Structure":
        """The same pathway with these steps instead, as one journey may have them (rules E2, E4)."""
        return Structure(**{name: getattr(self, name) for name in Structure.model_fields if name != "steps"}, steps=steps)

    @cached_property
    def reviewers(self) -> dict[StepId, tuple[StepStructure, ...]]:
        """The steps that look at others, by what they look at."""
        seen = {name for step in self.steps for name in step.looks_at}
        return {name: tuple(step for step in self.steps if name in step.looks_at) for name in seen}


DateValue = Annotated[date | datetime, Field(union_mode="left_to_right")]
