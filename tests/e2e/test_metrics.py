"""Metrics of real processes, asked for as Prometheus asks: each fact once, and no fact in the labels."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.mailcatcher import MailCatcher
from tests.e2e.processes import catch_mail, free_port, gateway_in, store_and_server, worker_in
from tests.e2e.scraping import scrape, until, value_of
from tests.pathways import document, step


async def test_G12_what_a_journey_does_is_counted_where_it_is_recorded(tmp_path: Path) -> None:
    """A step delivered, told by mail and done: each once; a gateway counts its requests; neither names anybody."""
    async with AsyncExitStack() as stack:
        mail = await catch_mail(stack, MailCatcher(tmp_path / "mail"))
        database, server, connection = await store_and_server(stack, tmp_path)
        asked, front = free_port(), free_port()
        worker = worker_in(stack, tmp_path, server, smtp_port=mail.port, metrics=f"127.0.0.1:{asked}")
        worker.start()
        gateway, where = gateway_in(stack, tmp_path, server, metrics=f"127.0.0.1:{front}")
        gateway.start()
        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(document(step("one")))
        await handle.add_client(id="ann", email="ann@example.org")
        journey = (await handle.start("ann", "trial")).id
        await _until_open(handle)
        await handle.respond(journey, "one.1", {}, submission_id="s1")

        found = await until(asked, lambda now: value_of(now, "stepwell_events_total", kind="journey_completed") == 1)
        events = {one.labels["kind"]: one.value for one in found if one.name == "stepwell_events_total" and one.value}
        kept = [one.kind for one in await handle.history(journey)]
        assert events == {kind: kept.count(kind) for kind in kept}
        assert value_of(found, "stepwell_messages_total", channel="email", purpose="delivered") == 1
        assert value_of(found, "stepwell_message_lateness_seconds_count", channel="email") == 1
        assert value_of(found, "stepwell_delivery_lateness_seconds_count") == 1
        assert value_of(found, "stepwell_reachable") == 4
        assert {one.labels["queue"] for one in found if one.name == "stepwell_queue_pollers" and one.value}
        assert value_of(found, "temporal_workflow_completed_total") == 1

        gateway.wait_for("serving")
        async with httpx.AsyncClient(trust_env=False) as caller:
            await caller.get(f"{where}/v1/health")
        front_found = await scrape(front)
        assert value_of(front_found, "stepwell_request_seconds_count", route="/health", status="200") == 1
        for one in [*found, *front_found]:
            assert not {"tenant", "journey", "client", "pathway"} & one.labels.keys()
            assert journey not in str(one.labels)


async def _until_open(handle: Stepwell) -> None:
    async with asyncio.timeout(60):
        while not await handle.to_do("ann"):  # noqa: ASYNC110 - what it waits for happens in other processes
            await asyncio.sleep(0.2)
