"""The deletion of one client, until nothing of theirs is left: durable, and ignorant of whose it is (rule P4)."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from workflows.names import ERASURE, TASKS

with workflow.unsafe.imports_passed_through():
    from engine.effects import ERASE, Erase, Erased

_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))
_ANOTHER_LOOK = timedelta(minutes=2)
"""Whoever was about to start something when the deletion began has done so or given up by then."""


@workflow.defn(name=ERASURE)
class ErasureWorkflow:
    """Exactly one of these is one deletion. How far it is stands in the store."""

    @workflow.run
    async def run(self, wanted: Erase) -> None:
        """Delete, then look once more whether anything was just being started."""
        await self._erase(wanted)
        await workflow.sleep(_ANOTHER_LOOK, summary="another look")
        await self._erase(wanted.changed(again=True))

    async def _erase(self, wanted: Erase) -> None:
        await workflow.execute_activity(
            ERASE,
            wanted,
            result_type=Erased,
            task_queue=TASKS,
            start_to_close_timeout=timedelta(hours=6),
            # whoever was at it is dead when nothing was heard for so long
            heartbeat_timeout=timedelta(seconds=20),
            retry_policy=_RETRY,
        )
