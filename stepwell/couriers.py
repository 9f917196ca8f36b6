"""Couriers at work: each endpoint that is sent to has one, and never two."""

from temporalio.client import Client as Connection
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from workflows.courier import CourierWorkflow
from workflows.names import JOURNEYS


async def engage(connection: Connection, endpoint: str) -> None:
    """Start an endpoint's courier where none is at work. Raises RPCError."""
    await connection.start_workflow(
        CourierWorkflow.run,
        endpoint,
        id=endpoint,
        task_queue=JOURNEYS,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary="webhooks",
    )
