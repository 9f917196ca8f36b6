"""What comes out of one turn of a journey, and of a look ahead."""

from datetime import datetime
from typing import Literal, NamedTuple

from engine.base import Frozen, Instant, OccurrenceId, StepId
from engine.effects import Notify, Perform
from engine.events import Event, Reason
from engine.journey import Journey
from engine.structure import Structure

What = Literal["delivery", "reminder", "closing", "escalation", "completion"]


class Move(Frozen):
    """One thing of the plan that is at another instant than before."""

    what: What
    step: StepId
    occurrence: OccurrenceId
    before: Instant | None = None
    """None: it was not planned, or nobody knew when."""
    after: Instant | None = None
    """None: it is not planned any more, or nobody knows when."""
    is_new: bool = False
    is_gone: bool = False
    certain: bool = True
    """Of `after`. False: the earliest instant, if everything before it is done at once."""


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
    moved: tuple[Move, ...] = ()
    """What a change of dates, facts or the plan itself has moved. The engine tells a repeated message only that it was answered."""


class Turn(NamedTuple):
    """One turn: the journey afterwards, what happened, what is to be done, when to wake, what to answer."""

    journey: Journey
    answer: Answer
    wake_at: datetime | None = None
    """Never too late; where something was overdue as nothing else happened, at once."""
    events: tuple[Event, ...] = ()
    effects: tuple[Notify | Perform, ...] = ()
    structure: Structure | None = None
    """The structure from now on, where this turn has changed it."""


class Planned(Frozen):
    """Something that is going to happen, when, and why."""

    what: What
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
