"""A FHIR Questionnaire as a questionnaire step."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from engine.steps.questionnaire.checks import ItemChecks
from engine.steps.questionnaire.kinds import AnyItem
from engine.steptype import Problem
from stepwell.fhir.conditions_in import Conditions
from stepwell.fhir.items_in import Item, ItemsIn
from stepwell.fhir.node import Node
from stepwell.fhir.options_in import ValueSets
from stepwell.fhir.report import Unusable
from stepwell.fhir.scores_in import read_scores
from stepwell.fhir.words import Words, language_of, one_line

INTRO = "intro"
"""The name of a display item at the beginning that is the introduction."""
_ROUNDS = 10
_LIMITS = {"min": ("min", "max"), "max": ("min", "max"), "fewest": ("fewest", "most"), "most": ("fewest", "most")}
_OPTIONAL = ("media", "media_types", "unit", "min_label", "max_label", "origin", "risk")
_AnItem: TypeAdapter[Any] = TypeAdapter(AnyItem)
_SomeItems: TypeAdapter[Any] = TypeAdapter(tuple[AnyItem, ...])


def read_questionnaire(node: Node, sets: ValueSets, base: str) -> dict[str, Any]:
    """The step a questionnaire becomes, without an id; what did not come over is in the report. Raises Unusable."""
    words = Words(language_of(node), base)
    node.raw("resourceType")
    nodes = node.nodes("item")
    if not nodes:
        raise Unusable(f"{node.document} has no items; there is nothing to ask")
    own = {f"#{one.text('id')}": one for one in node.nodes("contained") if one.text("resourceType") == "ValueSet"}
    read = ItemsIn(nodes, {**sets, **own}, words)
    items = read.items
    if not items:
        raise Unusable(f"{node.document} has nothing in it that a client could be asked")
    content: dict[str, Any] = {}
    first = items[0]
    if len(items) > 1 and first["type"] == "display" and first["id"] == INTRO and not read.conditions[INTRO].all:
        content["intro"] = items.pop(0)["text"]
    for item in inside(items):
        _mend_item(item, read.places[item["id"]])
    _mend_conditions(items, read.conditions)
    content["items"] = items
    beside = set(_beside(items))
    choices = {name: name in read.weighted for name in read.values if name in beside}
    content |= read_scores(read.computed, read.ids, choices, [item["id"] for item in items])
    step: dict[str, Any] = {
        "type": "questionnaire",
        "title": words.of(node, "title") or words.of(node, "name") or "Questionnaire",
    }
    notes = notes_of(node, words)
    for one in own.values():
        one.done()
    return step | ({"practitioner_notes": notes} if notes else {}) | {"content": content}


def notes_of(node: Node, words: Words) -> str:
    """Where a document is from and what its authors say of it, for practitioners."""
    kind = node.text("resourceType")
    address = "|".join(part for part in (node.text("url"), node.text("version")) if part)
    parts = [f"From the FHIR {kind} {address}".strip() if address else ""]
    codes = ", ".join(" ".join(filter(None, (code.text("system"), code.text("code")))) for code in node.nodes("code"))
    for code in node.nodes("code"):
        code.text("display")
    parts.append(f"Codes: {codes}" if codes.strip(", ") else "")
    for name in ("name", "subtitle", "publisher", "date", "description", "purpose", "usage", "copyright"):
        text = one_line(words.of(node, name), words.base)
        parts.append(f"{name.capitalize()}: {text[:5000]}" if text and name != "name" else "")
    return "\n".join(part for part in parts if part).replace("{{", "{ {")


def _mend_item(item: Item, node: Node) -> None:
    """Take out of an item what cannot be there, and note it."""
    for _ in range(_ROUNDS):
        bare = {name: value for name, value in item.items() if name != "items"} | (
            {"items": [{"id": "x", "type": "display", "text": "x"}]} if item["type"] == "group" else {}
        )
        try:
            wrong = {problem.where.split(".")[0]: problem.message for problem in _AnItem.validate_python(bare).problems()}
        except ValidationError as error:
            wrong = {str(one["loc"][1]): one["msg"] for one in error.errors(include_url=False) if len(one["loc"]) > 1}
        names = [name for where in wrong for name in _LIMITS.get(where, (where,) if where in _OPTIONAL else ()) if name in item]
        if "units" in wrong:
            names += [name for name in ("min", "max") if name in item]
        if "repeats" in wrong or not names:
            names += [name for name in ("fewest", "most") if name in item and "repeats" not in item]
        if not names:
            return
        for name in dict.fromkeys(names):
            del item[name]
        if item["type"] == "scale":  # which cannot be without its ends
            for name in ("min", "max", "min_label", "max_label"):
                item.pop(name, None)
            item |= {"type": "number", "whole": True}
        why = "; ".join(f"{where}: {message}" for where, message in wrong.items())
        node.note("decide", f"says what cannot be, and it is left out: {why}"[:400])


def _mend_conditions(items: list[Item], conditions: Mapping[str, Conditions]) -> None:
    """Write the conditions into the items; take out those that can never be, and note them."""
    kept = {name: list(one.all) for name, one in conditions.items()}
    for _ in range(_ROUNDS):
        for item in inside(items):
            written = Conditions(kept[item["id"]], conditions[item["id"]].one_is_enough).written()
            item.pop("asked_if", None)
            if written is not None:
                item["asked_if"] = written
        try:
            found = list(ItemChecks().all(_SomeItems.validate_python(items)))
        except ValidationError:
            return  # a person has to look at the items first
        wrong: dict[str, dict[int, str]] = {}
        for problem in found:
            for name, at in _condition_at(items, problem):
                wrong.setdefault(name, {}).setdefault(at, problem.message)
        if not wrong:
            return
        for name, each in wrong.items():
            for at in sorted(each, reverse=True):
                _, when = kept[name].pop(at)
                when.note("decide", f"{each[at]}; the condition is left out, and the item may be asked where it was not to be")


def _condition_at(items: list[Item], problem: Problem) -> Iterator[tuple[str, int]]:
    """Which condition of which item a problem is about, if it is about one."""
    parts = problem.where.split(".")
    if "asked_if" not in parts:
        return
    before = parts[: parts.index("asked_if")]
    rest = [part for part in parts[len(before) + 1 :] if part != "any"]
    within: Any = {"items": items}
    for part in before:
        within = within[int(part) if part.isdigit() else part]
    yield within["id"], int(rest[0]) if rest and rest[0].isdigit() else 0


def inside(items: list[Item]) -> Iterator[Item]:
    """The items, and those in groups."""
    for item in items:
        yield item
        yield from inside(item.get("items", []))


def _beside(items: list[Item]) -> Iterator[str]:
    """The items outside of groups that repeat."""
    for item in items:
        yield item["id"]
        if not item.get("repeats"):
            yield from _beside(item.get("items", []))
