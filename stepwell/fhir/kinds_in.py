"""The kind of one question: its type, its limits, its units, its options."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from stepwell.fhir.node import Node, number_of
from stepwell.fhir.options_in import Options, ValueSets, read_options, system_of
from stepwell.fhir.words import Words, to_markdown

Kinds = {
    "string": "text",
    "text": "long_text",
    "url": "url",
    "boolean": "yes_no",
    "integer": "number",
    "decimal": "number",
    "date": "date",
    "dateTime": "date_time",
    "time": "time",
    "quantity": "quantity",
    "attachment": "attachment",
    "reference": "text",
}
"""The types of FHIR that are asked, with ours; those with options become choices."""
_CHOICES = ("choice", "open-choice", "coding")
_ZERO_SECONDS = re.compile(r"([0-9]{2}:[0-9]{2}):00")
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/(\*|[a-z0-9][a-z0-9.+_-]{0,99})")


class Kind(NamedTuple):
    """What a question turned out to be."""

    type: str
    fields: dict[str, Any]
    options: Options | None = None
    system: str = ""
    """The system of its units."""


def read_kind(node: Node, name: str, beside: Sequence[Node], sets: ValueSets, words: Words, *, repeats: bool) -> Kind:
    """The kind of a question; `beside` are the words under it that belong to how it is answered."""
    kind = node.text("type")
    constraint = node.text("answerConstraint")
    is_open = kind == "open-choice" or constraint in ("optionsOrString", "optionsOrType")
    options = read_options(node, sets, words, is_open=is_open)
    if options is not None:
        if constraint == "optionsOrType":
            node.note("changed", "takes answers beside its options; here they are words", "answerConstraint")
        more = {"open": True} if is_open else {}
        return Kind("choices" if repeats else "choice", {"options": options.options, **more}, options)
    if kind in _CHOICES:
        node.note("decide", "has no options; it asks for words until they are written out", "type")
        return Kind("text", {})
    if kind == "reference":
        node.note("changed", "asks for a reference to another record; it asks for words", "type")
    if kind not in Kinds:
        node.note(
            "decide", f"has the type {kind[:40]!r}, which there is not; it asks for words" if kind else "has no type", "type"
        )
        return Kind("text", {})
    ours = Kinds[kind]
    if ours in ("text", "long_text"):
        return Kind(ours, _lengths(node))
    if ours == "attachment":
        types = [one.value()[1] for one in node.extensions("mimeType")]
        known = [one for one in types if isinstance(one, str) and _MEDIA_TYPE.fullmatch(one)]
        return Kind(ours, {"media_types": known[:50]} if known else {})
    if ours in ("number", "quantity"):
        return _number(node, kind, beside, sets, words, repeats=repeats)
    if ours in ("date", "date_time", "time"):
        return Kind(ours, {name: _short(value) for name, value in _limits(node).items() if isinstance(value, str)})
    return Kind(ours, {})


def _lengths(node: Node) -> dict[str, Any]:
    most, least = node.number("maxLength"), node.extension("minLength")
    fields: dict[str, Any] = {}
    if least is not None and isinstance(number := least.value()[1], int) and 0 < number <= 1000:
        fields["min"] = number
    if most is not None and most >= 1:
        fields["max"] = min(int(most), 50_000)
        if most > 50_000:
            node.note("changed", "is more than the 50,000 characters an answer may have", "maxLength")
    return fields


def _number(node: Node, kind: str, beside: Sequence[Node], sets: ValueSets, words: Words, *, repeats: bool) -> Kind:
    limits = {name: number for name, value in _limits(node).items() if (number := number_of(value)) is not None}
    labels = {_control_of(one): one for one in beside}
    ends = {name: limits.get(name) for name in ("min", "max")}
    if kind == "integer" and _is_slider(node) and all(isinstance(end, int) for end in ends.values()) and not repeats:
        for name, end in (("lower", "min_label"), ("upper", "max_label")):
            text = words.of(labels[name], "text") if name in labels else None
            if text is not None:
                ends |= {end: text}  # type: ignore[dict-item]
        _take(labels)
        return Kind("scale", ends)
    units, system = _units(node, sets, words)
    if kind == "quantity" and units:
        if len(units) > 1 and limits:
            node.note("decide", "has limits and several units; the limits are left out")
            limits = {}
        return Kind("quantity", {"units": units, **limits}, system=system)
    if kind == "quantity":
        node.note("changed", "names no unit; it asks for a number", "type")
    fields: dict[str, Any] = {"whole": True} if kind == "integer" else {}
    if units:
        fields["unit"] = units[0].get("label", to_markdown(units[0]["code"]))
    elif "unit" in labels and (text := words.of(labels["unit"], "text")) is not None:
        fields["unit"] = text
        _take(labels)
    return Kind("number", {**fields, **limits})


def _take(labels: dict[str, Node]) -> None:
    for one in labels.values():
        one.done()


def _limits(node: Node) -> dict[str, Any]:
    """The least and the most, whatever they are of."""
    found: dict[str, Any] = {}
    for name, extensions in (
        ("min", ("minValue", "sdc-questionnaire-minQuantity")),
        ("max", ("maxValue", "sdc-questionnaire-maxQuantity")),
    ):
        extension = node.extension(*extensions)
        if extension is None:
            continue
        kind, value = extension.value()
        if kind == "Quantity":
            value = extension.node("valueQuantity").number("value")
            extension.done()
        if value is None or isinstance(value, dict | list | bool):
            extension.note("decide", "is a limit that cannot be said here")
        else:
            found[name] = value
    return found


def _units(node: Node, sets: ValueSets, words: Words) -> tuple[list[dict[str, Any]], str]:
    """The units, and the system they are all from, if they are."""
    found: list[dict[str, Any]] = []
    systems: set[str] = set()
    for extension in node.extensions("questionnaire-unit", "questionnaire-unitOption", "preferredUnit"):
        coding = extension.node("valueCoding")
        label = words.of(coding, "display")
        code = coding.code("code") or coding.code("display")
        systems.add(system_of(coding))
        if code and code not in [one["code"] for one in found]:
            found.append({"code": code} | ({"label": label} if label is not None and label != to_markdown(code) else {}))
    return found[:50], systems.pop() if len(systems) == 1 else ""


def _short(value: str) -> str:
    """A time of day without seconds that are none, as authors write it."""
    whole = _ZERO_SECONDS.fullmatch(value)
    return whole.group(1) if whole else value


def _is_slider(node: Node) -> bool:
    return _control_of(node) == "slider"


def _control_of(node: Node) -> str:
    extension = node.extension("questionnaire-itemControl")
    return extension.node("valueCodeableConcept").node("coding").text("code") if extension is not None else ""
