"""Every step type keeps what its case file says: what it takes, what it refuses in which words, what it tells and shows."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.loading import load
from engine.steps import BUILT_IN, step_types
from engine.steptype import AnyStepType, Content, InvalidResponse, Outcome, Problem, missing_languages, unknown_placeholders
from engine.words import Reader
from stepwell.rendering import html

CASES = Path(__file__).parent / "cases"
TYPES = step_types()
LANGUAGES = ("en", "de", "fr", "es", "nl", "he")
PYTHON = {"bool": bool, "int": int, "double": float, "string": str, "list": tuple, "timestamp": str}


class Case(NamedTuple):
    """One case of a type."""

    type: AnyStepType
    told: dict[str, Any]

    @property
    def content(self) -> Content:
        return self.type.content_model.model_validate(self.told["content"])


EVERY = [Case(TYPES[file.stem], told) for file in sorted(CASES.glob("*.yaml")) for told in load(file.read_text()).value]
RIGHT = [case for case in EVERY if "content" in case.told]
WRONG = [case for case in EVERY if "wrong_content" in case.told]


def cases(several: list[Case]) -> pytest.MarkDecorator:
    """Run a test for each of these."""
    return pytest.mark.parametrize("case", several, ids=[f"{case.type.name}: {case.told['name']}" for case in several])


def in_words(problems: tuple[Problem, ...]) -> list[str]:
    return [f"{problem.where}: {problem.message}" for problem in problems]


def misfits(error: ValidationError) -> list[str]:
    """What a schema says, as a host is told it."""
    return [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg'].lower()}" for one in error.errors()]


def found_in(case: Case) -> list[str]:
    """What is wrong with a content."""
    try:
        content = case.type.content_model.model_validate(case.told["wrong_content"])
    except ValidationError as error:
        return misfits(error)
    return in_words(case.type.check(content))


def judged(case: Case, response: dict[str, Any]) -> tuple[Outcome, tuple[str, ...]]:
    """The outcome and the alarms, both of the response as it is sent and as it comes back from a store."""
    given_in = case.type.response_model.model_validate(response)
    kept = case.type.response_model.model_validate_json(given_in.model_dump_json())
    outcome, alarms = case.type.judge(case.content, given_in), case.type.alarms(case.content, given_in)
    assert (case.type.judge(case.content, kept), case.type.alarms(case.content, kept)) == (outcome, alarms)
    return outcome, alarms


@pytest.mark.parametrize("file", sorted(CASES.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_case_file_belongs_to_a_type_and_has_both_kinds_of_cases(file: Path) -> None:
    """A misspelt word in a case file is not a case that passes."""
    assert file.stem in {kind.name for kind in BUILT_IN}
    words = {"name", "content", "accepted", "refused", "shows", "wrong_content", "finds"}
    for told in load(file.read_text()).value:
        assert set(told) <= words, told["name"]
        assert ("content" in told) != ("wrong_content" in told), told["name"]


@cases(RIGHT)
def test_a_content_is_right(case: Case) -> None:
    """Nothing is wrong with it, its texts are there in every language it has, and it survives being kept."""
    content = case.content
    assert case.type.check(content) == ()
    texts = case.type.texts(content)
    used = {language for text in texts.values() if isinstance(text, dict) for language in text}
    assert missing_languages(texts, tuple(sorted(used)) or ("en",)) == ()
    assert unknown_placeholders(texts) == ()
    assert case.type.content_model.model_validate_json(content.model_dump_json(by_alias=True)) == content


@cases(RIGHT)
def test_right_responses_are_taken(case: Case) -> None:
    """The journey learns exactly this, and nothing that is not declared."""
    declared = case.type.outcomes(case.content)
    assert case.told["accepted"]
    for one in case.told["accepted"]:
        outcome, alarms = judged(case, one["response"])
        assert outcome == {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in one["outcome"].items()}
        assert {name: PYTHON[declared[name]] for name in outcome} == {name: type(value) for name, value in outcome.items()}
        assert list(alarms) == one.get("alarms", [])


@cases(RIGHT)
def test_wrong_responses_are_refused_in_words(case: Case) -> None:
    """Every problem, all at once, in these words."""
    for one in case.told.get("refused", []):
        with pytest.raises((InvalidResponse, ValidationError)) as refused:
            judged(case, one["response"])
        error = refused.value
        assert (misfits(error) if isinstance(error, ValidationError) else in_words(error.problems)) == one["problems"]


@cases(WRONG)
def test_wrong_contents_are_found_out(case: Case) -> None:
    """By the schema, else by the type's own check."""
    assert found_in(case) == case.told["finds"]


@cases(RIGHT)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_step_shows_itself_to_everybody(case: Case, language: str) -> None:
    """In any language, with or without a name to merge in, safe to show, with one plain line for lists."""
    reader = Reader(language=language, facts={"name": "<script>[x](javascript:x)", "practitioner": "*P*"})
    shown = case.type.present(case.content, reader)
    assert "<script" not in html(shown.body)
    assert 'href="javascript' not in html(shown.body)
    assert shown.preview
    assert "\n" not in shown.preview + shown.forecast
    assert len(shown.preview) <= 120
    assert "{" not in shown.forecast
    assert set(shown.prefill) <= set(case.type.response_model.model_fields)


@cases([case for case in RIGHT if "shows" in case.told])
def test_a_step_shows_its_words(case: Case) -> None:
    """To a reader of English."""
    body = case.type.present(case.content, Reader(language="en", facts={"name": "Anna"})).body
    for words in case.told["shows"]:
        assert words in body


@cases(RIGHT)
def test_samples_are_valid_responses(case: Case) -> None:
    """Whatever is drawn, what the simulator makes up would be accepted from a client."""

    @settings(max_examples=30, deadline=None)
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        draws = st.floats(0, 1, exclude_max=True, allow_subnormal=False)
        sample = case.type.sample(case.content, lambda: data.draw(draws))
        judged(case, sample.model_dump(mode="json"))

    hold()
