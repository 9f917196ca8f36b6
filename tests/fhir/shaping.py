"""Questionnaires made comparable: what FHIR says in other words, and what it does not say at all."""

from collections.abc import Iterator
from typing import Any

from engine.steps.questionnaire import QuestionnaireContent
from engine.words import Text
from stepwell.fhir.documents import Resource
from stepwell.fhir.node import Node
from stepwell.fhir.questionnaire_in import read_questionnaire
from stepwell.fhir.questionnaire_out import QuestionnaireOut
from stepwell.fhir.releases import Release, check_resource
from stepwell.fhir.report import Report

_POINTS = ("above", "below", "at_least", "at_most")


def sent(content: QuestionnaireContent, release: Release, title: Text = "T") -> Resource:
    """A content as a Questionnaire, right by FHIR's models."""
    resource = QuestionnaireOut(content, "en", release).questionnaire("urn:example:q", "1", title)
    check_resource(resource, release)
    return resource


def fetched(resource: Resource) -> QuestionnaireContent:
    """A Questionnaire as a content."""
    return QuestionnaireContent.model_validate(read_questionnaire(Node(resource, Report()), {}, "en")["content"])


def meaning(content: QuestionnaireContent) -> dict[str, Any]:
    """What a content means, as far as FHIR can say it. What differs beyond this list is a mistake:

    - risk rules, those that are off, the outcomes, and captions of films do not go out;
    - of the scores, plain sums of points go out;
    - `includes` and `is` are the same for answers that are lists; conditions on points, on own words, and alternatives that
      say several things do not go out;
    - a group that does not repeat is not required; times are written with their seconds.
    """
    plain = content.model_dump(mode="json", by_alias=True)
    kinds = {item["id"]: item for item in _every(plain["items"])}
    for item in kinds.values():
        _even_out(item, kinds)
    return {"intro": plain["intro"], "items": plain["items"], "scores": _sums(plain, kinds)}


def _every(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        yield from _every(item.get("items", []))


def _even_out(item: dict[str, Any], kinds: dict[str, dict[str, Any]]) -> None:
    item.pop("risk", None)
    for medium in item["media"]:
        medium.pop("captions")
    if item["type"] == "group" and not item["repeats"]:
        item.pop("required")
    for end in ("min", "max"):
        if item["type"] in ("time", "date_time") and item[end] is not None:
            item[end] = _clock(item[end])
    item["asked_if"] = _conditions(item["asked_if"], kinds)


def _clock(moment: str) -> str:
    at = moment.rfind("T") + 6
    return f"{moment[:at]}{moment[at + 3 :]}" if moment[at : at + 3] == ":00" and moment[at + 3 : at + 4] != "." else moment


def _conditions(written: Any, kinds: dict[str, dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """Whether one is enough, and each single thing that is said."""
    one_is_enough = isinstance(written, dict) and "any" in written
    several = written["any"] if one_is_enough else written if isinstance(written, list) else [written]
    each = [_parts(condition, kinds[condition["item"]]) for condition in several]
    if len(several) > 1 and one_is_enough:
        lost = any(len(parts) != 1 or None in parts for parts in each)
        return "any", [] if lost else [part for parts in each for part in parts if part is not None]
    return "all", [part for parts in each for part in parts if part is not None]


def _parts(condition: dict[str, Any], question: dict[str, Any]) -> list[dict[str, Any] | None]:
    said = {name: value for name, value in condition.items() if name != "item" and value is not None}
    parts: list[dict[str, Any] | None] = []
    for name in ("exists", "is", "includes", "is_not", *_POINTS):
        if name not in said:
            continue
        is_choice = "options" in question
        is_lost = is_choice and name != "exists" and said[name] not in [one["value"] for one in question["options"]]
        value = _clock(said[name]) if question["type"] in ("time", "date_time") and name != "exists" else said[name]
        same_name = "is" if name == "includes" else name
        parts.append(None if is_lost else {"item": condition["item"], same_name: value})
    return parts


def _sums(content: dict[str, Any], kinds: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """The scores that are nothing but sums, each with its items."""
    found = {}
    for name, score in {"score": content["score"], **content["scores"]}.items():
        if score is None:
            continue
        extras = {key: score[key] for key in ("recode", "reverse", "missing", "bands")}
        is_sum = score["method"] == "sum" and score["times"] == 1 and not any(extras.values())
        if is_sum and all(kinds[one]["type"] in ("choice", "choices") for one in score["items"]):
            found[name] = list(score["items"])
    return found
