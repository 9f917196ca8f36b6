"""Drills: one of the two databases is lost, and what was running goes on."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.caughtmail import read_mails
from stepwell.connection import encrypted_connection
from stepwell.devserver import DevServer
from stepwell.mailcatcher import MailCatcher
from store.database import Database
from tests.e2e.processes import Child, catch_mail, free_port, store_and_server, store_in, worker_in
from tests.keys import made_in
from tests.pathways import document, step
from tests.workflows.house import CARE

_QUESTION = """
- id: mood
  type: questionnaire
  title: How are you?
  rationale: why
  instructions: do
  reminders: {after: [2 days]}
  content:
    items: [{id: mood, type: scale, text: How are you?, min: 0, max: 10}]
    outcomes: [mood]
"""
_LATER = "deliver: {offset: 3 days}"
_PATHWAY = document(step("read") + _QUESTION + step("end", "when: outcomes.mood.mood < 9") + step("later", _LATER))


_RISKY = """
pathway: risky
title: Risky
quiet_hours: none
max_contacts_per_day: 100
alerts: {every: 30 minutes}
steps:
  - id: mood
    type: questionnaire
    title: Mood
    rationale: why
    instructions: do
    content:
      items:
        - {id: thoughts, type: scale, text: Thoughts, min: 0, max: 3, risk: {name: thoughts, at_least: 1}}
  - {id: after, type: message, title: After, rationale: why, content: {body: Hello}}
"""


class Practice:
    """A store in a file, a server, a worker and a mail server, each of which can be lost."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self.server: DevServer
        self.connection: Client
        self.handle: Stepwell
        self.worker: Child
        self._database: Database

    def _on(self, connection: Client) -> Stepwell:
        self.connection = connection
        return Stepwell(self._database, connection, "default", step_types(), CARE)

    async def open(self) -> None:
        """Everything up."""
        self._database, self.server, connection = await store_and_server(self._stack, self.folder)
        catcher = await catch_mail(self._stack, MailCatcher(self.folder / "mail", port=free_port()))
        self.handle = self._on(connection)
        self.worker = worker_in(
            self._stack,
            self.folder,
            self.server,
            smtp_port=catcher.port,
            crisis_text="Call 112.",
            notice_text="Nobody watches.",
        )
        self.work()

    def work(self) -> None:
        """Have the worker at work."""
        self.worker.log.write_text("")
        self.worker.start()
        self.worker.wait_for("working")

    async def lose_temporal(self) -> None:
        """Its machine burns; a new one is empty."""
        self.worker.end(signal.SIGTERM)
        self.server.kill()
        for file in self.folder.glob("temporal.db*"):
            file.unlink()
        self.handle = self._on(await self.server.start())
        self.work()

    async def back_up(self) -> None:
        """A copy of the store while nobody writes."""
        self.worker.end(signal.SIGTERM)
        async with self._database.of("default").begin():
            shutil.copytree(self.folder, self.folder.with_name("backup"), ignore=shutil.ignore_patterns("temporal*", "mail"))
        self.work()

    async def restore(self) -> None:
        """The store as it was then."""
        self.worker.end(signal.SIGTERM)
        await self._database.close()
        for file in self.folder.glob("stepwell.db*"):
            file.unlink()
        for file in self.folder.with_name("backup").glob("stepwell.db*"):
            shutil.copy(file, self.folder)
        self._database = Database.open(store_in(self.folder)["database"], made_in(self.folder / "keys"))
        self._stack.push_async_callback(self._database.close)
        connection = await encrypted_connection({"target_host": self.server.address}, self._database.keys)
        self.handle = self._on(connection)
        self.work()

    async def enter(self, client: str) -> str:
        """A client on the pathway, with the first step before them."""
        await self.handle.add_client(id=client, email=f"{client}@example.org", zone="Europe/London")
        journey = (await self.handle.start(client, "trial")).id
        await self.until(journey, "read.1", "open")
        return journey

    async def until(self, journey: str, occurrence: str, state: str) -> None:
        """Until it stands so in the store."""
        await until(lambda: self._is(journey, occurrence, state))

    async def _is(self, journey: str, occurrence: str, state: str) -> bool:
        return any((one.id, one.state) == (occurrence, state) for one in (await self.handle.journey(journey)).occurrences)

    @property
    def mails(self) -> list[str]:
        """The ids of the mails that came."""
        return [one.message_id for one in read_mails(self.folder / "mail")]


async def until(question: Callable[[], Awaitable[bool]]) -> None:
    """Until it is so."""
    async with asyncio.timeout(90):
        while not await question():  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(0.1)


@pytest.fixture
async def practice(tmp_path: Path) -> AsyncIterator[Practice]:
    """All of it, with the pathway published."""
    folder = tmp_path / "practice"
    folder.mkdir()
    async with AsyncExitStack() as stack:
        practice = Practice(folder, stack)
        await practice.open()
        await practice.handle.publish(_PATHWAY)
        yield practice


