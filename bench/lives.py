"""Lives to fill a store with: journeys lived through the engine, by simulated clients, up to one moment."""

from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import NamedTuple

from bench.pathways import daily
from engine.advance import StartFacts
from engine.base import ClientId, JourneyId, TenantId
from engine.effects import Notify
from engine.events import Event, NotificationGivenUp
from engine.publishing import Published, compile_pathway
from engine.steps import step_types
from engine.turn import Turn
from engine.view import JourneyView, fold
from stepwell.behaviour import behaviour
from stepwell.simulation import Answers, Life
from tests.pathways import EXAMPLES

NAME = "jou_aaaaaaaaaaaaaaaaaaaaaaaaaa"
"""What every life is called; whoever keeps one gives it a name of its own, as long as this."""
_EXAMPLES = ("depression-homework", "couple-communication", "gratitude-letter", "tutorial")
_LONGEST = 200
"""Days before now in which they began."""


class Kept(NamedTuple):
    """One life as it stands now."""

    pathway: str
    started_at: datetime
    events: tuple[Event, ...]
    messages: tuple[Notify, ...]
    view: JourneyView


class _Recorded(Life):
    """A life of which its messages are kept too."""

    def _notice(self, turn: Turn, now: datetime) -> None:
        self.messages = [*getattr(self, "messages", ()), *(one for one in turn.effects if isinstance(one, Notify))]
        super()._notice(turn, now)


def pathways() -> dict[str, tuple[str, Published]]:
    """What they are on: examples as they are written, and one of a dozen steps, by name with their sources."""
    written = {name: (EXAMPLES / f"{name}.yaml").read_text() for name in _EXAMPLES}
    found = {name: (source, compile_pathway(source, 1)) for name, source in written.items()}
    dozen = daily(12, days=84)
    return {**found, dozen.structure.pathway: ("", dozen)}


def lives(number: int, seed: int, now: datetime) -> list[Kept]:
    """So many lives, begun in the last 200 days; one in fifty has had a message that could not be sent."""
    known, types = pathways(), step_types()
    answers = {name: Answers(published, types) for name, (_, published) in known.items()}
    return [_live(known, answers, Random(f"{seed}/{each}"), now) for each in range(number)]


def _live(known: dict[str, tuple[str, Published]], answers: dict[str, Answers], draws: Random, now: datetime) -> Kept:
    name = draws.choice(sorted(known))
    structure = known[name][1].structure.with_every_type()
    started_at = now - timedelta(minutes=draws.randrange(_LONGEST * 1440))
    facts = StartFacts(
        journey=JourneyId(NAME),
        tenant=TenantId("t"),
        client=ClientId("c"),
        zone=draws.choice(("Europe/Berlin", "Europe/London")),
    )
    life = _Recorded(structure, answers[name], facts, started_at, partial(behaviour, "mixed"), draws)
    life.live(now)
    events = list(life.events)
    if life.messages and draws.random() < 0.02:
        last, told = events[-1], life.messages[-1]
        told_of = {"effect": told.id, "occurrences": told.occurrences, "reason": "no channel took it"}
        events.append(NotificationGivenUp(seq=last.seq + 1, at=last.at + timedelta(hours=1), **told_of))
    return Kept(name, started_at, tuple(events), tuple(life.messages), fold(events))
