"""What Temporal allows one run of a journey is never reached: messages wait, runs follow each other, nobody is told no for good."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from engine.base import MessageId, OccurrenceId
from engine.messages import By, HostEvent, Message, OpenStep
from engine.steps import step_types
from stepwell import Refused, Settings, Stepwell, Unavailable
from stepwell.messenger import submit
from stepwell.workers import build_workers
from store.database import Database
from tests.e2e.processes import store_and_server, store_in
from tests.pathways import document, step

ALLOWED_AT_ONCE, ALLOWED_UPDATES, ALLOWED_SIGNALS, SUGGESTED = 10, 2000, 10_000, 4096
"""What the server allows one run: updates under way, updates in all, signals in all; and when it asks for the next run."""


class Practice(NamedTuple):
    """A store and a server, and whoever works when told to."""

    folder: Path
    database: Database
    connection: Client
    address: str
    handle: Stepwell

    @asynccontextmanager
    async def working(self, **settings: Any) -> AsyncIterator[None]:
        """Workers as they are deployed."""
        chosen = Settings(**store_in(self.folder), temporal=self.address, **settings)
        async with AsyncExitStack() as stack:
            for worker in build_workers(self.connection, self.database, chosen):
                await stack.enter_async_context(worker)
            yield

    async def enter(self, steps: str, name: str = "ann") -> str:
        """Publish, add a client, start."""
        version = await self.handle.publish(document(steps))
        await self.handle.add_client(id=name, email=f"{name}@example.org")
        return (await self.handle.start(name, version.pathway)).id

    async def runs(self, journey: str) -> list[tuple[int, WorkflowExecutionStatus | None]]:
        """The length and the status of each run of a journey, the latest first."""
        found = []
        run: str | None = None
        while run != "":
            handle = self.connection.get_workflow_handle(journey, run_id=run)
            described = await handle.describe()
            found.append((described.history_length, described.status))
            first = await anext(aiter(handle.fetch_history_events(page_size=1)))
            run = first.workflow_execution_started_event_attributes.continued_execution_run_id
        return found


@pytest.fixture
async def practice(tmp_path: Path) -> AsyncIterator[Practice]:
    """Up, with nobody at work."""
    async with AsyncExitStack() as stack:
        database, server, connection = await store_and_server(stack, tmp_path)
        handle = Stepwell(database, connection, "default", step_types())
        yield Practice(tmp_path, database, connection, server.address, handle)


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a mail server that takes connections and never says a word: whoever sends is always under way."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        yield one.getsockname()[1]


async def _until(question: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(300):
        while not await question():  # noqa: ASYNC110 - what it waits for happens at the server
            await asyncio.sleep(0.1)


async def _insist(practice: Practice, journey: str, message: Message) -> int:
    """Send it as a client does: whoever is told later comes again."""
    while True:
        try:
            return (await submit(practice.connection, journey, message)).seq
        except Unavailable:
            continue


async def _all(jobs: list[Callable[[], Awaitable[Any]]], at_once: int) -> list[Any]:
    gate = asyncio.Semaphore(at_once)

    async def one(job: Callable[[], Awaitable[Any]]) -> Any:
        async with gate:
            return await job()

    return await asyncio.gather(*(one(job) for job in jobs))


def _never_ended_from_outside(runs: list[tuple[int, WorkflowExecutionStatus | None]], longest: int = SUGGESTED) -> None:
    assert max(length for length, _ in runs) < longest, runs
    assert runs[0][1] == WorkflowExecutionStatus.RUNNING
    assert {status for _, status in runs[1:]} <= {WorkflowExecutionStatus.CONTINUED_AS_NEW}


async def test_RT16_2001_updates_to_one_journey_are_all_taken(practice: Practice, silent: int) -> None:
    """Fifteen at a time, which is more than may be under way: each is answered, and kept once."""
    async with practice.working(smtp_port=silent):
        journey = await practice.enter(step("only"))

        async def tell(number: int) -> int:
            message = HostEvent(id=MessageId(f"m{number}"), name=f"event-{number % 10}")
            return await _insist(practice, journey, message)

        told = await _all([partial(tell, number) for number in range(ALLOWED_UPDATES + 1)], ALLOWED_AT_ONCE + 5)
        assert len(set(told)) == ALLOWED_UPDATES + 1
        history = await practice.handle.history(journey)

        async def is_kept() -> bool:
            nonlocal history
            history = await practice.handle.history(journey)
            return bool(len(history) >= max(told))

        await _until(is_kept)
    assert sum(one.kind == "host_event_received" for one in history) == ALLOWED_UPDATES + 1
    _never_ended_from_outside(await practice.runs(journey), SUGGESTED // 2)


async def test_RT16_2001_refusals_use_nothing_up(practice: Practice) -> None:
    """What is refused leaves nothing behind: the next message is taken, in the same run."""
    async with practice.working():
        journey = await practice.enter(step("only"))

        async def ask(number: int) -> str:
            message = OpenStep(id=MessageId(f"m{number}"), by=By(role="client"), occurrence=OccurrenceId("later.1"))
            with pytest.raises(Refused) as refused:
                await submit(practice.connection, journey, message)
            return refused.value.code

        codes = await _all([partial(ask, number) for number in range(ALLOWED_UPDATES + 1)], ALLOWED_AT_ONCE - 2)
        assert len(set(codes)) == 1
        await submit(practice.connection, journey, HostEvent(id=MessageId("after"), name="taken"))
    ((length, status),) = await practice.runs(journey)
    assert (length < 50, status) == (True, WorkflowExecutionStatus.RUNNING)


async def test_RT16_10001_signals_to_one_journey_end_nothing(practice: Practice) -> None:
    """Nobody of ours signals a journey, but whoever reaches Temporal can. They are for nobody, and it goes on.

    While they come without a pause the server lets no run end, and stops them itself in the end: that one run is long.
    """
    async with practice.working():
        journey = await practice.enter(step("only"))
        at = practice.connection.get_workflow_handle(journey)
        refused: list[str] = []

        async def signal(number: int) -> None:
            try:
                await at.signal("nobody_listens", number)
            except RPCError as error:
                refused.append(error.message)

        await _all([partial(signal, number) for number in range(ALLOWED_SIGNALS + 1)], 30)
        await submit(practice.connection, journey, HostEvent(id=MessageId("after"), name="taken"))

        async def is_another_run() -> bool:
            return len(await practice.runs(journey)) > 1

        await _until(is_another_run)
        await at.signal("nobody_listens", 0)
    assert all("limit for signal events" in one for one in refused), refused
    _never_ended_from_outside(await practice.runs(journey), ALLOWED_SIGNALS + SUGGESTED)


async def test_RT16_fifteen_at_once_while_nobody_works_are_told_later(practice: Practice) -> None:
    """More than may be under way, for longer than their senders wait: sent again, each is taken, once."""
    async with practice.working():
        journey = await practice.enter(step("only"))
        await _until(lambda: practice.handle.to_do("ann"))
    names = [f"event-{number}" for number in range(ALLOWED_AT_ONCE + 5)]
    practice.handle.patience = timedelta(seconds=2)

    async def tell(name: str) -> str:
        try:
            await practice.handle.host_event(journey, name, message_id=name)
        except Unavailable as error:
            return str(error)
        return ""

    told = await asyncio.gather(*(tell(name) for name in names))
    assert all("nothing is lost: send the same again" in one for one in told), told
    practice.handle.patience = timedelta(seconds=30)
    async with practice.working():
        assert await asyncio.gather(*(tell(name) for name in names)) == [""] * len(names)
        history = await practice.handle.history(journey)
    assert sorted(one.name for one in history if one.kind == "host_event_received") == sorted(names)