async def test_journeys_that_temporal_has_lost_go_on_where_they_were(practice: Practice) -> None:
    """At whatever they stood; nothing comes again and no mail twice. What was over stays over."""
    fresh, answered, paused, stopped = [await practice.enter(f"c{number}") for number in range(4)]
    for journey in (answered, paused):
        await practice.handle.respond(journey, "read.1")
        await practice.until(journey, "mood.1", "open")
    await practice.handle.respond(answered, "mood.1", {"answers": {"mood": 4}})
    await practice.until(answered, "end.1", "open")
    await practice.handle.pause(paused, reason="a holiday")
    await practice.handle.stop(stopped, reason="moved away")
    await until(lambda: _mails_are(practice, 7))
    before = {one: (await practice.handle.journey(one)).occurrences for one in (fresh, answered, paused)}
    await practice.lose_temporal()
    tried = await practice.handle.recover(is_trial=True)
    assert {one.what for one in tried} == {"started again"}, tried
    found = {one.journey: one.what for one in await practice.handle.recover()}
    assert found == dict.fromkeys((fresh, answered, paused), "started again")
    assert await practice.handle.recover() == []
    assert await practice.handle.verify() == []
    assert {one: (await practice.handle.journey(one)).occurrences for one in before} == before
    await practice.handle.resume(paused)
    for journey in (fresh, paused):
        if journey == fresh:
            await practice.handle.respond(journey, "read.1")
            await practice.until(journey, "mood.1", "open")
        await practice.handle.respond(journey, "mood.1", {"answers": {"mood": 9}})
        await practice.until(journey, "end.1", "not_applicable")
    await practice.handle.respond(answered, "end.1")
    for journey in (fresh, answered, paused):
        await practice.handle.release(journey, "later.1", reason="now")
        await practice.until(journey, "later.1", "open")
        await practice.handle.respond(journey, "later.1")
    await until(lambda: _all_over(practice, (fresh, answered, paused)))
    assert await practice.handle.verify() == []
    assert len(practice.mails) == len(set(practice.mails)) == 11


async def test_what_cannot_be_started_again_is_named_and_alarms_go_on(practice: Practice) -> None:
    """A plan that was changed alone is not told by events alone. Whoever was told of a risk is told again when it is time to."""
    await practice.handle.keep_practitioner("dr", display_name="Dr. Eva", email="eva@example.org")
    await practice.handle.publish(_RISKY)
    changed = await practice.enter("c1")
    await practice.handle.drop_step(changed, "later", reason="not needed")
    await practice.handle.add_client(id="c2", zone="Europe/London", practitioner="dr")
    risky = (await practice.handle.start("c2", "risky")).id
    await practice.until(risky, "mood.1", "open")
    await practice.handle.respond(risky, "mood.1", {"answers": {"thoughts": 1}})
    await until(lambda: _alarms_are(practice, 1))
    await practice.lose_temporal()
    found = {one.journey: one for one in await practice.handle.recover()}
    assert {name: one.what for name, one in found.items()} == {changed: "cannot", risky: "started again"}
    assert "plan_changed" in found[changed].says
    (alert,) = await practice.handle.alerts()
    assert (await practice.connection.get_workflow_handle(alert.id).describe()).status == WorkflowExecutionStatus.RUNNING
    await practice.handle.acknowledge(alert.id, by="Dr. Eva", reason="called, is safe")
    await practice.until(risky, "after.1", "open")


async def test_a_store_that_was_restored_is_brought_up_to_temporal(practice: Practice) -> None:
    """Every event comes back, by whichever run it was recorded; answers that were in no backup are named."""
    practice.handle.rotate_at = 40  # several runs
    before, between = [await practice.enter(f"c{number}") for number in range(2)]
    await practice.handle.respond(before, "read.1")
    await practice.until(before, "mood.1", "open")
    await practice.back_up()
    await practice.handle.respond(between, "read.1")
    await practice.until(between, "mood.1", "open")
    for _ in range(8):
        await practice.handle.pause(between, reason="a holiday")
        await practice.handle.resume(between)
    await practice.handle.respond(between, "mood.1", {"answers": {"mood": 4}}, submission_id="lost")
    await practice.until(between, "end.1", "open")
    events = await practice.handle.history(between)
    await until(lambda: _mails_are(practice, 5))
    await practice.restore()
    assert len(await practice.handle.history(between)) < len(events)
    found = {one.journey: one for one in await practice.handle.recover()}
    assert {name: one.what for name, one in found.items()} == {between: "brought up to date"}
    assert found[between].answers_lost == ("read.1", "mood.1")
    assert await practice.handle.history(between) == events
    assert await practice.handle.recover() == []
    assert await practice.handle.verify() == []
    await practice.handle.respond(between, "end.1")
    await practice.until(between, "end.1", "completed")
    assert len(set(practice.mails)) == len(practice.mails) == 5


async def _alarms_are(practice: Practice, number: int) -> bool:
    found = read_mails(practice.folder / "mail")
    return sum(one.subject == "An alert needs you now" for one in found) == number


async def _mails_are(practice: Practice, number: int) -> bool:
    return len(practice.mails) >= number


async def _all_over(practice: Practice, journeys: tuple[str, ...]) -> bool:
    return all([(await practice.handle.journey(one)).status == "completed" for one in journeys])
