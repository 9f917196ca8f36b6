"""What operators look at: what an action would change, what is wrong, who read what."""

from datetime import datetime
from typing import Literal

from stepwell.models.base import Out
from stepwell.models.migrating import StepMove


class AuditEntry(Out):
    """Who did or saw what, and why."""

    number: int
    at: datetime
    actor: str
    action: str
    object: str
    reason: str | None
    request: str | None
    """The id of the HTTP request."""


class AuditCheck(Out):
    """What the chain of entries was found to be."""

    entries: int
    """That are in the chain."""
    head: str | None
    """The hash of the last entry. Note it elsewhere: it says later that nothing was taken away up to here."""
    broken_at: int | None
    """The number of the first entry that is not what was appended, or does not follow the one before it."""
    is_noted: bool | None
    """Whether the hash that was given is in the chain."""

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return self.broken_at is None and self.is_noted is not False


class StateChange(Out):
    """An occurrence that would be in another state."""

    occurrence: str
    step: str
    before: str | None
    """None: it is not there yet."""
    after: str


class PlanChange(StepMove):
    """Something that would come at another time, or only then, or not any more."""

    step: str


class MessageAhead(Out):
    """A message that would go out at once."""

    to: str
    purpose: str
    occurrences: tuple[str, ...]


class Foreseen(Out):
    """What a message to a journey would come to, if it were sent now."""

    accepted: bool
    code: str = ""
    rule: str = ""
    message: str = ""
    """Refused: the thing, the problem and the next move."""
    status_before: str
    status_after: str
    held_before: bool
    held_after: bool
    states: tuple[StateChange, ...] = ()
    plan: tuple[PlanChange, ...] = ()
    messages: tuple[MessageAhead, ...] = ()
    tasks: tuple[str, ...] = ()
    """Occurrences whose task would be started, or taken back."""

    @property
    def is_nothing(self) -> bool:
        """Whether nothing would change."""
        same = self.status_before == self.status_after and self.held_before == self.held_after
        return self.accepted and same and not (self.states or self.plan or self.messages or self.tasks)


class Trouble(Out):
    """Something that keeps a journey, or a message in it, from going on."""

    kind: Literal[
        "task_held",
        "step_type_missed",
        "step_parked",
        "expired",
        "message_failed",
        "message_skipped",
        "not_started",
        "workflow_gone",
        "workflow_ended",
        "workflow_stuck",
        "no_answer",
        "behind",
        "risk",
    ]
    occurrence: str | None = None
    since: datetime | None = None
    cause: str
    """In words, without anything of the client's."""
    next_move: str


class Failure(Out):
    """One thing that could not be carried out."""

    journey: str
    client: str
    pathway: str
    version: int
    status: str
    held: bool
    at: datetime
    kind: str
    occurrences: tuple[str, ...]
    cause: str


class FailurePage(Out):
    """A page of what failed, by journey, the latest first."""

    items: tuple[Failure, ...]
    journeys: int
    """How many journeys of this page it is about."""
    next: str | None = None
