"""Other workers under running journeys: a journey stays with the version that began its run until it hands over, and loses nothing."""

import asyncio
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.builds import build_id
from stepwell.devserver import DevServer
from stepwell.mailcatcher import MailCatcher
from store.database import Database
from tests.commands.typed import stepwell
from tests.e2e.processes import Child, catch_mail, environment, free_port, store_in
from tests.keys import made_in
from tests.pathways import document, step
from tests.releases import ONE_BY_ONE, ROOT, Change, release

_STEPS = ("a", "b", "c")
_FEW_FAILURES = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2"
_UNREADABLE = Change("engine/journey.py", "    migrations: int", "    moves: int")
_FAILS = Change(
    "workflows/journey.py",
    "        result = await try_channel(effect)\n        while",
    "        result = await try_channel(effect)\n        assert effect.client != 'stuck'\n        while",
)
_STILLBORN = Change(
    "workflows/journey.py", "        self._holds_back = False\n        self._show()", "        assert start is None"
)


class _Place:
    """A server and a store, for workers of several releases."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self.folder = folder
        self._stack = stack

    async def open(self) -> None:
        """Start what they share."""
        database = Database.open(store_in(self.folder)["database"], made_in(self.folder / "keys"))
        self._stack.push_async_callback(database.close)
        await database.migrate()
        self._server = DevServer(
            self.folder, free_port(), free_port(), database.keys, ("--dynamic-config-value", _FEW_FAILURES)
        )
        self.connection = await self._server.start()
        self._stack.push_async_callback(self._server.stop)
        self._mail = await catch_mail(self._stack, MailCatcher(self.folder / "mail"))
        self.handle = Stepwell(database, self.connection, "default", step_types())
        await self.handle.publish(document("".join(map(step, _STEPS))))

    async def worker(self, root: Path, name: str, **settings: object) -> Child:
        """Start a worker of a release; a setting `deployment` gives it a version."""
        worker = Child([sys.executable, "-m", "worker"], self._surroundings(root, **settings), self.folder, name)
        worker.start()
        self._stack.callback(worker.stop)
        await asyncio.to_thread(worker.wait_for, "working")
        return worker

    async def deploy(self, root: Path, *words: str, fails: bool = False) -> str:
        """`stepwell deploy …` as that release has it; what it said."""
        if root == ROOT:
            given = {name: word for name, word in self._surroundings(root, deployment="practice").items() if name != "PATH"}
            said = await asyncio.to_thread(partial(stepwell, "deploy", *words, home=self.folder, **given))
            assert (said.code != 0) == fails, said
            return said.out + said.err
        command = [sys.executable, "-c", "from stepwell.cli import main; main()", "deploy", *words]
        given = self._surroundings(root, deployment="practice")
        done = await asyncio.to_thread(
            subprocess.run, command, env=given, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) == fails, done
        return done.stdout + done.stderr

    async def status(self) -> dict[str, dict[str, Any]]:
        """The versions by their build."""
        return {one["build"]: one for one in json.loads(await self.deploy(ROOT, "status", "--json"))}

    async def enter(self, client: str) -> str:
        """A journey that waits for its first step to be done."""
        await self.handle.add_client(id=client, email=f"{client}@rollout.example")
        journey = (await self.handle.start(client, "trial")).id
        await self.recorded(journey, "step_delivered", 1)
        return journey

    async def answer(self, journey: str, at: int) -> None:
        """Do one step, and wait until it is in the store, with the delivery of the next or the end."""
        await self.handle.respond(journey, f"{_STEPS[at]}.1", {}, submission_id=f"{journey}-{at}")
        is_last = at == len(_STEPS) - 1
        await self.recorded(journey, "journey_completed" if is_last else "step_delivered", 1 if is_last else at + 2)

    async def recorded(self, journey: str, kind: str, count: int) -> None:
        """Wait until the store has so many events of a kind."""

        async def is_recorded() -> bool:
            return sum(one.kind == kind for one in await self.handle.history(journey)) >= count

        await _until(is_recorded)

    async def on(self, journey: str, build: str) -> None:
        """Wait until it is on a version, and lists know it."""
        query = (
            f"WorkflowId = '{journey}' AND TemporalWorkerDeploymentVersion = 'practice:{build}' AND ExecutionStatus = 'Running'"
        )

        async def is_there() -> bool:
            return (await self.connection.count_workflows(query)).count == 1

        await _until(is_there)

    async def failing(self, journey: str) -> None:
        """Wait until its task has failed again and again."""
        query = f"WorkflowId = '{journey}' AND TemporalReportedProblems IS NOT NULL"

        async def is_failing() -> bool:
            return (await self.connection.count_workflows(query)).count == 1

        await _until(is_failing)

    async def tasks_by_build(self) -> Counter[str]:
        """How many tasks each version did."""
        found: Counter[str] = Counter()
        async for run in self.connection.list_workflows("WorkflowType = 'journey'"):
            async for event in self.connection.get_workflow_handle(run.id, run_id=run.run_id).fetch_history_events():
                if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                    found[event.workflow_task_completed_event_attributes.deployment_version.build_id] += 1
        return found

    async def failures(self) -> list[str]:
        """Why tasks of journeys failed."""
        return [
            WorkflowTaskFailedCause.Name(event.workflow_task_failed_event_attributes.cause)
            async for run in self.connection.list_workflows("WorkflowType = 'journey'")
            async for event in self.connection.get_workflow_handle(run.id, run_id=run.run_id).fetch_history_events()
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        ]

    async def nothing_lost(self, *journeys: str) -> None:
        """Each went its way in order, once, to its end."""
        for journey in journeys:
            history = await self.handle.history(journey)
            assert [one.seq for one in history] == list(range(1, len(history) + 1))
            for kind in ("step_delivered", "step_completed"):
                assert [one.occurrence for one in history if one.kind == kind] == [f"{name}.1" for name in _STEPS]
            messages = [one.message_id for one in await self.handle.notifications(journey)]
            assert len(messages) == len(set(messages)) == len(_STEPS)
        assert await self.handle.verify() == []

    def _surroundings(self, root: Path, **settings: object) -> dict[str, str]:
        there = {**store_in(self.folder), "temporal": self._server.address, "smtp_port": self._mail.port}
        return environment(**there, **settings) | {"PYTHONPATH": str(root)}


async def _until(question: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await question():  # noqa: ASYNC110 - what it waits for happens in other processes
            await asyncio.sleep(0.2)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[_Place]:
    """Up, and down again afterwards."""
    async with AsyncExitStack() as stack:
        found = _Place(tmp_path, stack)
        await found.open()
        yield found


async def test_RT13_without_versions_a_release_breaks_what_another_has_begun(place: _Place) -> None:
    """What versions are for: the two releases of these tests cannot go on with each other's runs."""
    other = release(place.folder / "other", ONE_BY_ONE)
    old = await place.worker(ROOT, "old")
    journey = await place.enter("ann")
    old.stop()
    new = await place.worker(other, "new")
    with pytest.raises(Exception, match=r"does not answer|failed"):
        await place.handle.respond(journey, "a.1", {}, submission_id="s")
    assert "WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR" in await place.failures()
    assert "TMPRL1100" in new.text


