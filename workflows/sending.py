"""One message by one channel, as an activity."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from workflows.policies import POLICIES

with workflow.unsafe.imports_passed_through():
    from engine.effects import Notify, NotifyResult


async def try_channel(effect: Notify, *, patience: timedelta | None = None) -> NotifyResult:
    """Send, trying for as long as the policy says, or for `patience`; a channel that took nothing by then has failed."""
    policy = POLICIES["notify"]
    try:
        result: NotifyResult = await workflow.execute_activity(
            "notify",
            effect,
            result_type=NotifyResult,
            activity_id=effect.id,
            task_queue=policy.queue,
            start_to_close_timeout=policy.start_to_close,
            schedule_to_close_timeout=patience or policy.schedule_to_close,
            heartbeat_timeout=policy.heartbeat,
            retry_policy=policy.retry,
            summary=f"{effect.purpose} to {effect.to}",
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return NotifyResult(status="failed", reason="gave up after its retries")
    return result
