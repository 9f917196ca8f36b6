"""A hundred journeys while worker and server are killed: nothing lost, nothing twice, nothing out of order."""

import asyncio
import random
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import PendingActivityState, TimeoutType

from engine.steps import step_types
from stepwell import Stepwell, Unavailable
from stepwell.caughtmail import read_mails
from stepwell.devserver import DevServer
from stepwell.mailcatcher import MailCatcher
from store.database import Database
from tests.e2e.processes import ROOT, Child, catch_mail, environment, free_port, store_and_server, store_in, worker_in
from tests.pathways import document, step

JOURNEYS = 100
STEPS = 6
KILLS = 3


_QUESTION = """
- id: s{number}
  type: questionnaire
  title: How are you?
  rationale: why
  instructions: do
  content:
    items: [{{id: mood, type: scale, text: How are you?, min: 0, max: 10}}]
    outcomes: [mood]
"""


def _six_steps() -> str:
    steps = [_QUESTION.format(number=number) if number % 2 else step(f"s{number}") for number in range(1, STEPS + 1)]
    return document("".join(steps))


class _Client:
    """Answers every step of one journey, again and again until the answer is taken."""

    def __init__(self, handle: Stepwell, number: int) -> None:
        self.handle = handle
        self.name = f"c{number}"
        self.journey = ""

    async def enter(self) -> None:
        """Be added and entered, however often that has to be asked for."""
        await self.handle.add_client(id=self.name, email=f"{self.name}@example.org")
        self.journey = (await _insist(lambda: self.handle.start(self.name, "trial", again="use_existing"))).id

    async def _has(self, occurrence: str) -> bool:
        return any(item.occurrence == occurrence for item in await self.handle.to_do(self.name))

    async def live(self) -> None:
        """Answer what is open until everything is answered."""
        for number in range(1, STEPS + 1):
            occurrence = f"s{number}.1"
            await _until(lambda: self._has(occurrence))  # noqa: B023
            await asyncio.sleep(random.uniform(0, 4))
            answer = {"answers": {"mood": number}} if number % 2 else {}
            key = f"{self.name}-{number}"
            await _insist(lambda: self.handle.respond(self.journey, occurrence, answer, submission_id=key))  # noqa: B023


async def _until(question: Callable[[], Awaitable[bool]]) -> None:
    while not await question():  # noqa: ASYNC110 - what it waits for happens in other processes
        await asyncio.sleep(0.3)


async def _insist(job: Callable[[], Awaitable[Any]]) -> Any:
    while True:
        try:
            return await job()
        except Unavailable:
            await asyncio.sleep(0.5)


async def test_a_hundred_journeys_survive_three_kills_of_worker_and_server(tmp_path: Path) -> None:
    """Kill -9 each, at moments nobody chose: 600 answers recorded, in order, once, and everything agrees."""
    async with AsyncExitStack() as stack:
        mail = await catch_mail(stack, MailCatcher(tmp_path / "mail"))
        database, server, connection = await store_and_server(stack, tmp_path)
        worker = worker_in(stack, tmp_path, server, smtp_port=mail.port)
        worker.start()

        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(_six_steps())
        clients = [_Client(handle, number) for number in range(JOURNEYS)]
        lives = [asyncio.create_task(_enter_and_live(client)) for client in clients]
        for _ in range(KILLS):
            await asyncio.sleep(random.uniform(3, 6))
            worker.end(signal.SIGKILL)
            await asyncio.sleep(random.uniform(0, 2))
            worker.start()
            await asyncio.sleep(random.uniform(3, 6))
            server.kill()
            await asyncio.sleep(random.uniform(0, 2))
            await server.start()
        assert not all(life.done() for life in lives), "the kills came too late to mean anything"
        async with asyncio.timeout(300):
            await asyncio.gather(*lives)
            await _until(lambda: _all_completed(handle))
            await _until(lambda: _all_told(handle, clients))
        await _nothing_lost(handle, clients)
        ledger = [one for client in clients for one in await handle.notifications(client.journey)]
        sent = {one.message_id for one in ledger if one.accepted_at is not None}
        assert len(ledger) == JOURNEYS * STEPS
        caught = {one.message_id for one in read_mails(mail.folder)}
        assert sent <= caught <= {one.message_id for one in ledger}


