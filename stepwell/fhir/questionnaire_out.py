"""A questionnaire step as a FHIR Questionnaire, and what a client answered as a QuestionnaireResponse."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.steps.questionnaire import QuestionnaireContent, QuestionnaireResponse, QuestionnaireStep
from engine.steps.questionnaire.choosing import OTHER, ChoiceItem, ChoicesItem
from engine.steps.questionnaire.item import Question
from engine.steps.questionnaire.kinds import AnyItem, GroupItem
from engine.steps.questionnaire.numbers import QuantityItem
from engine.steps.questionnaire.origin import Origin
from engine.steps.questionnaire.scores import Score
from engine.steps.questionnaire.sheet import Sheet
from engine.words import Text
from stepwell.fhir.items_out import SDC, Element, ItemsOut, Links, links_of
from stepwell.fhir.questionnaire_in import INTRO
from stepwell.fhir.releases import Release
from stepwell.fhir.report import Report
from stepwell.fhir.values_out import number_value, option_value, with_seconds
from stepwell.fhir.words import one_line, put_words

_VALUES = {
    **{"text": "valueString", "long_text": "valueString", "url": "valueUri", "yes_no": "valueBoolean"},
    **{"date": "valueDate", "time": "valueTime", "date_time": "valueDateTime"},
}


class QuestionnaireOut:
    """One questionnaire on its way out; `report` holds what FHIR has no words for."""

    def __init__(self, content: QuestionnaireContent, language: str, release: Release) -> None:
        self._content = content
        self._language = language
        self._release = release
        self._sheet = Sheet(content.items)
        self.report = Report()
        scores = {"score": content.score} if content.score is not None else {}
        self._scores: dict[str, Score] = {**scores, **content.scores}
        self._summed = {name: items for name, score in self._scores.items() if (items := self._sum(name, score))}
        self._links: Links = links_of(content.items, [*([INTRO] if content.intro is not None else []), *self._summed])

    def questionnaire(self, url: str, version: str, title: Text | None) -> Element:
        """The Questionnaire."""
        element: Element = {
            **{"resourceType": "Questionnaire", "url": url, "version": version, "language": self._language},
            **{"status": "active", "subjectType": ["Patient"]},
        }
        put_words(element, "title", title, self._language)
        intro: Element = {"linkId": INTRO, "type": "display"}
        put_words(intro, "text", self._content.intro, self._language)
        writer = ItemsOut(self._links, self._sheet.questions, self._language, self._release, self.report)
        element["item"] = [*([intro] if self._content.intro is not None else []), *writer.all(self._content.items)]
        element["item"] += [self._computed(name, items) for name, items in self._summed.items()]
        return element

    def response(self, answers: Mapping[str, Any]) -> list[Element]:
        """The items of a QuestionnaireResponse."""
        items = list(self._answered(self._content.items, answers))
        facts = QuestionnaireStep().judge(self._content, QuestionnaireResponse(answers=dict(answers)))
        for name in self._summed:
            fact = facts.get(name)
            if isinstance(fact, int | float):
                items.append({"linkId": name, "answer": [{"valueDecimal": fact}]})
        return items

    # Scores

    def _sum(self, name: str, score: Score) -> tuple[str, ...]:
        """The items of a score that is nothing but the sum of options' points; empty for any other, which is noted."""
        beside = self._sheet.beside
        items = score.items or tuple(one for one, question in beside.items() if question.reach() is not None)
        is_sum = score == Score(items=score.items, each=score.each)
        if is_sum and items and all(isinstance(beside[one], ChoiceItem | ChoicesItem) for one in items):
            return items
        where = name if name == "score" else f"scores.{name}"
        self.report.add("", where, "left_out", "only a plain sum of the points of options can be said in FHIR")
        return ()

    def _computed(self, name: str, items: Sequence[str]) -> Element:
        which = " or ".join(f"linkId = '{_quoted(self._links[one])}'" for one in items)
        points = "weight" if self._release == "R5" else "ordinal"
        expression = {
            "language": "text/fhirpath",
            "expression": f"%resource.descendants().where({which}).answer.value.{points}().sum()",
        }
        extension = {"url": f"{SDC}calculatedExpression", "valueExpression": expression}
        shown = name.replace("_", " ").capitalize()
        return {"linkId": name, "type": "decimal", "text": shown, "readOnly": True, "extension": [extension]}

    # Answers

    def _answered(self, items: Sequence[AnyItem], answers: Mapping[str, Any]) -> Iterator[Element]:
        for item in items:
            link, given = self._links[item.id], answers.get(item.id)
            head: Element = {"linkId": link} | ({"text": text} if (text := one_line(item.text, self._language)) else {})
            if isinstance(item, GroupItem) and item.repeats:
                for one in given if isinstance(given, list | tuple) else ():
                    if inner := list(self._answered(item.items, one)):
                        yield {**head, "item": inner}
            elif isinstance(item, GroupItem):
                if inner := list(self._answered(item.items, answers)):
                    yield {**head, "item": inner}
            elif isinstance(item, Question) and given is not None:
                each = given if item.has_several and isinstance(given, list | tuple) else [given]
                if each:
                    yield {**head, "answer": [self._value(item, one) for one in each]}

    def _value(self, item: Question, answer: Any) -> Element:
        """One answer as `value[x]`."""
        match item:
            case ChoiceItem() | ChoicesItem():
                return self._picked(item, answer)
            case QuantityItem():
                return {"valueQuantity": {"value": answer["value"], "unit": answer["unit"]}}
        match item.type:
            case "attachment":
                attachment = {"contentType": answer["media_type"], "url": answer["reference"], "title": answer["title"]}
                return {"valueAttachment": attachment}
            case "scale" | "number":
                return number_value("value", answer, whole=item.type == "scale" or getattr(item, "whole", False))
            case "time" | "date_time":
                return {_VALUES[item.type]: with_seconds(answer)}
        return {_VALUES[item.type]: answer}

    def _picked(self, item: ChoiceItem | ChoicesItem, answer: Any) -> Element:
        if isinstance(answer, dict):
            return {"valueString": answer[OTHER]}
        option = next(one for one in item.options if one.value == answer)
        value = option_value(option, item.origin or Origin(), self._language)
        if "valueCoding" in value:
            value["valueCoding"]["display"] = one_line(option.label, self._language)
        return value


def _quoted(link: str) -> str:
    return link.replace("\\", "\\\\").replace("'", "\\'")
