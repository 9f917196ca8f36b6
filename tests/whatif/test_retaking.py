"""A journey's state, taken again from what was recorded, is the state that it had."""

import os
import random
from typing import Any

import pytest

from engine.advance import advance
from engine.base import ClientId, MessageId, TenantId
from engine.journey import Journey
from engine.messages import Respond, Tick
from engine.turn import Answer
from stepwell.whatif.recorded import Recorded
from stepwell.whatif.retaking import CannotRetake, retake
from tests.engine.driver import Run
from tests.whatif.test_reenactment import OnTime

_LIVES = int(os.environ.get("STORMS", "200"))


class Late(OnTime):
    """Also outages: what is due comes when somebody is there again."""

    def send(self, message: Any) -> Answer:
        if isinstance(message, Respond):
            message = message.changed(response_id=f"{message.occurrence}-{message.id}")
            self.outcomes[message.response_id] = message.outcome
        return Run.send(self, message)


@pytest.mark.parametrize("kind", [OnTime, Late])
@pytest.mark.parametrize("first", range(0, _LIVES, 50))
def test_taken_again_it_is_the_journey_that_it_was(first: int, kind: type[OnTime]) -> None:
    """In everything that it remembers, but for the names of the messages that it has answered."""
    for seed in range(first, min(first + 50, _LIVES)):
        run = kind(random.Random(f"retaken/{seed}"))
        for _ in range(60):
            run.blow()
        recorded = Recorded("j", run.structure, tuple(run.events), (run.first_quiet,), run.outcomes)
        facts = recorded.facts(None).changed(tenant=TenantId(run.journey.tenant), client=ClientId(run.journey.client))
        try:
            taken = retake(recorded, facts).journey
        except CannotRetake as cannot:
            raise AssertionError(f"life {seed}: {cannot}") from cannot
        tick = Tick(id=MessageId("go on"))  # it may have looked at the clock since, and found nothing to do
        was, now = (advance(run.structure, one, tick, run.now) for one in (run.journey, taken))
        assert was.events == now.events, f"life {seed}"
        assert _differing(was.journey, now.journey) == {}, f"life {seed}"


def _differing(one: Journey, other: Journey) -> dict[str, Any]:
    names = [name for name in Journey.model_fields if name != "answered" and getattr(one, name) != getattr(other, name)]
    return {name: (getattr(one, name), getattr(other, name)) for name in names}
