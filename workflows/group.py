"""The starts of one group, until nobody of it waits: durable, at a bounded rate, in waves."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from workflows.handover import hand_over, is_wanted_elsewhere, makes_way
from workflows.names import CARRY_ON, GROUP, NUDGE, TASKS

with workflow.unsafe.imports_passed_through():
    from engine.effects import START_SOME, StartedSome, StartGroup

_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name=GROUP)
class GroupWorkflow:
    """Exactly one of these starts one group. It holds no client's id: those stand in the store."""

    @workflow.init
    def __init__(self, group: StartGroup) -> None:
        self._is_wanted = True

    @workflow.signal(name=CARRY_ON)
    def carry_on(self) -> None:
        """Look again: somebody came, or it was cancelled."""
        self._is_wanted = True

    @workflow.signal(name=NUDGE)
    def nudge(self) -> None:
        """Wake, and look whether it is wanted elsewhere."""

    @workflow.run
    async def run(self, group: StartGroup) -> None:
        """Start some, wait for the next wave, and start some more, until nobody waits and nobody asked again meanwhile."""
        while self._is_wanted:
            self._is_wanted = False
            while not (some := await self._some(group)).is_finished:
                if makes_way():
                    hand_over(group)
                if some.wait_seconds:
                    with suppress(asyncio.TimeoutError):
                        await workflow.wait_condition(
                            lambda: self._is_wanted or is_wanted_elsewhere(), timeout=some.wait_seconds
                        )
                self._is_wanted = False

    async def _some(self, group: StartGroup) -> StartedSome:
        done: StartedSome = await workflow.execute_activity(
            START_SOME,
            group,
            result_type=StartedSome,
            task_queue=TASKS,
            start_to_close_timeout=timedelta(minutes=30),
            # whoever was at it is dead when nothing was heard for so long
            heartbeat_timeout=timedelta(seconds=20),
            retry_policy=_RETRY,
        )
        return done
