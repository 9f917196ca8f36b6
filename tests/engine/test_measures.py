"""D33 to D35: the measures, on the vectors they were published with."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.measures import Assignment, compliance, hes_ct, hes_general, hstbs_scale

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = (MONDAY, MONDAY + timedelta(days=7))


def given(day: float, state: str = "completed", **more: Any) -> Assignment:
    due_at = MONDAY + timedelta(days=day)
    settled_at = due_at + timedelta(hours=5) if state != "open" else None
    facts = {"occurrence": f"a.{day}", "step": "a", "pathway": "p", "due_at": due_at, "state": state, "settled_at": settled_at}
    return Assignment.model_validate({**facts, **more})


def test_D33_three_of_four_is_three_quarters_and_nothing_of_nothing_is_no_figure() -> None:
    """The published vectors."""
    done = compliance([given(0), given(1), given(2), given(3, "expired")], *WEEK)
    assert (done.assigned, done.completed, done.compliance) == (4, 3, 0.75)
    assert compliance([], *WEEK).compliance is None


def test_D33_only_what_was_due_in_the_window_and_not_withdrawn() -> None:
    """Its end is exclusive; excused, not applicable and cancelled steps are nobody's; what came after it was not done in it."""
    late_one = given(6, settled_at=WEEK[1] + timedelta(hours=1))
    outside = [given(-0.1), given(7)]
    withdrawn = [given(1, state) for state in ("excused", "not_applicable", "cancelled")]
    done = compliance([given(0), late_one, *outside, *withdrawn], *WEEK)
    assert (done.assigned, done.completed) == (2, 1)


def test_D33_on_time_and_optional_are_told_apart() -> None:
    """A late one was done, an optional one is counted by itself."""
    done = compliance([given(0), given(1, late=True), given(2, required=False), given(3, "open", required=False)], *WEEK)
    assert (done.compliance, done.on_time) == (1.0, 0.5)
    assert (done.optional_assigned, done.optional_completed, done.optional_compliance) == (2, 1, 0.5)


@pytest.mark.parametrize(("ratings", "total"), [((0, 3, 4), 3), ((6, 6, 6), 6), ((1, 1, 1), 3), ((0, 0, 0), 0)])
def test_D35_hes_ct(ratings: tuple[int, ...], total: int) -> None:
    """Raw 0-6 recoded to 0, 1, 2 and summed."""
    assert hes_ct(ratings) == total


def test_D34_hes_general() -> None:
    """Summed to 12 at most; several raters: each item's mean first; a missing item leaves no score."""
    assert hes_general([(4, 4, 4)]) == 12
    assert hes_general([(4, 2, 1), (2, 2, 2)]) == 3 + 2 + 1.5
    assert hes_general([(4, None, 4)]) is None
    assert hes_general([(4, 4)]) is None
    assert hes_general([]) is None
    with pytest.raises(ValueError, match="outside 0 to 4"):
        hes_general([(5, 0, 0)])


def test_D36_hstbs() -> None:
    """Each scale is the mean of its items; a review before the first session has none."""
    assert hstbs_scale((4, 3, 2, 4, 3, 2, 3)) == 3.0
    assert hstbs_scale(()) is None
    assert hstbs_scale((4, None)) is None
    assert hes_ct((1, None, 1)) is None
