"""The engine against the reference: made-up pathways, messages in any order, clocks that change."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pydantic import TypeAdapter

from engine.advance import StartFacts, advance, begin
from engine.journey import Journey
from engine.messages import Message
from engine.plan import plan
from engine.schedule import draw_of
from engine.structure import Structure
from engine.turn import Turn
from engine.view import JourneyView, fold, view_of
from engine.zones import zone_of
from tests.engine.driver import check_turn, window
from tests.engine.pathways import DATES, EVENTS, QUIET, STARTS, ZONES, days, structures
from tests.engine.reference import Reference, is_quiet

_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
_STAFF = st.sampled_from(("practitioner", "operator", "host", "client"))


class Journeys(RuleBasedStateMachine):
    """One journey, told everything that can happen to it; the reference is told the same."""

    @initialize(
        structure=structures(),
        start=st.sampled_from(STARTS),
        zone=st.none() | st.sampled_from(ZONES),
        dates=st.dictionaries(st.sampled_from(DATES), days, max_size=2),
    )
    def enrol(self, structure: Structure, start: str, zone: str | None, dates: dict[str, Any]) -> None:
        self.structure = structure
        self.now = datetime.fromisoformat(start).replace(tzinfo=UTC)
        facts = StartFacts.model_validate({"journey": "j", "tenant": "t", "client": "c", "zone": zone, "dates": dates})
        self.view = JourneyView()
        self.reminders: list[Any] = []
        self.told: list[Any] = []
        self.delivered: dict[str, Any] = {}
        self.effects: set[str] = set()
        self.sent = 0
        self.last: tuple[Any, Any] | None = None
        turn = begin(structure, facts, self.now)
        self.reference = Reference(
            structure, self.now, turn.journey.zone, dict(dates), lambda name: draw_of(turn.journey, name)
        )
        self._adopt(turn)

    # What can happen

    @rule()
    def wake_on_time(self) -> None:
        if self.turn.wake_at is not None:
            self.now = max(self.now, self.turn.wake_at)
        self._send(kind="tick")

    @rule(hours=st.sampled_from((5, 30, 80)))
    def time_passes_as_it_should(self, hours: int) -> None:
        until = max(self.now, self.turn.journey.seen_at) + timedelta(hours=hours)
        for _ in range(20):
            if self.turn.wake_at is None or self.turn.wake_at > until:
                break
            self.wake_on_time()
        self.now = until

    @rule(hours=st.sampled_from((0, 1, 7, 24, 100)), minutes=st.integers(0, 59))
    def wake_late(self, hours: int, minutes: int) -> None:
        self.now += timedelta(hours=hours, minutes=minutes)
        self._send(kind="tick")

    @rule(minutes=st.sampled_from((1, 20, 70, 600, 1500)))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(minutes=st.integers(1, 3000))
    def the_clock_goes_back(self, minutes: int) -> None:
        self.now -= timedelta(minutes=minutes)

    @rule(
        data=st.data(),
        response=st.sampled_from(("first", "second")),
        role=st.sampled_from(("client", "client", "practitioner")),
    )
    def respond(self, data: st.DataObject, response: str, role: str) -> None:
        self._send(data, role, kind="respond", response_id=response)

    @rule()
    def answer_whatever_is_open(self) -> None:
        for occurrence in list(self.turn.journey.occurrences.values()):
            step = self.structure.by_id[occurrence.step]
            if occurrence.state in ("open", "started") and step.actor != "host":
                self._send(role=step.actor, kind="respond", occurrence=occurrence.id, response_id=f"of {occurrence.id}")

    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        self._send(data, "client", kind="open_step")

    @rule(data=st.data(), role=st.sampled_from(("client", "practitioner")))
    def skip(self, data: st.DataObject, role: str) -> None:
        self._send(data, role, kind="skip_step")

    @rule(data=st.data(), hours=st.integers(-1, 60))
    def snooze(self, data: st.DataObject, hours: int) -> None:
        self._send(data, "client", kind="snooze_reminders", until=self.now + timedelta(hours=hours))

    @rule(data=st.data(), role=_STAFF)
    def excuse(self, data: st.DataObject, role: str) -> None:
        self._send(data, role, kind="excuse_step", reason="agreed")

    @rule(data=st.data(), role=_STAFF)
    def release(self, data: st.DataObject, role: str) -> None:
        self._send(data, role, kind="release_step", reason="agreed")

    @rule(data=st.data(), role=_STAFF, hours=st.integers(-1, 100))
    def extend(self, data: st.DataObject, role: str, hours: int) -> None:
        self._send(data, role, kind="extend_step", reason="agreed", until=self.now + timedelta(hours=hours))

    @rule(data=st.data(), role=_STAFF)
    def remind(self, data: st.DataObject, role: str) -> None:
        self._send(data, role, kind="remind_now")

    @rule(mode=st.sampled_from(("freeze", "calendar")))
    def pause(self, mode: str) -> None:
        self._send(role="practitioner", kind="pause_journey", mode=mode, reason="holiday")

    @rule()
    def resume(self) -> None:
        self._send(role="practitioner", kind="resume_journey")

    @rule(mode=st.sampled_from(("freeze", "calendar")), hours=st.integers(1, 100))
    def pause_for(self, mode: str, hours: int) -> None:
        self.pause(mode)
        self.now += timedelta(hours=hours)
        self.resume()

    @precondition(lambda self: self.sent > 40)
    @rule()
    def stop(self) -> None:
        self._send(role="practitioner", kind="stop_journey", reason="moved")

    @rule(name=st.sampled_from(DATES), value=st.none() | days | st.integers(-2, 5))
    def set_date(self, name: str, value: Any) -> None:
        if isinstance(value, int):
            value = (self.now + timedelta(days=value)).date()
        self._send(kind="set_date", name=name, value=value)

    @rule(name=st.sampled_from(EVENTS))
    def host_event(self, name: str) -> None:
        self._send(kind="host_event", name=name)

    @rule(zone=st.sampled_from(ZONES))
    def travel(self, zone: str) -> None:
        self._send(kind="set_client_facts", zone=zone)

    @rule(quiet=st.sampled_from((*QUIET[1:], "pathway")))
    def set_quiet_hours(self, quiet: str) -> None:
        self._send(kind="set_client_facts", quiet_hours=quiet if quiet == "pathway" else window(quiet).model_dump())

    @precondition(lambda self: self.last is not None)
    @rule()
    def the_same_again(self) -> None:
        assert self.last is not None
        message, accepted = self.last
        if accepted:
            before = self.turn
            turn = self._advance(message)
            assert (turn.journey, turn.events, turn.effects, turn.answer.accepted) == (before.journey, (), (), True)
            assert turn.wake_at == plan(self.structure, turn.journey, self.now).wake_at

    # What always holds

    @invariant()
    def it_is_what_the_reference_says(self) -> None:
        theirs, journey = self.reference.m, self.turn.journey
        assert journey.status == theirs.status
        ours = {
            one.id: (one.state, one.delivered_at, one.started_at, one.settled_at, one.passed_at, one.late, one.parked)
            for one in journey.occurrences.values()
        }
        assert ours == {
            name: (one.state, one.delivered, one.started, one.settled, one.passed, one.late, one.parked)
            for name, one in theirs.occs.items()
        }
        assert self.reminders == theirs.reminders
        assert self.told == theirs.told

    @invariant()
    def it_wakes_when_the_reference_would(self) -> None:
        assert plan(self.structure, self.turn.journey, self.turn.journey.seen_at).wake_at == self.reference.wake_at

    @invariant()
    def there_is_always_a_way_out(self) -> None:
        journey = self.turn.journey
        if journey.status != "active" or self.turn.wake_at is not None:
            return
        can_be_done = any(
            one.state in ("open", "started") or one.parked or (one.settled_at is not None and one.passed_at is None)
            for one in journey.occurrences.values()
        )
        named = [item.waits_for for item in plan(self.structure, journey, self.now).items if item.waits_for]
        assert can_be_done or named

    @invariant()
    def no_required_step_is_left_out_silently(self) -> None:
        journey = self.turn.journey
        if journey.status == "completed":
            for step in self.structure.steps:
                for number in range(1, (step.repeat.count or 1) + 1 if step.repeat else 2):
                    one = journey.occurrences[f"{step.id}.{number}"]  # type: ignore[index]
                    assert (
                        not step.required or one.state in ("completed", "excused", "not_applicable") or step.on_expiry != "hold"
                    )

    # How

    def _send(self, data: st.DataObject | None = None, role: str = "host", **fields: Any) -> None:
        if data is not None:
            known = self.turn.journey.occurrences.values()
            live = [one.id for one in known if one.state in ("open", "started", "expired", "abandoned")]
            following = [f"{step.id}.{self.turn.journey.reached.get(step.id, 0) + 1}" for step in self.structure.steps]
            fields["occurrence"] = data.draw(st.sampled_from([*live, *live, *following, *(one.id for one in known)]))
        self.sent += 1
        by = {} if fields["kind"] == "tick" else {"by": {"role": role}}
        message = _MESSAGE.validate_python({"id": f"m{self.sent}", **by, **fields})
        before = self.turn.journey
        turn = self._advance(message)
        accepted = self.reference.receive(message, self.now)
        note(f"{self.now:%m-%d %H:%M:%S} {fields} by {role}: {turn.answer.code or 'accepted'}")
        assert turn.answer.accepted == accepted
        check_turn(self.structure, before, turn, self.now)
        self.last = (message, accepted and fields["kind"] != "tick")
        self._adopt(turn)

    def _advance(self, message: Message) -> Turn:
        structure = Structure.model_validate_json(self.structure.model_dump_json())
        journey = Journey.model_validate_json(self.turn.journey.model_dump_json())
        assert (structure, journey) == (self.structure, self.turn.journey)
        return advance(structure, journey, message, self.now)

    def _adopt(self, turn: Turn) -> None:
        self.turn = turn
        self.view = fold(turn.events, self.view)
        assert self.view == view_of(turn.journey)
        for event in turn.events:
            note(f"    {event.at:%m-%d %H:%M:%S} {event.kind} {getattr(event, 'occurrence', '')}")
            if event.kind == "step_delivered":
                self._check_delivery(event, turn)
            if event.kind == "reminder_due":
                self.reminders.append((event.at, tuple(sorted(event.occurrences))))
            if event.kind == "practitioner_told":
                self.told.append((event.at, event.to, event.occurrence))
        for effect in turn.effects:
            assert effect.id not in self.effects
            self.effects.add(effect.id)

    def _check_delivery(self, event: Any, turn: Turn) -> None:
        """Never early, never twice, never in quiet hours."""
        step, journey = self.structure.by_id[event.step], turn.journey
        assert event.occurrence not in self.delivered
        self.delivered[event.occurrence] = event.at
        assert event.due_at <= event.at or event.reason.hold == "released early"
        if step.actor == "client" and not step.urgent:
            assert not is_quiet(event.at, journey.quiet_hours or self.structure.quiet_hours, zone_of(journey.zone).key)


TestJourneys = Journeys.TestCase
