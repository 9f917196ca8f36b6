"""The engine against the reference: made-up pathways, messages in any order, clocks that change."""

from datetime import date, timedelta

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.structure import Structure
from tests.engine.driver import window
from tests.engine.pathways import DATES, DAYS, EVENTS, QUIET, STARTS, ZONES, made_up
from tests.engine.side_by_side import Pick, SideBySide

_ANYBODY = st.sampled_from(("practitioner", "operator", "host", "client"))


@st.composite
def _structures(draw: st.DrawFn) -> Structure:
    return made_up(lambda options: draw(st.sampled_from(options)))


def _pick(data: st.DataObject) -> Pick:
    return lambda names: data.draw(st.sampled_from(names))


class Journeys(RuleBasedStateMachine):
    """One journey and everything that can happen to it, in any order."""

    both: SideBySide

    @initialize(
        structure=_structures(),
        start=st.sampled_from(STARTS),
        zone=st.none() | st.sampled_from(ZONES),
        dates=st.dictionaries(st.sampled_from(DATES), st.sampled_from(DAYS), max_size=2),
    )
    def enrol(self, structure: Structure, start: str, zone: str | None, dates: dict[str, date]) -> None:
        self.both = SideBySide(structure, start, zone, dates)

    @rule()
    def wake(self) -> None:
        self.both.wake()

    @rule(hours=st.sampled_from((5, 30, 80)))
    def time_passes_as_it_should(self, hours: int) -> None:
        self.both.let_pass(hours)

    @rule(hours=st.sampled_from((0, 1, 7, 24, 100)), minutes=st.integers(0, 59))
    def wake_late(self, hours: int, minutes: int) -> None:
        self.both.now += timedelta(hours=hours, minutes=minutes)
        self.both.send(kind="tick")

    @rule(minutes=st.sampled_from((-3000, -1, 1, 20, 70, 600, 1500)))
    def time_passes_unseen_or_is_set_back(self, minutes: int) -> None:
        self.both.now += timedelta(minutes=minutes)

    @rule(data=st.data(), response=st.sampled_from(("first", "second")), role=st.sampled_from(("client", "practitioner")))
    def respond(self, data: st.DataObject, response: str, role: str) -> None:
        self.both.send(_pick(data), role, kind="respond", response_id=response)

    @rule()
    def answer_all(self) -> None:
        self.both.answer_all()

    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        self.both.send(_pick(data), "client", kind="open_step")

    @rule(data=st.data(), role=st.sampled_from(("client", "practitioner")))
    def skip(self, data: st.DataObject, role: str) -> None:
        self.both.send(_pick(data), role, kind="skip_step")

    @rule(data=st.data(), hours=st.integers(-1, 60))
    def snooze(self, data: st.DataObject, hours: int) -> None:
        self.both.send(_pick(data), "client", kind="snooze_reminders", until=self.both.now + timedelta(hours=hours))

    @rule(data=st.data(), role=_ANYBODY, what=st.sampled_from(("excuse_step", "release_step")))
    def excuse_or_release(self, data: st.DataObject, role: str, what: str) -> None:
        self.both.send(_pick(data), role, kind=what, reason="agreed")

    @rule(data=st.data(), role=_ANYBODY, hours=st.integers(-1, 100))
    def extend(self, data: st.DataObject, role: str, hours: int) -> None:
        until = self.both.now + timedelta(hours=hours)
        self.both.send(_pick(data), role, kind="extend_step", reason="agreed", until=until)

    @rule(data=st.data(), role=_ANYBODY)
    def remind(self, data: st.DataObject, role: str) -> None:
        self.both.send(_pick(data), role, kind="remind_now")

    @rule(mode=st.sampled_from(("freeze", "calendar")))
    def pause(self, mode: str) -> None:
        self.both.send(role="practitioner", kind="pause_journey", mode=mode, reason="holiday")

    @rule(hours=st.integers(0, 100))
    def resume(self, hours: int) -> None:
        self.both.now += timedelta(hours=hours)
        self.both.send(role="practitioner", kind="resume_journey")

    @precondition(lambda self: self.both.sent > 40)
    @rule()
    def stop(self) -> None:
        self.both.send(role="practitioner", kind="stop_journey", reason="moved")

    @rule(name=st.sampled_from(DATES), value=st.none() | st.sampled_from(DAYS) | st.integers(-2, 5))
    def set_date(self, name: str, value: date | int | None) -> None:
        if isinstance(value, int):
            value = (self.both.now + timedelta(days=value)).date()
        self.both.send(kind="set_date", name=name, value=value)

    @rule(name=st.sampled_from(EVENTS))
    def host_event(self, name: str) -> None:
        self.both.send(kind="host_event", name=name)

    @rule(zone=st.sampled_from(ZONES))
    def travel(self, zone: str) -> None:
        self.both.send(kind="set_client_facts", zone=zone)

    @rule(quiet=st.sampled_from((*QUIET[1:], "pathway")))
    def set_quiet_hours(self, quiet: str) -> None:
        hours = quiet if quiet == "pathway" else window(quiet).model_dump()
        self.both.send(kind="set_client_facts", quiet_hours=hours)

    @rule()
    def the_same_again(self) -> None:
        self.both.send_the_last_again()

    @invariant()
    def the_reference_agrees(self) -> None:
        self.both.check_same()

    @invariant()
    def there_is_always_a_way_out(self) -> None:
        self.both.check_way_out()

    @invariant()
    def nothing_required_is_left_out(self) -> None:
        self.both.check_nothing_left_out()

    def teardown(self) -> None:
        for line in self.both.log if hasattr(self, "both") else ():
            note(line)


TestJourneys = Journeys.TestCase
