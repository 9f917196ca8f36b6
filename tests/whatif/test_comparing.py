"""What would have been different, edit by edit, for clients whose past is known to the minute."""

import pytest

from engine.publishing import compile_pathway
from engine.structure import Structure
from stepwell.whatif.comparing import WhatIf, compare
from stepwell.whatif.recorded import Recorded
from stepwell.whatif.reenacting import Policy
from tests.engine.driver import Run
from tests.pathways import document, step

REMINDERS = "reminders: {after: [1 day, 2 days]}"
WINDOW = "window: {finish_by: 5 days}"
FIRST = step("a", f"{WINDOW}\n{REMINDERS}") + step("b") + step("c")


def structure(steps: str, **head: object) -> Structure:
    return compile_pathway(document(steps, **head)).structure


class Past(Run):
    """One client on a published pathway."""

    def __init__(self, steps: str, number: int = 0) -> None:
        self._published = structure(steps)
        super().__init__({"id": "a"} | {"after": "journey.started", "offset": "0"}, start="2026-03-02 09:00")
        self.recorded_as = f"journey-{number}"

    @property
    def structure(self) -> Structure:
        return self._published

    @structure.setter
    def structure(self, _: Structure) -> None:
        """The published one stays."""

    @property
    def recorded(self) -> Recorded:
        return Recorded("j", self._published, tuple(self.events))


def lived() -> Past:
    """Answers a after the first reminder, b after three hours, c after five; the journey is completed."""
    run = Past(FIRST)
    run.until("2026-03-03 10:00").respond("a")
    run.until("2026-03-03 13:00").respond("b")
    run.until("2026-03-03 18:00").respond("c")
    assert run.status == "completed"
    return run


def what_if(past: Past, steps: str, **policy: object) -> WhatIf:
    return compare([past.recorded], structure(steps), against="the draft", policy=Policy.model_validate(policy), in_detail=True)


def shifted(found: WhatIf) -> dict[str, tuple[str | None, str | None]]:
    """When each occurrence that came otherwise came, and what became of it."""
    return {
        one.occurrence: (f"{one.delivered_after:%m-%d %H:%M}" if one.delivered_after else None, one.state_after)
        for one in found.journeys[0].shifted
    }


def test_the_same_version_changes_nothing() -> None:
    """Not a figure, not an instant."""
    found = what_if(lived(), FIRST)
    assert found.before == found.after
    assert found.before.reminders == 1
    assert shifted(found) == {}
    assert (found.left_out, found.without_evidence, found.refused) == (0, 0, {})


def test_an_answer_follows_its_reminder() -> None:
    """Reminded a day later, the client answers a day later: an hour after the reminder, as they did."""
    found = what_if(lived(), FIRST.replace("[1 day, 2 days]", "[2 days]"))
    assert found.after.reminders == 1
    assert shifted(found)["a.1"] == ("03-02 09:00", "completed")
    assert shifted(found)["b.1"] == ("03-04 10:00", "completed")


def test_without_the_reminder_there_is_no_answer_unless_it_is_taken_for_granted() -> None:
    """Both bounds can be asked for, and the first says how many answers it lost."""
    without = FIRST.replace(REMINDERS, "")
    found = what_if(lived(), without)
    assert found.unprompted_answers == 1
    assert (found.after.completed, found.after.held, found.after.expiries, found.after.told) == (0, 1, 1, 1)
    kind = what_if(lived(), without, unprompted="same_delay")
    assert (kind.unprompted_answers, kind.after.completed, kind.after.reminders) == (0, 1, 0)
    assert kind.after.median_days == kind.before.median_days


def test_a_delay_moves_what_follows_and_no_answer_comes_before_its_delivery() -> None:
    """b comes a day after a, and is answered three hours after that."""
    later = FIRST.replace(step("b"), step("b", "deliver: {after: a.completed, offset: 1 day}"))
    found = what_if(lived(), later)
    assert shifted(found)["b.1"] == ("03-04 10:00", "completed")
    assert shifted(found)["c.1"] == ("03-04 13:00", "completed")
    assert found.journeys[0].after.days == pytest.approx((found.journeys[0].before.days or 0) + 1, abs=0.01)


def test_a_shorter_window_makes_the_same_answer_late() -> None:
    """A day and an hour after delivery, where twenty hours are left."""
    short = FIRST.replace("finish_by: 5 days", "finish_by: 20 hours").replace(REMINDERS, "")
    found = what_if(lived(), short, unprompted="same_delay")
    assert [one.after.late for one in found.steps if one.after] == [1, 0, 0]
    assert found.after.expiries == 1
    assert found.after.told == found.before.told + 1