async def test_RT13_journeys_come_over_by_themselves_or_woken_and_go_back(place: _Place) -> None:
    """From no versions to one, to the next, and back: nothing fails, nothing is lost, and each refusal says why."""
    other = release(place.folder / "other", ONE_BY_ONE)
    here = build_id()

    before = await place.worker(ROOT, "before")
    active, idle = [await place.enter(name) for name in ("active", "idle")]
    before.stop()
    old = await place.worker(ROOT, "old", deployment="practice")
    assert "No version is current" in await place.deploy(ROOT, "status")
    refused = await place.deploy(other, "promote", fails=True)
    assert "TMPRL1100" in refused
    assert "nothing was changed" in refused
    assert "2 in the middle" in await place.deploy(ROOT, "promote")
    await place.answer(active, 0)

    new = await place.worker(other, "new", deployment="practice")
    # nobody has touched the idle one yet: no version has it, and the next one would have to go on in the middle of its run
    assert idle in await place.deploy(other, "promote", fails=True)
    assert "still on none: 0" in await place.deploy(ROOT, "drain", "none")
    assert "2 at the beginning" in await place.deploy(other, "promote")

    later = await place.enter("later")
    (there,) = (await place.status()).keys() - {here}
    await place.answer(active, 1)
    await place.on(active, there)
    found = await place.status()
    assert (found[here]["state"], found[here]["journeys"], found[here]["oldest"]["id"]) == ("draining", 1, idle)
    assert "stepwell deploy drain" in found[here]["why"]
    assert (found[there]["state"], found[there]["journeys"], found[there]["workers"]) == ("current", 2, 1)
    assert "is what is wanted" in await place.deploy(ROOT, "drain", there, fails=True)
    assert f"still on {here}: 0" in await place.deploy(ROOT, "drain", here)
    found = await place.status()
    assert (found[here]["state"], found[there]["journeys"]) == ("drained", 3)
    await place.answer(idle, 0)

    assert f"{here} is current" in await place.deploy(ROOT, "rollback")
    await place.answer(idle, 1)
    assert f"still on {there}: 0" in await place.deploy(ROOT, "drain", there)
    new.stop()
    for journey, first in ((active, 2), (idle, 2), (later, 0)):
        for at in range(first, len(_STEPS)):
            await place.answer(journey, at)

    await place.nothing_lost(active, idle, later)
    assert await place.failures() == []
    tasks = await place.tasks_by_build()
    assert tasks[here] > 0
    assert tasks[there] > 0
    assert not re.search("TMPRL1100|Traceback|AssertionError", old.text + new.text)


