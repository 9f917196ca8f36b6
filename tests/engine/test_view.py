"""The read model: folded from events alone. Every turn of every other test compares it with the journey's state."""

import pytest

from engine.view import JourneyView, fold
from tests.engine.driver import Run, step


def test_an_event_out_of_order_is_refused() -> None:
    """The next in number, or nothing."""
    run = Run(step("a"))
    with pytest.raises(ValueError, match="does not follow"):
        fold(run.events[1:])
    assert fold(run.events[:1]).seq == 1


def test_is_held_while_something_waits_for_a_person() -> None:
    """An expired required step, or a parked one; not a refusal, not an open one."""
    run = Run(step("a", window={"finish_by": "1 day"}), step("b"))
    assert not fold(run.events).is_held
    run.until("2026-03-04 00:00")
    assert fold(run.events).is_held
    run.excuse("a")
    assert not fold(run.events).is_held
    assert not JourneyView().is_held


def test_what_comes_at_the_same_instant_is_planned_in_the_order_of_the_pathway() -> None:
    """Not in the order of their names, and the tenth after the ninth."""
    run = Run(
        step("z", "journey.started", "1 day"),
        step("a", "journey.started", "1 day", regardless=True),
        step("m", "journey.started", "1 day", regardless=True, repeat={"every": "1 minute", "count": 11}),
    )
    names = [item.occurrence for item in run.plan.items if item.what == "delivery"]
    assert names == ["z.1", "a.1", *(f"m.{number}" for number in range(1, 12))]
