"""Scores are counted as they are written."""

from typing import Any

import pytest

from engine.steps.questionnaire import QuestionnaireContent, QuestionnaireResponse, QuestionnaireStep
from engine.steptype import Outcome

KIND = QuestionnaireStep()
SCALES = [{"id": name, "type": "scale", "text": "T", "min": 0, "max": 4, "required": False} for name in "abc"]


def outcome(score: dict[str, Any], answers: dict[str, Any], items: list[dict[str, Any]] | None = None) -> Outcome:
    content = QuestionnaireContent.model_validate({"items": items or SCALES, "score": score})
    assert KIND.check(content) == ()
    return KIND.judge(content, QuestionnaireResponse(answers=answers))


@pytest.mark.parametrize(
    ("score", "answers", "value"),
    [
        ({}, {"a": 1, "b": 2, "c": 3}, 6),
        ({"method": "mean"}, {"a": 1, "b": 2, "c": 4}, 7 / 3),
        ({"times": 4}, {"a": 1, "b": 2, "c": 4}, 28),
        ({"reverse": ["c"]}, {"a": 1, "b": 2, "c": 4}, 3),
        ({"items": ["a"], "times": 0.1}, {"a": 3}, 0.3),
        ({"missing": {"at_most": 1}}, {"a": 1, "b": 2}, 4.5),
        ({"missing": {"at_most": 2}}, {"a": 3}, 9.0),
        ({"missing": {"at_most": 2}, "method": "mean"}, {"a": 3, "b": 4}, 3.5),
        (
            {"recode": {"a": [{"from": 0, "to": 1, "points": 10}, {"from": 2, "to": 4, "points": 20}]}},
            {"a": 1, "b": 1, "c": 1},
            12,
        ),
    ],
)
def test_a_score_is_counted_exactly(score: dict[str, Any], answers: dict[str, Any], value: float) -> None:
    """Sums, means, other points, the other way round, the mean of the others."""
    found = outcome(score, answers)["score"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("score", "answers"), [({}, {"a": 1, "b": 2}), ({"missing": {"at_most": 1}}, {"a": 1}), ({"missing": {"at_most": 2}}, {})]
)
def test_too_much_missing_is_no_score(score: dict[str, Any], answers: dict[str, Any]) -> None:
    """Half a questionnaire yields no number that looks like a whole one."""
    assert outcome(score, answers) == {}


def test_tenths_meet_the_edge_of_their_band() -> None:
    """0.1 and 0.2 are 0.3, as they are written."""
    options = [{"value": "x", "label": "X", "points": 0.1}, {"value": "y", "label": "Y", "points": 0.2}]
    items = [{"id": name, "type": "choice", "text": "T", "options": options} for name in "ab"]
    score = {"bands": [{"to": 0.3, "name": "low"}, {"to": 0.4, "name": "high"}]}
    assert outcome(score, {"a": "x", "b": "y"}, items) == {"score": 0.3, "band": "low"}


def test_an_item_that_is_not_asked_is_missing() -> None:
    """It counts as nothing known, not as nothing."""
    items = [SCALES[0], {**SCALES[1], "asked_if": {"item": "a", "above": 2}}]
    assert outcome({}, {"a": 1}, items) == {}
    assert outcome({"missing": {"at_most": 1}}, {"a": 1}, items) == {"score": 2.0}
    assert outcome({}, {"a": 3, "b": 1}, items) == {"score": 4}
