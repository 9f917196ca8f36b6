"""When an item is asked: `enableWhen` as `asked_if`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from stepwell.fhir.node import Node, number_of

_OPERATORS = {"=": "is", "!=": "is_not", ">": "above", "<": "below", ">=": "at_least", "<=": "at_most"}
Condition = dict[str, Any]


class Conditions(NamedTuple):
    """What an item's being asked depends on; each condition with its place in the document."""

    all: list[tuple[Condition, Node]]
    one_is_enough: bool = False

    def written(self) -> Any:
        """As an author writes it; None where there is none."""
        each = [condition for condition, _ in self.all]
        if len(each) < 2:
            return each[0] if each else None
        return {"any": each} if self.one_is_enough else each

    def and_those_of(self, outer: "Conditions") -> "Conditions | None":
        """Both together; None where that cannot be said."""
        if not self.all or not outer.all:
            return self if self.all else outer
        if (self.one_is_enough and len(self.all) > 1) or (outer.one_is_enough and len(outer.all) > 1):
            return None
        return Conditions([*outer.all, *self.all])


def read_conditions(item: Node, ids: Mapping[str, str], values: Mapping[str, Mapping[str, str]]) -> Conditions:
    """The conditions of an item; those that cannot be carried over are noted."""
    found = [(one, when) for when in item.nodes("enableWhen") if (one := _condition(when, ids, values)) is not None]
    behaviour = item.text("enableBehavior")
    if len(found) > 1 and behaviour not in ("any", "all"):
        item.note("changed", "does not say whether one condition is enough; all have to hold", "enableWhen")
    return Conditions(found, one_is_enough=behaviour == "any")


def _condition(when: Node, ids: Mapping[str, str], values: Mapping[str, Mapping[str, str]]) -> Condition | None:
    question, operator = when.text("question"), when.text("operator")
    names = when.names("answer")
    kind, answer = (names[0].removeprefix("answer"), when.raw(names[0])) if names else ("", None)
    if question not in ids:
        _lose(when, f"asks for {question[:100]!r}, which is no earlier question here")
        return None
    about = {"item": ids[question]}
    if operator == "exists" and isinstance(answer, bool):
        return about | {"exists": answer}
    if operator not in _OPERATORS:
        _lose(when, f"compares by {operator[:20]!r}, which is no comparison here")
        return None
    value = _answer(when, kind, names[0] if names else "", answer, values.get(ids[question]))
    if value is None or (isinstance(value, str) and not 0 < len(value) <= 500):
        _lose(when, "compares with what no answer here can be")
        return None
    return about | {_OPERATORS[operator]: value}


def _answer(when: Node, kind: str, name: str, answer: Any, options: Mapping[str, str] | None) -> Any:
    if kind == "Coding" and isinstance(answer, dict):
        coding = when.node(name)
        code, system = coding.code("code") or coding.code("display"), coding.code("system")
        coding.text("display")
        known = options or {}
        return known.get(f"{system}|{code}", known.get(code)) if options is not None else code or None
    if kind == "Quantity" and isinstance(answer, dict):
        amount = when.node(name)
        value, unit = amount.number("value"), amount.code("code") or amount.code("unit")
        amount.done()
        return {"value": value, "unit": unit} if value is not None and unit else None
    if isinstance(answer, dict | list):
        return None
    if options is not None and not isinstance(answer, bool):
        return options.get(str(answer))
    return number_of(answer) if isinstance(answer, int | float) and not isinstance(answer, bool) else answer


def _lose(when: Node, why: str) -> None:
    when.note("decide", f"{why}; the condition is left out, and the item may be asked where it was not to be")
    when.done()
