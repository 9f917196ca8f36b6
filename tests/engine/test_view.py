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
