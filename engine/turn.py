"""What comes out of one turn of a journey, and of a look ahead."""

from datetime import datetime
from typing import Literal, NamedTuple

from engine.base import Frozen, Instant, OccurrenceId, StepId
from engine.effects import Notify, Perform
from engine.events import Event, Reason
from engine.journey import Journey


class Answer(Frozen):
    """What the sender of a message is told: accepted, or refused with the rule that refused it."""

    accepted: bool
    seq: int = 0
    """Accepted: the number of the journey's last event afterwards."""
    code: str = ""
    """Refused: a stable word for programs, such as `not_open`."""
    rule: str = ""
    """Refused: the id of the rule, such as `G10`."""
    message: str = ""
    """For a person: the thing, the problem and the next move."""


class Turn(NamedTuple):
    """One turn: the journey afterwards, what happened, what is to be done, when to wake, what to answer."""

    journey: Journey
    answer: Answer
    wake_at: datetime | None = None
    """Never too late; where something was overdue as nothing else happened, at once."""
    events: tuple[Event, ...] = ()
    effects: tuple[Notify | Perform, ...] = ()


class Planned(Frozen):
    """Something that is going to happen, when, and why."""

    what: Literal["delivery", "reminder", "closing", "escalation", "completion"]
    step: StepId
    occurrence: OccurrenceId
    at: Instant | None
    """None: nobody knows yet; `waits_for` says why."""
    certain: bool
    """False: the earliest instant, if everything before it is done at once."""
    reason: Reason | None = None
    waits_for: str | None = None


class Plan(Frozen):
    """What is due when, in order of time, things without an instant last."""

    items: tuple[Planned, ...]
    wake_at: Instant | None = None
