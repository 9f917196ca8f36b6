"""When an item is asked: `asked_if` as `enableWhen`, as far as FHIR can say it."""

from collections.abc import Mapping
from typing import Any

from engine.steps.questionnaire.choosing import ChoiceItem, ChoicesItem
from engine.steps.questionnaire.conditions import Amount, AskedIf
from engine.steps.questionnaire.item import Item, Question
from engine.steps.questionnaire.numbers import ScaleItem
from engine.steps.questionnaire.origin import Origin
from stepwell.fhir.report import Report
from stepwell.fhir.values_out import number_value, option_value, with_seconds

_OPERATORS = {"equals": "=", "includes": "=", "is_not": "!=", "above": ">", "below": "<", "at_least": ">=", "at_most": "<="}
_ANSWERS = {"date": "answerDate", "time": "answerTime", "date_time": "answerDateTime"}


def write_conditions(
    item: Item, links: Mapping[str, str], questions: Mapping[str, Question], language: str, report: Report, where: str
) -> dict[str, Any]:
    """`enableWhen` and `enableBehavior`; a condition that FHIR has no words for is noted and left out."""
    several = item.one_is_enough and len(item.conditions) > 1
    written: list[dict[str, Any]] = []
    for condition in item.conditions:
        parts = _parts(condition, questions[condition.item], links[condition.item], language)
        if None in parts or (several and len(parts) > 1):
            why = "cannot be said by enableWhen; the item is asked more often where others show this questionnaire"
            report.add("", f"{where}.asked_if", "decide", why)
            if several:
                return {}
        written += [part for part in parts if part is not None]
    behaviour = {"enableBehavior": "any" if several else "all"} if len(written) > 1 else {}
    return ({"enableWhen": written} if written else {}) | behaviour


def _parts(condition: AskedIf, question: Question, link: str, language: str) -> list[dict[str, Any] | None]:
    """Each thing said of the answer as one condition; None for what cannot be said."""
    parts: list[dict[str, Any] | None] = []
    if condition.exists is not None:
        parts.append({"question": link, "operator": "exists", "answerBoolean": condition.exists})
    for name, operator in _OPERATORS.items():
        value = getattr(condition, name)
        if value is not None:
            answer = _answer(question, value, language)
            parts.append({"question": link, "operator": operator, **answer} if answer else None)
    return parts


def _answer(question: Question, value: object, language: str) -> dict[str, Any]:
    """What is compared with, as `answer[x]`; empty where there is no such answer in FHIR."""
    if isinstance(question, ChoiceItem | ChoicesItem):
        option = next((one for one in question.options if one.value == value), None)
        known = option_value(option, question.origin or Origin(), language) if option is not None else {}
        return {f"answer{name.removeprefix('value')}": one for name, one in known.items()}
    match value:
        case bool():
            return {"answerBoolean": value}
        case int() | float():
            whole = isinstance(question, ScaleItem) or getattr(question, "whole", False)
            return number_value("answer", value, whole=whole)
        case Amount():
            return {"answerQuantity": {"value": value.value, "unit": value.unit}}
        case str():
            return {_ANSWERS.get(question.type, "answerString"): with_seconds(value) if question.type in _ANSWERS else value}
    return {}
