"""Which items are asked, given the answers before them: what `asked_if` means, for a page that shows no others.

Stepwell judges the answers again when they are sent; this only decides what a person sees.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from operator import ge, gt, le, lt
from typing import Any

from host_app.forms.parts import Json

Item = Mapping[str, Any]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {"above": gt, "below": lt, "at_least": ge, "at_most": le}
_SAYS = ("is", "is_not", "includes", *_ORDER)
_OTHER = "other"


def is_asked(item: Item, items: Mapping[str, Item], answers: Mapping[str, Json]) -> bool:
    """Whether an item is asked, given the answers to the items before it."""
    wanted = item.get("asked_if") or ()
    if isinstance(wanted, Mapping) and "any" in wanted:
        return any(_holds(one, items, answers) for one in wanted["any"])
    every = (wanted,) if isinstance(wanted, Mapping) else wanted
    return all(_holds(one, items, answers) for one in every)


def deciding(items: Sequence[Item]) -> frozenset[str]:
    """The items whose answers others depend on."""
    found: set[str] = set()
    for item in items:
        wanted = item.get("asked_if") or ()
        every = wanted.get("any", (wanted,)) if isinstance(wanted, Mapping) else wanted
        found.update(str(one["item"]) for one in every)
        found |= deciding(item.get("items") or ())
    return frozenset(found)


def _holds(condition: Mapping[str, Any], items: Mapping[str, Item], answers: Mapping[str, Json]) -> bool:
    question, answer = items.get(condition["item"]), answers.get(condition["item"])
    if question is None:
        return False
    if answer in ("", [], ()):
        answer = None
    exists = condition.get("exists")
    if exists is not None and exists != (answer is not None):
        return False
    said = {name: condition[name] for name in _SAYS if condition.get(name) is not None}
    if answer is None:
        return not set(said) - {"is_not"}
    return all(_is_so(name, question, answer, value) for name, value in said.items())


def _is_so(name: str, question: Item, answer: Json, value: Any) -> bool:
    each = tuple(answer) if isinstance(answer, list | tuple) else (answer,)
    match name:
        case "is" | "includes":
            return any(_same(question, one, value) for one in each)
        case "is_not":
            return not any(_same(question, one, value) for one in each)
        case _:
            limit = _size(question, value)
            sizes = (
                [_points_of_all(question, each)] if question["type"] == "choices" else [_size(question, one) for one in each]
            )
            return limit is not None and any(
                size is not None and size[0] == limit[0] and _ORDER[name](size[1], limit[1]) for size in sizes
            )


def _same(question: Item, answer: Any, value: Any) -> bool:
    if question["type"] in ("choice", "choices"):
        return bool(value == (_OTHER if isinstance(answer, Mapping) else answer))
    if question["type"] == "yes_no":
        return isinstance(value, bool) and answer is value
    size = _size(question, answer)
    return size is not None and size == _size(question, value)


def _size(question: Item, value: Any) -> tuple[str, Any] | None:
    """What an answer is ordered by, with its kind: only those of one kind can be compared."""
    match question["type"]:
        case "scale" | "number":
            return ("number", float(value)) if _is_number(value) else None
        case "quantity":
            is_one = isinstance(value, Mapping) and _is_number(value.get("value"))
            return (f"in {value.get('unit')}", float(value["value"])) if is_one else None
        case "choice" | "choices":
            if _is_number(value):
                return ("points", float(value))
            points = next((one.get("points") or 0 for one in question["options"] if one["value"] == value), None)
            return None if points is None else ("points", float(points))
        case "date" | "time" | "date_time":
            return _instant(question["type"], value)
        case "text" | "long_text" | "url":
            return ("text", value) if isinstance(value, str) else None
        case _:
            return None


def _points_of_all(question: Item, chosen: Sequence[Any]) -> tuple[str, float]:
    return ("points", float(sum(one.get("points") or 0 for one in question["options"] if one["value"] in chosen)))


_READ: dict[str, tuple[re.Pattern[str], Callable[[str], Any]]] = {
    "date": (re.compile(r"[12]\d{3}-\d\d-\d\d"), date.fromisoformat),
    "time": (re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?"), time.fromisoformat),
    "date_time": (re.compile(r"[12]\d{3}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)"), datetime.fromisoformat),
}


def _instant(kind: str, value: Any) -> tuple[str, Any] | None:
    form, read = _READ[kind]
    if not isinstance(value, str) or not form.fullmatch(value):
        return None
    try:
        return (kind, read(value))
    except ValueError:
        return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
