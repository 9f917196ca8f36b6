"""What encryption costs: whole journeys a second with it and without, two stacks side by side, taking turns in the same run.

Each stack has a server, a store and a worker of its own. In each round one after the other lives so many journeys from start to end,
several at once, the order changing from round to round; what counts is the ratio of each pair, and of those the middle.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from statistics import median
from typing import NamedTuple

from bench.running import running
from stepwell import Stepwell

_AT_ONCE = 20
_STEPS = ("one", "two", "three")
_PATHWAY = "pathway: course\ntitle: A course\nquiet_hours: none\nmax_contacts_per_day: 100\nsteps:\n" + "".join(
    f"  - {{id: {name}, type: message, title: Read, rationale: why, content: {{body: Hello}}}}\n" for name in _STEPS
)


class Encryption(NamedTuple):
    """What was measured."""

    journeys: int
    """In each half of a round."""
    rounds: int
    plain: tuple[float, ...]
    """Journeys a second, in each round."""
    sealed: tuple[float, ...]
    limit: float = 0.85

    @property
    def ratio(self) -> float:
        """The middle of the rounds' ratios."""
        return median(one / other for one, other in zip(self.sealed, self.plain, strict=True))

    @property
    def holds(self) -> bool:
        """Whether it costs no more than it may."""
        return self.ratio >= self.limit


async def measure(journeys: int = 100, rounds: int = 7) -> Encryption:
    """Some paired rounds; one more before them does not count, in which everything is loaded."""
    async with AsyncExitStack() as stack:
        kinds = ("plain", "sealed")
        stacks = {kind: (await stack.enter_async_context(running(is_plain=kind == "plain"))).handle for kind in kinds}
        for handle in stacks.values():
            await handle.publish(_PATHWAY)
        rates: dict[str, list[float]] = {kind: [] for kind in stacks}
        for number in range(rounds + 1):
            for kind in sorted(stacks, reverse=bool(number % 2)):
                rates[kind].append(await _lived(stacks[kind], f"{number}", journeys))
            print(", ".join(f"{kind} {rate[-1]:.1f}/s" for kind, rate in rates.items()), flush=True)
    return Encryption(journeys, rounds, tuple(rates["plain"][1:]), tuple(rates["sealed"][1:]))


async def _lived(handle: Stepwell, mark: str, number: int) -> float:
    names = [f"c-{mark}-{each}" for each in range(number)]
    for name in names:
        await handle.add_client(id=name)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def live(client: str) -> None:
        async with gate:
            journey = (await handle.start(client, "course")).id
            for step in _STEPS:
                await _until(handle, journey, f"{step}.1")
                await handle.respond(journey, f"{step}.1")

    begun = time.perf_counter()
    await asyncio.gather(*(live(name) for name in names))
    return number / (time.perf_counter() - begun)


async def _until(handle: Stepwell, journey: str, occurrence: str) -> None:
    """Until the store has heard that it is open."""
    while not any(one.id == occurrence for one in (await handle.journey(journey)).occurrences):  # noqa: ASYNC110 - elsewhere
        await asyncio.sleep(0.02)
