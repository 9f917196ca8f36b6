"""Rule G5: conditions, evaluated when the step would be delivered."""

from datetime import date

import pytest

from tests.engine.driver import Run, step

SCORE = {"outcomes.phq.score": "int"}
PHQ = step("phq", outcomes=(("score", "int"),))


@pytest.mark.parametrize(("score", "state"), [(12, "open"), (9, "not_applicable")])
def test_G5_true_delivers_false_does_not_apply(score: int, state: str) -> None:
    """And the reason names the values it saw."""
    run = Run(PHQ, step("b", when="outcomes.phq.score >= 10", facts=SCORE))
    run.respond("phq", score=score)
    assert run.state("b") == state
    if state == "not_applicable":
        assert run.happened("step_not_applicable")[0].why == "condition: outcomes.phq.score = 9"


def test_G5_a_missing_fact_makes_it_false() -> None:
    """An excused questionnaire yields no score; the reason says so."""
    run = Run(PHQ, step("b", when="outcomes.phq.score >= 10", facts=SCORE))
    run.excuse("phq")
    assert run.happened("step_not_applicable")[0].why == "condition: outcomes.phq.score missing"


def test_G5_is_evaluated_when_it_would_be_delivered_after_any_hold() -> None:
    """A revision that arrives while quiet hours hold the step still counts."""
    phq = {**PHQ, "revisable": True}
    run = Run(phq, step("b", when="outcomes.phq.score >= 10", facts=SCORE), start="2026-03-02 20:00", quiet="21:00-08:00")
    run.until("2026-03-02 22:00").respond("phq", score=3)
    assert run.state("b") == "waiting"
    run.until("2026-03-03 07:00").respond("phq", "second", score=15)
    assert run.until("2026-03-03 08:00").state("b") == "open"


def test_G5_the_day_the_dates_and_what_is_done() -> None:
    """Everything a condition may know of the journey."""
    facts = {"journey.day": "int", "dates.surgery": "timestamp", "journey.now": "timestamp", "done.a": "bool"}
    when = "journey.day == 3 && journey.now < dates.surgery && !done.a"
    for surgery, state in ((date(2026, 3, 20), "open"), (date(2026, 3, 1), "not_applicable")):
        run = Run(
            step("a"),
            step("b", "journey.started", "2 days", when=when, facts=facts, regardless=True),
            dates={"surgery": surgery},
        )
        assert run.until("2026-03-05 00:00").state("b") == state


def test_G5_each_of_a_series_is_judged_for_itself() -> None:
    """One that does not apply leaves the next to its own day."""
    run = Run(
        step(
            "a",
            repeat={"every": "1 day", "count": 3},
            when="journey.day != 2",
            facts={"journey.day": "int"},
            on_expiry="continue",
        )
    ).until("2026-03-10 00:00")
    assert [run.state(f"a.{n}") for n in (1, 2, 3)] == ["expired", "not_applicable", "expired"]


def test_G5_a_step_released_early_is_not_judged() -> None:
    """The practitioner decided."""
    run = Run(step("a"), step("b", when="false"))
    run.release("b")
    assert run.state("b") == "open"
