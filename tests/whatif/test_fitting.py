"""Fitted behaviour is the behaviour it was fitted from, as far as so many observations can tell."""

import json
from datetime import UTC, datetime, timedelta
from math import sqrt
from random import Random

import pytest

from engine.advance import StartFacts
from engine.base import ClientId, JourneyId, TenantId
from engine.publishing import Published, compile_pathway
from engine.steps import step_types
from stepwell.behaviour import behaviour
from stepwell.simulation import Answers, Life, simulate
from stepwell.whatif.fitting import Fitted, fit
from stepwell.whatif.recorded import Recorded
from tests.pathways import document, example, step

BEGINS = datetime(2026, 3, 2, 9, tzinfo=UTC)
REMINDED = "window: {finish_by: 4 days}\non_expiry: continue\nreminders: {after: [30 hours, 60 hours]}"
DIARY = compile_pathway(
    document(
        step("first", REMINDED) + step("diary", f"repeat: {{every: 5 days, count: 12}}\n{REMINDED}") + step("last", REMINDED)
    )
)


def lived(published: Published, name: str, clients: int, seed: int = 1, fitted: Fitted | None = None) -> list[Recorded]:
    """What would be in the store of so many clients who behave like that."""
    found = []
    for number in range(clients):
        draws = Random(f"{seed}/{number}")
        facts = StartFacts(
            journey=JourneyId(f"j{number}"), tenant=TenantId("t"), client=ClientId(f"c{number}"), zone="Europe/London"
        )
        answers = Answers(published, step_types())
        behaves = fitted.client if fitted else lambda draws: behaviour(name, draws)
        life = Life(published.structure, answers, facts, BEGINS, behaves, draws)
        life.live(BEGINS + timedelta(days=365))
        found.append(Recorded(f"j{number}", published.structure, tuple(life.events)))
    return found


def near(share: float, observations: int) -> object:
    """Four standard errors: one in sixteen thousand true ones lies outside."""
    return pytest.approx(share, abs=4 * sqrt(share * (1 - share) / observations) + 0.001)


def near_median(longest: float, shortest: float, observations: int) -> object:
    """Of what is drawn evenly: the median's standard error is half the length over the root of the number."""
    return pytest.approx((longest + shortest) / 2, abs=4 * (longest - shortest) / (2 * sqrt(observations)) + 0.1)


def test_the_forgetful_are_found_forgetful() -> None:
    """Six in ten within 1 to 24 hours, half of the rest by each reminder within 1 to 12 hours: as their page says."""
    found = fit(lived(DIARY, "forgetful", 120)).every
    assert found.deliveries > 1200
    assert found.on_delivery == near(0.6, found.deliveries)
    assert found.on_reminder == near(0.5, found.reminders)
    answered = round(found.on_delivery * found.deliveries)
    assert found.delay_hours[10] == near_median(24, 1, answered)
    assert found.reminder_hours[10] == near_median(12, 1, round(found.on_reminder * found.reminders))
    assert (round(found.delay_hours[0]), round(found.delay_hours[-1])) == (1, 24)


def test_those_who_stop_are_found_to_stop() -> None:
    """Each of them, by what they leave at the end; what they left then does not count as not answered."""
    found = fit(lived(DIARY, "stops", 60))
    assert found.stopped == 60
    assert found.every.on_delivery > 0.99
    assert found.drop_off == pytest.approx(60 / (found.every.deliveries + 60), abs=0.001)


def test_fitted_again_from_those_who_behave_like_that_it_is_the_same() -> None:
    """Fit, simulate, fit: shares and medians come back."""
    first = fit(lived(DIARY, "forgetful", 120))
    again = fit(lived(DIARY, "", 120, seed=2, fitted=first))
    assert again.every.on_delivery == near(first.every.on_delivery, again.every.deliveries)
    assert again.every.on_reminder == near(first.every.on_reminder, again.every.reminders)
    assert again.every.delay_hours[10] == pytest.approx(first.every.delay_hours[10], abs=2.5)


def test_with_few_observations_a_step_goes_by_its_type_and_a_type_by_all() -> None:
    """And the document says of how many each figure is."""
    found = fit(lived(DIARY, "prompt", 20))
    by_id = DIARY.structure.by_id
    assert (found.steps["first"].deliveries, found.steps["diary"].deliveries) == (20, 240)
    assert [found.source(one) for one in by_id.values()] == ["type", "step", "type"]
    assert fit(lived(DIARY, "prompt", 1)).source(by_id["first"]) == "every"
    other = example("gratitude-letter").structure.steps[0].model_copy(update={"type": "unheard-of"})
    assert found.source(other) == "every"


def test_the_document_goes_through_json_and_gives_the_same_bytes() -> None:
    """As a file that is saved and simulated with."""
    past = lived(DIARY, "mixed", 30)
    first = fit(past)
    assert first.model_dump_json() == fit(past).model_dump_json()
    kept = Fitted.model_validate(json.loads(first.model_dump_json()))

    def run(fitted: Fitted, seed: int = 1) -> str:
        return simulate(
            DIARY,
            step_types(),
            clients=10,
            behaviour_name="fitted",
            seed=seed,
            start=BEGINS.date(),
            zone="Europe/London",
            fitted=fitted,
        ).model_dump_json()

    assert run(first) == run(kept)
    assert run(first) != run(first, seed=2)


def test_what_is_not_over_says_nothing() -> None:
    """An open step is neither answered nor not, until it has been open for two weeks."""
    past = [Recorded("j", one.structure, one.events[:2]) for one in lived(DIARY, "prompt", 1)]
    with pytest.raises(ValueError, match="nothing to learn from"):
        fit(past)
    found = fit(past, until=BEGINS + timedelta(days=15))
    assert (found.every.deliveries, found.every.on_delivery) == (1, 0.0)
