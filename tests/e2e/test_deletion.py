"""A client is deleted while the workers are killed again and again: it is finished all the same, and once (rule P4)."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from engine.steps import step_types
from stepwell import Stepwell
from store import erasing, outbox
from store.erasing import Whose
from tests.e2e.processes import Child, store_and_server, worker_in
from tests.pathways import document, step

_ANN = Whose("default", "ann")
_JOURNEYS = 6


class _Up(NamedTuple):
    handle: Stepwell
    connection: Client
    worker: Child


@asynccontextmanager
async def _up(folder: Path) -> AsyncIterator[_Up]:
    async with AsyncExitStack() as stack:
        database, server, connection = await store_and_server(stack, folder)
        worker = worker_in(stack, folder, server)
        worker.start()
        yield _Up(Stepwell(database, connection, "default", step_types()), connection, worker)


async def _is_gone(connection: Client, name: str) -> bool:
    try:
        await connection.get_workflow_handle(name).describe()
    except RPCError as error:
        return error.status == RPCStatusCode.NOT_FOUND
    return False


async def test_P4_a_deletion_survives_kills_at_every_stage(tmp_path: Path) -> None:
    """Kill -9 soon after it began, and again at each stage that it comes to: nothing is left, and one event says so."""
    async with _up(tmp_path) as up:
        await up.handle.publish(document("".join(step(f"s{number}") for number in range(3))))
        up.handle.rotate_at = 10  # every journey has several runs
        journeys = []
        for client in ("ann", "bob"):
            await up.handle.add_client(id=client)
            for number in range(_JOURNEYS if client == "ann" else 1):
                started = await up.handle.start(client, "trial", enrolment_key=f"{client}-{number}")
                journeys.append(started.id)
        *anns, bobs = journeys
        for journey in journeys:
            for number in range(2):
                await _until_open(up.handle, journey, f"s{number}.1")
                await up.handle.respond(journey, f"s{number}.1")
        runs = [one async for one in up.connection.list_workflows("WorkflowType = 'journey'")]
        assert len(runs) > len(journeys), "no journey has gone on as another run"
        deletion = await up.handle.delete_client("ann", reason="asked")
        seen: list[str] = []
        async with asyncio.timeout(400):
            while (now := await up.handle.deletion(deletion.id)).erased_at is None:
                if now.stage not in seen:
                    seen.append(now.stage)
                    up.worker.end(signal.SIGKILL)
                    await asyncio.sleep(0.2)
                    up.worker.start()
                await asyncio.sleep(0.02)
        assert seen[0] == "ending"
        assert len(seen) >= 2, "the kills came too late to mean anything"
        async with up.handle.database.read() as session:
            assert await erasing.count(session, _ANN) == {}
            told = await outbox.read(session, "default", types=["org.stepwell.client.deleted"])
        assert [one.data for one in told] == [{"client": "ann"}]
        for name in anns:
            assert await _is_gone(up.connection, name)
        assert not await _is_gone(up.connection, bobs)
        assert (await up.handle.to_do("bob"))[0].occurrence == "s2.1"
        actions = [one.action for one in await up.handle.audit() if one.object == "ann"]
        assert actions == ["client deleted", "deletion of a client begun", "client added"]


async def _until_open(handle: Stepwell, journey: str, occurrence: str) -> None:
    while True:
        states = {one.id: one.state for one in (await handle.journey(journey)).occurrences}
        if states.get(occurrence) == "open":
            return
        await asyncio.sleep(0.1)
