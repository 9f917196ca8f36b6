"""Many running journeys move to another version while their clients answer and the worker is killed twice (rules E1 to E3)."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from engine.steps import step_types
from stepwell import Refused, Stepwell
from stepwell.models import JourneyQuery
from tests.e2e.processes import store_and_server, worker_in
from tests.pathways import document, step

JOURNEYS = int(os.environ.get("MIGRATED", "60"))
_FIRST = document(
    step("read")
    + step("write", "required: false")
    + step("talk", "deliver: {offset: 9 days}")
    + step("gone", "deliver: {offset: 20 days}")
    + step("end", "deliver: {after: read.completed, offset: 30 days}\nregardless: true")
)
_SECOND = document(
    step("read")
    + step("write", "required: false")
    + step("fresh")
    + step("talk", "deliver: {offset: 4 days}")
    + step("more", "deliver: {offset: 2 days}")
    + step("end", "deliver: {after: read.completed, offset: 40 days}\nregardless: true")
)
"""Re-timed: `talk` and `end`. Removed: `gone`. New: `fresh` and `more`."""


async def _until(question: Callable[[], Awaitable[bool]]) -> None:
    while not await question():  # noqa: ASYNC110 - what it waits for happens in another process
        await asyncio.sleep(0.05)


async def _clients_answer(handle: Stepwell, journeys: list[str], until: asyncio.Event) -> None:
    """Every second client reads, some of them before their journey moves, some after."""
    for at, journey in enumerate(journeys):
        if until.is_set():
            return
        if at % 2:
            await handle.respond(journey, "read.1", submission_id=f"{journey}-read")
            with suppress(Refused):  # not recorded as delivered yet
                await handle.respond(journey, "write.1", submission_id=f"{journey}-write")


async def test_E3_a_migration_of_many_survives_kills_and_delivers_nothing_again(tmp_path: Path) -> None:
    """Each ends exactly where its difference said; what had moved on was looked at once more before it went."""
    async with AsyncExitStack() as stack:
        database, server, connection = await store_and_server(stack, tmp_path)
        worker = worker_in(stack, tmp_path, server)
        worker.start()
        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(_FIRST)
        journeys = []
        for number in range(JOURNEYS):
            await handle.add_client(id=f"c{number}")
            journeys.append((await handle.start(f"c{number}", "trial")).id)

        async def all_run() -> bool:
            return (await handle.count(JourneyQuery(statuses=("active",)))).number == JOURNEYS

        async with asyncio.timeout(max(300, JOURNEYS)):
            await _until(all_run)
            await handle.publish(_SECOND)
            job = (await handle.propose_migration(JourneyQuery(pathway="trial"), 2, reason="better")).id
            await _until(lambda: _more_than(handle, job, "ready", JOURNEYS // 4))
            worker.end(signal.SIGKILL)
            assert (await handle.bulk_job(job)).waiting > 0, "the first kill came too late to mean anything"
            worker.start()
            await _until(lambda: _is_finished(handle, job))
            assert (await handle.bulk_job(job)).ready == JOURNEYS
            is_over = asyncio.Event()
            answering = asyncio.create_task(_clients_answer(handle, journeys, is_over))
            await handle.apply_migration(job)
            await _until(lambda: _more_than(handle, job, "done", JOURNEYS // 4))
            worker.end(signal.SIGKILL)
            assert (await handle.bulk_job(job)).chosen > 0, "the second kill came too late to mean anything"
            worker.start()
            while (now := await handle.bulk_job(job)).done < JOURNEYS:
                if now.finished_at is not None and now.ready:  # those came to something else by now: looked at, chosen again
                    await handle.apply_migration(job)
                if now.failed:
                    await handle.retry_bulk(job)
                assert not now.refused, await handle.bulk_items(job, state="refused")
                await asyncio.sleep(0.2)
            is_over.set()
            await answering

            async def all_moved() -> bool:
                return (await handle.count(JourneyQuery(pathway="trial", version=2))).number == JOURNEYS

            await _until(all_moved)  # a recording that died with the worker is tried again later
            await _until(lambda: _agrees(handle))
        await _compare(handle, job)


async def _compare(handle: Stepwell, job: str) -> None:
    """Where each journey is, with what was said; and what has been delivered, with what may have been."""
    after, compared, untouched = "", 0, 0
    while True:
        page = await handle.bulk_items(job, limit=200, after=after)
        for item in page.items:
            said = item.difference
            assert said is not None
            assert {one.step for one in said.gains} == {"fresh", "more"}
            assert [one.step for one in said.loses] == ["gone"]
            state = await handle.state(item.journey)
            history = await handle.history(item.journey)
            migrated = [one for one in history if one.kind == "journey_migrated"]
            assert len(migrated) == 1, "a journey moves once"
            delivered = Counter(one.occurrence for one in history if one.kind == "step_delivered")
            assert set(delivered.values()) == {1}, "nothing comes again"
            assert "gone.1" not in delivered
            came_with_it = {one.step for one in history if one.kind == "step_delivered" and one.seq > migrated[0].seq}
            at_once = {one.step for one in said.gains if one.at_once}
            assert came_with_it >= at_once, (said, [(one.seq, one.kind, getattr(one, "occurrence", "")) for one in history])
            if state.seq == migrated[0].seq + len(came_with_it):  # nothing has happened since: it is exactly where it was said
                plan = await handle.forecast(item.journey)
                due = {one.occurrence: one.at for one in plan.items if one.what == "delivery"}
                meant = {f"{one.step}.1": one.at for one in said.gains if one.certain and not one.at_once}
                assert {f"{one.step}.1" for one in said.gains if not one.at_once} <= set(due)
                meant |= {one.occurrence: one.after for one in said.moves if one.what == "delivery" and one.certain}
                assert {name: due[name] for name in meant} == meant
                untouched += 1
            compared += 1
        if page.next is None:
            break
        after = page.next
    assert compared == JOURNEYS
    assert untouched > JOURNEYS // 10, "too few were left alone to compare instants"


async def _more_than(handle: Stepwell, job: str, state: str, number: int) -> bool:
    return int(getattr(await handle.bulk_job(job), state)) > number


async def _is_finished(handle: Stepwell, job: str) -> bool:
    return (await handle.bulk_job(job)).finished_at is not None


async def _agrees(handle: Stepwell) -> bool:
    return await handle.verify() == []
