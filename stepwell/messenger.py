"""Give a journey a message and bring back its answer: once decided, however often it has to be sent."""

import asyncio
from datetime import timedelta

from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from engine.messages import Message
from engine.turn import Answer
from stepwell.errors import NotFound, Refused, Unavailable
from workflows.inputs import Submission
from workflows.names import REFUSED, REPEATED, SUBMIT

_ONE_TRY = timedelta(seconds=10)
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
                return first
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
