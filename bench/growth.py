"""Whether a step costs more where there are more: more steps in its pathway, more journeys open beside it.

What a step costs is processor time, of the worker and the server and of whoever asks, and the time that it takes when so many journeys
are at it at once: the journeys are opened first, what counts is from the first answer to the end of the last one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from bench.job import STEPS, Peer, Spent, each
from bench.mailbox import Mailbox
from bench.ours import ours

_AT_ONCE = 2
_BATCH = 50


@dataclass(frozen=True)
class Step:
    """What one step cost."""

    steps: int
    """Of its pathway."""
    open: int
    """Journeys beside it."""
    seconds: float
    spent: Spent

    @property
    def cpu(self) -> float:
        """Seconds of a processor, of everybody together."""
        return self.spent.worker + self.spent.servers + self.spent.asking


@dataclass(frozen=True)
class Growth:
    """What was measured. The ratios are of processor time."""

    lengths: tuple[Step, ...]
    crowds: tuple[Step, ...]
    length_ratio: float
    crowd_ratio: float


async def measure(
    lengths: Sequence[int] = (10, 500), answers: int = 1000, crowds: Sequence[int] = (100, 100_000), minutes: float = 2
) -> Growth:
    """Pathways of these lengths, so many answers to each; then so many open journeys, or as many as begin in these minutes."""
    async with Mailbox() as mails, ours(mails.port) as peer:
        for steps in (*lengths, STEPS):
            await peer.publish(steps)
        await _lived(peer, mails, "warm", lengths[0], max(answers // lengths[0] // 5, 2))
        grown = [await _lived(peer, mails, f"l{steps}", steps, max(answers // steps, _AT_ONCE)) for steps in lengths]
        crowded: list[Step] = []
        begun, there = perf_counter(), 0
        for crowd in crowds:
            while there < crowd and perf_counter() - begun < minutes * 60:
                more = [f"open-{number}" for number in range(there, min(there + _BATCH, crowd))]
                await each(peer.enter, more)
                await each(peer.start, more)
                await asyncio.gather(*(mails.came(client, 1) for client in more))
                there += len(more)
            crowded.append(await _crowded(peer, mails, there))
    return Growth(tuple(grown), tuple(crowded), grown[-1].cpu / grown[0].cpu, crowded[-1].cpu / crowded[0].cpu)


async def _crowded(peer: Peer, mails: Mailbox, there: int) -> Step:
    """The middle of three."""
    found = [await _lived(peer, mails, f"among-{there}-{number}", STEPS, 20, open=there) for number in range(3)]
    return sorted(found, key=lambda one: one.cpu)[1]


async def _lived(peer: Peer, mails: Mailbox, mark: str, steps: int, journeys: int, *, open: int = 0) -> Step:
    clients = [f"{mark}-{number}" for number in range(journeys)]
    await each(peer.enter, clients)
    await each(lambda client: peer.start(client, steps), clients)
    await asyncio.gather(*(mails.came(client, 1) for client in clients))
    await asyncio.sleep(1)

    async def live(client: str) -> None:
        for step in range(1, steps + 1):
            await mails.came(client, step)
            await peer.answer(client, step)
        await peer.ended(client)

    before, begun = Spent.by(peer), perf_counter()
    await each(live, clients, _AT_ONCE)
    took = perf_counter() - begun
    number = steps * journeys
    return Step(steps, open, took / number, Spent.by(peer).since(before, number))
