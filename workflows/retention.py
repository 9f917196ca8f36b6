"""One look for what has been kept for long enough; a schedule starts it every night."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from workflows.names import RETENTION, TASKS

with workflow.unsafe.imports_passed_through():
    from engine.effects import FORGET, Forgotten


@workflow.defn(name=RETENTION)
class RetentionWorkflow:
    """It is given nothing and holds nothing but numbers."""

    @workflow.run
    async def run(self) -> Forgotten:
        """Take it away, however often that has to be tried; the next night's look comes all the same."""
        done: Forgotten = await workflow.execute_activity(
            FORGET,
            result_type=Forgotten,
            task_queue=TASKS,
            start_to_close_timeout=timedelta(hours=6),
            schedule_to_close_timeout=timedelta(hours=20),
            # whoever was at it is dead when nothing was heard for so long
            heartbeat_timeout=timedelta(seconds=20),
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
        )
        return done
