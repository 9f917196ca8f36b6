"""A herd: everybody's step falls due at one local time. How long until the last mail is out, beside what as many bare timers take that
are due at one instant on an equal server, with nothing around them.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

from bench.bare import bare_server, process
from bench.job import each
from bench.mailbox import Mailbox
from bench.ours import Ours, ours
from bench.timers import QUEUE, Timer

_ZONE = ZoneInfo("Europe/Berlin")
_PATHWAY = """
pathway: herd
title: Herd
zone: Europe/Berlin
quiet_hours: none
steps:
  - id: step1
    type: message
    title: Read
    rationale: why
    deliver: {{after: journey.started, at: "{at:%H:%M}"}}
    content: {{body: Hello}}
"""
_MARGIN = 1.5
_BARE_STARTS_A_SECOND = 30
"""Fewer than any machine starts."""
_PATIENCE = timedelta(seconds=5)
"""After the last mail: time for a second one that must not come."""


@dataclass(frozen=True)
class Herd:
    """What was measured."""

    journeys: int
    starts_a_second: float
    spread: float
    """Seconds over which the pathway itself spreads it."""
    first: float
    """Seconds after they were due until the first mail came."""
    seconds: float
    """Until the last one."""
    bare: float
    """Seconds until the last of as many bare timers had fired and its workflow was closed."""
    sent: int
    """Mails, all of them."""


async def measure(journeys: int = 1000) -> Herd:
    """So many journeys; the instant is a full minute that lies after they all have begun."""
    bare = await _bare(journeys)
    async with Mailbox() as mails, ours(mails.port) as peer:
        a_second = await _starts_a_second(peer, min(50, journeys))
        clients = [f"c-{number}" for number in range(journeys)]
        await each(peer.enter, clients)
        at = (datetime.now(UTC) + timedelta(minutes=1, seconds=_MARGIN * journeys / a_second)).astimezone(_ZONE)
        due_at = at.replace(second=0, microsecond=0)
        await peer.handle.publish(_PATHWAY.format(at=due_at))
        await each(lambda client: peer.begin(client, "herd"), clients)
        left = (due_at - datetime.now(UTC)).total_seconds()
        assert left > 0, "the last began too late to mean anything"
        assert mails.received == 0, "nobody is due yet"
        due = perf_counter() + left
        came = sorted(await asyncio.gather(*(mails.came(client, 1) for client in clients)))
        await asyncio.sleep(_PATIENCE.total_seconds())
        return Herd(journeys, a_second, 0.0, came[0] - due, came[-1] - due, bare, mails.received)


async def _starts_a_second(peer: Ours, number: int) -> float:
    """How fast journeys of a pathway begin that has nobody told of anything yet."""
    await peer.handle.publish(_PATHWAY.format(at=datetime.now(_ZONE) - timedelta(minutes=10)).replace("herd", "warm"))
    clients = [f"warm-{each}" for each in range(number)]
    await each(peer.enter, clients)
    begun = perf_counter()
    await each(lambda client: peer.begin(client, "warm"), clients)
    return number / (perf_counter() - begun)


async def _bare(number: int) -> float:
    """Seconds after an instant until the last of so many workflows that slept until then was closed."""
    async with bare_server() as server:
        with process("bench.timers", server.address, folder=server.folder):
            first = await server.connection.start_workflow(Timer.run, 0.0, id="warm", task_queue=QUEUE)
            await first.result()
            due_at = datetime.now(UTC) + timedelta(seconds=10 + number / _BARE_STARTS_A_SECOND)
            names = [f"t-{each}" for each in range(number)]

            async def start(name: str) -> None:
                await server.connection.start_workflow(Timer.run, due_at.timestamp(), id=name, task_queue=QUEUE)

            await each(start, names)
            assert datetime.now(UTC) < due_at, "the last began too late to mean anything"
            handles = [server.connection.get_workflow_handle(name) for name in names]
            await asyncio.gather(*(handle.result() for handle in handles))
            closed = [(await handle.describe()).close_time for handle in handles]
            return (max(one for one in closed if one) - due_at).total_seconds()
