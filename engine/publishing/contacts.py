"""How often a pathway contacts one client in a day at worst, found by living it twice on paper."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from engine.advance import StartFacts, advance, begin
from engine.base import ClientId, JourneyId, MessageId, OccurrenceId, TenantId
from engine.calendar import wall
from engine.journey import OPEN_STATES
from engine.messages import By, HostEvent, Message, Respond, Tick
from engine.structure import Structure
from engine.turn import Turn
from engine.zones import zone_of

_BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
_TURNS = 400


def most_contacts_a_day(structure: Structure) -> int:
    """The most messages on one local day, whether the client answers everything at once or nothing at all.

    What comes back within the same minute as the client's own answer is no contact: they are there.
    """
    whole = structure.with_every_type()
    return max(max(_contacts(whole, answers=answers).values(), default=0) for answers in (True, False))


def _contacts(structure: Structure, *, answers: bool) -> Counter[date]:
    zone = zone_of(structure.zone)
    per_day: Counter[date] = Counter()
    turn = _begin(structure)
    now = _BEGIN
    for number in range(_TURNS):
        per_day.update(wall(now, zone).date() for effect in turn.effects if effect.kind == "notify" and effect.to == "client")
        message: Message | None = _next_answer(structure, turn, number) if answers else None
        if message is not None:
            answered = advance(structure, turn.journey, message, now)
            turn = answered._replace(effects=())
        elif turn.wake_at is None:
            break
        else:
            now = turn.wake_at
            turn = advance(structure, turn.journey, Tick(id=MessageId(f"tick-{number}")), now)
    return per_day


def _begin(structure: Structure) -> Turn:
    names = {one.timing.anchor.name: one.timing.anchor.kind for one in structure.steps if one.timing.anchor.name}
    dates = {name: (_BEGIN + timedelta(days=30)).date() for name, kind in names.items() if kind == "date" and name}
    dates |= {
        one.completes_on.date: (_BEGIN + timedelta(days=30)).date()
        for one in structure.steps
        if one.completes_on and one.completes_on.date
    }
    facts = StartFacts(journey=JourneyId("paper"), tenant=TenantId("paper"), client=ClientId("paper"), dates=dates)
    turn = begin(structure, facts, _BEGIN)
    events = [name for name, kind in names.items() if kind == "event"]
    events += [one.completes_on.event for one in structure.steps if one.completes_on and one.completes_on.event]
    effects = turn.effects
    for at, name in enumerate(events):
        turn = advance(structure, turn.journey, HostEvent(id=MessageId(f"event-{at}"), name=name), _BEGIN)
        effects += turn.effects
    return turn._replace(effects=effects)


def _next_answer(structure: Structure, turn: Turn, number: int) -> Respond | None:
    for occurrence in turn.journey.occurrences.values():
        step = structure.by_id[occurrence.step]
        if occurrence.state in OPEN_STATES and step.completes_on is None:
            by = By(role=step.actor)
            name = OccurrenceId(occurrence.id)
            return Respond(id=MessageId(f"answer-{number}"), by=by, occurrence=name, response_id=f"paper-{number}")
    return None
