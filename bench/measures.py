"""What is measured: one turn of the engine, and a thousand simulated lives."""

import gc
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import NamedTuple

from bench.pathways import daily
from engine.advance import StartFacts, advance, begin
from engine.base import ClientId, JourneyId, MessageId, TenantId
from engine.journey import OPEN_STATES, Journey
from engine.messages import By, Message, Respond, Tick
from engine.steps import step_types
from engine.structure import Structure
from stepwell.simulation import simulate


class Figure(NamedTuple):
    """One measurement. `ratio` is what it took beside the yardstick: it means the same on a slow machine."""

    name: str
    seconds: float
    limit: float
    yardstick: str
    ratio: float

    @property
    def holds(self) -> bool:
        """Whether it stayed within its limit."""
        return self.seconds <= self.limit


def _timed(job: Callable[[], object]) -> float:
    begun = perf_counter()
    job()
    return perf_counter() - begun


def turn(steps: int, limit: float) -> Figure:
    """The median turn in a whole life on a pathway of so many steps, in the quickest of five lives: other work on the
    machine only ever adds. Beside it, the journey's way through JSON."""
    structure = daily(steps, days=steps).structure
    lives = [_life(structure, datetime(2026, 3, number, 9, tzinfo=UTC)) for number in range(2, 7)]
    length, trip, turns = min(lives)
    name = f"advance, {steps} steps, median of {turns} turns"
    return Figure(name, length, limit, "the journey through JSON", length / trip)


def _life(structure: Structure, now: datetime) -> tuple[float, float, int]:
    """The median turn, the median way through JSON, and the number of turns."""
    facts = StartFacts(journey=JourneyId("j"), tenant=TenantId("t"), client=ClientId("c"), zone="Europe/Berlin")
    here = begin(structure, facts, now)
    turns: list[float] = []
    trips: list[float] = []
    number = 0
    gc.disable()
    while here.journey.status == "active":
        number += 1
        message, now = _next(structure, here.journey, here.wake_at, now, number)
        begun = perf_counter()
        here = advance(structure, here.journey, message, now)
        turns.append(perf_counter() - begun)
        if number % 20 == 0:
            trips.append(_timed(lambda: Journey.model_validate_json(here.journey.model_dump_json())))  # noqa: B023 - called here
    gc.enable()
    return median(turns), median(trips), len(turns)


def _next(
    structure: Structure, journey: Journey, wake_at: datetime | None, now: datetime, number: int
) -> tuple[Message, datetime]:
    """Answer what has been open for a day and a half, so that every step is delivered, reminded of and answered."""
    answers = [
        (one.delivered_at + timedelta(hours=36), one)
        for one in journey.occurrences.values()
        if one.state in OPEN_STATES and one.delivered_at is not None
    ]
    at, occurrence = min(answers, key=lambda one: one[0], default=(None, None))
    name = MessageId(str(number))
    if at is None or occurrence is None or (wake_at is not None and wake_at < at):
        assert wake_at is not None
        return Tick(id=name), max(now, wake_at)
    outcome = {"mood": 5} if structure.by_id[occurrence.step].outcomes else {}
    return Respond(id=name, by=By(role="client"), occurrence=occurrence.id, response_id=f"r{number}", outcome=outcome), max(
        now, at
    )


def simulation(limit: float) -> Figure:
    """1,000 clients of every kind, 30 steps, 90 days; beside it, as many bare turns of the engine as one client takes."""
    published = daily(30, days=90)

    def lives(clients: int) -> float:
        return _timed(
            lambda: simulate(
                published,
                step_types(),
                clients=clients,
                behaviour_name="mixed",
                seed=1,
                start=date(2026, 3, 2),
                zone="Europe/Berlin",
                days=90,
            )
        )

    one = median(lives(1) for _ in range(9))
    length = lives(1000)
    return Figure("simulate, 1,000 clients, 30 steps, 90 days", length, limit, "one simulated client", length / one)
