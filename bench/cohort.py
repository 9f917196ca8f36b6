"""Starting a cohort, against starting the same workflows bare: same server, same worker, same store, same run.

Bare: the journeys' places are there already, and `start_workflow` is called for each, 50 at once, by nobody else and with
nothing around it. A cohort enters its members too, notes what became of each, and takes turns as the rules want it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import NamedTuple

from bench.running import running
from stepwell import Stepwell
from stepwell.enrolment import Wish, enrol_many
from stepwell.models import JourneyQuery
from store import clients
from store.tables import JourneyRow

_AT_ONCE = 50
_PATHWAY = """
pathway: course
title: A course
quiet_hours: none
steps:
  - {id: read, type: message, title: Read, rationale: why, content: {body: Hello}}
  - {id: later, type: message, title: Later, rationale: why, deliver: {offset: 3 days}, content: {body: Hello}}
"""


class Cohort(NamedTuple):
    """What was measured."""

    members: int
    rounds: int
    bare: tuple[float, ...]
    """Starts a second, in each round."""
    ours: tuple[float, ...]
    whole: float
    """A second, of the whole cohort that was cancelled half way and resumed, the wait in between left out."""
    limit: float = 0.8

    @property
    def ratio(self) -> float:
        """The middle of the rounds' ratios."""
        return median(one / other for one, other in zip(self.ours, self.bare, strict=True))

    @property
    def holds(self) -> bool:
        """Whether it is fast enough."""
        return self.ratio >= self.limit


async def measure(members: int = 2000, rounds: int = 5, each: int = 500) -> Cohort:
    """Some paired rounds, each in turn first; then one whole cohort, cancelled half way, resumed and complete.

    One pair more comes before them and does not count: nothing has been loaded by then, neither here nor in the worker.
    """
    async with running() as (handle, *_):
        await handle.publish(_PATHWAY)
        bare: list[float] = []
        ours: list[float] = []
        for number in range(rounds + 1):
            order = (bare, ours) if number % 2 else (ours, bare)
            for kind in order:
                names = await _clients(handle, f"{number}-{'bare' if kind is bare else 'ours'}", each if number else each // 3)
                kind.append(await (_bare(handle, names) if kind is bare else _ours(handle, names)))
                await _at_rest(handle)
        del bare[0], ours[0]
        names = await _clients(handle, "whole", members)
        whole = await _cancelled_and_resumed(handle, names)
    return Cohort(members, rounds, tuple(bare), tuple(ours), whole)


async def _bare(handle: Stepwell, names: list[str]) -> float:
    wishes = [Wish("default", name, "course", None, f"{name}/course", "reject", None, None, {}) for name in names]
    rows: list[JourneyRow] = []
    for at in range(0, len(wishes), 100):
        placed = await enrol_many(handle.database, wishes[at : at + 100], handle._now())
        rows.extend(one for one in placed if isinstance(one, JourneyRow))
    published = await handle.pathway("course")
    async with handle.database.read() as session:
        people = await clients.get_many(session, "default", names)
    assert published is not None
    gate = asyncio.Semaphore(_AT_ONCE)

    async def start(row: JourneyRow) -> None:
        async with gate:
            await handle._begin_as(row, published.structure, people[row.client])

    begun = time.perf_counter()
    await asyncio.gather(*(start(row) for row in rows))
    return len(rows) / (time.perf_counter() - begun)


async def _ours(handle: Stepwell, names: list[str]) -> float:
    group = await handle.create_group(names[0], "course", names, per_second=1000)
    begun = time.perf_counter()
    await handle.start_group(group.id)
    await _until(lambda: _has_started(handle, group.id, len(names)))
    return len(names) / (time.perf_counter() - begun)


async def _cancelled_and_resumed(handle: Stepwell, names: list[str]) -> float:
    group = (await handle.create_group("whole", "course", names, per_second=1000)).id
    begun = time.perf_counter()
    await handle.start_group(group)
    await _until(lambda: _has_started(handle, group, len(names) // 2))
    await handle.cancel_group(group)
    await _until(lambda: _is_finished(handle, group))
    cancelled = await handle.group(group)
    took = time.perf_counter() - begun
    print(f"cancelled at {cancelled.started:,} of {len(names):,} started, {cancelled.waiting:,} waiting", flush=True)
    begun = time.perf_counter()
    await handle.retry_group(group)
    await _until(lambda: _has_started(handle, group, len(names)))
    done = await handle.group(group)
    took += time.perf_counter() - begun
    await _at_rest(handle)
    running = await handle.count(JourneyQuery(statuses=("active",)))
    print(f"complete: {done.started:,} started, {done.failed} failed; {running.number:,} journeys run in all", flush=True)
    return len(names) / took


async def _clients(handle: Stepwell, mark: str, number: int) -> list[str]:
    names = [f"c-{mark}-{each}" for each in range(number)]
    for name in names:
        await handle.add_client(id=name)
    return names


async def _at_rest(handle: Stepwell) -> None:
    """Until the store knows of every journey that it has begun."""
    await _until(lambda: _all_run(handle), every=0.2)


async def _until(question: Callable[[], Awaitable[bool]], *, every: float = 0.05) -> None:
    while not await question():  # noqa: ASYNC110 - what it waits for happens in another process
        await asyncio.sleep(every)


async def _has_started(handle: Stepwell, group: str, number: int) -> bool:
    return (await handle.group(group)).started >= number


async def _is_finished(handle: Stepwell, group: str) -> bool:
    return (await handle.group(group)).finished_at is not None


async def _all_run(handle: Stepwell) -> bool:
    return not (await handle.count(JourneyQuery(statuses=("starting",)))).number
