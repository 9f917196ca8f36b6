"""The task queues as Temporal sees them: who asks for work, and what waits."""

import asyncio
from datetime import UTC, timedelta
from typing import Any

from temporalio.api.enums.v1 import TaskQueueKind, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, DescribeTaskQueueResponse
from temporalio.client import Client as Connection

from stepwell.models import QueueHealth
from workflows.names import JOURNEYS, NOTIFICATIONS, RECORDS, TASKS, WEBHOOKS

_PATIENCE = timedelta(seconds=5)
_KINDS = (
    (JOURNEYS, "workflow"),
    (RECORDS, "activity"),
    (NOTIFICATIONS, "activity"),
    (TASKS, "activity"),
    (WEBHOOKS, "activity"),
)


async def healths(connection: Connection) -> list[QueueHealth]:
    """How each of them is. Raises RPCError."""
    return list(await asyncio.gather(*(_health(connection, name, kind) for name, kind in _KINDS)))


async def _health(connection: Connection, name: str, kind: Any) -> QueueHealth:
    wanted = DescribeTaskQueueRequest(
        namespace=connection.namespace,
        task_queue=TaskQueue(name=name, kind=TaskQueueKind.TASK_QUEUE_KIND_NORMAL),
        task_queue_type=getattr(TaskQueueType, f"TASK_QUEUE_TYPE_{kind.upper()}"),
        report_stats=True,
    )
    answer: DescribeTaskQueueResponse = await connection.workflow_service.describe_task_queue(wanted, timeout=_PATIENCE)
    polled = [one.last_access_time.ToDatetime(tzinfo=UTC) for one in answer.pollers]
    return QueueHealth(
        queue=name,
        kind=kind,
        pollers=len(polled),
        last_polled_at=max(polled, default=None),
        backlog=answer.stats.approximate_backlog_count,
        oldest_seconds=answer.stats.approximate_backlog_age.ToTimedelta().total_seconds(),
    )
