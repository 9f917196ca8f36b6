"""Which content a step of a running journey may be shown with: structure is pinned, content is late-bound (rule E)."""

from collections.abc import Iterator
from typing import NamedTuple

from engine.base import StepId
from engine.structure import Condition, StepStructure, Structure

FROM_CONTENT = (
    "type",
    "actor",
    "told",
    "revisable",
    "is_foreign",
    "is_risky",
    "completes_on",
    "task",
    "ways",
    "dates",
    "looks_at",
    "outcomes",
)
"""What the structure of a step takes from its content: where one of these differs, the content is for another structure."""


def fits(pinned: Structure, newer: Structure, step: StepId) -> bool:
    """Whether a journey on `pinned` may show this step with the content of `newer`.

    It may where the step is there, is what it was, and the same conditions read the same facts of it: what an answer
    leads to is then what its author meant.
    """
    if pinned.version == newer.version:
        return step in pinned.by_id
    mine, theirs = pinned.by_id.get(step), newer.by_id.get(step)
    if mine is None or theirs is None or any(getattr(mine, name) != getattr(theirs, name) for name in FROM_CONTENT):
        return False
    if mine.reminders is not None and theirs.reminders is not None and mine.reminders.date != theirs.reminders.date:
        return False  # another date is spoken of than the one that is reminded of
    return not mine.outcomes or _readings(pinned, step) == _readings(newer, step)


class _Reading(NamedTuple):
    """One condition that reads a fact of a step."""

    reader: StepId
    place: str
    condition: Condition


def _readings(structure: Structure, step: StepId) -> set[_Reading]:
    facts = f"outcomes.{step}."
    return {
        reading
        for one in structure.steps
        for reading in _conditions(one)
        if any(name.startswith(facts) for name, _ in reading.condition.variables)
    }


def _conditions(step: StepStructure) -> Iterator[_Reading]:
    if step.when is not None:
        yield _Reading(step.id, "when", step.when)
    if step.needs is not None and step.needs.condition is not None:
        yield _Reading(step.id, "needs", step.needs.condition)
    for name, condition in step.ways:
        yield _Reading(step.id, name, condition)
