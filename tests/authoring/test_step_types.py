"""The step types judge what comes back and tell the journey only what they declared."""

from typing import Any

import pytest

from engine.steps import BUILT_IN, step_types
from engine.steps.questionnaire import QuestionnaireStep
from engine.steptype import AnyStepType, InvalidResponse, Outcome, missing_languages
from engine.words import Reader

TYPES = step_types()

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
    kind: AnyStepType = TYPES["questionnaire"]
    return kind.judge(kind.content_model.model_validate(content), kind.response_model.model_validate({"answers": answers}))


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
        ({"nothing": 1}, "answers.nothing: is no item of this questionnaire"),
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
    assert dict(TYPES["questionnaire"].outcomes(TYPES["questionnaire"].content_model.model_validate(content))) == {
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


def test_a_message_with_a_check_wants_it_confirmed() -> None:
    """ "I understand" is said by the client, not assumed."""
    kind = TYPES["message"]
    content = kind.content_model.model_validate({"body": "Read", "check": "I understand"})
    with pytest.raises(InvalidResponse):
        kind.judge(content, kind.response_model())
    assert kind.judge(content, kind.response_model.model_validate({"understood": True})) == {"understood": True}


def test_a_wait_takes_no_response() -> None:
    """Only the event or the date completes it."""
    kind = TYPES["wait"]
    with pytest.raises(InvalidResponse):
        kind.judge(kind.content_model.model_validate({"event": "x"}), kind.response_model())


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_every_type_shows_itself_in_the_readers_language(kind: AnyStepType) -> None:
    """A German reader gets German words, others the pathway's own."""
    texts = {"en": "English words", "de": "Deutsche Worte"}
    contents: dict[str, dict[str, Any]] = {
        "contract": {"text": texts},
        "diary": {"prompt": texts, "fields": [{"id": "a", "type": "yes_no", "text": texts}]},
        "exercise": {"body": texts},
        "message": {"body": texts},
        "questionnaire": {"intro": texts, "items": [{"id": "a", "type": "yes_no", "text": texts}]},
        "rating_wheel": {"prompt": texts, "domains": [{"id": "a", "label": texts}, {"id": "b", "label": texts}]},
        "review": {"prompt": texts},
        "wait": {"event": "x", "note": texts},
    }
    content = kind.content_model.model_validate(contents[kind.name])
    assert "Deutsche" in kind.present(content, Reader(language="de-AT")).body
    assert "English" in kind.present(content, Reader(language="fr")).preview
    assert missing_languages(kind.texts(content), ("en", "de")) == ()
    assert missing_languages(kind.texts(content), ("en", "de", "fr"))


def test_samples_are_valid_responses() -> None:
    """What the simulator makes up would be accepted from a client."""
    kind = QuestionnaireStep()
    content = kind.content_model.model_validate({"items": ITEMS, "outcomes": ["mood"]})
    draws = iter([number / 97 % 1 for number in range(10_000)])
    for _ in range(50):
        kind.judge(content, kind.sample(content, lambda: next(draws)))  # type: ignore[arg-type]


def test_two_types_of_one_name_are_refused() -> None:
    """A plugin cannot quietly take the place of another type."""
    with pytest.raises(ValueError, match="two step types are called 'message'"):
        step_types(TYPES["message"])
