"""The schedule that every worker sees to, and what a night's look takes away, with real processes (SC17)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.retention import SCHEDULE
from store import outbox
from store.database import Database
from store.tables import JourneyRow, OutgoingRow
from tests.e2e.processes import store_and_server, worker_in
from tests.pathways import document, step

_LONG_AGO = datetime.now(UTC) - timedelta(days=400)


async def test_SC17_a_look_takes_away_what_is_old_and_deletes_who_has_departed(tmp_path: Path) -> None:
    """Two workers make one schedule; an old event goes, a new one stays; a departed client is deleted with a receipt."""
    async with AsyncExitStack() as stack:
        database, server, connection = await store_and_server(stack, tmp_path)
        for number in range(2):
            worker = worker_in(stack, tmp_path, server, f"worker{number}", keep_clients_days=365)
            worker.start()
            await asyncio.to_thread(worker.wait_for, "working")
        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(document(step("only")))
        for client in ("gone", "here"):
            await handle.add_client(id=client)
            journey = (await handle.start(client, "trial")).id
            await _until(partial(_is, handle, journey, "active", "open"))
            if client == "gone":
                await handle.respond(journey, "only.1")
                await _until(partial(_is, handle, journey, "completed", "completed"))
                await _age(database, journey)
        await connection.get_schedule_handle(SCHEDULE).trigger()

        async def is_erased() -> bool:
            return any(one.erased_at is not None for one in await handle.deletions())

        await _until(is_erased)
        (deletion,) = await handle.deletions()
        assert (deletion.client, deletion.reason) == ("gone", "retention")
        assert (await handle.to_do("here"))[0].occurrence == "only.1"
        async with database.of("default").read() as session:
            left = [row.id for row in await outbox.read(session, "default", limit=None)]
        assert left
        assert "evt_old" not in left


async def _is(handle: Stepwell, journey: str, status: str, state: str) -> bool:
    now = await handle.journey(journey)
    return now.status == status and any(one.state == state for one in now.occurrences)


async def _until(question: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while not await question():  # noqa: ASYNC110 - what it waits for happens in another process
            await asyncio.sleep(0.1)


async def _age(database: Database, journey: str) -> None:
    """As if it had ended long ago; and an event from then."""
    async with database.of("default").begin() as session:
        row = await session.get(JourneyRow, journey)
        assert row is not None
        row.finished_at = _LONG_AGO
        session.add(row)
        session.add(OutgoingRow(tenant="default", id="evt_old", type="x", at=_LONG_AGO, data={}))
