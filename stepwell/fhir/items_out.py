"""Items of ours as the items of a FHIR questionnaire."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.steps.questionnaire.attachments import AttachmentItem
from engine.steps.questionnaire.choosing import ChoiceItem, ChoicesItem, Option
from engine.steps.questionnaire.item import Item, Question, Repeatable
from engine.steps.questionnaire.kinds import AnyItem, DisplayItem, GroupItem
from engine.steps.questionnaire.numbers import NumberItem, QuantityItem, ScaleItem
from engine.steps.questionnaire.origin import Origin
from engine.steps.questionnaire.texts import LongTextItem, TextItem
from engine.words import Text
from stepwell.fhir.conditions_out import write_conditions
from stepwell.fhir.releases import Release
from stepwell.fhir.report import Report
from stepwell.fhir.values_out import number_value, option_value, with_seconds
from stepwell.fhir.words import HL7, put_words

Element = dict[str, Any]
Links = dict[str, str]
"""What each item is called in FHIR, by its id."""

SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
_CONTROL = "http://hl7.org/fhir/questionnaire-item-control"
_TYPES = {
    **{"text": "string", "long_text": "text", "url": "url", "yes_no": "boolean", "date": "date", "time": "time"},
    **{"date_time": "dateTime", "attachment": "attachment", "quantity": "quantity", "scale": "integer"},
}
_MOMENTS = {"date": "valueDate", "time": "valueTime", "date_time": "valueDateTime"}
_MEDIA = {"picture": "image/*", "audio": "audio/*", "video": "video/*"}


def links_of(items: Sequence[AnyItem], reserved: Sequence[str]) -> Links:
    """What each item is called: as it was where it came from, else by its id; each once."""
    taken, links = set(reserved), Links()
    for item in every(items):
        wanted = item.origin.link_id if item.origin is not None and item.origin.link_id else item.id
        link, number = wanted, 1
        while link in taken:
            number += 1
            link = f"{wanted}-{number}"
        taken.add(link)
        links[item.id] = link
    return links


def every(items: Sequence[AnyItem]) -> Iterator[AnyItem]:
    """The items, and those in groups."""
    for item in items:
        yield item
        if isinstance(item, GroupItem):
            yield from every(item.items)


class ItemsOut:
    """Writes items; what FHIR has no words for is noted."""

    def __init__(
        self, links: Links, questions: Mapping[str, Question], language: str, release: Release, report: Report
    ) -> None:
        self._links = links
        self._questions = questions
        self._language = language
        self._release = release
        self._report = report

    def all(self, items: Sequence[AnyItem], where: str = "items") -> list[Element]:
        """Each item, in order."""
        return [self._one(item, f"{where}.{at}") for at, item in enumerate(items)]

    def _one(self, item: AnyItem, where: str) -> Element:
        element: Element = {"linkId": self._links[item.id], "type": "display"}
        self._words(element, "text", item.text)
        extensions: list[Element] = []
        if item.origin is not None and item.origin.codes:
            element["code"] = [code.model_dump(exclude_none=True) for code in item.origin.codes]
        conditions = write_conditions(item, self._links, self._questions, self._language, self._report, where)
        element |= conditions
        match item:
            case DisplayItem():
                pass
            case GroupItem():
                element["type"] = "group"
                if item.repeats:
                    element |= {"required": item.required, "repeats": True}
                    extensions += _occurs(item.fewest, item.most)
                element["item"] = self.all(item.items, f"{where}.items")
            case _:
                element |= {"type": _TYPES.get(item.type, "string"), "required": item.required}
                extensions += self._question(element, item, where)
        extensions += self._media(item, where)
        if extensions:
            element["extension"] = extensions
        return element

    def _question(self, element: Element, item: Question, where: str) -> Iterator[Element]:
        if isinstance(item, Repeatable) and item.repeats:
            element["repeats"] = True
            yield from _occurs(item.fewest, item.most)
        if item.risk is not None:
            self._report.add("", f"{where}.risk", "left_out", "risk rules stay where somebody is alerted")
        match item:
            case TextItem() | LongTextItem():
                if item.max is not None:
                    element["maxLength"] = item.max
                if item.min is not None:
                    yield {"url": f"{HL7}minLength", "valueInteger": item.min}
            case ChoiceItem() | ChoicesItem():
                yield from self._choice(element, item)
            case ScaleItem():
                coding = {"system": _CONTROL, "code": "slider"}
                yield {"url": f"{HL7}questionnaire-itemControl", "valueCodeableConcept": {"coding": [coding]}}
                yield from _number_limits(item.min, item.max, whole=True)
                element |= self._ends(item)
            case NumberItem():
                element["type"] = "integer" if item.whole else "decimal"
                yield from _number_limits(item.min, item.max, whole=item.whole)
                if item.unit is not None:
                    yield {"url": f"{HL7}questionnaire-unit", "valueCoding": self._labelled({}, item.unit)}
            case QuantityItem():
                yield from self._quantity(item)
            case AttachmentItem():
                yield from ({"url": f"{HL7}mimeType", "valueCode": one} for one in item.media_types)
            case _ if item.type in _MOMENTS:
                for name, url in (("min", "minValue"), ("max", "maxValue")):
                    limit = getattr(item, name)
                    if limit is not None:
                        yield {"url": HL7 + url, _MOMENTS[item.type]: with_seconds(limit)}

    def _choice(self, element: Element, item: ChoiceItem | ChoicesItem) -> Iterator[Element]:
        origin = item.origin or Origin()
        if self._release == "R5":
            element["type"] = origin.kind
            if item.open:
                element["answerConstraint"] = "optionsOrString"
        else:
            element["type"] = "open-choice" if item.open else "choice"
        has_points = any(option.points for option in item.options)
        element["answerOption"] = [self._option(option, origin, has_points=has_points) for option in item.options]
        if isinstance(item, ChoicesItem):
            element["repeats"] = True
            if item.min is not None:
                yield {"url": f"{HL7}questionnaire-minOccurs", "valueInteger": item.min}
            if item.max is not None:
                yield {"url": f"{HL7}questionnaire-maxOccurs", "valueInteger": item.max}

    def _option(self, option: Option, origin: Origin, *, has_points: bool) -> Element:
        element = option_value(option, origin, self._language)
        if "valueCoding" in element:
            element["valueCoding"] = self._labelled(element["valueCoding"], option.label)
        elif "valueString" in element and option.value not in origin.options:
            put_words(element, "valueString", option.label, self._language)
        if has_points:
            name = "itemWeight" if self._release == "R5" else "ordinalValue"
            element["extension"] = [{"url": HL7 + name, "valueDecimal": option.points}]
        return element

    def _ends(self, item: ScaleItem) -> Element:
        """Words at the ends of a scale, as items under it."""
        shown = []
        for code, text in (("lower", item.min_label), ("upper", item.max_label)):
            if text is not None:
                concept = {"coding": [{"system": _CONTROL, "code": code}]}
                control = {"url": f"{HL7}questionnaire-itemControl", "valueCodeableConcept": concept}
                end: Element = {"linkId": f"{self._links[item.id]}/{code}", "type": "display", "extension": [control]}
                self._words(end, "text", text)
                shown.append(end)
        return {"item": shown} if shown else {}

    def _quantity(self, item: QuantityItem) -> Iterator[Element]:
        system = item.origin.system if item.origin is not None else None
        for unit in item.units:
            code = " ".join(unit.code.split())
            coding: Element = ({"system": system} if system else {}) | ({"code": code} if code else {})
            yield {"url": f"{HL7}questionnaire-unitOption", "valueCoding": self._labelled(coding, unit.label)}
        for name, limit in (("minQuantity", item.min), ("maxQuantity", item.max)):
            if limit is not None:
                yield {"url": SDC + name, "valueQuantity": {"value": limit, "unit": item.units[0].code}}

    def _media(self, item: Item, where: str) -> Iterator[Element]:
        for at, medium in enumerate(item.media):
            attachment: Element = {"contentType": _MEDIA[medium.kind], "url": medium.url}
            self._words(attachment, "title", medium.description)
            yield {"url": f"{SDC}itemMedia", "valueAttachment": attachment}
            if medium.captions is not None:
                self._report.add("", f"{where}.media.{at}.captions", "left_out", "there is no place for captions in FHIR")

    def _words(self, element: Element, name: str, text: Text | None) -> None:
        put_words(element, name, text, self._language)

    def _labelled(self, coding: Element, label: Text | None) -> Element:
        self._words(coding, "display", label)
        return coding


def _occurs(fewest: int, most: int) -> Iterator[Element]:
    if fewest != 1:
        yield {"url": f"{HL7}questionnaire-minOccurs", "valueInteger": fewest}
    if most != 100:
        yield {"url": f"{HL7}questionnaire-maxOccurs", "valueInteger": most}


def _number_limits(least: float | None, most: float | None, *, whole: bool) -> Iterator[Element]:
    for name, limit in (("minValue", least), ("maxValue", most)):
        if limit is not None:
            yield {"url": HL7 + name, **number_value("value", limit, whole=whole)}
