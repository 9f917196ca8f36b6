"""Pathway documents made from others: copied, combined, put into another order. Plain values in, plain values out."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.findings import did_you_mean

Document = dict[str, Any]
_OF_A_STEP = ("delivered", "completed")
_NAMING = ("opens", "steps", "otherwise", "of")


class CannotEdit(ValueError):
    """The document cannot be changed that way; the text says why."""


def copy(document: Mapping[str, Any], name: str, title: Any = None) -> Document:
    """The same pathway under another name."""
    return {**document, "pathway": name, "title": title if title is not None else document["title"]}


def combine(documents: Sequence[Mapping[str, Any]], name: str, title: Any) -> Document:
    """One pathway of several, one after the other; the head is that of the first. Step ids that two share get the
    pathway's name in front."""
    first, seen = documents[0], set[str]()
    steps: list[Any] = []
    stages: list[Any] = []
    for document in documents:
        taken = {one["id"] for one in document["steps"] if one["id"] in seen}
        prefix = str(document["pathway"]).replace("-", "_")
        renamed = {one: f"{prefix}_{one}" for one in taken}
        steps += [_renamed(one, renamed) for one in document["steps"]]
        stages += [one for one in document.get("stages", ()) if one not in stages]
        seen |= {one["id"] for one in document["steps"]} | set(renamed.values())
    head = {key: value for key, value in first.items() if key not in ("steps", "stages")}
    return {**copy(head, name, title), **({"stages": stages} if stages else {}), "steps": steps}


def reorder(document: Mapping[str, Any], order: Sequence[str]) -> Document:
    """The same steps in this order, each named once. Raises CannotEdit."""
    steps = {one["id"]: one for one in document["steps"]}
    for name in order:
        if name not in steps:
            raise CannotEdit(f"{name!r} is no step; {did_you_mean(name, steps)}")
    if sorted(order) != sorted(steps):
        left_out = ", ".join(name for name in steps if name not in order) or "none, but some are there twice"
        raise CannotEdit(f"name every step once; left out: {left_out}")
    return {**document, "steps": [steps[name] for name in order]}


def _renamed(step: Mapping[str, Any], names: Mapping[str, str]) -> Document:
    """A step with the ids of other steps changed wherever it names them."""
    changed = dict(step)
    changed["id"] = names.get(step["id"], step["id"])
    deliver = step.get("deliver")
    if isinstance(deliver, dict) and isinstance(deliver.get("after"), str):
        subject, _, moment = deliver["after"].rpartition(".")
        if moment in _OF_A_STEP and subject in names:
            changed["deliver"] = {**deliver, "after": f"{names[subject]}.{moment}"}
    for place in ("when", "needs"):
        if isinstance(step.get(place), str):
            changed[place] = _in_expression(step[place], names)
    needs = step.get("needs")
    if isinstance(needs, list):
        changed["needs"] = [names.get(one, one) for one in needs]
    elif isinstance(needs, dict):
        changed["needs"] = {**needs, "of": [names.get(one, one) for one in needs.get("of", ())]}
    if isinstance(step.get("content"), dict):
        changed["content"] = _in_content(step["content"], names)
    return changed


def _in_content(value: Any, names: Mapping[str, str], place: str = "") -> Any:
    """Contents name steps in lists called `opens`, `steps`, `otherwise` and `of`, and in conditions called `when`."""
    if isinstance(value, dict):
        return {key: _in_content(one, names, key) for key, one in value.items()}
    if isinstance(value, list):
        return [names.get(one, one) if place in _NAMING and isinstance(one, str) else _in_content(one, names) for one in value]
    return _in_expression(value, names) if place == "when" and isinstance(value, str) else value


def _in_expression(source: str, names: Mapping[str, str]) -> str:
    for old, new in names.items():
        source = re.sub(rf"\b(outcomes|done)\.{re.escape(old)}\b", rf"\1.{new}", source)
    return source
