"""One action on many journeys while the worker is killed: every journey once, and the job comes to its end."""

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

JOURNEYS = 80


async def _until(question: Callable[[], Awaitable[bool]]) -> None:
    while not await question():  # noqa: ASYNC110 - what it waits for happens in another process
        await asyncio.sleep(0.05)


async def _all_are(handle: Stepwell, status: str) -> bool:
    return (await handle.count(JourneyQuery(statuses=(status,)))).number == JOURNEYS


async def _is_under_way(handle: Stepwell, job: str) -> bool:
    return (await handle.bulk_job(job)).done >= 10


async def _is_finished(handle: Stepwell, job: str) -> bool:
    return (await handle.bulk_job(job)).finished_at is not None


async def test_a_bulk_action_survives_the_death_of_its_worker(tmp_path: Path) -> None:
    """Kill -9 in the middle: whoever comes next finds what is left, and nothing is done twice."""
    async with AsyncExitStack() as stack:
        database, server, connection = await store_and_server(stack, tmp_path)
        worker = worker_in(stack, tmp_path, server)
        worker.start()

        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(document(step("read")))
        for number in range(JOURNEYS):
            await handle.add_client(id=f"c{number}")
            await handle.start(f"c{number}", "trial")
        async with asyncio.timeout(240):
            await _until(lambda: _all_are(handle, "active"))
            job = await handle.start_bulk(JourneyQuery(), "pause", reason="holidays")
            await _until(lambda: _is_under_way(handle, job.id))
            worker.end(signal.SIGKILL)
            assert (await handle.bulk_job(job.id)).waiting > 0, "the kill came too late to mean anything"
            worker.start()
            await _until(lambda: _is_finished(handle, job.id))
            await _until(lambda: _all_are(handle, "paused"))  # a recording that died with the worker is tried again later
        done = await handle.bulk_job(job.id)
        assert (done.done, done.refused, done.failed) == (JOURNEYS, 0, 0)
        for item in (await handle.bulk_items(job.id, limit=JOURNEYS)).items:
            history = await handle.history(item.journey)
            assert [event.kind for event in history].count("journey_paused") == 1
        assert await handle.verify() == []
