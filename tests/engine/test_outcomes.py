"""RT22: what a task comes to has to be what its type declared, or its journey is held; a journey that took it could never go on."""

from typing import Any

import pytest

from engine.outcomes import problems_of
from engine.structure import Task, VariableType
from tests.engine.driver import Run, step

OUTCOMES: tuple[tuple[str, VariableType], ...] = (
    *(("sent", "bool"), ("count", "int"), ("share", "double")),
    *(("day", "string"), ("picked", "list")),
)
NONSENSE: list[dict[str, Any]] = [
    {"sent": "yes"},
    {"count": 1.5},
    {"count": True},
    {"count": 2**60},
    {"share": float("nan")},
    {"share": "half"},
    {"day": "tomorrow"},
    {"day": "2026-13-01"},
    {"day": "x" * 501},
    {"picked": tuple("abc" * 101)},
    {"picked": ("x" * 501,)},
]
FINE: list[dict[str, Any]] = [
    {},
    {"sent": True, "count": 3, "share": 0.5, "day": "2026-12-01", "picked": ("a", "b")},
    {"share": 1},
    {"unknown": "x" * 10_000},
]


def _run() -> Run:
    task = Task(activity="look", patience=None).model_dump()
    kit = step("kit", type="t", actor="host", task=task, outcomes=OUTCOMES, dates=(("next", "day"),))
    return Run(kit, step("b"))


@pytest.mark.parametrize("outcome", NONSENSE, ids=lambda one: repr(one)[:60])
def test_RT22_G12_nonsense_holds_the_journey_and_is_not_kept(outcome: dict[str, Any]) -> None:
    """With a reason that says nothing of it; tried again, it goes on."""
    run = _run()
    run.done("kit", **outcome)
    assert (run.journey.is_held, run.journey.outcomes, run.state("b")) == (True, {}, "waiting")
    (held,) = run.happened("task_held")
    assert held.reason.startswith("it came to what nobody can use: the outcome '")
    assert not any(str(value) in held.reason for value in outcome.values() if isinstance(value, str))
    run.retry("kit")
    run.done("kit", day="2026-12-01")
    assert (run.journey.is_held, run.state("b")) == (False, "open")


@pytest.mark.parametrize("outcome", FINE, ids=lambda one: repr(one)[:60])
def test_RT22_what_was_declared_is_kept_and_the_rest_left_out(outcome: dict[str, Any]) -> None:
    """A whole number is a decimal too."""
    run = _run()
    assert problems_of(run.structure.steps[0], outcome) == []
    run.done("kit", **outcome)
    assert run.state("b") == "open"
    assert "unknown" not in run.journey.outcomes["kit"]  # type: ignore[index]
