"""A tenant with a great deal waiting keeps no other one waiting for it."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from sqlmodel import select

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.models import JourneyQuery
from store.tables import EventRow
from tests.e2e.processes import store_and_server, worker_in
from tests.pathways import document, step

_MANY, _FEW = 300, 5


async def test_tenants_take_turns_however_much_one_of_them_has_waiting(tmp_path: Path) -> None:
    """Journeys that were begun last, by somebody else, are under way before half of a long queue is."""
    async with AsyncExitStack() as stack:
        database, server, connection = await store_and_server(stack, tmp_path)
        journeys: dict[str, list[str]] = {}
        for tenant, count in (("big", _MANY), ("small", _FEW)):
            handle = Stepwell(database, connection, tenant, step_types())
            await handle.publish(document(step("only")))
            for number in range(count):
                await handle.add_client(id=f"{tenant}-{number}")
            journeys[tenant] = [(await handle.start(f"{tenant}-{number}", "trial")).id for number in range(count)]
        worker = worker_in(stack, tmp_path, server)
        worker.start()
        handles = [Stepwell(database, connection, tenant, step_types()) for tenant in journeys]

        async def waiting() -> int:
            return sum([(await handle.count(JourneyQuery(statuses=("starting",)))).number for handle in handles])

        async with asyncio.timeout(120):
            while await waiting():  # noqa: ASYNC110 - it happens in another process
                await asyncio.sleep(0.1)
        async with database.of_every_tenant().read() as session:
            found = await session.execute(select(EventRow.journey).where(EventRow.seq == 1).order_by(EventRow.at))
        order = [*found.scalars()]
        last = max(order.index(journey) for journey in journeys["small"])
        assert len(order) == _MANY + _FEW
        assert last < _MANY // 2
