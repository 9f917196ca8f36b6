"""Trying this build on what runs, before it is let at it: nothing is changed, and nobody notices."""

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import (
    HistoryEvent,
    WorkflowTaskScheduledEventAttributes,
    WorkflowTaskStartedEventAttributes,
)
from temporalio.client import Client, WorkflowExecution, WorkflowHistory, WorkflowQueryFailedError
from temporalio.converter import WorkflowSerializationContext
from temporalio.service import RPCError
from temporalio.worker import Replayer, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from stepwell.workers import WORKFLOWS
from workflows.inputs import Checkpoint, JourneyInput
from workflows.names import JOURNEY
from workflows.plugin import DATA_CONVERTER, workflow_runner

_PATIENCE = timedelta(seconds=10)


class Failure(NamedTuple):
    """A workflow that this build would stand still at."""

    workflow: str
    why: str


class Rehearsed(NamedTuple):
    """What was tried, and what failed."""

    replayed: int
    """Are in the middle of a run that this build has to go on with."""
    taken_over: int
    """Stay with their build until they hand over: their next run was begun from where they are now."""
    failures: tuple[Failure, ...]


async def rehearse(connection: Client, *, middle: Iterable[str], later: Iterable[str], each: int) -> Rehearsed:
    """Replay up to `each` of every list of workflows in `middle`, and begin the next run of as many of each in `later`."""
    failures: list[Failure] = []
    replayed = [one async for one in _listed(connection, middle, each)]
    taken_over = [one async for one in _listed(connection, later, each)]
    for rebuild, found in ((_as_it_was, replayed), (_handed_over, taken_over)):
        for one in found:
            try:
                why = await replay_failure(connection, await rebuild(connection, one))
            except _Unreadable as error:
                why = str(error)
            except _Silent as error:
                failures.append(Failure(one.id, str(error)))
                break  # the next would keep us waiting for as long
            failures += [Failure(one.id, why)] if why else []
    return Rehearsed(len(replayed), len(taken_over), tuple(failures))


async def _listed(connection: Client, queries: Iterable[str], each: int) -> AsyncIterator[WorkflowExecution]:
    for query in queries:
        async for one in connection.list_workflows(query, limit=each):
            yield one


async def replay_failure(connection: Client, history: WorkflowHistory) -> str:
    """Why this build would stand still at it; "" where it goes on."""
    noting = _Noting(workflow_runner())
    replayer = Replayer(workflows=WORKFLOWS, data_converter=connection.data_converter, workflow_runner=noting)
    found = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    return str(found.replay_failure or "") or noting.failed


class _Noting(WorkflowRunner):
    """Notes when a task fails: a replayer says nothing of that where it is the history's last."""

    def __init__(self, runner: WorkflowRunner) -> None:
        self.failed = ""
        self._runner = runner

    def prepare_workflow(self, defn: Any) -> None:
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        instance = self._runner.create_instance(det)
        activate = instance.activate

        def noted(act: Any) -> Any:
            done = activate(act)
            if done.HasField("failed"):
                self.failed = _words(done.failed.failure)
            return done

        instance.activate = noted  # type: ignore[method-assign]
        return instance


def _words(failure: Any) -> str:
    """The failure and what caused it."""
    error: BaseException | None = DATA_CONVERTER.failure_converter.from_failure(failure, DATA_CONVERTER.payload_converter)
    found = []
    while error is not None:
        found.append(str(error))
        error = error.__cause__
    return ": ".join(found)


class _Unreadable(Exception):
    """It says where it is, and this build does not understand."""


class _Silent(Exception):
    """It does not say where it is."""


async def _as_it_was(connection: Client, one: WorkflowExecution) -> WorkflowHistory:
    return await connection.get_workflow_handle(one.id, run_id=one.run_id).fetch_history()


async def _handed_over(connection: Client, one: WorkflowExecution) -> WorkflowHistory:
    """A history that has only begun, with what the run that goes on now would leave to the next."""
    first = await anext(_events(connection, one))
    if one.workflow_type == JOURNEY:  # all others are given the same again
        given = first.workflow_execution_started_event_attributes.input
        left = await _left_by(connection, one)
        del given.payloads[:]
        given.payloads.extend(left)
    scheduled = HistoryEvent(
        event_id=2,
        event_type=EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
        event_time=first.event_time,
        workflow_task_scheduled_event_attributes=WorkflowTaskScheduledEventAttributes(),
    )
    started = HistoryEvent(
        event_id=3,
        event_type=EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
        event_time=first.event_time,
        workflow_task_started_event_attributes=WorkflowTaskStartedEventAttributes(scheduled_event_id=2),
    )
    return WorkflowHistory(one.id, [first, scheduled, started])


def _events(connection: Client, one: WorkflowExecution) -> AsyncIterator[HistoryEvent]:
    return connection.get_workflow_handle(one.id, run_id=one.run_id).fetch_history_events(page_size=1)


async def _left_by(connection: Client, one: WorkflowExecution) -> list[Payload]:
    """Asked of the worker that has it, in that worker's words, and read in ours."""
    handle = connection.get_workflow_handle(one.id, run_id=one.run_id)
    try:
        now: Checkpoint = await handle.query("checkpoint", result_type=Checkpoint, rpc_timeout=_PATIENCE)
    except (RPCError, WorkflowQueryFailedError) as error:
        raise _Silent(f"does not say where it is, so nobody knows whether this build could go on: {error}") from error
    except (RuntimeError, ValueError) as error:
        raise _Unreadable(f"is in a state that this build cannot read: {error}") from error
    left = JourneyInput(structure=now.structure, journey=now.journey)
    context = WorkflowSerializationContext(namespace=connection.namespace, workflow_id=one.id)
    return await connection.data_converter.with_context(context).encode([left])