async def _enter_and_live(client: _Client) -> None:
    await client.enter()
    await client.live()


async def _all_completed(handle: Stepwell) -> bool:
    return len(await handle.journeys(status="completed", limit=JOURNEYS + 1)) == JOURNEYS


async def _all_told(handle: Stepwell, clients: list[_Client]) -> bool:
    """Every message was sent, or left out because its step had been answered meanwhile; one killed early is tried later."""
    ledger = [one for client in clients for one in await handle.notifications(client.journey)]
    return len(ledger) >= JOURNEYS * STEPS and all(one.accepted_at or one.skipped for one in ledger)


async def _nothing_lost(handle: Stepwell, clients: list[_Client]) -> None:
    recorded = 0
    for client in clients:
        history = await handle.history(client.journey)
        assert [event.seq for event in history] == list(range(1, len(history) + 1))
        deliveries = [event.occurrence for event in history if event.kind == "step_delivered"]
        completions = [event.occurrence for event in history if event.kind == "step_completed"]
        assert deliveries == completions == [f"s{number}.1" for number in range(1, STEPS + 1)]
        answers = [answer for occurrence in completions for answer in await handle.responses(client.journey, occurrence)]
        assert all(answer.accepted_at is not None for answer in answers)
        recorded += len(answers)
    assert recorded == JOURNEYS * STEPS
    assert await handle.verify() == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_asked_to_stop_finishes_and_ends_well(tmp_path: Path, how: signal.Signals) -> None:
    """An orchestrator's stop, or Ctrl-C: exit code 0, and nothing in the log that looks like trouble."""
    database = Database.open(store_in(tmp_path)["database"])
    await database.migrate()
    await database.close()
    server = DevServer(tmp_path, free_port(), free_port(), database.keys)
    await server.start()
    settings = {**store_in(tmp_path), "temporal": server.address}
    worker = Child([sys.executable, str(ROOT / "worker.py")], environment(**settings), tmp_path, "worker")
    worker.start()
    try:
        await asyncio.to_thread(worker.wait_for, "working")
        assert worker.end(how) == 0
        assert "Traceback" not in worker.text
    finally:
        worker.stop()
        await server.stop()


async def test_a_message_that_was_with_a_killed_worker_is_taken_over_when_nothing_is_heard_of_it(tmp_path: Path) -> None:
    """Not only when its time is up: it may be an alert."""
    async with AsyncExitStack() as stack:
        database, server, connection = await store_and_server(stack, tmp_path)
        silent = stack.enter_context(socket.socket())  # a mail server that takes connections and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        worker = worker_in(stack, tmp_path, server, smtp_port=silent.getsockname()[1])
        worker.start()
        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(document(step("only")))
        await handle.add_client(id="ann", email="ann@example.org")
        journey = (await handle.start("ann", "trial")).id

        async def attempt() -> Any:
            described = await connection.get_workflow_handle(journey).describe()
            pending = described.raw_description.pending_activities
            return next((one for one in pending if one.activity_type.name == "notify"), None)

        async def is_under_way() -> bool:
            now = await attempt()
            return now is not None and now.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED

        async def is_given_up() -> bool:
            now = await attempt()
            return now is not None and now.HasField("last_failure")

        async with asyncio.timeout(120):
            await _until(is_under_way)
            worker.end(signal.SIGKILL)
            worker.start()
            await _until(is_given_up)
        why = (await attempt()).last_failure.timeout_failure_info.timeout_type
        assert why == TimeoutType.TIMEOUT_TYPE_HEARTBEAT
