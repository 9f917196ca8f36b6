"""The only place where anything is decided: a message in, a turn out."""

from datetime import date, datetime

from pydantic import Field, field_validator

from engine.base import ClientId, Frozen, Instant, JourneyId, TenantId
from engine.calendar import LONGEST_QUIET_HOURS, minutes_of
from engine.commands import obey
from engine.draft import ENGINE, Draft
from engine.events import JourneyStarted
from engine.journey import ClientDate, Journey, Parent
from engine.messages import ChangePlan, Message, Migrate, ResumeJourney, SetClientFacts, SetDate, Tick
from engine.moves import moves_between
from engine.plan import plan
from engine.refusals import Refusal
from engine.settle import settle
from engine.structure import Structure, TimeWindow
from engine.turn import Answer, Move, Turn
from engine.zones import zone_of

MOVING = (SetDate, SetClientFacts, ResumeJourney, ChangePlan, Migrate)
"""Whoever sends one of these is told what it moved."""
_REMEMBERED = 200
"""How many answered messages are kept; a response is known by its occurrence for ever."""


class StartFacts(Frozen):
    """What is known of the client when the journey starts."""

    journey: JourneyId
    tenant: TenantId
    client: ClientId
    zone: str | None = None
    """The client's zone; None: the pathway's."""
    quiet_hours: TimeWindow | None = None
    """The client's own; None: the pathway's."""
    dates: dict[str, date | Instant] = Field(default_factory=dict)
    parent: Parent | None = None
    """The step of another journey that this one is to be."""

    @field_validator("quiet_hours")
    @classmethod
    def _leave_time(cls, quiet_hours: TimeWindow | None) -> TimeWindow | None:
        if quiet_hours is not None and minutes_of(quiet_hours) > LONGEST_QUIET_HOURS:
            raise ValueError("quiet hours may last 20 hours at most, or nothing would ever be delivered (rule T9)")
        return quiet_hours


def before_start(structure: Structure, facts: StartFacts, now: datetime) -> Journey:
    """A journey before anything has happened in it, for looking ahead. Raises UnknownZone."""
    zone = facts.zone or structure.zone
    zone_of(zone)
    return Journey(
        id=facts.journey,
        tenant=facts.tenant,
        client=facts.client,
        pathway=structure.pathway,
        version=structure.version,
        started_at=now,
        replanned_at=now,
        seen_at=now,
        zone=zone,
        quiet_hours=facts.quiet_hours,
        dates={name: ClientDate(value=value, set_at=now) for name, value in facts.dates.items()},
        parent=facts.parent,
    )


def begin(structure: Structure, facts: StartFacts, now: datetime) -> Turn:
    """Start a journey and deliver what is due at once. Raises UnknownZone."""
    journey = before_start(structure, facts, now)
    draft = Draft(structure, journey, now)
    draft.happen(JourneyStarted, zone=journey.zone, dates=facts.dates)
    settle(draft)
    return _turn(draft)


def advance(structure: Structure, journey: Journey, message: Message, now: datetime) -> Turn:
    """Take one message: settle what was due, apply it, settle again. A refusal changes nothing.

    `now` must be aware; one earlier than the journey has seen counts as the latest it has seen.
    """
    if message.id in journey.answered:
        return _unchanged(journey, Answer(accepted=True, seq=journey.answered[message.id]), max(now, journey.seen_at))
    draft = Draft(structure, journey, now)
    if journey.wake_at is not None and journey.wake_at <= draft.now:
        settle(draft)
    moved: tuple[Move, ...] = ()
    if not isinstance(message, Tick):
        before = plan(draft.structure, draft.journey, draft.now) if isinstance(message, MOVING) else None
        seen = len(draft.events)
        try:
            draft.by = message.by
            changed = obey(draft, message)
        except Refusal as refusal:
            answer = Answer(accepted=False, code=refusal.code, rule=refusal.rule, message=str(refusal))
            return _unchanged(journey, answer, draft.now)
        _remember(draft, message)
        if changed:
            draft.by = ENGINE
            draft.look_again()
            settle(draft)
        if before is not None:
            after = plan(draft.structure, draft.journey, draft.now)
            moved = tuple(moves_between(before, after, draft.events[seen:], draft.now))
    turn = _turn(draft, moved)
    return turn if draft.structure is structure else turn._replace(structure=draft.structure)


def _unchanged(journey: Journey, answer: Answer, now: datetime) -> Turn:
    """A turn in which nothing happened: the journey still wants to be woken when it did before."""
    wake_at = journey.wake_at and max(journey.wake_at, now)
    return Turn(journey=journey, wake_at=wake_at, answer=answer)


def _remember(draft: Draft, message: Message) -> None:
    kept = list(draft.journey.answered.items())[-(_REMEMBERED - 1) :]
    draft.set(answered={**dict(kept), message.id: draft.journey.seq})


def _turn(draft: Draft, moved: tuple[Move, ...] = ()) -> Turn:
    events = draft.finish()
    answer = Answer(accepted=True, seq=draft.journey.seq, moved=moved)
    wake_at = draft.journey.wake_at
    return Turn(journey=draft.journey, events=events, effects=tuple(draft.effects), wake_at=wake_at, answer=answer)
