"""What publishing would bring, for pathways of which it can be told by hand."""

from datetime import date

import pytest

from engine.publishing import compile_pathway
from engine.steps import step_types
from stepwell.whatif.impact import Impact, impact
from tests.pathways import document, example, step

START = date(2026, 3, 4)


def of(steps: str, per_week: int = 10, behaviour: str = "prompt", seed: int = 1) -> Impact:
    """The impact of a pathway of these steps."""
    published = compile_pathway(document(steps))
    return impact(published, step_types(), per_week=per_week, start=START, sample=20, behaviour_name=behaviour, seed=seed)


def two(more: str = "") -> str:
    """Three days to do the first, two days between, four to do the second."""
    second = "deliver: {after: a.completed, offset: 2 days}\nwindow: {finish_by: 4 days}"
    return step("a", f"window: {{finish_by: 3 days}}\n{more}") + step("b", f"{second}\n{more}")


TWO = two()


def test_the_shortest_and_the_longest() -> None:
    """At once: two days of waiting. At the closings: three days, the wait, and four."""
    found = of(TWO)
    assert (found.shortest_days, found.longest_days, found.no_end) == (2.0, 9.0, ())


def test_a_required_step_without_closing_has_no_end() -> None:
    """And says which; an optional one holds nobody up."""
    found = of(TWO + step("c") + step("d", "required: false"))
    assert found.longest_days is None
    assert [(one.step, one.why) for one in found.no_end] == [("c", "it has no closing: it waits until it is done")]
    assert found.shortest_days == 2.0


@pytest.mark.parametrize(
    ("on_expiry", "silent", "days"), [("hold", "held", 3.0), ("continue", "completed", 9.0), ("end", "ended", 3.0)]
)
def test_what_becomes_of_who_never_answers(on_expiry: str, silent: str, days: float) -> None:
    """As the step that closes has it."""
    found = of(two(f"on_expiry: {on_expiry}"))
    assert (found.silent, found.silent_days) == (silent, days)
    assert (of(step("a")).silent, of(step("a")).silent_days) == ("waiting", None)


def test_contacts_over_the_practice() -> None:
    """Ten a week with two messages each are twenty a week; two days later than Monday to Friday is Wednesday to Sunday."""
    found = of(TWO)
    assert (found.contacts_per_client, found.contacts_per_week, found.most_contacts) == (2.0, 20.0, 1)
    assert [(one.weekday, one.contacts) for one in found.days][:3] == [("Monday", 2.0), ("Tuesday", 2.0), ("Wednesday", 4.0)]
    assert sum(one.contacts for one in found.days) == 20.0
    assert of(TWO, per_week=30).contacts_per_week == 60.0
    assert found.weeks[0] == 2.0


def test_the_worst_day_of_a_client_is_found_in_any_life() -> None:
    """Three steps that come together are one message; a reminder of each of them hours apart are three more."""
    reminded = "".join(
        step(name, f"deliver: {{after: journey.started}}\nregardless: true\nreminders: {{after: [{hours} hours]}}")
        for name, hours in (("a", 2), ("b", 4), ("c", 6))
    )
    found = of(reminded)
    assert (found.most_contacts, found.most_contacts_on) == (4, 1)


def test_what_nobody_reaches() -> None:
    """A condition that no answer makes true; a step that only those reach who let a wait run out; an event nobody sends."""
    found = of(
        step("a")
        + step("never", 'required: false\nwhen: "journey.day < 0"')
        + step("far", "required: false\nregardless: true\ndeliver: {after: event called}")
    )
    assert {one.step: one.why for one in found.unreached} == {
        "never": "its condition never holds: journey.day < 0",
        "far": "it counts from the event called, which nobody sends in a simulation",
    }
    tour = impact(example("tour"), step_types(), per_week=1, start=START, sample=10)
    assert [one.step for one in tour.steps if one.at_an_edge and not one.reached] == ["called"]
    assert tour.unreached == ()


def test_reviews_are_counted_for_who_writes_them() -> None:
    """Each client brings one."""
    review = "- id: look\n  type: review\n  title: Look\n  content: {prompt: Look.}\n"
    found = of(TWO + review)
    assert found.reviews_per_week == 10.0
    assert found.told_per_week >= 10.0


def test_the_same_seed_is_the_same_to_the_byte() -> None:
    """And another seed is another week."""
    first, again, other = (of(TWO, behaviour="forgetful", seed=seed).model_dump_json() for seed in (1, 1, 2))
    assert first == again != other


def test_the_longest_is_just_in_time() -> None:
    """Where a missed step ends the journey, nobody who does everything before it closes is ended."""
    assert of(two("on_expiry: end")).longest_days == 9.0
