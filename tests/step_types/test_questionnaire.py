"""What a questionnaire takes, refuses, and tells the journey."""

from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.loading import load
from engine.publishing import check_pathway
from engine.steps.questionnaire import QuestionnaireContent, QuestionnaireResponse, QuestionnaireStep
from engine.steps.questionnaire.sheet import Sheet
from engine.steptype import InvalidResponse, Problem
from engine.words import Reader
from tests.step_types.contents import contents

KIND = QuestionnaireStep()
CASES: list[dict[str, Any]] = load((Path(__file__).parent / "cases" / "questionnaire.yaml").read_text()).value
RIGHT, WRONG = [one for one in CASES if "content" in one], [one for one in CASES if "wrong_content" in one]


def content_of(written: dict[str, Any]) -> QuestionnaireContent:
    return QuestionnaireContent.model_validate(written)


def shown(problems: tuple[Problem, ...]) -> list[str]:
    return [f"{one.where}: {one.message}" for one in problems]


def refused(content: dict[str, Any], answers: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidResponse) as error:
        KIND.judge(content_of(content), QuestionnaireResponse(answers=answers))
    return shown(error.value.problems)


@pytest.mark.parametrize("case", RIGHT, ids=[one["name"] for one in RIGHT])
def test_a_case_is_taken_and_refused_as_it_says(case: dict[str, Any]) -> None:
    """Outcome, alarms and problems, to the word."""
    content = content_of(case["content"])
    assert shown(KIND.check(content)) == []
    again = content_of(content.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    assert again == content, "what is published is read again as it was written"
    declared = KIND.outcomes(content)
    for one in case["accepted"]:
        response = QuestionnaireResponse.model_validate(one["response"])
        outcome = KIND.judge(content, response)
        assert {name: list(value) if isinstance(value, tuple) else value for name, value in outcome.items()} == one["outcome"]
        assert set(outcome) <= set(declared)
        assert list(KIND.alarms(content, response)) == one.get("alarms", [])
    for one in case.get("refused", []):
        assert refused(case["content"], one["response"]["answers"]) == one["problems"]
    body = KIND.present(content, Reader()).body
    assert [words for words in case.get("shows", []) if words not in body] == []


@pytest.mark.parametrize("case", WRONG, ids=[one["name"] for one in WRONG])
def test_S_everything_wrong_with_a_content_is_found_at_once(case: dict[str, Any]) -> None:
    """Each with its place."""
    content = content_of(case["wrong_content"])
    assert shown(KIND.check(content)) == case["finds"]
    KIND.outcomes(content), KIND.risks(content), KIND.texts(content), KIND.present(content, Reader())  # publishing asks on


def test_D5_a_german_reader_gets_german_words() -> None:
    """Options, ends, headings and media too; the rest of the page has no words of its own."""
    page = KIND.present(content_of(RIGHT[0]["content"]), Reader(language="de-AT"))
    assert page.preview == "Denken Sie an heute."
    for words in ("Manchmal", "gar nicht", "**Körper**", "… Minuten", "Eine Skala von Blau bis Rot", "… Pfund"):
        assert words in page.body
    assert "Sometimes" not in page.body


def test_nothing_is_left_of_words_that_name_what_is_not_known() -> None:
    """A page and its preview are made of any words whatever."""
    page = KIND.present(content_of({"intro": "{{name}}", "items": [{"id": "a", "type": "text", "text": "\n"}]}), Reader())
    assert page.preview == ""


def test_ten_thousand_items_are_refused_at_once() -> None:
    """One clear finding, before anything is looked at closely."""
    items = "\n".join(f"        - {{id: i{number}, type: text, text: T}}" for number in range(10_000))
    checked = check_pathway(
        f"pathway: p\ntitle: P\nsteps:\n  - id: a\n    type: questionnaire\n    content:\n      items:\n{items}"
    )
    found = [one.message for one in checked.findings if one.path[:4] == ("steps", 0, "content", "items")]
    assert found == ["items: there are more than 300 items in all; split the questionnaire into several steps"]


@pytest.mark.parametrize("depth", [6, 400])
def test_groups_are_nested_five_deep_at_most(depth: int) -> None:
    """Deeper ones are refused, however deep."""
    item: dict[str, Any] = {"id": "x", "type": "text", "text": "T"}
    for level in range(depth - 1):
        item = {"id": f"g{level}", "type": "group", "items": [item]}
    with pytest.raises(ValidationError, match="nested more than 5 deep"):
        content_of({"items": [item]})
    for _ in range(depth - 5):
        item = item["items"][0]
    assert KIND.check(content_of({"items": [item]})) == ()


def test_items_in_groups_count_too() -> None:
    """A group is no way around the limit."""
    group = [{"id": f"g{at}", "type": "group", "items": [{"id": f"i{at}", "type": "text", "text": "T"}]} for at in range(151)]
    with pytest.raises(ValidationError, match="more than 300 items in all"):
        content_of({"items": group})


@pytest.mark.parametrize("written", [{"type": "scal"}, {}, {"type": 7}, {"type": ["text"]}])
def test_S_an_item_of_no_type_says_so(written: dict[str, Any]) -> None:
    """With what it could be."""
    with pytest.raises(ValidationError, match=r"has no type|is no item type"):
        content_of({"items": [{"id": "a", "text": "T", **written}]})


LETTER = {"items": [{"id": f"t{at}", "type": "long_text", "text": "T", "required": False} for at in range(6)]}


def test_a_response_is_bounded_as_a_whole() -> None:
    """Each answer may be long, not all of them."""
    answers = {f"t{at}": "x" * 19_900 for at in range(5)}
    assert KIND.judge(content_of(LETTER), QuestionnaireResponse(answers=answers)) == {}
    assert refused(LETTER, {**answers, "t5": "x" * 1000}) == ["answers: hold more than 100,000 characters in all"]
    assert refused(LETTER, {"t0": "x" * 20_001}) == ["answers.t0: is longer than 20000 characters"]


@pytest.mark.parametrize(
    "answer",
    [10**400, -(10**16), 1e308, True, "7", [7], {}, "", [], None, {"a": [[[]]]}, "\0", "\u202e", [0] * 200_000],
    ids=lambda one: str(type(one)),
)
@pytest.mark.parametrize("at", range(15))
def test_no_answer_breaks_an_item(answer: Any, at: int) -> None:
    """Whatever is sent where, it is taken or refused in words, and in short ones."""
    kinds: list[dict[str, Any]] = [
        {"type": "text"},
        {"type": "long_text"},
        {"type": "url"},
        {"type": "yes_no"},
        {"type": "choice", "options": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]},
        {"type": "choices", "open": True, "options": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]},
        {"type": "scale", "min": 0, "max": 5},
        {"type": "number"},
        {"type": "quantity", "units": [{"code": "kg"}]},
        {"type": "date"},
        {"type": "time"},
        {"type": "date_time"},
        {"type": "attachment"},
        {"type": "number", "repeats": True},
        {"type": "group", "repeats": True, "items": [{"id": "a", "type": "text", "text": "T"}]},
    ]
    content = content_of({"items": [{"id": "x", "text": "X", **kinds[at]}]})
    response = QuestionnaireResponse(answers={"x": answer})
    found: tuple[Problem, ...] = ()
    try:
        KIND.judge(content, response)
    except InvalidResponse as error:
        found = error.problems
    assert all(len(one.message) < 300 and one.where.startswith("answers") for one in found)
    KIND.alarms(content, response)


