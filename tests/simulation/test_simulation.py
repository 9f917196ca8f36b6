"""What a simulation says of a pathway is what the rules make of it."""

from datetime import date

import pytest

from engine.publishing import Published, compile_pathway
from engine.steps import step_types
from stepwell.behaviour import NAMES
from stepwell.simulation import Simulation, simulate
from tests.pathways import EXAMPLES, document, example, step

START = date(2026, 3, 2)
EVERY_EXAMPLE = sorted(file.stem for file in EXAMPLES.glob("*.yaml"))


def run(published: Published, behaviour: str = "mixed", clients: int = 12, seed: int = 1, days: int = 365) -> Simulation:
    """Simulate with what most tests want."""
    return simulate(
        published,
        step_types(),
        clients=clients,
        behaviour_name=behaviour,
        seed=seed,
        start=START,
        zone="Europe/London",
        days=days,
    )


@pytest.mark.parametrize("name", EVERY_EXAMPLE)
@pytest.mark.parametrize("behaviour", NAMES)
def test_the_same_seed_is_the_same_to_the_byte(name: str, behaviour: str) -> None:
    """Whatever the pathway and the behaviour."""
    published = example(name)
    first, second = (run(published, behaviour).model_dump_json() for _ in range(2))
    assert first == second
    assert first != run(published, behaviour, seed=2).model_dump_json() or name == "couple-communication"


@pytest.mark.parametrize("name", EVERY_EXAMPLE)
def test_prompt_clients_complete_every_example(name: str) -> None:
    """Nobody is left behind, nothing expires, and nobody gets more a day than the pathway allows."""
    found = run(example(name), "prompt")
    assert (found.completed, found.running, found.held) == (12, 0, 0)
    assert found.deliveries == found.completions + found.expiries
    assert found.most_contacts <= 5 or name == "tutorial"


def test_figures_are_counted_as_they_happen() -> None:
    """Two clients who never answer a step that closes after three days and reminds twice."""
    steps = step("a", "window: {finish_by: 3 days}\non_expiry: continue\nreminders: {after: [1 day, 2 days]}") + step("b")
    found = run(compile_pathway(document(steps)), "late", clients=2, days=30)
    assert found.steps["a"].delivered == 2
    assert found.steps["a"].completed + found.steps["a"].expired >= 2
    assert found.deliveries == sum(one.delivered for one in found.steps.values())
    assert found.reminders == sum(one.reminders for one in found.steps.values())


def test_who_stops_is_reminded_expires_and_holds() -> None:
    """A required step that nobody answers holds the journey, and the practitioner is told."""
    many = "".join(step(f"s{number}", "window: {finish_by: 2 days}\nreminders: {after: [1 day]}") for number in range(12))
    found = run(compile_pathway(document(many)), "stops", clients=20)
    assert found.held == 20
    assert found.expiries == 20
    assert found.told >= 20
    assert found.days_to_complete is None


def test_forgetful_clients_answer_after_reminders() -> None:
    """More reminders than the prompt, and later completions."""
    published = example("gratitude-letter")
    forgetful, prompt = run(published, "forgetful", clients=60), run(published, "prompt", clients=60)
    assert forgetful.reminders > prompt.reminders == 0
    assert forgetful.days_to_complete is not None
    assert prompt.days_to_complete is not None
    assert forgetful.days_to_complete[2] > prompt.days_to_complete[2]


def test_one_client_more_changes_nobody_else() -> None:
    """Each client draws from their own number."""
    published = example("depression-homework")
    few, more = run(published, clients=3), run(published, clients=4)
    assert few.deliveries < more.deliveries
    assert few.steps["why"].delivered + 1 == more.steps["why"].delivered


@pytest.mark.parametrize("wrong", ["lazy", "", "Prompt"])
def test_an_unknown_behaviour_is_refused(wrong: str) -> None:
    """With the list of what there is."""
    with pytest.raises(ValueError, match="prompt, late, forgetful, stops, mixed"):
        run(example("tutorial"), wrong)
