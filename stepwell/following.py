"""What stands around every call to Temporal and every activity: whose log line it is, and which trace it belongs to."""

from collections.abc import Mapping
from typing import Any

import structlog
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Interceptor as ClientInterceptor,
)
from temporalio.client import (
    OutboundInterceptor,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    WorkflowHandle,
    WorkflowUpdateHandle,
)
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)
from temporalio.worker import (
    Interceptor as WorkerInterceptor,
)

from stepwell import tracing
from stepwell.codec import WORKFLOW
from workflows.carrying import TRACE, Carrying
from workflows.names import ALARM, JOURNEY

_FOLLOWED = (JOURNEY, ALARM)
"""The workflows whose start is told to what they do. Others live on for whoever comes next."""
_Headers = Mapping[str, Payload]


class Calls(ClientInterceptor):
    """Follows what is asked of Temporal."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Around every call."""
        return _Calls(next)


class _Calls(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        if input.workflow not in _FOLLOWED:
            return await super().start_workflow(input)
        with tracing.span(f"start {input.workflow}", "CLIENT", stepwell__workflow=input.id):
            input.headers = _with_trace(input.headers, input.id)
            return await super().start_workflow(input)

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        with tracing.span(f"update {input.update}", "CLIENT", stepwell__workflow=input.id):
            input.headers = _with_trace(input.headers, input.id)
            return await super().start_workflow_update(input)


class Works(WorkerInterceptor):
    """Follows what a worker does."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Around every activity."""
        return _Works(next)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor] | None:
        """Through every workflow."""
        return Carrying


class _Works(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info, effect = activity.info(), input.args[0] if input.args else None
        whose = {name: one for name in ("tenant", "journey") if isinstance(one := getattr(effect, name, None), str)}
        parent = _trace_in(input.headers)
        with structlog.contextvars.bound_contextvars(**whose, attempt=info.attempt):
            if parent is None and "journey" not in whose:  # what goes round and round for ever
                return await super().execute_activity(input)
            told = {f"stepwell__{name}": one for name, one in whose.items()}
            with tracing.span(f"activity {info.activity_type}", "INTERNAL", parent, **told, stepwell__attempt=info.attempt):
                return await super().execute_activity(input)


def _with_trace(headers: _Headers, workflow: str) -> _Headers:
    """With the trace under way, sealed for that workflow."""
    trace = tracing.current()
    if trace is None:
        return headers
    named = {"encoding": b"text/plain", WORKFLOW: workflow.encode()}
    return {**headers, TRACE: Payload(metadata=named, data=trace.encode())}


def _trace_in(headers: _Headers) -> str | None:
    carried = headers.get(TRACE)
    return tracing.parent_in(carried.data.decode(errors="replace")) if carried is not None else None
