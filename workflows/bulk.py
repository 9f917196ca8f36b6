"""One action on many journeys, until nothing of it is left to do: durable, and slow enough that everything else goes on."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from workflows.handover import hand_over, makes_way
from workflows.names import BULK, CARRY_ON, TASKS

with workflow.unsafe.imports_passed_through():
    from engine.effects import CARRY_OUT, CarriedOut, CarryOut

_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name=BULK)
class BulkWorkflow:
    """Exactly one of these is one job. It holds no journey's id: those stand in the store."""

    @workflow.init
    def __init__(self, job: CarryOut) -> None:
        self._is_wanted = True

    @workflow.signal(name=CARRY_ON)
    def carry_on(self) -> None:
        """There is something to do again."""
        self._is_wanted = True

    @workflow.run
    async def run(self, job: CarryOut) -> None:
        """Do some, and some more, until all is done and nobody asked again meanwhile."""
        while self._is_wanted:
            self._is_wanted = False
            while not (await self._some(job)).is_finished:
                if makes_way():
                    hand_over(job)

    async def _some(self, job: CarryOut) -> CarriedOut:
        done: CarriedOut = await workflow.execute_activity(
            CARRY_OUT,
            job,
            result_type=CarriedOut,
            task_queue=TASKS,
            start_to_close_timeout=timedelta(minutes=30),
            # whoever was at it is dead when nothing was heard for so long
            heartbeat_timeout=timedelta(seconds=20),
            retry_policy=_RETRY,
        )
        return done
