"""Which newer content a running journey may show: what its structure takes from content has to be the same (rule E)."""

import pytest

from engine.base import StepId
from engine.latebound import FROM_CONTENT, fits
from engine.publishing import compile_pathway
from engine.structure import StepStructure, Structure
from tests.pathways import document, step

_LATE_BOUND = """
- id: menu
  type: choice
  title: Menu
  rationale: why
  content:
    at_most: 2
    options:
      - {value: walk, label: A walk, opens: [walking]}
      - {value: call, label: A call}
- id: mood
  type: questionnaire
  title: Mood
  rationale: why
  content:
    items:
      - {id: mood, type: scale, text: How are you?, min: 0, max: 10}
    scores: {low: {items: [mood]}}
"""
_PINNED = {
    "id",
    "required",
    "timing",
    "regardless",
    "needs",
    "when",
    "window",
    "on_expiry",
    "late",
    "left_out",
    "repeat",
    "max_lateness",
    "urgent",
    "reminders",
    "escalation",
}
"""What an author says of a step outside its content."""


def _structure(source: str, version: int) -> Structure:
    return compile_pathway(document(source), version).structure


def test_E_every_field_of_a_step_is_known_to_come_from_its_content_or_not() -> None:
    """Whoever adds one decides."""
    assert set(StepStructure.model_fields) == _PINNED | set(FROM_CONTENT)
    assert not _PINNED & set(FROM_CONTENT)


@pytest.mark.parametrize(
    ("name", "old", "new", "fitting"),
    [
        ("walking", "title: walking", "title: Go out", True),
        ("walking", "body: Hello", "body: Good day", True),
        ("walking", "rationale: why", "rationale: because\n  deliver: {after: previous.completed, offset: 9 days}", True),
        ("walking", "title: walking", "title: walking\n  required: false", True),
        ("menu", "label: A walk", "label: A long walk", True),
        ("menu", "{value: call, label: A call}", "{value: swim, label: A swim}", True),
        ("menu", "{value: call, label: A call}", "{value: call, label: A call, opens: [end]}", False),
        ("menu", ", opens: [walking]", "", False),
        ("mood", "text: How are you?", "text: And how are you?", True),
        ("mood", "max: 10", "max: 4", True),
        ("mood", "scores: {low: {items: [mood]}}", "scores: {sad: {items: [mood]}}", False),
        ("mood", "title: Mood", "title: Mood\n  visibility: client_only", False),
        ("mood", "- id: end", "- id: last", True),
        ("end", "- id: end", "- id: last", False),
    ],
)
def test_E_content_fits_where_the_structure_takes_the_same_from_it(name: str, old: str, new: str, fitting: bool) -> None:
    """Words, timing and gates may differ; what an answer comes to and leads to may not."""
    before = _LATE_BOUND + step("walking") + step("end")
    assert old in before
    assert fits(_structure(before, 1), _structure(before.replace(old, new), 2), StepId(name)) is fitting


def test_E_facts_that_other_conditions_read_are_no_longer_what_their_author_meant() -> None:
    """The words of a question stay with the conditions that were written for them."""
    before = _LATE_BOUND + step("walking") + step("end", "when: outcomes.mood.low >= 3")
    after = before.replace(">= 3", ">= 5")
    assert not fits(_structure(before, 1), _structure(after, 2), StepId("mood"))
    assert fits(_structure(before, 1), _structure(after, 2), StepId("end")), "its own condition is structure, and pinned"
    assert fits(_structure(before, 1), _structure(after, 2), StepId("menu"))


def test_E_a_version_fits_itself() -> None:
    """Also where nobody compares."""
    one = _structure(_LATE_BOUND + step("walking") + step("end"), 1)
    assert all(fits(one, one, name) for name in one.by_id)
    assert not fits(one, one, StepId("elsewhere"))
