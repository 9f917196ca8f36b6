"""Each kind of answer is judged in words, and the journey learns what was declared of it."""

from typing import Any

import pytest

from engine.steps.questionnaire import QuestionnaireContent, QuestionnaireResponse, QuestionnaireStep
from engine.steptype import InvalidResponse, Outcome

KIND = QuestionnaireStep()
ITEMS: list[dict[str, Any]] = [
    {"id": "slept", "type": "yes_no", "text": "Did you sleep?"},
    {"id": "why", "type": "text", "text": "Why not?", "asked_if": {"item": "slept", "is": False}, "max": 20},
    {"id": "diary", "type": "long_text", "text": "Tell", "required": False},
    {"id": "mood", "type": "scale", "text": "Mood", "min": 0, "max": 10},
    {
        "id": "pick",
        "type": "choice",
        "text": "One",
        "options": [{"value": "a", "label": "A", "points": 1}, {"value": "b", "label": "B", "points": 3}],
    },
    {
        "id": "many",
        "type": "choices",
        "text": "Some",
        "required": False,
        "max": 2,
        "options": [{"value": "x", "label": "X"}, {"value": "y", "label": "Y"}, {"value": "z", "label": "Z"}],
    },
    {"id": "times", "type": "number", "text": "How often", "min": 0, "whole": True, "required": False},
    {"id": "weight", "type": "number", "text": "kg", "required": False},
    {"id": "when", "type": "date", "text": "When", "required": False},
]
RIGHT: dict[str, Any] = {"slept": True, "mood": 7, "pick": "b"}


def judge(content: dict[str, Any], answers: dict[str, Any]) -> Outcome:
    return KIND.judge(QuestionnaireContent.model_validate(content), QuestionnaireResponse.model_validate({"answers": answers}))


def wrong(answers: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidResponse) as refused:
        judge({"items": ITEMS}, {**RIGHT, **answers})
    return [f"{problem.where}: {problem.message}" for problem in refused.value.problems]


def test_a_right_answer_is_taken() -> None:
    """What fits every item is a response; without declared outcomes the journey learns nothing of it."""
    assert judge({"items": ITEMS}, RIGHT) == {}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"mood": 11}, "answers.mood: must be at most 10"),
        ({"mood": -1}, "answers.mood: must be at least 0"),
        ({"mood": 3.5}, "answers.mood: must be a whole number"),
        ({"mood": "7"}, "answers.mood: must be a number"),
        ({"mood": True}, "answers.mood: must be a number"),
        ({"mood": None}, "answers.mood: is required"),
        ({"slept": "yes"}, "answers.slept: must be true or false"),
        ({"pick": "c"}, "answers.pick: must be one of a, b"),
        ({"many": ["x", "q"]}, "answers.many: must be a list of some of x, y, z"),
        ({"many": ["x", "y", "z"]}, "answers.many: takes at most 2 of them"),
        ({"many": "x"}, "answers.many: must be a list of some of x, y, z"),
        ({"times": 1.5}, "answers.times: must be a whole number"),
        ({"when": "tomorrow"}, "answers.when: must be a date such as 2026-12-01"),
        ({"why": "noise"}, "answers.why: is not asked, given the other answers"),
        ({"slept": False}, "answers.why: is required"),
        ({"slept": False, "why": "n" * 21}, "answers.why: is longer than 20 characters"),
        ({"nothing": 1}, "answers.nothing: is no item of this step"),
    ],
)
def test_a_wrong_answer_is_refused_in_words(answers: dict[str, Any], words: str) -> None:
    """Each kind of item says what it takes."""
    assert wrong(answers) == [words]


def test_all_wrong_answers_come_back_at_once() -> None:
    """Nobody sends a form three times."""
    assert len(wrong({"mood": 11, "pick": "c", "slept": "yes", "nothing": 1})) == 4


def test_V2_the_journey_learns_declared_outcomes_only() -> None:
    """Score, band and named items; never text, never an item that was not named."""
    score = {"items": ["pick", "mood"], "bands": [{"to": 5, "name": "low"}, {"to": 99, "name": "high"}]}
    content = {"items": ITEMS, "score": score, "outcomes": ["slept", "many", "weight"]}
    outcome = judge(content, {**RIGHT, "many": ["x"], "weight": 70, "diary": "secret"})
    assert outcome == {"score": 10, "band": "high", "slept": True, "many": ("x",), "weight": 70.0}
    assert dict(KIND.outcomes(QuestionnaireContent.model_validate(content))) == {
        "score": "int",
        "band": "string",
        "slept": "bool",
        "many": "list",
        "weight": "double",
    }


def test_a_score_with_an_answer_missing_is_no_score() -> None:
    """Half a questionnaire yields no number that looks like a whole one."""
    content = {"items": ITEMS, "score": {"items": ["pick", "times"]}}
    assert judge(content, RIGHT) == {}
    assert judge(content, {**RIGHT, "times": 4}) == {"score": 7}
