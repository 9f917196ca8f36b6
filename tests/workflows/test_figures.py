"""How the task queues of a running system are."""

from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.models import QueueHealth
from tests.workflows.house import House
from workflows.names import JOURNEYS, NOTIFICATIONS, RECORDS, TASKS, WEBHOOKS


async def test_every_queue_has_somebody_who_works_on_it(home: House) -> None:
    """Each of the five, with when it was last asked for work."""

    async def all_polled() -> list[QueueHealth] | None:
        queues = await home.stepwell.queues()
        return queues if all(one.pollers for one in queues) else None

    found: list[QueueHealth] = await home.until(all_polled, "a poll of every queue")
    assert {one.queue for one in found} == {JOURNEYS, RECORDS, NOTIFICATIONS, TASKS, WEBHOOKS}
    now = datetime.now(UTC)
    assert all(one.last_polled_at is not None and abs(now - one.last_polled_at) < timedelta(minutes=5) for one in found)
    assert all(one.backlog == 0 for one in found)


async def test_a_queue_that_nobody_works_on_is_seen(home: House) -> None:
    """In a namespace without workers: nobody polls, and what waits is counted with its age."""
    month = Duration(seconds=30 * 86400)
    wanted = RegisterNamespaceRequest(namespace="idle", workflow_execution_retention_period=month)
    await home.client.workflow_service.register_namespace(wanted)
    address = home.client.service_client.config.target_host
    idle = Stepwell(home.database, await Client.connect(address, namespace="idle"), "default", step_types())

    async def has_started() -> bool:
        try:
            await idle._connection.start_workflow("journey", id="j", task_queue=JOURNEYS)
        except RPCError:  # a new namespace takes a moment to be known everywhere
            return False
        return True

    async def waiting() -> QueueHealth | None:
        (journeys,) = [one for one in await idle.queues() if one.queue == JOURNEYS]
        return journeys if journeys.backlog else None

    await home.until(has_started, "the start")
    journeys: QueueHealth = await home.until(waiting, "the backlog")
    assert (journeys.pollers, journeys.last_polled_at, journeys.backlog) == (0, None, 1)
    assert journeys.oldest_seconds >= 0
