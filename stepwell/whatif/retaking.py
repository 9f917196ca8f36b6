"""A journey's whole state as it was, from what was recorded of it: turn by turn, until the last.

Each recorded turn is taken again at its own instant, with the message that it tells of, or none. It has to give the very
events that were recorded; so whoever comes to the end has the state that the journey had.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.advance import StartFacts, advance, begin
from engine.base import MessageId
from engine.effects import Notify, Perform
from engine.errors import StepwellError
from engine.events import DateSet, Event
from engine.journey import Journey
from engine.messages import By, Message, SetDate, Tick
from engine.structure import Structure
from engine.turn import Turn
from stepwell.whatif.acts import Act, script_of
from stepwell.whatif.recorded import Recorded


class CannotRetake(StepwellError):
    """What was recorded does not tell all that was decided; the text says what is missing."""


@dataclass(frozen=True)
class Asked:
    """Something that a turn wanted done, and when."""

    effect: Notify | Perform
    at: datetime


@dataclass(frozen=True)
class Retaken:
    """The journey after its last recorded turn, and everything that it ever wanted done."""

    journey: Journey
    asked: tuple[Asked, ...]


def retake(recorded: Recorded, facts: StartFacts) -> Retaken:
    """Take every recorded turn again. Raises CannotRetake where they do not give what was recorded."""
    script = script_of(recorded)
    if script.not_reenacted:
        raise CannotRetake(f"it holds {', '.join(script.not_reenacted)}, which does not tell everything that was decided")
    reached = 0
    for quiet_hours in recorded.quiet_hours:  # no event tells which of them it began with
        try:
            return _Retaking(recorded, script.acts).through(facts.changed(quiet_hours=quiet_hours))
        except _Differs as differs:
            reached = max(reached, differs.at)
    event = recorded.events[reached]
    raise CannotRetake(f"event {event.seq} ({event.kind}) does not follow from what was recorded before it")


class _Differs(Exception):
    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class _Retaking:
    def __init__(self, recorded: Recorded, acts: list[Act]) -> None:
        self._structure: Structure = recorded.structure
        self._events = recorded.events
        self._wanted = [_without_names(one) for one in recorded.events]
        self._acts = sorted(acts, key=lambda act: act.seq)
        self._asked: list[Asked] = []
        self._done = 0

    def through(self, facts: StartFacts) -> Retaken:
        begun = begin(self._structure, facts, self._events[0].at)
        turn: Turn | None = begun if self._fits(begun) else None
        while turn is not None:
            self._take(turn)
            if self._done == len(self._events):
                return Retaken(turn.journey, tuple(self._asked))
            turn = next(self._followers(turn.journey), None)
        raise _Differs(self._done)

    def _followers(self, journey: Journey) -> Iterator[Turn]:
        """The turn that what comes next may be: by the act that it tells of first, by the plan, or by another of that instant."""
        now = self._events[self._done].at
        for message in self._messages(journey, now):
            turn = advance(self._structure, journey, message, now)
            if self._fits(turn):
                yield turn

    def _messages(self, journey: Journey, now: datetime) -> Iterator[Message]:
        coming = [act for act in self._acts if act.seq > self._done and self._events[act.seq - 1].at == now]
        told = [act for act in coming if act.seq == self._done + 1]
        yield from (self._made(act, journey, now) for act in told)
        yield Tick(id=MessageId(f"tick-{self._done}"))
        yield from (self._made(act, journey, now) for act in coming if act not in told)
        event = self._events[self._done]
        if isinstance(event, DateSet):  # taken for what an answer declared, of the same instant, and was not
            yield SetDate(id=MessageId(f"act-{event.seq}"), by=By(role=event.by.role), name=event.name, value=event.value)

    def _made(self, act: Act, journey: Journey, now: datetime) -> Message:
        occurrence = journey.occurrences.get(act.occurrence) if act.occurrence else None
        message = act.make(now, max(occurrence.runs, 1) if occurrence else 1)
        version = getattr(self._events[act.seq - 1], "content_version", None)
        return message.changed(content_version=version) if hasattr(message, "content_version") else message

    def _fits(self, turn: Turn) -> bool:
        wanted = self._wanted[self._done : self._done + len(turn.events)]
        return turn.answer.accepted and bool(turn.events) and [_without_names(one) for one in turn.events] == wanted

    def _take(self, turn: Turn) -> None:
        at = self._events[self._done].at
        self._asked += [Asked(effect, at) for effect in turn.effects]
        self._done += len(turn.events)


def _without_names(event: Event) -> dict[str, Any]:
    """The event without who it was by: only the role is acted on."""
    told = event.model_dump()
    if isinstance(told.get("by"), dict):
        told["by"].pop("id", None)
    return told
