"""One alert until somebody acknowledges it: told at once, again and again, and higher up the ladder (rule R8).

It is a workflow of its own, so that it goes on when its journey is stopped, completed or stands still.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow

from workflows.handover import hand_over, makes_way
from workflows.names import ACKNOWLEDGE, ALARM
from workflows.sending import try_channel

with workflow.unsafe.imports_passed_through():
    from engine.alarm import next_round_at, rungs_reached, told
    from engine.base import EffectId
    from engine.effects import Notify, NotifyResult
    from engine.zones import zone_of
    from workflows.inputs import AlarmInput

_ONE_ROUND = timedelta(minutes=5)
"""How long one round tries to reach somebody: the next one is due soon."""
_SOON = timedelta(minutes=1)
"""After a round that reached nobody."""


@workflow.defn(name=ALARM)
class AlarmWorkflow:
    """Exactly one of these is one alert."""

    @workflow.init
    def __init__(self, start: AlarmInput) -> None:
        self._start = start
        self._rungs = start.rungs
        self._is_acknowledged = False

    @workflow.signal(name=ACKNOWLEDGE)
    def acknowledge(self) -> None:
        """Somebody has taken it up."""
        self._is_acknowledged = True

    @workflow.run
    async def run(self, start: AlarmInput) -> None:
        """Tell round after round until it is acknowledged; where nobody was reached, go on soon and one rung higher."""
        zone = zone_of("UTC")
        number = start.round
        while not self._is_acknowledged:
            self._rungs = max(self._rungs, rungs_reached(start.alerts, start.raised_at, workflow.now(), zone))
            if not await self._tell_all(number):
                return
            left = next_round_at(start.alerts, start.raised_at, self._rungs, workflow.now(), zone) - workflow.now()
            await self._wait(_SOON if self._is_unheard and left > _SOON else left)
            number += 1
            if makes_way() and not self._is_acknowledged:
                hand_over(start.changed(round=number, rungs=self._rungs))

    async def _wait(self, left: timedelta) -> None:
        try:
            await workflow.wait_condition(lambda: self._is_acknowledged, timeout=left, timeout_summary="next round")
        except TimeoutError:
            return

    async def _tell_all(self, number: int) -> bool:
        """One round; False where the store says that the alert is acknowledged."""
        results = await asyncio.gather(*(self._tell(to, number) for to in told(self._start.alerts, self._rungs)))
        self._is_unheard = all(result.status in ("failed", "undeliverable") for result in results)
        if self._is_unheard:
            self._rungs = min(self._rungs + 1, len(self._start.alerts.rungs))
        return not any(result.status == "skipped" for result in results)

    async def _tell(self, to: str, number: int) -> NotifyResult:
        start = self._start
        effect = Notify(
            id=EffectId(f"{start.journey}/{start.occurrence}/risk/{start.alert}-{number}-{to}"),
            tenant=start.tenant,
            journey=start.journey,
            client=start.client,
            purpose="risk",
            to=to,
            occurrences=(start.occurrence,),
            generations=(0,),
            intended_at=workflow.now(),
            urgent=True,
            alert=start.alert,
        )
        return await try_channel(effect, patience=min(start.alerts.every.roughly, _ONE_ROUND))
