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


def _asked(answers: dict[str, Any], item: dict[str, Any], release: Release) -> list[dict[str, Any]]:
    content = QuestionnaireContent.model_validate({"items": [{"id": "a", "text": "A", **item}]})
    return QuestionnaireOut(content, "en", release).response(answers)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("item", "answer", "value"),
    [
        ({"type": "date_time"}, "2026-12-01T09:30+01:00", {"valueDateTime": "2026-12-01T09:30:00+01:00"}),
        ({"type": "date_time"}, "2026-12-01T09:30:00+23:30", {"valueDateTime": "2026-11-30T10:00:00+00:00"}),
        ({"type": "time"}, "09:30", {"valueTime": "09:30:00"}),
        ({"type": "number"}, 1.5, {"valueDecimal": 1.5}),
        ({"type": "number", "whole": True}, 10**14, {"valueDecimal": 10**14}),
        ({"type": "number", "whole": True}, 7.0, {"valueInteger": 7}),
        ({"type": "long_text"}, "a\u00a0b\u2028\u0085\n<script>", {"valueString": "a\u00a0b\u2028\u0085\n<script>"}),
        (
            {"type": "quantity", "units": [{"code": "mm[Hg]"}]},
            {"value": 3, "unit": "mm[Hg]"},
            {"valueQuantity": {"value": 3, "unit": "mm[Hg]"}},
        ),
        (
            {"type": "attachment"},
            {"reference": "files/1", "media_type": "image/png", "title": "T"},
            {"valueAttachment": {"contentType": "image/png", "url": "files/1", "title": "T"}},
        ),
        (
            {"type": "choice", "open": True, "options": [{"value": "a", "label": "A"}]},
            {"other": "mine"},
            {"valueString": "mine"},
        ),
        (
            {"type": "choice", "options": [{"value": "1", "label": "1"}, {"value": "2", "label": "-2"}]}
            | {"origin": {"kind": "integer", "options": {"2": {"code": "-2"}}}},
            "2",
            {"valueInteger": -2},
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) and "type" in value else "",
)
def test_answers_have_the_type_of_their_question(item: dict[str, Any], answer: Any, value: Any, release: Release) -> None:
    """As FHIR writes it, also where we take more."""
    items = _asked({"a": answer}, item, release)
    assert items == [{"linkId": "a", "text": "A", "answer": [value]}]
    resource = {"resourceType": "QuestionnaireResponse", "questionnaire": "urn:q", "status": "completed", "item": items}
    check_resource(resource, release)


def test_rounds_of_a_group_go_out_one_by_one() -> None:
    """Each under the linkId of the group."""
    group = {"type": "group", "repeats": True, "items": [{"id": "b", "type": "yes_no", "text": "B"}]}
    content = QuestionnaireContent.model_validate({"items": [{"id": "a", "text": "A", **group}]})
    items = QuestionnaireOut(content, "en", "R4").response({"a": [{"b": True}, {"b": False}]})
    assert [(one["linkId"], one["item"][0]["answer"]) for one in items] == [
        ("a", [{"valueBoolean": True}]),
        ("a", [{"valueBoolean": False}]),
    ]
