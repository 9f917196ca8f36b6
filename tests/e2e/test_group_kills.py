"""A group's starts while the worker is killed: every member on exactly one journey."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.models import JourneyQuery
from tests.e2e.processes import store_and_server, worker_in
from tests.pathways import document, step

MEMBERS = 60


async def _until(question: Callable[[], Awaitable[bool]]) -> None:
    while not await question():  # noqa: ASYNC110 - what it waits for happens in another process
        await asyncio.sleep(0.05)


async def test_P5_a_group_survives_the_death_of_its_worker(tmp_path: Path) -> None:
    """Kill -9 in the middle: whoever comes next starts who is left, and nobody twice."""
    async with AsyncExitStack() as stack:
        database, server, connection = await store_and_server(stack, tmp_path)
        worker = worker_in(stack, tmp_path, server)
        worker.start()

        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(document(step("read")))
        names = [f"c{number}" for number in range(MEMBERS)]
        for name in names:
            await handle.add_client(id=name)
        group = (await handle.create_group("Spring", "trial", names, per_second=10)).id

        async def is_under_way() -> bool:
            return (await handle.group(group)).started >= 10

        async def is_finished() -> bool:
            return (await handle.group(group)).finished_at is not None

        async def all_are_active() -> bool:
            return (await handle.count(JourneyQuery(statuses=("active",)))).number == MEMBERS

        async with asyncio.timeout(240):
            await handle.start_group(group)
            await _until(is_under_way)
            worker.end(signal.SIGKILL)
            assert (await handle.group(group)).waiting > 0, "the kill came too late to mean anything"
            worker.start()
            await _until(is_finished)
            await _until(all_are_active)  # a recording that died with the worker is tried again later
        assert (await handle.group(group)).started == MEMBERS
        assert (await handle.count(JourneyQuery())).number == MEMBERS
        members = (await handle.group_members(group, limit=MEMBERS)).items
        for one in members:
            assert one.journey is not None
            history = await handle.history(one.journey)
            assert [event.kind for event in history].count("journey_started") == 1
        assert await handle.verify() == []
