"""The job that every peer does: clients go through a course, each step is mailed when it is due and answered, and the answer is kept.

Whoever lives the clients' lives here is the same for every peer: it starts them, waits for a mail, answers it, waits for the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Protocol

from bench.mailbox import Mailbox
from bench.usage import cpu_seconds

STEPS = 5
WORDS = "I have done it, and it went well."


class Peer(Protocol):
    """One way to have the job done: its processes run already."""

    worker: int
    """The process that works."""
    server: int
    """The one that keeps the state."""

    async def enter(self, client: str) -> None:
        """Whatever is to be there of a client before a course begins."""

    async def start(self, client: str, steps: int = STEPS) -> None:
        """Begin a course of so many steps."""

    async def answer(self, client: str, step: int) -> None:
        """Answer a step; done when that cannot be lost any more."""

    async def ended(self, client: str) -> None:
        """Wait until the course is over and everything of it is kept."""


async def journeys_a_second(peer: Peer, mails: Mailbox, clients: Sequence[str], at_once: int) -> float:
    """Whole courses a second, so many at once, each mail answered at once: as fast as it goes."""
    await _each(peer.enter, clients)
    gate = asyncio.Semaphore(at_once)

    async def live(client: str) -> None:
        async with gate:
            await peer.start(client)
            for step in range(1, STEPS + 1):
                await mails.came(client, step)
                await peer.answer(client, step)
            await peer.ended(client)

    begun = perf_counter()
    await asyncio.gather(*(live(client) for client in clients))
    return len(clients) / (perf_counter() - begun)


class Paced:
    """Seconds from an answer to the next mail, at a pace that leaves the machine idle in between; and what that cost."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self.worker_cpu = 0.0
        self.server_cpu = 0.0

    async def live(self, peer: Peer, mails: Mailbox, clients: Sequence[str], a_second: float) -> None:
        """Every client answers every step but the last in turn; the last ones are not timed, there is no next mail."""
        await _each(peer.enter, clients)
        await _each(peer.start, clients)
        await asyncio.gather(*(mails.came(client, 1) for client in clients))
        await asyncio.sleep(1)
        before = cpu_seconds(peer.worker), cpu_seconds(peer.server)
        due_at, answering = perf_counter(), []
        for step in range(1, STEPS):
            for client in clients:
                await asyncio.sleep(due_at - perf_counter())
                due_at += 1 / a_second
                answering.append(asyncio.create_task(self._answer(peer, mails, client, step)))
        await asyncio.gather(*answering)
        self.worker_cpu += cpu_seconds(peer.worker) - before[0]
        self.server_cpu += cpu_seconds(peer.server) - before[1]
        await _each(lambda client: peer.answer(client, STEPS), clients)
        await _each(peer.ended, clients)

    async def _answer(self, peer: Peer, mails: Mailbox, client: str, step: int) -> None:
        await mails.came(client, step)
        begun = perf_counter()
        await peer.answer(client, step)
        self.took.append(await mails.came(client, step + 1) - begun)


async def at_rest(peer: Peer, mails: Mailbox, client: str, steps: int) -> None:
    """One course, all that an answer has brought about done before the next one."""
    await peer.enter(client)
    await peer.start(client, steps)
    for step in range(1, steps + 1):
        await mails.came(client, step)
        await asyncio.sleep(0.5)
        await peer.answer(client, step)
    await peer.ended(client)


async def _each(job: Callable[[str], Awaitable[object]], clients: Sequence[str], at_once: int = 20) -> None:
    gate = asyncio.Semaphore(at_once)

    async def one(client: str) -> None:
        async with gate:
            await job(client)

    await asyncio.gather(*(one(client) for client in clients))
