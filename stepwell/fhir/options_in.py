"""The options of a choice, from a question's own list or from a value set."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from stepwell.fhir.node import Node, number_of
from stepwell.fhir.values_out import is_of_kind
from stepwell.fhir.words import Words, one_line, to_markdown

ValueSets = Mapping[str, Node]
"""The value sets at hand, by their address or `#id`."""

_MOST = 500
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,99}")
_KINDS = {"String": "string", "Integer": "integer", "Date": "date", "Time": "time"}
_POINTS = ("ordinalValue", "itemWeight", "questionnaire-ordinalValue", "iso21090-CO-value")


class Options(NamedTuple):
    """Options as a choice has them."""

    options: list[dict[str, Any]]
    origin: dict[str, Any]
    """What they are called there."""
    values: dict[str, str]
    """The option's value for each code or plain value."""
    have_points: bool


class _Found(NamedTuple):
    node: Node
    kind: str
    code: str
    system: str
    label: Any
    points: float | None


def read_options(item: Node, sets: ValueSets, words: Words, *, is_open: bool) -> Options | None:
    """The options of a question; None where it has none, or none that are at hand."""
    found = [one for option in item.nodes("answerOption") if (one := _option(option, words)) is not None]
    found += islice(_from_value_set(item, sets, words), _MOST + 1)
    if len(found) > _MOST:
        item.note("decide", f"has more than {_MOST} options, which is the most here; the others are left out")
    return _as_options(found[:_MOST], is_open=is_open) if found else None


def _option(option: Node, words: Words) -> _Found | None:
    kind, value = option.value()
    points = _points(option)
    if kind == "Coding" and isinstance(value, dict):
        coding = option.node("valueCoding")
        return _coding(coding, words, _points(coding) if points is None else points)
    if kind == "Reference" and isinstance(value, dict):
        reference = option.node("valueReference")
        shown = words.of(reference, "display") or to_markdown(reference.text("reference"))
        option.note("changed", "is a reference, and becomes an option with its words")
        return _Found(option, "string", one_line(shown, words.base), "", shown, points) if shown else None
    plain = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if kind not in _KINDS or len(plain) > 500 or not is_of_kind(_KINDS[kind], plain):
        option.note("left_out", "has no value that could be an option")
        option.done()
        return None
    label: Any = (words.of(option, "valueString") if kind == "String" else None) or to_markdown(plain)
    return _Found(option, _KINDS[kind], plain, "", label, points)


def _coding(coding: Node, words: Words, points: float | None) -> _Found | None:
    code, label = coding.code("code"), words.of(coding, "display")
    if not code and not label:
        coding.note("left_out", "has neither a code nor words")
        return None
    called = code or one_line(label, words.base)[:500].rstrip()
    return _Found(coding, "coding", called, system_of(coding), label or to_markdown(called), points)


def system_of(node: Node) -> str:
    """The address of a code system; empty where it is none."""
    system = node.code("system")
    return system if " " not in system else ""


def _points(node: Node) -> float | None:
    extension = node.extension(*_POINTS)
    return None if extension is None else number_of(extension.value()[1])


def _from_value_set(item: Node, sets: ValueSets, words: Words) -> Iterator[_Found]:
    address = item.text("answerValueSet")
    if not address:
        return
    known = sets.get(address) or sets.get(address.split("|")[0])
    if known is None:
        item.note(
            "decide", f"its options are in the value set {address}, which is not at hand; write them out", "answerValueSet"
        )
        return
    is_empty = True
    for one in _concepts(known, words):
        is_empty = False
        yield one
    if is_empty:
        item.note("decide", f"the value set {address} lists no codes; write the options out", "answerValueSet")


def _concepts(value_set: Node, words: Words) -> Iterator[_Found]:
    listed = value_set.node("expansion").nodes("contains")
    for one in listed:
        if one.flag("abstract") is not True and (found := _coding(one, words, _points(one))) is not None:
            yield found
    if listed:
        return
    for part in value_set.node("compose").nodes("include"):
        system = system_of(part)
        for one in part.nodes("concept"):
            if (found := _coding(one, words, _points(one))) is not None:
                yield found._replace(system=system)


def _as_options(found: list[_Found], *, is_open: bool) -> Options:
    kind = found[0].kind if len({one.kind for one in found}) == 1 else "coding"
    system = found[0].system
    origin: dict[str, Any] = {"kind": kind} if kind != "coding" else {}
    if system:
        origin["system"] = system
    options: list[dict[str, Any]] = []
    renamed: dict[str, dict[str, str]] = {}
    values: dict[str, str] = {}
    taken = {"other"} if is_open else set[str]()
    for one in found:
        value = _value(one.code, taken)
        taken.add(value)
        values.setdefault(one.code, value)
        values.setdefault(f"{one.system}|{one.code}", value)
        if kind == "string":
            values.setdefault(one_line(one.label, "en"), value)
        has_other_code = value != one.code and (kind != "string" or one_line(one.label, "en") != one.code)
        if has_other_code or one.system != system:
            renamed[value] = {"code": one.code} | ({"system": one.system} if one.system else {})
        option: dict[str, Any] = {"value": value, "label": one.label}
        if one.points is not None:
            option["points"] = int(one.points) if float(one.points).is_integer() else one.points
        options.append(option)
    if renamed:
        origin["options"] = renamed
    return Options(options, origin, values, any(one.points is not None for one in found))


def _value(code: str, taken: set[str]) -> str:
    base = code if _VALUE.fullmatch(code) else re.sub(r"[^A-Za-z0-9_.:/+-]+", "_", code).strip("_./:+-")[:90] or "option"
    value, number = base, 1
    while value in taken or not _VALUE.fullmatch(value):
        number += 1
        value = f"{base[:90]}_{number}"
    return value