def test_an_answer_is_not_repeated_in_what_is_said_of_it() -> None:
    """V4: an error text holds no answer."""
    secret = "s3cret" * 40
    for item in ({"type": "yes_no"}, {"type": "date"}, {"type": "url"}, {"type": "number"}, {"type": "attachment"}):
        found = refused({"items": [{"id": "x", "text": "X", **item}]}, {"x": secret})
        assert secret not in "".join(found)


def test_a_questionnaire_that_nobody_could_answer_is_not_published() -> None:
    """What must be answered would not fit into a response."""
    inner = {"id": "t", "type": "text", "text": "T", "min": 400, "repeats": True, "fewest": 10}
    content = content_of({"items": [{"id": "g", "type": "group", "repeats": True, "fewest": 100, "items": [inner]}]})
    assert shown(KIND.check(content)) == ["items: ask for more than the 100,000 characters a response may hold"]


def test_groups_in_groups_cannot_keep_a_judge_busy() -> None:
    """Neither many rounds nor many mistakes: both are bounded."""
    many = [{"id": f"i{at}", "type": "text", "text": "T"} for at in range(200)]
    inner = {"id": "h", "type": "group", "repeats": True, "items": many}
    outer = {"id": "g", "type": "group", "repeats": True, "items": [inner]}
    assert shown(KIND.check(content_of({"items": [outer]})))[0] == "items: could take more than 30,000 answers"
    fits = {"items": [outer | {"most": 1}]}
    assert KIND.check(content_of(fits)) == ()
    assert len(refused(fits, {"g": [{"h": [{} for _ in range(100)]}]})) == 500


