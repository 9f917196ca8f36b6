"""What a message to a journey would change, before it is sent: the engine's own turn, taken on a copy of its state."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from engine.advance import advance
from engine.base import MessageId
from engine.journey import Journey
from engine.messages import Message, Tick
from engine.moves import moves_between
from engine.plan import plan
from engine.structure import Structure
from engine.turn import Move, Turn
from stepwell.access import needs
from stepwell.models import Foreseen, MessageAhead, PlanChange, StateChange
from stepwell.telling import message_from
from stepwell.watching import Watching
from workflows.journey import JourneyWorkflow

_NAME = MessageId("foreseen")
_REASON = "to see what it would change"


class Previewing(Watching):
    """Look at what an action would do. Nothing is sent."""

    @needs("journeys:read", "practitioner", "operator")
    async def foresee(self, journey: str, kind: type[Message], **facts: Any) -> Foreseen:
        """What a journey would answer to a message of this kind now, and what would be different afterwards.

        Computed by the functions that will decide it (`advance`, `plan`) on the journey's own state. A reason may be left
        out here. Raises NotFound, Refused where the message itself cannot be, Unavailable where no worker answers.
        """
        row = await self._journey(journey)
        if "reason" in kind.model_fields:
            facts.setdefault("reason", _REASON)
        if self._caller.by is not None:
            facts["by"] = self._caller.by
        message = message_from(kind, _NAME, facts)
        now = await self._ask(row, JourneyWorkflow.checkpoint)
        return foreseen(now.structure, now.journey, message, max(self._now(), now.journey.seen_at))


def foreseen(structure: Structure, journey: Journey, message: Message, now: datetime) -> Foreseen:
    """The difference between a journey that goes on by itself and one that is told this."""
    alone = advance(structure, journey, Tick(id=MessageId("foreseen-tick")), now)
    told = advance(structure, journey, message, now)
    heads = {
        "status_before": alone.journey.status,
        "status_after": told.journey.status,
        "held_before": alone.journey.is_held,
        "held_after": told.journey.is_held,
    }
    answer = told.answer
    if not answer.accepted:
        return Foreseen(accepted=False, code=answer.code, rule=answer.rule, message=answer.message, **heads)
    return Foreseen(
        accepted=True,
        **heads,
        states=tuple(_states(alone.journey, told.journey)),
        plan=tuple(PlanChange.model_validate(one.model_dump()) for one in _moves(structure, alone, told, now)),
        messages=tuple(_messages(alone, told)),
        tasks=tuple(sorted({one.occurrence for one in told.effects if one.kind == "perform"} - _performed(alone))),
    )


def _states(before: Journey, after: Journey) -> Iterator[StateChange]:
    for name, one in after.occurrences.items():
        old = before.occurrences.get(name)
        if old is None or old.state != one.state:
            yield StateChange(occurrence=name, step=one.step, before=old.state if old else None, after=one.state)


def _moves(structure: Structure, alone: Turn, told: Turn, now: datetime) -> Iterator[Move]:
    after = plan(told.structure or structure, told.journey, now)
    return moves_between(plan(structure, alone.journey, now), after)  # what comes at once is among the states


def _messages(before: Turn, after: Turn) -> Iterator[MessageAhead]:
    anyway = {one.id for one in before.effects}
    for one in after.effects:
        if one.kind == "notify" and one.id not in anyway:
            yield MessageAhead(to=one.to, purpose=one.purpose, occurrences=tuple(one.occurrences))


def _performed(turn: Turn) -> set[str]:
    return {one.occurrence for one in turn.effects if one.kind == "perform"}
