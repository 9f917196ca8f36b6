"""Steps with tasks, packages, reviews, forks, waits and alerts in any mixture and any order of messages.

There is no second implementation of these to compare with; the hand on the engine checks what holds of every turn: the
state goes through JSON, the read model is folded from the events, the plan agrees about the next instant, no key is
used twice, and a refusal changes nothing.
"""

import os
import random
from datetime import timedelta
from typing import Any

import pytest

from engine.conditions import compile_condition
from engine.messages import (
    AcknowledgeRisk,
    By,
    RaiseRisk,
    Respond,
    RetryTask,
    StepTypeAnswered,
    TaskDone,
    TaskFailed,
    Tick,
)
from engine.structure import StepStructure, Structure
from tests.engine.driver import Run, step
from tests.engine.pathways import DATES, DAYS, EVENTS, QUIET, STARTS, ZONES, made_up

_GUSTS = int(os.environ.get("STORMS", "200"))


def _more(one: StepStructure, earlier: list[str], dice: random.Random) -> StepStructure:
    """A step as it came from the other storms, or one of the kinds they do not know."""
    changes: dict[str, Any] = {}
    match dice.randrange(9):
        case 0:
            undo = dice.choice((None, "cancel"))
            changes = {"actor": "host", "completes_on": None, "task": {"activity": "order", "undo": undo, "patience": "1 day"}}
        case 1:
            changes = {"is_foreign": True}
        case 2 if earlier:
            changes = {"actor": "practitioner", "completes_on": None, "looks_at": dice.sample(earlier, min(2, len(earlier)))}
        case 3 if one.repeat is None:
            way = compile_condition("journey.day > 2", {"journey.day": "int"}).model_dump()
            changes = {"actor": "host", "completes_on": None, "ways": [("late", way)], "outcomes": [("way", "string")]}
        case 4:
            wait = dice.choice(({"event": "seen"}, {"date": "visit"}))
            changes = {"actor": "host", "completes_on": {**wait, "timeout": dice.choice(("1 hour", "2 days"))}}
            changes["outcomes"] = [("timed_out", "bool")]
        case 5:
            changes = {"actor": "host", "completes_on": {"offset": dice.choice(("1 hour", "1 day")), "at": "10:00"}}
        case 6:
            changes = {"actor": "practitioner", "completes_on": None, "told": "client"}
            changes["reminders"] = {"base": "date", "date": "visit", "offsets": ["-1 day", "-2 hours"]}
        case 7:
            changes = {
                "actor": "client",
                "completes_on": None,
                "outcomes": [("until", "string")],
                "dates": [("surgery", "until")],
            }
        case _:
            pass
    if changes.get("actor", one.actor) == "host":
        changes["reminders"] = None
    return StepStructure.model_validate(one.model_dump() | changes)


def _structure(dice: random.Random) -> Structure:
    plain = made_up(dice.choice)
    steps: list[StepStructure] = []
    for one in plain.steps:
        steps.append(_more(one, [each.id for each in steps], dice))
    fields = {name: getattr(plain, name) for name in Structure.model_fields}
    return Structure(**(fields | {"steps": tuple(steps), "missed_in_a_row": dice.choice((None, 2))}))


class _Gust(Run):
    """A run of such a pathway, with a message for everything."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self._whole = _structure(dice)
        dates: dict[str, Any] = {name: dice.choice(DAYS) for name in DATES if dice.random() < 0.5}
        quiet = {"client_quiet": quiet} if (quiet := dice.choice(QUIET)) else {}
        super().__init__(step("s0"), start=dice.choice(STARTS), client_zone=dice.choice(ZONES), dates=dates, **quiet)

    @property
    def structure(self) -> Structure:
        return self._whole

    @structure.setter
    def structure(self, _: Structure) -> None:
        """The other one stays."""

    def blow(self) -> None:
        """Something happens."""
        dice = self.dice
        name = f"{dice.choice(self._whole.steps).id}.{dice.choice((1, 1, 1, 2))}"
        known = self.journey.occurrences.get(name)  # type: ignore[call-overload]
        run = known.runs if known else 1
        role: Any = dice.choice(("practitioner", "operator", "host", "client"))
        match dice.randrange(24):
            case 0 | 1 | 2 | 3:
                self.until(self.now + timedelta(hours=dice.choice((1, 5, 30, 100))))
            case 4:
                self.now += timedelta(hours=dice.choice((3, 50)))
                self.send(Tick(id=self._id()))
            case 5 | 6 | 7 | 8:
                outcome = {"until": str(dice.choice(DAYS))}
                facts = {"id": self._id(), "occurrence": name, "response_id": dice.choice("abc"), "outcome": outcome}
                more = [one.id for one in self._whole.steps if dice.random() < 0.3] if dice.random() < 0.3 else []
                self.send(Respond.model_validate({**facts, "by": By(role=role), "asks_more": more}))
            case 9 | 10:
                self.send(TaskDone(id=self._id(), occurrence=name, run=run))
            case 11:
                self.send(TaskFailed(id=self._id(), occurrence=name, run=run, reason="gave up"))
            case 12:
                self.send(RetryTask(id=self._id(), by=By(role=role), occurrence=name))
            case 13 | 14 | 15:
                self.send(StepTypeAnswered(id=self._id(), occurrence=name, is_there=dice.random() < 0.6))
            case 16:
                self.send(RaiseRisk(id=self._id(), occurrence=name, alert=dice.choice(("one", "two"))))
            case 17:
                self.send(AcknowledgeRisk(id=self._id(), by=By(role=role), alert=dice.choice(("one", "two")), reason="r"))
            case 18:
                getattr(self, dice.choice(("excuse", "release", "reopen", "remind", "skip", "open")))(name)
            case 19:
                self.host_event(dice.choice(EVENTS))
            case 20:
                self.set_date(dice.choice(DATES), dice.choice((None, *DAYS)))
            case 21:
                self.extend(name, f"{self.now + timedelta(hours=40):%Y-%m-%d %H:%M}")
            case 22:
                self.pause(dice.choice(("freeze", "calendar")))
            case _:
                self.resume()


@pytest.mark.parametrize("first", range(0, _GUSTS, 50))
def test_gusts(first: int) -> None:
    """Fifty journeys, and every turn keeps what is promised of all turns."""
    for number in range(first, min(first + 50, _GUSTS)):
        gust = _Gust(random.Random(number))
        try:
            for _ in range(50):
                gust.blow()
        except Exception as wrong:
            wrong.add_note(f"gust {number}\n{gust.structure!r}\n" + "\n".join(map(repr, gust.events)))
            raise