def test_V2_a_clients_own_words_never_reach_the_journey() -> None:
    """An open choice says only that they were other ones."""
    options = [{"value": "a", "label": "A", "points": 2}, {"value": "b", "label": "B", "points": 1}]
    item = {"id": "x", "type": "choice", "text": "X", "open": True, "options": options}
    content = content_of({"items": [item], "outcomes": ["x"], "score": {"items": ["x"]}})
    assert KIND.judge(content, QuestionnaireResponse(answers={"x": {"other": "my secret"}})) == {"x": "other"}
    assert KIND.judge(content, QuestionnaireResponse(answers={"x": "a"})) == {"x": "a", "score": 2}


def test_what_an_older_version_published_still_reads() -> None:
    """Content as it was stored before items had types of their own."""
    options = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]
    stored = {
        "items": [
            {"id": "s", "type": "scale", "text": "S", "min": 0.0, "max": 10.0},
            {"id": "n", "type": "number", "text": "N", "min": 0.0, "whole": True, "asked_if": {"item": "s", "at_most": 3.0}},
            {"id": "c", "type": "choices", "text": "C", "options": options, "max": 2.0},
            {"id": "t", "type": "long_text", "text": "T", "max": 5000.0, "asked_if": [{"item": "c", "includes": "a"}]},
        ]
    }
    content = content_of(stored)
    assert KIND.check(content) == ()
    answers: dict[str, Any] = {"s": 2, "n": 4, "c": ["a"], "t": "x"}
    assert KIND.judge(content, QuestionnaireResponse(answers=answers)) == {}


@given(contents(), st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40))
def test_samples_are_valid_and_scores_lie_within_their_bounds(written: dict[str, Any], draws: list[float]) -> None:
    """Whatever passes the check can be answered, and no answer leaves the range of a score."""
    content = content_of(written)
    if KIND.check(content):
        return
    numbers = cycle(draws)
    response = KIND.sample(content, lambda: next(numbers))
    outcome = KIND.judge(content, response)
    assert set(outcome) <= set(KIND.outcomes(content))
    assert set(KIND.alarms(content, response)) <= set(KIND.risks(content))
    assert yaml.safe_load(response.model_dump_json()) == response.model_dump(mode="json")
    KIND.present(content, Reader())
    for name, score in content.scores.items():
        if name in outcome:
            least, most = score.bounds(Sheet(content.items).beside)
            value = outcome[name]
            assert isinstance(value, int | float)
            assert least <= value <= most
            assert (f"{name}_band" in outcome) == bool(score.bands)
            assert isinstance(value, int) == (KIND.outcomes(content)[name] == "int")
