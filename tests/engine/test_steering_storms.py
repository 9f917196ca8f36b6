"""Loaded dice again: journeys that change their plan and move between made-up versions while everything else goes on."""

import os
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from engine.advance import StartFacts, advance, begin
from engine.journey import OPEN_STATES, Journey
from engine.messages import Message
from engine.structure import Structure
from engine.turn import Turn
from engine.view import JourneyView, fold, view_of
from engine.zones import zone_of
from tests.engine.driver import check_turn, pathway, step
from tests.engine.pathways import DATES, DAYS, EVENTS, STARTS, ZONES, made_up

_STORMS = int(os.environ.get("STORMS", "200"))
_MESSAGES: TypeAdapter[Message] = TypeAdapter(Message)


class _Steered:
    """One client whose pathway is never left in peace."""

    def __init__(self, number: int) -> None:
        self.dice = random.Random(number)
        pick = self.dice.choice
        self.structure = made_up(pick)
        zone = pick((None, *ZONES))
        local = datetime.fromisoformat(pick(STARTS)).replace(tzinfo=zone_of(zone or self.structure.zone)).astimezone(UTC)
        self.now = local
        dates: dict[str, date] = {name: pick(DAYS) for name in DATES if self.dice.random() < 0.5}
        self.view = JourneyView()
        self.delivered: Counter[str] = Counter()
        self.sent = 0
        self.accepted: Counter[str] = Counter()
        facts = StartFacts.model_validate({"journey": "j", "tenant": "t", "client": "c", "zone": zone, "dates": dates})
        self.turn = self._adopt(begin(self.structure, facts, self.now), None)

    def _adopt(self, turn: Turn, before: Journey | None) -> Turn:
        if turn.structure is not None:
            self.structure = turn.structure
        check_turn(self.structure, before, turn, max(self.now, turn.journey.seen_at))
        self.view = fold(turn.events, self.view)
        assert self.view == view_of(turn.journey)
        for event in turn.events:
            if event.kind == "journey_migrated":
                self.delivered = Counter({_renamed(one, event.renamed): many for one, many in self.delivered.items()})
            if event.kind == "step_delivered":
                self.delivered[event.occurrence] += 1
                assert self.delivered[event.occurrence] == 1, f"{event.occurrence} came again"
        assert all(one.step in self.structure.by_id for one in turn.journey.occurrences.values())
        assert {one.id for one in self.structure.steps} >= set(turn.journey.reached)
        return turn

    def send(self, **facts: Any) -> None:
        """Any message, now; through JSON, as it travels."""
        self.sent += 1
        message = _MESSAGES.validate_python({"id": f"m{self.sent}", "by": {"role": "operator"}, **facts})
        structure = Structure.model_validate_json(self.structure.model_dump_json())
        journey = Journey.model_validate_json(self.turn.journey.model_dump_json())
        assert (structure, journey) == (self.structure, self.turn.journey)
        self.turn = self._adopt(advance(structure, journey, message, self.now), journey)
        self.accepted[message.kind] += self.turn.answer.accepted

    def let_pass(self, hours: int) -> None:
        """Time, waking whenever the plan wants it."""
        to = self.now + timedelta(hours=hours)
        while self.turn.wake_at is not None and self.turn.wake_at <= to:
            self.now = max(self.now, self.turn.wake_at)
            self.send(kind="tick")
        self.now = to

    def something(self) -> None:
        """Whatever the dice say."""
        dice, pick = self.dice, self.dice.choice
        journey = self.turn.journey
        known = list(journey.occurrences) or ["s0.1"]
        steps = [one.id for one in self.structure.steps]
        match dice.randrange(16):
            case 0 | 1 | 2:
                self.let_pass(pick((3, 12, 30, 80)))
            case 3 | 4:
                for one in list(journey.occurrences.values()):
                    if one.state in OPEN_STATES:
                        by = {"role": self.structure.by_id[one.step].actor}
                        self.send(kind="respond", by=by, occurrence=one.id, response_id=f"r{self.sent}")
            case 5:
                self.send(kind="open_step", by={"role": "client"}, occurrence=pick(known))
            case 6:
                self.send(
                    **pick(
                        ({"kind": "pause_journey", "reason": "away"}, {"kind": "resume_journey"}, {"kind": "resume_journey"})
                    )
                )
            case 7:
                self.send(kind="host_event", name=pick(EVENTS))
            case 8:
                self.send(kind="set_date", name=pick(DATES), value=pick((None, *DAYS)))
            case 9:
                self.send(kind=pick(("release_step", "excuse_step", "reopen_step")), occurrence=pick(known), reason="agreed")
            case 10 | 11 | 12:
                self.send(kind="change_plan", deviation=self._deviation(steps), reason="agreed")
            case _:
                self.send(kind="migrate", structure=self._version(), mapping=self._mapping(steps), reason="better")

    def _deviation(self, steps: list[Any]) -> dict[str, Any]:
        pick = self.dice.choice
        match self.dice.randrange(5):
            case 0:
                return {"kind": "drop", "step": pick(steps)}
            case 1:
                return {"kind": "restore", "step": pick(steps)}
            case 2:
                return {"kind": "move", "step": pick(steps), "after": pick((None, *steps))}
            case 3:
                after = pick(steps)
                own = pathway(step(after), step(f"own{self.sent}", pick(("previous.completed", "previous.delivered")), "1 day"))
                return {"kind": "add", "step": own.steps[1].model_dump(), "after": after}
            case _:
                by = pick(("3 days", "-1 day", "-2 hours", "1 month"))
                return {"kind": "shift", "step": pick(steps), "by": by}

    def _version(self) -> dict[str, Any]:
        made = made_up(self.dice.choice)
        return made.model_dump() | {"version": self.dice.choice((1, 2, 3, 4))}

    def _mapping(self, steps: list[Any]) -> dict[str, Any]:
        """Often one that fits, sometimes not."""
        mapping: dict[str, Any] = {"waits": self.dice.choice(("keep", "restart"))}
        if self.dice.random() < 0.8:
            mapping["cancel"] = steps
        if self.dice.random() < 0.3:
            mapping["redirect"] = {self.dice.choice(steps): "s0"}
        if self.dice.random() < 0.3:
            mapping["renamed"] = {self.dice.choice(steps): self.dice.choice(("s1", "s3", "s5"))}
        return mapping


def _renamed(occurrence: str, names: dict[Any, Any]) -> str:
    name, _, number = occurrence.rpartition(".")
    return f"{names.get(name, name)}.{number}"


def storm(number: int) -> _Steered:
    """One made-up client, looked at after everything that happens."""
    steered = _Steered(number)
    try:
        for _ in range(50):
            if steered.turn.journey.status in ("stopped", "ended"):
                break
            steered.something()
    except Exception as wrong:
        wrong.add_note(f"storm {number}\n{steered.structure!r}")
        raise
    return steered


@pytest.mark.parametrize("first", range(0, _STORMS, 50))
def test_E3_nothing_comes_twice_whatever_is_changed_under_it(first: int) -> None:
    """And the read model folded from events stays equal to the journey's own state."""
    accepted: Counter[str] = Counter()
    for number in range(first, min(first + 50, _STORMS)):
        accepted += storm(number).accepted
    assert min(accepted[kind] for kind in ("migrate", "change_plan", "respond", "tick")) > 20
