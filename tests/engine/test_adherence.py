"""Rule A: adherence."""

import pytest

from engine.adherence import Figures, adherence, figures
from engine.view import OccurrenceView, view_of
from tests.engine.driver import Run, step


def test_A_counts_what_was_offered_and_what_was_done() -> None:
    """Required and optional apart; excused and not applicable in neither; hours from delivery to completion."""
    run = Run(
        *(step(name, "journey.started", regardless=True, window={"finish_by": "2 days"}) for name in ("a", "b", "c", "d")),
        step("e", "journey.started", regardless=True, when="false"),
        step("f", "journey.started", "30 days", regardless=True),
        *(step(name, "journey.started", regardless=True, required=False) for name in ("x", "y")),
    )
    run.excuse("d")
    run.until("2026-03-02 12:00").respond("a")
    run.skip("x")
    run.until("2026-03-05 09:00").respond("b")
    found = adherence(run.structure, view_of(run.journey).occurrences.values())
    assert found.required == Figures(
        offered=3, completed=2, compliance=2 / 3, on_time_share=0.5, late_share=0.5, median_hours=(3 + 72) / 2
    )
    assert found.optional == Figures(offered=2, completed=0, compliance=0.0)


def test_A_nothing_offered_has_no_figure() -> None:
    """Not 100 %, and not 0 %."""
    assert figures([]) == Figures()
    run = Run(step("a", offset="1 day"))
    assert adherence(run.structure, view_of(run.journey).occurrences.values()).required.compliance is None


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ("waiting", 0),
        ("open", 1),
        ("started", 1),
        ("completed", 1),
        ("skipped", 1),
        ("expired", 1),
        ("abandoned", 1),
        ("excused", 0),
        ("not_applicable", 0),
        ("cancelled", 0),
    ],
)
def test_A_offered_by_state(state: str, counts: int) -> None:
    """And only what was delivered: one missed in an outage was never offered."""
    view = OccurrenceView.model_validate({"id": "a.1", "step": "a", "state": state})
    assert figures([view]).offered == 0
    delivered = OccurrenceView.model_validate({**view.model_dump(), "delivered_at": "2026-03-02T09:00:00Z"})
    assert figures([delivered]).offered == counts
