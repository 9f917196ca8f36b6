"""One object of a FHIR document, read with care: it knows its place, and what of it nobody has read."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from engine.words import seen
from stepwell.fhir.report import Report, What

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_EMPTY: dict[str, Any] = {}

_NO_PLACE = "there is no place for it"
_WHY: Mapping[str, str] = {
    "meta": "says where the document was kept",
    "text": "is the document again, drawn as HTML",
    "id": "is where the document was kept",
    "identifier": "is a name among other systems",
    "status": "an import is a draft, whatever its document was",
    "experimental": "an import is a draft, whatever its document was",
    "subjectType": "a pathway is always about a client",
    "prefix": "numbers are given when it is shown",
    "definition": "points to a data element, and there are none",
    "initial": "nothing is answered beforehand",
    "initialSelected": "nothing is answered beforehand",
    "trigger": "a pathway is started by a person or a host",
    "input": "data are not passed between steps",
    "output": "data are not passed between steps",
    "dynamicValue": "nothing is computed into a step",
    "transform": "nothing is computed into a step",
    "questionnaire-itemControl": "how an answer is drawn is the host's to decide",
    "questionnaire-choiceOrientation": "how an answer is drawn is the host's to decide",
    "questionnaire-optionPrefix": "options have labels only",
    "questionnaire-optionExclusive": "an option cannot rule out the others",
    "entryFormat": "how an answer is drawn is the host's to decide",
    "regex": "answers are not compared with patterns",
    "maxDecimalPlaces": "numbers take any decimals",
    "maxSize": "the host keeps files, and limits their size",
    "sdc-questionnaire-observationLinkPeriod": "answers are not taken from other records",
    "sdc-questionnaire-initialExpression": "nothing is answered beforehand",
    "sdc-questionnaire-launchContext": "nothing is answered beforehand",
}
_ALARMING: Mapping[str, str] = {
    "modifierExtension": "changes the meaning of what it stands in; look at it",
    "sdc-questionnaire-enableWhenExpression": "its condition is an expression; without it, it is always asked",
    "questionnaire-constraint": "checks answers by an expression; nothing checks them so here",
    "targetConstraint": "checks answers by an expression; nothing checks them so here",
    "sdc-questionnaire-answerExpression": "its options are computed; write them out",
    "sdc-questionnaire-answerOptionsToggleExpression": "its options come and go by an expression; here all are there",
}


class Node:
    """An object at its place. What is asked for and of the wrong type is noted, and counts as missing."""

    def __init__(self, value: Mapping[str, Any], report: Report, document: str = "", where: str = "") -> None:
        self._value = value
        self._report = report
        self._done = False
        self._read: set[str] = set()
        self._within: dict[str, list[Node]] = {}
        self.document = document
        self.where = where

    def note(self, what: What, why: str, name: str = "") -> None:
        """Note what became of it, or of one of its elements."""
        self._report.add(self.document, self._place(name) if name else self.where, what, why)

    def done(self) -> None:
        """Nothing in it needs a note any more."""
        self._done = True

    def names(self, stem: str) -> list[str]:
        """Its elements of that name, or with a type behind it: `valueCoding` for `value`."""
        return [name for name in self._value if name.startswith(stem) and (name[len(stem) :][:1].isupper() or name == stem)]

    def has(self, name: str) -> bool:
        """Whether there is such an element."""
        return self._value.get(name) is not None

    def raw(self, name: str) -> Any:
        """The element as it is."""
        self._read.add(name)
        return self._value.get(name)

    def text(self, name: str) -> str:
        """Text without what nobody sees; empty where there is none."""
        value = self.raw(name)
        if value is not None and not isinstance(value, str):
            self.note("left_out", "is no text", name)
        return seen(value) if isinstance(value, str) and value.strip() else ""

    def code(self, name: str) -> str:
        """A code or an address: text of one line, at most 500 characters."""
        return " ".join(self.text(name).split())[:500].rstrip()

    def flag(self, name: str) -> bool | None:
        """True, false, or nothing."""
        value = self.raw(name)
        if value is not None and not isinstance(value, bool):
            self.note("left_out", "is neither true nor false", name)
        return value if isinstance(value, bool) else None

    def number(self, name: str) -> int | float | None:
        """A number, also where it is written as text."""
        value = self.raw(name)
        found = number_of(value)
        if value is not None and found is None:
            self.note("left_out", "is no number that could be kept", name)
        return found

    def nodes(self, name: str) -> list["Node"]:
        """The objects in a list."""
        if name not in self._within:
            value = self.raw(name)
            several = value if isinstance(value, list) else [] if value is None else [value]
            self._within[name] = []
            for at, one in enumerate(several):
                place = f"{self._place(name)}[{at}]" if isinstance(value, list) else self._place(name)
                if isinstance(one, dict):
                    self._within[name].append(Node(one, self._report, self.document, place))
                elif one is not None:
                    self._report.add(self.document, place, "left_out", "is no object")
        return self._within[name]

    def node(self, name: str) -> "Node":
        """The object there, or an empty one."""
        found = self.nodes(name)
        return found[0] if found else Node(_EMPTY, self._report, self.document, self._place(name))

    def texts(self, name: str) -> list[str]:
        """The texts in a list."""
        value = self.raw(name)
        several = value if isinstance(value, list) else [] if value is None else [value]
        if any(not isinstance(one, str) for one in several):
            self.note("left_out", "holds what is no text", name)
        return [seen(one) for one in several if isinstance(one, str) and one.strip()]

    def extensions(self, *names: str) -> list["Node"]:
        """HL7's extensions of these names: the last part of their addresses."""
        found = [one for one in self.nodes("extension") if _name_of(one) in names]
        for one in found:
            one.raw("url")
        return found

    def extension(self, *names: str) -> "Node | None":
        """The first of them."""
        return next(iter(self.extensions(*names)), None)

    def value(self) -> tuple[str, Any]:
        """The type and the value of `value[x]`."""
        names = self.names("value")
        return (names[0].removeprefix("value"), self.raw(names[0])) if names else ("", None)

    def leftovers(self) -> None:
        """Note everything that nobody has read."""
        if self._done:
            return
        for name in self._value:
            if name in ("extension", "modifierExtension") and name not in self._within:
                self.nodes(name)
            if name in self._within:
                for one in self._within[name]:
                    if name.endswith("xtension") and not one._read:
                        one._leftover_extension(name)
                    else:
                        one.leftovers()
            elif name not in self._read and name != "fhir_comments":
                self.note("left_out", _WHY.get(name, _NO_PLACE), name)

    def _leftover_extension(self, name: str) -> None:
        url = self._value.get("url")
        called = _name_of(self) or (url if isinstance(url, str) else "")
        alarming = _ALARMING.get(name) or _ALARMING.get(called)
        why = alarming or _WHY.get(called, _NO_PLACE)
        self.note("decide" if alarming else "left_out", f"{called[:200]}: {why}" if called else why)

    def _place(self, name: str) -> str:
        return f"{self.where}.{name[:100]}".lstrip(".")


def number_of(value: object) -> int | float | None:
    """The number in it, if it is one of those that are kept: a thousand million millions at most."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not isfinite(value):
        return None
    return value if -1e15 <= value <= 1e15 else None


def _name_of(extension: Node) -> str:
    url = extension._value.get("url")
    return url.rsplit("/", 1)[-1] if isinstance(url, str) and url.startswith("http://hl7.org/fhir/") else ""
