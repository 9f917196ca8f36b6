"""Rule E4: one client's plan changed alone, in steps that are not reached yet."""

from typing import Any

import pytest

from engine.deviations import DropStep, MoveStep, RestoreStep, ShiftStep
from engine.durations import Offset
from tests.engine.driver import Run, added, step


def _line() -> Run:
    return Run(step("a"), step("b", offset="2 days"), step("c", offset="3 days"))


def test_E4_a_step_left_out_does_not_apply_when_its_turn_comes_and_what_follows_keeps_its_rhythm() -> None:
    """It is gone from the forecast at once, and satisfies the gate at its own time."""
    run = _line()
    answer = run.change(DropStep(step="b"))
    assert [(one.occurrence, one.is_gone) for one in answer.moved if one.what == "delivery"] == [("b.1", True)]
    run.respond("a")
    assert {one.occurrence for one in run.plan.items} == {"c.1"}
    run.until("2026-03-30 00:00")
    assert (run.state("b"), run.delivered("c")) == ("not_applicable", "2026-03-07 09:00")


def test_E4_what_was_left_out_comes_back() -> None:
    """As long as its turn has not come."""
    run = _line()
    run.change(DropStep(step="b"))
    assert run.change(RestoreStep(step="b")).moved[0].is_new
    run.respond("a")
    run.until("2026-03-05 00:00")
    assert run.delivered("b") == "2026-03-04 09:00"
    assert run.change(RestoreStep(step="b")).code == "already_reached"


def test_E4_a_repeated_step_that_has_begun_comes_no_more() -> None:
    """What has come stays, and the journey can be completed."""
    run = Run(step("diary", repeat={"every": "1 day", "count": 10}), step("after"))
    run.until("2026-03-04 12:00")
    assert run.change(DropStep(step="diary")).accepted
    for number in (1, 2, 3):
        run.respond(f"diary.{number}")
    assert (run.state("diary.3"), run.state("after")) == ("completed", "open")


@pytest.mark.parametrize(
    ("by", "delivered"), [("3 days", "2026-03-07 09:00"), ("-1 day", "2026-03-03 09:00"), ("-9 days", "2026-03-02 09:00")]
)
def test_E4_a_step_is_shifted_by_an_amount(by: str, delivered: str) -> None:
    """Later or earlier; what would lie in the past comes now, and what hangs on it follows."""
    run = _line()
    run.respond("a")
    answer = run.change(ShiftStep(step="b", by=Offset.parse(by)))
    run.until("2026-03-20 00:00")
    assert run.delivered("b") == delivered
    assert run.shown(next(one.after for one in answer.moved if one.occurrence == "b.1")) == delivered
    run.respond("b")
    assert run.planned("c") == "2026-03-23 00:00"


def test_E4_a_step_is_shifted_to_a_day() -> None:
    """In the client's zone, at the wall time its timing has."""
    run = Run(step("a"), step("b", offset="2 days", at="10:00"))
    run.respond("a")
    run.change(ShiftStep(step="b", to="2026-03-29"))
    run.until("2026-04-01 00:00")
    assert run.delivered("b") == "2026-03-29 10:00"


def test_E4_a_step_is_added_and_the_one_behind_it_counts_from_it() -> None:
    """A step of this client alone, in its place."""
    run = _line()
    answer = run.change(added(step("extra", offset="1 day"), after="a"))
    assert [one.is_new for one in answer.moved if one.occurrence == "extra.1"] == [True]
    run.respond("a")
    run.until("2026-03-03 12:00")
    assert (run.delivered("extra"), run.state("b")) == ("2026-03-03 09:00", "waiting")
    run.respond("extra")
    run.until("2026-03-06 00:00")
    assert run.delivered("b") == "2026-03-05 12:00"


def test_E4_a_step_is_put_elsewhere() -> None:
    """Whoever counted from the step before counts from the new one before."""
    run = Run(step("a"), step("b", offset="1 day"), step("c", offset="2 days"), step("d", offset="3 days"))
    run.change(MoveStep(step="b", after="c"))
    assert [one.id for one in run.structure.steps] == ["a", "c", "b", "d"]
    for name, delivered in (("a", "03-02"), ("c", "03-04"), ("b", "03-05"), ("d", "03-08")):
        run.until(f"2026-{delivered} 09:00")
        assert run.delivered(name) == f"2026-{delivered} 09:00"
        run.respond(name)
    assert run.status == "completed"


def test_E4_the_journey_remembers_that_it_deviates() -> None:
    """In its state, in what happened, and in the read model."""
    run = _line()
    run.change(DropStep(step="b"))
    run.change(ShiftStep(step="c", by=Offset(days=1)))
    assert [one.kind for one in run.journey.deviations] == ["drop", "shift"]
    assert [(one.kind, one.change, one.reason) for one in run.events if one.kind == "plan_changed"] == [
        ("plan_changed", "drop", "agreed"),
        ("plan_changed", "shift", "agreed"),
    ]


@pytest.mark.parametrize(
    ("deviation", "code"),
    [
        (DropStep(step="a"), "already_reached"),
        (ShiftStep(step="a", by=Offset(days=1)), "already_reached"),
        (MoveStep(step="a", after="c"), "already_reached"),
        (DropStep(step="zzz"), "unknown_step"),
        (ShiftStep(step="b"), "shift_how"),
        (ShiftStep(step="b", by=Offset(days=1), to="2026-04-01"), "shift_how"),
        (ShiftStep(step="b", to="2026-03-01"), "in_the_past"),
        (MoveStep(step="b", after="b"), "does_not_fit"),
        (MoveStep(step="b", after="zzz"), "does_not_fit"),
        (added(step("b"), after="a"), "does_not_fit"),
        (added(step("new", "nowhere.completed"), after="a"), "does_not_fit"),
    ],
)
def test_E4_what_cannot_be_is_refused_and_changes_nothing(deviation: Any, code: str) -> None:
    """With the rule, and in words."""
    answer = _line().change(deviation)
    assert (answer.accepted, answer.rule, answer.code) == (False, "E4", code)


def test_E4_is_not_for_clients_and_not_for_what_is_over() -> None:
    """Only a practitioner, an operator or the host."""
    run = _line()
    assert run.change(DropStep(step="b"), by="client").code == "not_yours"
    done = Run(step("a"), step("b", required=False))
    done.respond("a")
    assert done.change(DropStep(step="b")).code == "journey_completed"
