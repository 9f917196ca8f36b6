"""What moving a journey to another version of its pathway comes to, for that one client."""

from datetime import datetime

from stepwell.models.base import Out


class StepGain(Out):
    """A step that the client gets, and would not have got."""

    step: str
    at: datetime | None
    """When it comes first; null: nobody knows yet."""
    certain: bool
    """False: `at` is the earliest, if everything before it is done at once."""
    at_once: bool


class StepLoss(Out):
    """A step that the client does not get any more."""

    step: str
    was_at: datetime | None
    """When it would have come; null: nobody knew."""
    is_cancelled: bool
    """It was open, and is cancelled."""


class StepMove(Out):
    """Something that comes at another time."""

    what: str
    """`delivery`, `reminder`, `closing`, `escalation` or `completion`."""
    occurrence: str
    before: datetime | None
    after: datetime | None
    is_new: bool
    is_gone: bool
    certain: bool
    """Of `after`. False: the earliest, if everything before it is done at once."""


class MigrationDifference(Out):
    """What a migration comes to for one journey, from its own state and by the functions that carry it out."""

    journey: str
    client: str
    seq: int
    """The number of the journey's last event when this was looked at."""
    from_version: int
    to_version: int
    accepted: bool
    code: str = ""
    rule: str = ""
    message: str = ""
    """Refused: the thing, the problem and the next move."""
    gains: tuple[StepGain, ...] = ()
    loses: tuple[StepLoss, ...] = ()
    moves: tuple[StepMove, ...] = ()
    messages: int = 0
    """How many messages would go out at once."""
    deviations_lost: int = 0
    """Changes of this client's own plan that do not fit any more."""

    @property
    def substance(self) -> tuple[object, ...]:
        """What somebody agreed to: which steps come and go. That hours pass meanwhile changes nothing of it."""
        gains, loses = (tuple(sorted(one.step for one in steps)) for steps in (self.gains, self.loses))
        cancelled = tuple(sorted(one.step for one in self.loses if one.is_cancelled))
        return (self.accepted, gains, loses, cancelled, self.deviations_lost)
