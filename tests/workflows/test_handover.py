"""Every kind of workflow that may live long comes over to another version of the workers: by itself in its next round, or woken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker, WorkerDeploymentConfig

from engine.base import ClientId, JourneyId, OccurrenceId, TenantId
from engine.durations import Offset
from engine.effects import (
    CARRY_OUT,
    SEND_CONTACTS,
    START_SOME,
    CarriedOut,
    CarryOut,
    ContactsSent,
    NotifyResult,
    StartedSome,
    StartGroup,
)
from engine.structure import AlertRung, Alerts
from stepwell.deployment import NotReady
from stepwell.devserver import find_binary
from stepwell.errors import NotFound
from stepwell.rollout import Rollout
from stepwell.workers import WORKFLOWS
from workflows.inputs import AlarmInput, ContactsInput
from workflows.names import ALARM, BULK, CONTACTS, COURIER, GROUP, JOURNEYS, NOTIFICATIONS, SEARCH_ATTRIBUTES, TASKS, WEBHOOKS
from workflows.plugin import DATA_CONVERTER, workflow_runner

_TENANT = TenantId("default")
_ALERTS = Alerts(rungs=(AlertRung(after=Offset(), to="practitioner"),), every=Offset())
_STARTS = {
    CONTACTS: ContactsInput(tenant=_TENANT, client=ClientId("ann")),
    GROUP: StartGroup(tenant=_TENANT, group="grp_1"),
    COURIER: "end_1",
    BULK: CarryOut(tenant=_TENANT, job="job_1"),
    ALARM: AlarmInput(
        alert="alert_1",
        tenant=_TENANT,
        journey=JourneyId("jou_1"),
        client=ClientId("ann"),
        occurrence=OccurrenceId("a.1"),
        raised_at=datetime.now(UTC),
        alerts=_ALERTS,
    ),
}
"""All but the journey, which has tests of its own, and what lives for hours at most: a deletion, a look for what is old."""


@activity.defn(name=SEND_CONTACTS)
async def _tomorrow(_: Any) -> ContactsSent:
    return ContactsSent(look_at=datetime.now(UTC) + timedelta(days=1))


@activity.defn(name=START_SOME)
async def _next_wave(_: Any) -> StartedSome:
    return StartedSome(is_finished=False, wait_seconds=86400)


@activity.defn(name="carry")
async def _a_shift(_: Any) -> bool:
    await asyncio.sleep(0.3)
    return True


@activity.defn(name=CARRY_OUT)
async def _some_of_it(_: Any) -> CarriedOut:
    await asyncio.sleep(0.3)
    return CarriedOut(is_finished=False)


@activity.defn(name="notify")
async def _a_mail(_: Any) -> NotifyResult:
    await asyncio.sleep(0.3)
    return NotifyResult(status="accepted")


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A server, with workers for every activity."""
    async with AsyncExitStack() as stack:
        env = await stack.enter_async_context(
            await WorkflowEnvironment.start_local(
                dev_server_existing_path=find_binary(),
                dev_server_log_level="error",
                search_attributes=list(SEARCH_ATTRIBUTES),
                data_converter=DATA_CONVERTER,
            )
        )
        queues = {TASKS: [_next_wave, _some_of_it], WEBHOOKS: [_a_shift], NOTIFICATIONS: [_a_mail, _tomorrow]}
        for queue, activities in queues.items():
            await stack.enter_async_context(Worker(env.client, task_queue=queue, activities=activities))
        yield env.client


def _worker(client: Client, build: str) -> Worker:
    version = WorkerDeploymentConfig(
        version=WorkerDeploymentVersion("practice", build),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )
    return Worker(
        client, task_queue=JOURNEYS, workflows=WORKFLOWS, workflow_runner=workflow_runner(), deployment_config=version
    )


async def test_RT13_every_kind_of_workflow_comes_over(client: Client) -> None:
    """None of them keeps an old version from being drained."""
    rollout = Rollout(client, "practice")
    with pytest.raises(NotFound, match="STEPWELL_DEPLOYMENT=practice"):
        await rollout.versions()
    async with _worker(client, "one"):
        await rollout.promote("one")
        for kind, start in _STARTS.items():
            await client.start_workflow(kind, start, id=f"{kind}-1", task_queue=JOURNEYS)
        async with asyncio.timeout(30):
            while await rollout.count("one") < len(_STARTS):  # noqa: ASYNC110 - lists lag behind
                await asyncio.sleep(0.1)
        with pytest.raises(NotReady, match="is what is wanted"):
            await rollout.wake("one", a_second=10)
        async with _worker(client, "two"):
            await rollout.promote("two")
            assert await rollout.wake("one", a_second=10) == 2  # contacts and group: the others wake by themselves
            assert await rollout.come_over("one") == []
            versions = {one.build: one for one in await rollout.versions()}
            assert (versions["two"].state, versions["two"].others, versions["two"].workers) == ("current", len(_STARTS), 1)
            assert (versions["one"].state, versions["one"].why) == ("drained", "")


async def test_RT13_a_ramp_gives_a_part_and_is_taken_back(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some go to each; afterwards all go to the one that is current, and there is nothing before it to go back to."""
    rollout = Rollout(client, "practice")
    async with _worker(client, "one"), _worker(client, "two"):
        await rollout.promote("one")
        await rollout.ramp("two", 50)
        ramping = {one.build: one for one in await rollout.versions()}["two"]
        assert (ramping.state, ramping.percent) == ("ramping", 50)
        for number in range(20):
            start = ContactsInput(tenant=_TENANT, client=ClientId(f"c{number}"))
            await client.start_workflow(CONTACTS, start, id=f"contacts-{number}", task_queue=JOURNEYS)
        async with asyncio.timeout(30):
            while not (await rollout.count("one") and await rollout.count("two")):  # noqa: ASYNC110 - lists lag behind
                await asyncio.sleep(0.1)
        assert await rollout.roll_back() == "one"
        await rollout.wake("two", a_second=50)
        assert await rollout.come_over("two") == []
        with pytest.raises(NotReady, match="nothing to go back to"):
            await rollout.roll_back()
        monkeypatch.setattr("stepwell.rollout._A_MOMENT", 0.0)  # for a worker that never comes
        with pytest.raises(NotFound, match="of the build three"):
            await rollout.promote("three")


async def test_RT13_what_no_worker_is_left_for_is_taken_over(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last worker of an old build is gone before it was drained: the current build goes on in the middle of the runs."""
    rollout = Rollout(client, "practice")
    async with _worker(client, "one"):
        await rollout.promote("one")
        await client.start_workflow(CONTACTS, _STARTS[CONTACTS], id="contacts-1", task_queue=JOURNEYS)
        async with asyncio.timeout(30):
            while not await rollout.count("one"):  # noqa: ASYNC110 - lists lag behind
                await asyncio.sleep(0.1)
    async with _worker(client, "two"):
        await rollout.promote("two")
        await rollout.wake("one", a_second=10)
        assert await rollout.take_over("one", "another") == []
        monkeypatch.setattr("stepwell.rollout._FRESH", timedelta(0))  # nobody waits minutes in a test
        assert await rollout.take_over("one", "two") == ["contacts-1"]
        assert await rollout.come_over("one") == []
        assert await rollout.count("two") == 1
