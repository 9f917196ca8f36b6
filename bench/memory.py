"""What an open journey takes of a worker's memory while it is cached there: a worker process with so many, beside the same one without."""

import asyncio
from dataclasses import dataclass

from bench.job import each, rush
from bench.mailbox import Mailbox
from bench.ours import ours
from bench.usage import resident_bytes


@dataclass(frozen=True)
class Memory:
    """What was measured; bytes of resident memory for each journey."""

    journeys: int
    steps: int
    begun: float
    """At its first step."""
    answered: int
    half_way: float
    """So many steps later."""


async def measure(journeys: int = 100, steps: int = 30) -> Memory:
    """So many journeys of so many steps, at their first one and half way; whatever a worker loads once is loaded before."""
    async with Mailbox() as mails, ours(mails.port) as peer:
        await peer.publish(steps)
        await rush(peer, mails, [f"warm-{number}" for number in range(min(journeys, 30))])
        clients = [f"c-{number}" for number in range(journeys)]
        await each(peer.enter, clients)
        before = resident_bytes(peer.worker)
        await each(lambda client: peer.start(client, steps), clients)
        begun = await _at(peer.worker, mails, clients, 1) - before
        for step in range(1, steps // 2 + 1):
            await each(lambda client: peer.answer(client, step), clients)  # noqa: B023 - awaited in this round
            await asyncio.gather(*(mails.came(client, step + 1) for client in clients))
        half_way = await _at(peer.worker, mails, clients, steps // 2 + 1) - before
    return Memory(journeys, steps, begun / journeys, steps // 2, half_way / journeys)


async def _at(worker: int, mails: Mailbox, clients: list[str], number: int) -> int:
    """What it holds once so many mails have come to each, and everything about them is done."""
    await asyncio.gather(*(mails.came(client, number) for client in clients))
    await asyncio.sleep(2)
    return resident_bytes(worker)
