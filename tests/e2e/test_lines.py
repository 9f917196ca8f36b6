"""What real processes log: a line a turn, in no replay, and by it the way from a request to what came of it."""

import asyncio
import json
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.mailcatcher import MailCatcher
from tests.e2e.processes import Child, catch_mail, gateway_in, store_and_server, worker_in
from tests.pathways import document, step


def _lines(process: Child, event: str) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in process.text.splitlines() if line.startswith("{")]
    return [one for one in told if one["event"] == event]


async def test_V4_one_line_a_turn_in_no_replay_bound_to_tenant_journey_and_request(tmp_path: Path) -> None:
    """Two steps with the worker killed between: it replays, and says nothing twice."""
    async with AsyncExitStack() as stack:
        mail = await catch_mail(stack, MailCatcher(tmp_path / "mail"))
        database, server, connection = await store_and_server(stack, tmp_path)
        worker = worker_in(stack, tmp_path, server, smtp_port=mail.port)
        worker.start()
        gateway, where = gateway_in(stack, tmp_path, server)
        gateway.start()
        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(document(step("one") + step("two")))
        await handle.add_client(id="ann", email="ann@example.org")
        key = (await handle.add_key("host", subject="app")).secret
        journey = (await handle.start("ann", "trial")).id
        await _until_open(handle, "one.1")
        worker.end(signal.SIGKILL)
        worker.start()
        gateway.wait_for("serving")
        async with httpx.AsyncClient(base_url=where, trust_env=False, timeout=60) as host:
            headers = {
                "authorization": f"Bearer {key}",
                "x-request-id": "req-1",
                "idempotency-key": "the-first-key-of-this-test",
            }
            responses = f"/v1/journeys/{journey}/occurrences/one.1/responses"
            async with asyncio.timeout(90):  # the turn of the worker that was killed is still out
                while (await host.post(responses, json={}, headers=headers)).status_code != 201:  # noqa: ASYNC110
                    await asyncio.sleep(0.5)
        await _until_open(handle, "two.1")

        turns = _lines(worker, "turn")
        assert [(one["kind"], one["accepted"]) for one in turns] == [("start", True), ("respond", True)]
        assert {(one["tenant"], one["journey"], one["level"]) for one in turns} == {("default", journey, "info")}
        assert [kind for one in turns for kind in one["events"]] == [one.kind for one in await handle.history(journey)]
        assert turns[1]["effects"] == [f"{journey}/two.1/delivered/0"]
        (asked,) = (one for one in _lines(gateway, "answered") if one["status"] == 201)
        assert (asked["request"], asked["message"]) == ("req-1", turns[1]["message"])
        for one in _lines(worker, "recorded") + _lines(worker, "notified"):
            assert (one["tenant"], one["journey"], one["attempt"] >= 1) == ("default", journey, True)


async def _until_open(handle: Stepwell, occurrence: str) -> None:
    async with asyncio.timeout(90):
        while not any(one.occurrence == occurrence for one in await handle.to_do("ann")):  # noqa: ASYNC110 - in another process
            await asyncio.sleep(0.2)
