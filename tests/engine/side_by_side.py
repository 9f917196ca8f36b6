"""The engine and the reference side by side: told the same, they must come to the same."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from engine.advance import StartFacts, advance, begin
from engine.journey import Journey
from engine.messages import Message
from engine.plan import plan
from engine.schedule import draw_of
from engine.structure import Structure, TimeWindow
from engine.turn import Turn
from engine.view import JourneyView, fold, view_of
from tests.engine.driver import check_turn
from tests.engine.reference import Reference, is_quiet

_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
Pick = Callable[[Sequence[str]], str]


class SideBySide:
    """One journey, lived twice. `now` may also be set back: time never runs backwards inside a journey."""

    def __init__(self, structure: Structure, start: str, zone: str | None, dates: dict[str, date]) -> None:
        self.structure = structure
        self.now = datetime.fromisoformat(start).replace(tzinfo=UTC)
        self.log: list[str] = []
        self.reminders: list[Any] = []
        self.told: list[Any] = []
        self.delivered: set[str] = set()
        self.effects: set[str] = set()
        self.sent = 0
        self.last_accepted: Message | None = None
        self._view = JourneyView()
        self._zone = zone or structure.zone
        self._quiet: TimeWindow | None = None
        facts = StartFacts.model_validate({"journey": "j", "tenant": "t", "client": "c", "zone": zone, "dates": dates})
        turn = begin(structure, facts, self.now)
        self.reference = Reference(
            structure, self.now, turn.journey.zone, dict(dates), lambda name: draw_of(turn.journey, name)
        )
        self._adopt(turn)

    # Telling both

    def send(self, pick: Pick | None = None, role: str = "host", **fields: Any) -> None:
        """Send a message to both; where it is about an occurrence, `pick` chooses which."""
        if pick is not None:
            fields["occurrence"] = pick(self._names())
        self.sent += 1
        by = {} if fields["kind"] == "tick" else {"by": {"role": role}}
        message = _MESSAGE.validate_python({"id": f"m{self.sent}", **by, **fields})
        before = self.turn.journey
        turn = self._advance(message)
        self.log.append(f"{self.now:%m-%d %H:%M:%S} {fields} by {role}: {turn.answer.code or 'accepted'}")
        assert turn.answer.accepted == self.reference.receive(message, self.now)
        check_turn(self.structure, before, turn, self.now)
        self._adopt(turn)
        if turn.answer.accepted and fields["kind"] != "tick":
            self.last_accepted = message

    def send_the_last_again(self) -> None:
        """The same message gets the same answer, nothing happens, and the journey still wakes."""
        if self.last_accepted is not None:
            turn = self._advance(self.last_accepted)
            assert (turn.journey, turn.events, turn.effects) == (self.turn.journey, (), ())
            assert turn.answer.accepted
            check_turn(self.structure, self.turn.journey, turn, self.now)

    def wake(self) -> None:
        """Tick at the instant the plan asks for, or now where it asks for none."""
        if self.turn.wake_at is not None:
            self.now = max(self.now, self.turn.wake_at)
        self.send(kind="tick")

    def let_pass(self, hours: float) -> None:
        """Let time pass, waking whenever asked."""
        until = max(self.now, self.turn.journey.seen_at) + timedelta(hours=hours)
        for _ in range(20):
            if self.turn.wake_at is None or self.turn.wake_at > until:
                break
            self.wake()
        self.now = until

    def answer_all(self) -> None:
        """Answer whatever is open."""
        for occurrence in list(self.turn.journey.occurrences.values()):
            step = self.structure.by_id[occurrence.step]
            if occurrence.state in ("open", "started") and step.actor != "host":
                self.send(role=step.actor, kind="respond", occurrence=occurrence.id, response_id=f"of {occurrence.id}")

    def _names(self) -> list[str]:
        known = self.turn.journey.occurrences.values()
        live = [one.id for one in known if one.state in ("open", "started", "expired", "abandoned")]
        following = [f"{step.id}.{self.turn.journey.reached.get(step.id, 0) + 1}" for step in self.structure.steps]
        return [*live, *live, *following, *(one.id for one in known)]

    def _advance(self, message: Message) -> Turn:
        structure = Structure.model_validate_json(self.structure.model_dump_json())
        journey = Journey.model_validate_json(self.turn.journey.model_dump_json())
        assert (structure, journey) == (self.structure, self.turn.journey)
        return advance(structure, journey, message, self.now)

    def _adopt(self, turn: Turn) -> None:
        self.turn = turn
        self._view = fold(turn.events, self._view)
        assert self._view == view_of(turn.journey)
        for event in turn.events:
            self.log.append(f"    {event.at:%m-%d %H:%M:%S} {event.kind} {getattr(event, 'occurrence', '')}")
            if event.kind == "client_facts_set":
                self._zone, self._quiet = event.zone, event.quiet_hours
            if event.kind == "step_delivered":
                self._check_delivery(event)
            if event.kind == "reminder_due":
                self.reminders.append((event.at, tuple(sorted(event.occurrences))))
            if event.kind == "practitioner_told":
                self.told.append((event.at, event.to, event.occurrence))
        for effect in turn.effects:
            assert effect.id not in self.effects
            self.effects.add(effect.id)

    def _check_delivery(self, event: Any) -> None:
        """Never early, never twice, never in quiet hours."""
        step = self.structure.by_id[event.step]
        assert event.occurrence not in self.delivered
        self.delivered.add(event.occurrence)
        assert event.due_at <= event.at or event.reason.hold == "released early"
        if step.actor == "client" and not step.urgent:
            assert not is_quiet(event.at, self._quiet or self.structure.quiet_hours, self._zone)

    # What always holds

    def check_same(self) -> None:
        """The engine came to what the reference came to, and wakes when it would."""
        theirs, journey = self.reference.m, self.turn.journey
        assert journey.status == theirs.status
        assert {
            one.id: (one.state, one.delivered_at, one.started_at, one.settled_at, one.passed_at, one.late, one.parked)
            for one in journey.occurrences.values()
        } == {
            name: (one.state, one.delivered, one.started, one.settled, one.passed, one.late, one.parked)
            for name, one in theirs.occs.items()
        }
        assert self.reminders == theirs.reminders
        assert self.told == theirs.told
        assert plan(self.structure, journey, journey.seen_at).wake_at == self.reference.wake_at

    def check_way_out(self) -> None:
        """An active journey wakes by itself, or a person can do something, or the plan names what is missing."""
        journey = self.turn.journey
        if journey.status != "active" or self.turn.wake_at is not None:
            return
        can_be_done = any(
            one.state in ("open", "started") or one.parked or (one.settled_at is not None and one.passed_at is None)
            for one in journey.occurrences.values()
        )
        assert can_be_done or any(item.waits_for for item in plan(self.structure, journey, self.now).items)

    def check_nothing_left_out(self) -> None:
        """No journey completes over a required step that nobody saw to."""
        journey = self.turn.journey
        if journey.status != "completed":
            return
        for step in self.structure.steps:
            for number in range(1, (step.repeat.count or 1) + 1 if step.repeat else 2):
                state = journey.occurrences[f"{step.id}.{number}"].state  # type: ignore[index]
                seen_to = state in ("completed", "excused", "not_applicable")
                assert seen_to or not step.required or step.on_expiry == "continue"
