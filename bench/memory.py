"""What an open journey takes of a worker's memory while it is cached there: a worker process that does nothing but journeys, with so
many of them, beside the same process when it had a few only.

And what it takes in one that met it by replay, as after a restart: the SDK keeps the history that it replayed until the journey's next
task.
"""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError

from bench.job import each
from bench.mailbox import Mailbox
from bench.ours import Ours, ours
from bench.usage import resident_bytes
from stepwell.workers import QUEUES
from workflows.names import JOURNEYS

_STEPWELL = Path(sys.executable).with_name("stepwell")
_PATIENCE = 90


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
    met_again: float
    """The same in a process that has just met it by replay."""


async def measure(journeys: int = 100, steps: int = 30) -> Memory:
    """So many journeys of so many steps at their first one, and as many half way; whatever a process loads once is loaded before."""
    warm, begun, later = ([f"{kind}-{number}" for number in range(journeys)] for kind in ("warm", "begun", "later"))
    del warm[20:]
    async with Mailbox() as mails, ours(mails.port) as peer:
        await peer.publish(steps)
        os.kill(peer.worker, signal.SIGTERM)
        with _worker(peer, *(one for one in QUEUES if one != JOURNEYS)):
            with _worker(peer, JOURNEYS) as worker:
                sizes = []
                for some, answers in ((warm, steps // 2), (begun, 0), (later, steps // 2)):
                    await _live(peer, mails, some, steps, answers)
                    sizes.append(resident_bytes(worker))
            with _worker(peer, JOURNEYS) as worker:
                sizes += [await _having_met(peer, worker, some) for some in (warm, later)]
    at_first, half_way, _, met_again = ((after - before) / journeys for before, after in itertools.pairwise(sizes))
    return Memory(journeys, steps, at_first, steps // 2, half_way, met_again)


async def _live(peer: Ours, mails: Mailbox, clients: list[str], steps: int, answers: int) -> None:
    await each(peer.enter, clients)
    await each(lambda client: peer.start(client, steps), clients)
    for step in range(1, answers + 1):
        await asyncio.gather(*(mails.came(client, step) for client in clients))
        await each(lambda client: peer.answer(client, step), clients)  # noqa: B023 - awaited in this round
    await asyncio.gather(*(mails.came(client, answers + 1) for client in clients))
    await asyncio.sleep(2)


@contextmanager
def _worker(peer: Ours, *queues: str) -> Iterator[int]:
    """The id of a worker process that has met nobody yet, and works off these queues alone."""
    words = [word for queue in queues for word in ("--queue", queue)]
    worker = subprocess.Popen([_STEPWELL, "worker", *words], env=peer.settings, stderr=subprocess.DEVNULL)
    try:
        yield worker.pid
    finally:
        worker.terminate()
        worker.wait(30)


async def _having_met(peer: Ours, worker: int, clients: list[str]) -> int:
    """What it holds once it was asked for the state of each, and so keeps it."""
    await each(lambda client: _asked(peer, client), clients, 5)
    await asyncio.sleep(2)
    return resident_bytes(worker)


async def _asked(peer: Ours, client: str) -> None:
    """Again until it answers: it may not have begun, and the server may still wait for the one before it."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            with suppress(RPCError, WorkflowQueryFailedError):
                await peer.connection.get_workflow_handle(peer.workflow(client)).query("state")
                return
