"""Every code that goes out is one of FHIR's."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given, settings

from engine.journey import JourneyStatus, OccurrenceState
from engine.steps.questionnaire import QuestionnaireContent, QuestionnaireResponse, QuestionnaireStep
from engine.steps.questionnaire.sheet import Sheet
from stepwell.fhir.questionnaire_out import QuestionnaireOut
from stepwell.fhir.releases import NotInstalled, Release, check_resource
from stepwell.fhir.statuses import CARE_PLANS, TASKS
from tests.fhir.shaping import sent
from tests.fhir.value_sets import (
    ANSWER_CONSTRAINT,
    ENABLE_BEHAVIOR,
    ENABLE_OPERATOR,
    ITEM_TYPE,
    PUBLICATION_STATUS,
    REQUEST_STATUS,
    TASK_STATUS,
)
from tests.step_types.contents import contents

RELEASES: tuple[Release, ...] = ("R4", "R5")


def test_every_state_has_a_status() -> None:
    """Of occurrences and of journeys; each from its value set."""
    assert set(TASKS) == set(get_args(OccurrenceState))
    assert {one.status for one in TASKS.values()} <= TASK_STATUS
    assert set(CARE_PLANS) == {"starting", *get_args(JourneyStatus)}
    assert set(CARE_PLANS.values()) <= REQUEST_STATUS


def test_only_what_was_done_is_completed() -> None:
    """What nobody did says so, and why."""
    assert [state for state, one in TASKS.items() if one.status == "completed"] == ["completed"]
    assert all(one.reason for one in TASKS.values() if one.status in ("failed", "rejected", "cancelled"))


def _every(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        yield from _every(item.get("item", []))


@pytest.mark.parametrize("release", RELEASES)
@settings(max_examples=50, deadline=None)
@given(made=contents())
def test_items_have_types_of_their_release(made: dict[str, Any], release: Release) -> None:
    """And operators, behaviours and constraints of theirs; linkIds are there once."""
    content = QuestionnaireContent.model_validate(made)
    if QuestionnaireStep().check(content) or any(not text.strip() for text in _texts(made["items"])):
        return
    resource = sent(content, release)
    items = list(_every(resource["item"]))
    assert resource["status"] in PUBLICATION_STATUS
    assert {item["type"] for item in items} <= ITEM_TYPE[release]
    assert {item["answerConstraint"] for item in items if "answerConstraint" in item} <= ANSWER_CONSTRAINT
    assert {when["operator"] for item in items for when in item.get("enableWhen", ())} <= ENABLE_OPERATOR
    assert all(item["enableBehavior"] in ENABLE_BEHAVIOR for item in items if len(item.get("enableWhen", ())) > 1)
    assert len({item["linkId"] for item in items}) == len(items)


@pytest.mark.parametrize("release", RELEASES)
@settings(max_examples=100, deadline=None)
@given(made=contents())
def test_any_answers_go_out(made: dict[str, Any], release: Release) -> None:
    """As a QuestionnaireResponse that is right by the models, each answer under the linkId of its question."""
    content = QuestionnaireContent.model_validate(made)
    if QuestionnaireStep().check(content):
        return
    response = QuestionnaireStep().sample(content, lambda: 0.4)
    assert isinstance(response, QuestionnaireResponse)
    out = QuestionnaireOut(content, "en", release)
    items = out.response(response.answers)
    resource: dict[str, Any] = {"resourceType": "QuestionnaireResponse", "questionnaire": "urn:q", "status": "completed"}
    check_resource(resource | ({"item": items} if items else {}), release)
    answered = sum(1 for item in _every(items) if "answer" in item)
    assert answered >= sum(1 for name in response.answers if name in Sheet(content.items).beside)


def _texts(items: list[dict[str, Any]]) -> Iterator[str]:
    for item in items:
        if "text" in item:
            yield item["text"]
        yield from _texts(item.get("items", []))


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing package is no traceback."""
    monkeypatch.setitem(__import__("sys").modules, "fhir.resources.R4B", None)
    monkeypatch.setitem(__import__("sys").modules, "fhir.resources.R4B.basic", None)
    with pytest.raises(NotInstalled, match=r"pip install 'stepwell\[fhir\]'"):
        check_resource({"resourceType": "Basic"}, "R4")


@pytest.mark.parametrize("release", RELEASES)
def test_what_is_not_right_is_refused(release: Release) -> None:
    """The models are asked indeed."""
    with pytest.raises(ValueError, match="status"):
        check_resource({"resourceType": "Task", "intent": "plan"}, release)
