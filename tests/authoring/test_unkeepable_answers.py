"""What no store could keep is no answer."""

from typing import Any

import pytest

from engine.steps import step_types
from stepwell.errors import InvalidResponse
from stepwell.judging import judge
from tests.pathways import example


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_not_a_number_is_refused(value: float) -> None:
    """Neither range nor store could do anything with it."""
    published = example("depression-homework")
    step = published.structure.by_id["task"]  # type: ignore[index]
    answers: dict[str, Any] = {"what": "walk", "times": value, "before": 3, "after": 6}
    with pytest.raises(InvalidResponse):
        judge(published.contents.steps[step.id], step_types(), step, {"answers": answers})


@pytest.mark.parametrize("text", ["a\0b", "\ud83d"])
@pytest.mark.parametrize("where", ["what", "smell"])
def test_text_that_is_none_is_refused(text: str, where: str) -> None:
    """PostgreSQL keeps no NUL, and nobody can write half a character."""
    published = example("depression-homework")
    step = published.structure.by_id["task"]  # type: ignore[index]
    with pytest.raises(InvalidResponse, match="no text"):
        judge(published.contents.steps[step.id], step_types(), step, {"answers": {where: text}})
