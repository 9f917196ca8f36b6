"""Carries the context of a trace through a workflow, from what came in to the activities that come of it. It makes no span.

So a replay repeats nothing, and no workflow needs what writes traces. The context is ids, sealed like everything else.
"""

from contextvars import ContextVar
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleUpdateInput,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowOutboundInterceptor,
)

TRACE = "stepwell-trace"
"""The header."""
CARRIED: ContextVar[Payload | None] = ContextVar("carried", default=None)
"""What is done now comes of this."""


class Carrying(WorkflowInboundInterceptor):
    """Takes the context from a start and from an update."""

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        """And gives it to activities."""
        super().init(_Giving(outbound))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        """What is done until something else comes is of the start."""
        CARRIED.set(input.headers.get(TRACE))
        return await super().execute_workflow(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        """An update runs in a task of its own."""
        CARRIED.set(input.headers.get(TRACE))
        return await super().handle_update_handler(input)


class _Giving(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        carried = CARRIED.get()
        if carried is not None:
            input.headers = {**input.headers, TRACE: carried}
        return super().start_activity(input)
