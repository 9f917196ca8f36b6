"""What is wrong, and what to do: a task that failed, a message that nobody took, a worker or a whole Temporal that is away."""

from pathlib import Path

import httpx

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.api.app import create_app
from stepwell.devserver import DevServer
from stepwell.gateway import serving
from store.database import Database
from tests.console.desk import TROUBLED, Console, Operator
from tests.e2e.processes import free_port
from tests.keys import SampleRoots

ROOM = """
pathway: room
title: A room
quiet_hours: none
steps:
  - id: book
    type: host_task
    title: Have a room booked
    content: {task: book_room}
"""


async def test_a_failed_task_is_held_listed_and_tried_again(console: Console) -> None:
    """On the journey's page with the next move, among the failures, counted; gone once it was tried again and done."""
    console.home.host.status = 410
    await console.stepwell.publish(ROOM)
    await console.stepwell.add_client(id="ada")
    journey = (await console.stepwell.start("ada", "room")).id
    await console.home.recorded(journey, "task_held")
    someone = await console.operator()
    page = (await someone.get(f"/journeys/{journey}?ahead=true")).text
    assert "<b>task failed</b>" in page
    assert "put right what it needs, then retry it; or excuse the step" in page
    failures = (await someone.get("/failures")).text
    assert "1 journeys are affected" in failures
    assert "ada on room" in failures
    console.home.host.status = 200
    done = await someone.post(f"/journeys/{journey}/do/retry", {"occurrence": "book.1", "message_id": "msg_retry"})
    assert done.status_code == 303
    await console.home.recorded(journey, "task_started", 2)
    assert "<b>task failed</b>" not in (await someone.get(f"/journeys/{journey}?ahead=true")).text


async def test_a_message_that_nobody_took_is_said_with_its_cause(console: Console) -> None:
    """In the ledger, as a trouble, among the failures; without the address."""
    console.home.mail.manner = "refuse"
    journey = await console.troubled()
    await console.home.recorded(journey, "notification_given_up")
    someone = await console.operator()
    page = (await someone.get(f"/journeys/{journey}?ahead=true")).text
    assert "<b>message failed</b>" in page
    assert "the delivered message to client by email failed" in page
    assert "canary@example.org" not in page
    assert "message not delivered" in (await someone.get("/failures")).text
    system = await someone.get("/system")
    assert "failed</td>" in system.text or "failed</span>" in system.text


async def test_while_no_worker_and_no_temporal_answers_the_store_is_shown(tmp_path: Path) -> None:
    """No page is a fault: what is missing is named, and an action says that it cannot be looked at now."""
    database = Database.open(f"sqlite:///{tmp_path / 'stepwell.db'}", SampleRoots())
    await database.migrate()
    server = DevServer(tmp_path, free_port(), free_port(), database.keys)
    try:
        handle = Stepwell(database, await server.start(), "default", step_types())
        await handle.publish(TROUBLED)
        await handle.add_client(id="ada")
        journey = (await handle.start("ada", "troubled")).id
        async with (
            serving(create_app(handle), "127.0.0.1", free_port()) as url,
            httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as connection,
        ):
            someone = Operator(connection, url)
            key = (await handle.add_key("operator", subject="olga")).secret
            someone.cookie = (await someone.post("/sign-in", {"key": key}, csrf="")).cookies["__Host-stepwell"]
            system = await someone.get("/system")
            assert "nobody does this work" in system.text
            server.kill()
            for path in ("/", "/system", "/journeys", f"/journeys/{journey}", f"/journeys/{journey}/live", "/failures"):
                assert (await someone.get(path)).status_code == 200, path
            assert "No journey moves until it answers" in (await someone.get("/system")).text
            live = (await someone.get(f"/journeys/{journey}/live")).text
            assert "The journey itself does not answer" in live
            assert "not reached; when it comes only the journey can say" in live
            looked = await someone.get(f"/journeys/{journey}/do/stop")
            assert looked.status_code == 200
            assert "What it would change cannot be said now" in looked.text
    finally:
        await server.stop()
        await database.close()
