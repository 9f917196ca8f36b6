"""A worker of one queue, as the chart runs five of them."""

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from tests.commands.typed import stepwell
from tests.e2e.processes import STEPWELL, Child, environment, store_and_server, store_in
from workflows.names import JOURNEYS, QUEUES, RECORDS, WEBHOOKS

_KIND = {JOURNEYS: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW}


async def test_a_worker_asks_for_the_work_of_its_queues_alone(tmp_path: Path) -> None:
    """Two of five; Temporal knows who asks."""
    async with AsyncExitStack() as stack:
        _, server, connection = await store_and_server(stack, tmp_path)
        words = [str(STEPWELL), "worker", "--queue", RECORDS, "--queue", WEBHOOKS]
        child = Child(words, environment(**store_in(tmp_path), temporal=server.address), tmp_path, "worker")
        child.start()
        stack.callback(child.stop)
        while not (await _is_asked(connection, RECORDS) and await _is_asked(connection, WEBHOOKS)):  # noqa: ASYNC110 - a server
            await asyncio.sleep(0.1)
        assert [queue for queue in QUEUES if await _is_asked(connection, queue)] == [RECORDS, WEBHOOKS]
        assert await asyncio.to_thread(child.end, signal.SIGTERM) == 0


async def _is_asked(connection: Client, queue: str) -> bool:
    kind = _KIND.get(queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
    asked = DescribeTaskQueueRequest(namespace=connection.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind)
    return bool((await connection.workflow_service.describe_task_queue(asked)).pollers)


def test_a_queue_that_is_none_is_refused() -> None:
    """With the names of those that are."""
    said = stepwell("worker", "--queue", "journeys")
    assert said.code == 2
    assert JOURNEYS in said.err.replace("\n", " ")
