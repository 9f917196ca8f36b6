"""The job that every peer does: clients go through a course, each step is mailed when it is due and answered, and the answer is kept.

Whoever lives the clients' lives here is the same for every peer: it starts them, waits for a mail, answers it, waits for the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple, dataclass
from time import perf_counter, process_time
from typing import Protocol

from bench.mailbox import Mailbox
from bench.usage import cpu_seconds, resident_bytes

STEPS = 5
WORDS = "I have done it, and it went well."


class Peer(Protocol):
    """One way to have the job done: its processes run already."""

    worker: int
    """The process that works."""
    servers: tuple[int, ...]
    """Those that keep its state."""

    async def enter(self, client: str) -> None:
        """Whatever is to be there of a client before a course begins."""

    async def start(self, client: str, steps: int = STEPS) -> None:
        """Begin a course of so many steps."""

    async def answer(self, client: str, step: int) -> None:
        """Answer a step; done when that cannot be lost any more."""

    async def ended(self, client: str) -> None:
        """Wait until the course is over and everything of it is kept."""


@dataclass(frozen=True)
class Spent:
    """Seconds of a processor."""

    worker: float
    servers: float
    asking: float
    """Of the process that lives the clients' lives and catches the mails: whatever a host would do itself."""

    @classmethod
    def by(cls, peer: Peer) -> "Spent":
        """So far."""
        return cls(cpu_seconds(peer.worker), sum(map(cpu_seconds, peer.servers)), process_time())

    def since(self, before: "Spent", steps: int) -> "Spent":
        """Since then, for each step."""
        return Spent(*((now - then) / steps for now, then in zip(astuple(self), astuple(before), strict=True)))


@dataclass(frozen=True)
class Rush:
    """Courses lived as fast as it goes."""

    journeys_a_second: float
    spent: Spent


async def rush(peer: Peer, mails: Mailbox, clients: Sequence[str], at_once: int = 20) -> Rush:
    """So many at once, each mail answered at once, until everything of the last one is kept."""
    await each(peer.enter, clients)
    gate = asyncio.Semaphore(at_once)

    async def live(client: str) -> None:
        async with gate:
            await peer.start(client)
            for step in range(1, STEPS + 1):
                await mails.came(client, step)
                await peer.answer(client, step)
            await peer.ended(client)

    before, begun = Spent.by(peer), perf_counter()
    await asyncio.gather(*(live(client) for client in clients))
    took = perf_counter() - begun
    return Rush(len(clients) / took, Spent.by(peer).since(before, len(clients) * STEPS))


async def paced(peer: Peer, mails: Mailbox, clients: Sequence[str], a_second: float = 5) -> list[float]:
    """Seconds from each answer to the next mail, at a pace that leaves the machine idle in between.

    Every client in turn answers every step; the last answers are not timed, there is no next mail.
    """
    await each(peer.enter, clients)
    await each(peer.start, clients)
    await asyncio.gather(*(mails.came(client, 1) for client in clients))
    await asyncio.sleep(1)

    async def answer(client: str, step: int) -> float:
        await mails.came(client, step)
        begun = perf_counter()
        await peer.answer(client, step)
        return await mails.came(client, step + 1) - begun

    due_at, answering = perf_counter(), []
    for step in range(1, STEPS):
        for client in clients:
            await asyncio.sleep(due_at - perf_counter())
            due_at += 1 / a_second
            answering.append(asyncio.create_task(answer(client, step)))
    took = await asyncio.gather(*answering)
    await each(lambda client: peer.answer(client, STEPS), clients)
    await each(peer.ended, clients)
    return sorted(took)


async def open_journeys(peer: Peer, mails: Mailbox, clients: Sequence[str]) -> float:
    """Begin courses that stay; the bytes of the worker's memory that each of them takes."""
    await each(peer.enter, clients)
    before = resident_bytes(peer.worker)
    await each(peer.start, clients)
    await asyncio.gather(*(mails.came(client, 1) for client in clients))
    await asyncio.sleep(2)
    return (resident_bytes(peer.worker) - before) / len(clients)


async def alone(peer: Peer, mails: Mailbox, client: str, steps: int, *, rest: float = 0.5) -> None:
    """One course by itself, with so many seconds between a mail and its answer: what one brings about is done before the next."""
    await peer.enter(client)
    await peer.start(client, steps)
    for step in range(1, steps + 1):
        await mails.came(client, step)
        await asyncio.sleep(rest)
        await peer.answer(client, step)
    await peer.ended(client)


async def each(job: Callable[[str], Awaitable[object]], clients: Sequence[str], at_once: int = 20) -> None:
    """The same for every client, so many at once."""
    gate = asyncio.Semaphore(at_once)

    async def one(client: str) -> None:
        async with gate:
            await job(client)

    await asyncio.gather(*(one(client) for client in clients))