def test_a_new_step_has_no_evidence() -> None:
    """It is taken to be answered at the client's own median, or not at all; in both it counts in no share."""
    more = FIRST.replace(step("c"), step("new") + step("c"))
    found = what_if(lived(), more)
    assert (found.without_evidence, found.assumed) == (1, 1)
    assert shifted(found)["new.1"] == ("03-03 13:00", "completed")
    assert shifted(found)["c.1"] == ("03-03 18:00", "completed")  # the median of 25, 3 and 5 hours
    assert found.after.required == found.before.required.model_copy(update={"median_hours": found.after.required.median_hours})
    silent = what_if(lived(), more, unknown="unanswered")
    assert (silent.without_evidence, silent.assumed, silent.after.running) == (1, 0, 1)
    assert [one.without_evidence for one in found.steps if one.step == "new"] == [1]


def test_a_removed_step_drops_out() -> None:
    """With what was done at it."""
    found = what_if(lived(), FIRST.replace(step("b"), ""))
    assert shifted(found)["b.1"] == (None, None)
    assert shifted(found)["c.1"] == ("03-03 10:00", "completed")
    by_step = {one.step: one for one in found.steps}
    assert by_step["b"].after is None
    assert found.after.deliveries == 2


def test_what_nothing_closes_is_not_extended() -> None:
    """A practitioner stepped in because it had closed; where it does not, there is no occasion."""
    past = Past(FIRST)
    past.until("2026-03-08 10:00").extend("a", "2026-03-10 09:00")
    past.until("2026-03-08 12:00").respond("a")
    past.until("2026-03-08 13:00").respond("b")
    past.until("2026-03-08 14:00").respond("c")
    found = what_if(past, FIRST.replace(WINDOW, ""))
    assert found.before.expiries == 1
    assert found.after.expiries == 0
    assert found.without_occasion >= 1


def test_what_an_outage_delayed_is_left_out() -> None:
    """Nothing is said of a journey that its own version does not explain."""
    past = Past(FIRST)
    past.outage("2026-03-03 20:00")  # the reminder of 09:00 goes out at 20:00
    past.until("2026-03-03 21:00").respond("a")
    past.until("2026-03-04 13:00").respond("b")
    past.until("2026-03-05 18:00").respond("c")
    found = what_if(past, FIRST)
    assert (found.replayed, found.left_out) == (0, 1)
    assert "reminder_due a.1 at 2026-03-03 09:00:00 UTC instead of 2026-03-03 20:00:00 UTC" in found.left_out_examples[0].why


def test_what_stays_open_after_completion_is_followed_to_its_end_on_both_sides() -> None:
    """An optional step lingers: the draft is no shorter followed than the past."""
    lingering = FIRST + step("extra", "required: false")
    past = Past(lingering)
    past.until("2026-03-03 10:00").respond("a")
    past.until("2026-03-03 13:00").respond("b")
    past.until("2026-03-03 18:00").respond("c")
    assert past.status == "completed"
    found = what_if(past, lingering.replace(step("c"), step("c", "deliver: {after: b.completed, offset: 30 days}")))
    assert (found.before.completed, found.after.completed, found.before.expiries, found.after.expiries) == (1, 1, 1, 1)


def test_E2_a_renamed_step_is_the_same_step() -> None:
    """Told so, it is answered as it was, and counted on both sides under its new id; not told so, it is gone and another is new."""
    past, draft = lived(), FIRST.replace(step("b"), step("second")).replace("[1 day, 2 days]", "[1 day]")
    blind = {one.step: one for one in what_if(past, draft).steps}
    assert (blind["b"].after, blind["second"].before, blind["second"].without_evidence) == (None, None, 1)
    found = what_if(past, draft, renamed={"b": "second"})
    by_step = {one.step: one for one in found.steps}
    assert [*by_step] == ["a", "second", "c"]
    assert by_step["second"].before == by_step["second"].after
    assert shifted(found) == {}
    assert (found.without_evidence, found.left_out, found.without_occasion) == (0, 0, 0)


def test_E2_whatever_is_known_of_a_renamed_step_goes_with_it() -> None:
    """Reminders that brought the answer, an extension, what hangs on it; in a journey that has it already nothing is renamed."""
    run = Past(step("a", f"{WINDOW}\n{REMINDERS}") + step("b", "deliver: {after: a.completed, offset: 1 day}"))
    run.until("2026-03-04 10:00").respond("a")
    run.until("2026-03-05 13:00").respond("b")
    assert run.status == "completed"
    draft = step("first", f"{WINDOW}\n{REMINDERS}") + step("b", "deliver: {after: first.completed, offset: 2 days}")
    found = what_if(run, draft, renamed={"a": "first"})
    assert found.before.reminders == found.after.reminders == 2
    assert shifted(found) == {"b.1": ("03-06 10:00", "completed")}
    new = Past(draft)
    new.until("2026-03-04 10:00").respond("first")
    new.until("2026-03-07 13:00").respond("b")
    assert shifted(what_if(new, draft, renamed={"a": "first"})) == {}