async def test_RT13_a_build_that_cannot_go_on_is_refused_and_one_that_mends_takes_over(place: _Place) -> None:
    """A bug in the old build keeps its journeys from coming over: the fix goes on with them in the middle of their run."""
    fails = release(place.folder / "fails", _FAILS)
    unreadable = release(place.folder / "unreadable", _UNREADABLE)
    here = build_id()

    await place.worker(fails, "fails", deployment="practice")
    await place.deploy(fails, "promote")
    (old,) = await place.status()
    stuck, sound = [await place.enter(name) for name in ("stuck", "sound")]
    await place.on(sound, old)
    await place.failing(stuck)
    refused = await place.deploy(unreadable, "promote", fails=True)
    assert "is in a state that this build cannot read" in refused
    assert "1 would stand still" in refused

    await place.worker(ROOT, "here", deployment="practice")
    assert f"only {here} can be tried here" in await place.deploy(ROOT, "promote", old, fails=True)
    assert "1 at the beginning" in await place.deploy(ROOT, "promote")
    assert "1 fail again and again" in (await place.status())[old]["why"]
    said = await place.deploy(ROOT, "drain", old)
    assert "as they stood still: 1" in said
    assert f"still on {old}: 0" in said
    for journey in (stuck, sound):
        for at in range(len(_STEPS)):
            await place.answer(journey, at)
    await place.nothing_lost(stuck, sound)


async def test_RT13_a_build_that_fails_at_once_is_rolled_back(place: _Place) -> None:
    """What it was given goes on where it came from, without anybody touching it."""
    stillborn = release(place.folder / "stillborn", _STILLBORN)
    here = build_id()
    await place.worker(ROOT, "here", deployment="practice")
    await place.deploy(ROOT, "promote")
    journey = await place.enter("ann")
    await place.on(journey, here)

    await place.worker(stillborn, "stillborn", deployment="practice")
    (there,) = (await place.status()).keys() - {here}
    assert "1 would stand still" in await place.deploy(stillborn, "promote", fails=True)
    await place.deploy(ROOT, "promote", there, "--force")
    # lists count a run to the build that the one before it was on, until its first task is done
    assert "its task fails again and again" in await place.deploy(ROOT, "drain", here, fails=True)
    assert f"{here} is current" in await place.deploy(ROOT, "rollback")
    for at in range(len(_STEPS)):
        await place.answer(journey, at)
    await place.nothing_lost(journey)
    assert there not in await place.tasks_by_build()
