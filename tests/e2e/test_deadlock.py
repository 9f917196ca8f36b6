"""A journey whose code never comes back blocks itself and a thread of its worker, and nobody else (RT22)."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from engine.steps import step_types
from stepwell import Stepwell
from tests.e2e.processes import ROOT, Child, environment, store_and_server, store_in
from tests.pathways import document, step

_BLOCKED = """
import runpy, sys, time
from engine import advance

def settle(draft, real=advance.settle):
    while draft.journey.client == "poison":
        time.sleep(0.05)
    real(draft)

advance.settle = settle
sys.path.insert(0, {root!r})
runpy.run_path({root!r} + "/worker.py", run_name="__main__")
"""


async def _until(question: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(90):
        while not await question():  # noqa: ASYNC110 - what it waits for happens in another process
            await asyncio.sleep(0.2)


async def test_RT22_a_deadlock_is_seen_and_its_neighbours_go_on(tmp_path: Path) -> None:
    """The journey waits at the place where it was; workers with the fix take it up, once the blocked one is gone."""
    async with AsyncExitStack() as stack:
        database, server, connection = await store_and_server(stack, tmp_path)
        surroundings = environment(**store_in(tmp_path), temporal=server.address)
        script = tmp_path / "blocked.py"
        script.write_text(_BLOCKED.format(root=str(ROOT)))
        blocked = Child([sys.executable, str(script)], surroundings, tmp_path, "blocked")
        fixed = Child([sys.executable, str(ROOT / "worker.py")], surroundings, tmp_path, "fixed")
        for child in (blocked, fixed):
            stack.callback(child.stop)
        blocked.start()
        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(document(step("only")))
        journeys = {}
        for client in ("poison", "neighbour"):
            await handle.add_client(id=client)
            journeys[client] = (await handle.start(client, "trial")).id

        async def is_seen() -> bool:
            trouble = await handle.workflow_trouble(journeys["poison"])
            return trouble is not None and trouble.kind == "workflow_stuck"

        await _until(lambda: handle.to_do("neighbour"))
        await handle.respond(journeys["neighbour"], "only.1")
        await _until(is_seen)
        assert await handle.workflow_trouble(journeys["neighbour"]) is None
        assert "_DeadlockError" in blocked.text
        blocked.end(signal.SIGKILL)
        fixed.start()
        await _until(lambda: handle.to_do("poison"))
        await handle.respond(journeys["poison"], "only.1")
        assert {(await handle.journey(one)).status for one in journeys.values()} == {"completed"}
