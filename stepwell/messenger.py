"""Give a journey a message and bring back its answer: once decided, however often it has to be sent."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from engine.advance import MOVING
from engine.messages import Message
from engine.turn import Answer
from stepwell.errors import NotFound, Refused, Unavailable
from workflows.inputs import Submission
from workflows.names import REFUSED, REPEATED, SUBMIT

_ONE_TRY = timedelta(seconds=10)
_MOST_RUNS_BACK = 5
"""How far back a repeated message is looked for: it is repeated because an answer was lost, and soon."""
_PASSING = {
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.FAILED_PRECONDITION,
    RPCStatusCode.ABORTED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.INTERNAL,
    RPCStatusCode.UNKNOWN,
}


async def submit(client: Client, journey: str, message: Message, *, patience: timedelta = timedelta(seconds=30)) -> Answer:
    """Send until answered. Raises Refused, NotFound, or Unavailable once patience is spent.

    An update that no worker has accepted is not durable, so the sender repeats it; the journey knows its id.
    """
    handle = client.get_workflow_handle(journey)
    give_up_at = asyncio.get_running_loop().time() + patience.total_seconds()
    pause = 0.05
    while True:
        try:
            answer: Answer = await handle.execute_update(
                SUBMIT, Submission(message=message), id=message.id, rpc_timeout=min(_ONE_TRY, patience), result_type=Answer
            )
            return answer
        except WorkflowUpdateFailedError as failed:
            first = _answered(failed)
            if first is not None:
                return await _told_before(client, journey, message) or first
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # the sender was told to stop: the SDK hides that in this error
                raise asyncio.CancelledError from None
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                raise NotFound(f"no journey {journey} is running") from error
            if error.status not in _PASSING:
                raise
        if asyncio.get_running_loop().time() > give_up_at:
            raise Unavailable(
                f"journey {journey} does not answer; nothing is lost: send the same again with the id {message.id}"
            )
        await asyncio.sleep(pause)
        pause = min(pause * 2, 2.0)


async def _told_before(client: Client, journey: str, message: Message) -> Answer | None:
    """The whole first answer to a repeated message, with what it moved; None: the run that gave it is gone, or long ago.

    A run answers a repeated update itself. After a rotation the journey knows only that it answered; the runs before still
    have what.
    """
    if not isinstance(message, MOVING):
        return None
    run: str | None = None
    try:
        for _ in range(_MOST_RUNS_BACK):
            run = await _run_before(client, journey, run)
            if not run:
                return None
            with suppress(WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError):
                told = await _told_in(client, journey, run, message)
                if told is not None:
                    return told
    except RPCError:  # it was answered: that is said without the list then
        return None
    return None


async def _run_before(client: Client, journey: str, run: str | None) -> str:
    """The run that this one, or the latest, goes on from; empty: it is the first."""
    handle = client.get_workflow_handle(journey, run_id=run)
    async for event in handle.fetch_history_events(page_size=1):
        return event.workflow_execution_started_event_attributes.continued_execution_run_id
    return ""


async def _told_in(client: Client, journey: str, run: str, message: Message) -> Answer | None:
    """What a run that is over answered to a message, if it was asked."""
    handle = client.get_workflow_handle(journey, run_id=run)
    try:
        update = handle.get_update_handle(message.id, workflow_run_id=run, result_type=Answer)
        answer: Answer = await update.result(rpc_timeout=_ONE_TRY)
        return answer
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise


def _answered(failed: WorkflowUpdateFailedError) -> Answer | None:
    """The answer inside a failed update: the first one of a repeated message, Refused raised; None: try again."""
    cause = failed.cause
    if not isinstance(cause, ApplicationError) or cause.type not in (REFUSED, REPEATED):
        if isinstance(cause, ApplicationError) and cause.type in ("AcceptedUpdateCompletedWorkflow", "WorkflowNotReady"):
            return None
        raise Unavailable("the journey could not take the message; see its workflow in Temporal") from failed
    answer = Answer.model_validate(cause.details[0])
    if cause.type == REFUSED:
        raise Refused(answer.code, answer.rule, answer.message) from None
    return answer
