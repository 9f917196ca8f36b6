"""A past journey lived again on its own version is the one that was recorded: the oracle of everything else."""

import os
import random
from datetime import timedelta
from typing import Any

import pytest

from engine.base import OccurrenceId, StepId
from engine.journey import Journey
from engine.messages import AnswerQuestion, AskQuestion, By, NotificationFailed, Respond
from engine.turn import Answer, Turn
from stepwell.whatif.acts import script_of
from stepwell.whatif.likeness import first_difference
from stepwell.whatif.recorded import Recorded
from stepwell.whatif.reenacting import live_again
from stepwell.whatif.renaming import renamed
from tests.engine.pathways import ZONES
from tests.engine.test_gusts import _Gust

_LIVES = int(os.environ.get("STORMS", "200"))


class OnTime(_Gust):
    """Everything can happen to it but an outage."""

    def __init__(self, dice: random.Random) -> None:
        self.outcomes: dict[str, Any] = {}
        super().__init__(dice)
        self.first_quiet = self.first.quiet_hours

    def blow(self) -> None:
        """Also what the gusts leave out."""
        dice = self.dice
        name = f"{dice.choice(self.structure.steps).id}.{dice.choice((1, 1, 2))}"
        match dice.randrange(40):
            case 0:
                self.facts(zone=dice.choice([one for one in ZONES if one]))
            case 1:
                self.facts(quiet=dice.choice(("22:00-07:00", "pathway")))
            case 2:
                self.snooze(name, f"{self.now + timedelta(hours=30):%Y-%m-%d %H:%M}")
            case 3:
                self.send(AskQuestion(id=self._id(), by=By(role="client"), occurrence=OccurrenceId(name), question=self._id()))
            case 4:
                self.send(
                    AnswerQuestion(id=self._id(), by=By(role="practitioner"), occurrence=OccurrenceId(name), answer=self._id())
                )
            case 5 if self.notes:
                failed = dice.choice(self.notes)
                fields = {"effect": failed.id, "to": failed.to, "occurrences": failed.occurrences, "reason": "no address"}
                self.send(NotificationFailed.model_validate({"id": self._id(), **fields}))
            case 6 if dice.random() < 0.1:
                self.stop()
            case _:
                super().blow()

    def _adopt(self, turn: Turn, before: Journey | None = None) -> Turn:
        self.first = turn.journey if before is None else self.first
        return super()._adopt(turn, before)

    def send(self, message: Any) -> Answer:
        if isinstance(message, Respond):
            message = message.changed(response_id=f"{message.occurrence}-{message.id}")
            self.outcomes[message.response_id] = message.outcome
        if self.turn.wake_at is not None and self.turn.wake_at < self.now:
            self.now = self.turn.wake_at  # nobody sleeps through it
        return super().send(message)


@pytest.mark.parametrize("first", range(0, _LIVES, 50))
def test_lived_again_on_its_own_version_it_is_what_was_recorded(first: int) -> None:
    """Whatever happened to it, to the microsecond; a reminder on request is sent one later at most."""
    for seed in range(first, min(first + 50, _LIVES)):
        run = OnTime(random.Random(f"what-if/{seed}"))
        for _ in range(60):
            run.blow()
        recorded = Recorded("j", run.structure, tuple(run.events), outcomes=run.outcomes)
        facts = recorded.facts(run.first_quiet)
        lived = live_again(run.structure, facts, recorded.started.at, script_of(recorded), until=run.now)
        found = first_difference(run.events, lived.events, within=timedelta(microseconds=1))
        assert found is None, f"life {seed}: {found}"


@pytest.mark.parametrize("first", range(0, _LIVES, 50))
def test_E2_lived_again_with_every_step_renamed_it_is_the_same_by_other_names(first: int) -> None:
    """Whatever happened to it; only what is drawn is drawn from an occurrence's id, and so otherwise (rule T8)."""
    lives = 0
    for seed in range(first, min(first + 50, _LIVES)):
        run = OnTime(random.Random(f"what-if/{seed}"))
        if any(step.timing.between for step in run.structure.steps):
            continue
        for _ in range(60):
            run.blow()
        names = {step.id: StepId(f"new_{step.id}") for step in run.structure.steps}
        told = renamed(Recorded("j", run.structure, tuple(run.events), outcomes=run.outcomes), names)
        lived = live_again(told.structure, told.facts(run.first_quiet), told.started.at, script_of(told), until=run.now)
        found = first_difference(told.events, lived.events, within=timedelta(microseconds=1))
        assert found is None, f"life {seed}: {found}"
        assert all(name.startswith("new_") for name in lived.journey.occurrences)
        lives += 1
    assert lives > 5
