"""The items of a FHIR questionnaire as items of ours."""

from collections.abc import Iterator, Sequence
from typing import Any

from engine.steps.questionnaire.kinds import DEEPEST
from stepwell.fhir.conditions_in import Conditions, read_conditions
from stepwell.fhir.kinds_in import Kinds, read_kind
from stepwell.fhir.names import Names
from stepwell.fhir.node import Node
from stepwell.fhir.options_in import ValueSets, system_of
from stepwell.fhir.report import Unusable
from stepwell.fhir.risks_in import note_risk
from stepwell.fhir.words import Words, one_line

Item = dict[str, Any]
_MOST = 100
MOST_OPTIONS = 20_000
_BESIDE = {"lower", "upper", "unit"}
"""Display items under a question that belong to how it is answered."""


class ItemsIn:
    """Reads the items of one questionnaire; `conditions` and `places` say where in the document each came from."""

    def __init__(self, items: Sequence[Node], sets: ValueSets, words: Words) -> None:
        self._sets = sets
        self._words = words
        asked = [node for node in _every(items) if not _reason_to_leave_out(node)]
        self._names = Names(node.text("linkId") for node in asked if node.text("linkId"))
        self._options = 0
        self._rules = Names(otherwise="rule")
        self._met: set[str] = set()
        self.ids: dict[str, str] = {}
        """The questions so far: their ids by their names there."""
        self.values: dict[str, dict[str, str]] = {}
        self.weighted: list[str] = []
        """Choices whose options have points, in order."""
        self.conditions: dict[str, Conditions] = {}
        self.places: dict[str, Node] = {}
        self.computed: list[Node] = []
        """Items whose answers are computed."""
        self.items = self._all(items, 1)

    def _all(self, nodes: Sequence[Node], depth: int) -> list[Item]:
        return [item for node in nodes for item in self._one(node, depth)]

    def _one(self, node: Node, depth: int) -> list[Item]:
        reason = _reason_to_leave_out(node)
        if reason:
            if reason == "computed":
                self.computed.append(node)
            else:
                node.note("left_out", reason)
                node.done()
            return []
        link, kind = node.text("linkId"), node.text("type")
        base = self._base(node, link)
        conditions = read_conditions(node, self.ids, self.values)
        self.conditions[base["id"]], self.places[base["id"]] = conditions, node
        inner = node.nodes("item")
        if kind == "group" or (inner and kind not in Kinds and kind not in ("display", "choice", "open-choice", "coding")):
            if kind != "group":
                node.note("changed", f"has the type {kind[:40]!r}, which there is not; it is taken as a group", "type")
            return self._group(node, base, depth)
        if kind == "display":
            return [*self._display(node, base), *self._all(inner, depth)]
        return self._question(node, link, base, inner, depth)

    def _base(self, node: Node, link: str) -> Item:
        """What every item has: its id, where it came from, its pictures."""
        if not link:
            node.note("changed", "has no linkId; it is given a name", "linkId")
        if link in self._met:
            node.note("decide", "has the linkId of another item; conditions ask for the first", "linkId")
        is_first = bool(link) and link not in self._met
        self._met.add(link)
        text = one_line(self._words.of(node, "text"), self._words.base)
        name = self._names.of[link] if is_first else self._names.new(link or text[:40])
        origin: dict[str, Any] = {"link_id": link} if is_first and link != name and len(link) <= 500 else {}
        if codes := list(_codes(node)):
            origin["codes"] = codes[:50]
        media = list(self._media(node))
        return {"id": name} | ({"media": media[:5]} if media else {}) | ({"origin": origin} if origin else {})

    def _media(self, node: Node) -> Iterator[dict[str, Any]]:
        for extension in node.extensions("sdc-questionnaire-itemMedia"):
            attachment = extension.node("valueAttachment")
            sort, url = attachment.text("contentType").split("/")[0], attachment.text("url")
            title = self._words.of(attachment, "title")
            known = {"image": "picture", "audio": "audio", "video": "video"}.get(sort)
            if known and url.startswith("https://") and len(url) < 2000 and not set(url) & set(' <>"\\') and title:
                yield {"kind": known, "url": url, "description": title}
            else:
                attachment.note("decide", "is no picture, sound or film at an https address with a title that describes it")
                attachment.done()

    def _group(self, node: Node, base: Item, depth: int) -> list[Item]:
        text = self._words.of(node, "text")
        inner = self._all(node.nodes("item"), depth + (depth < DEEPEST))
        if not inner:
            if text is None:
                node.note("left_out", "is a group with nothing in it")
                return []
            node.note("changed", "is a group with nothing in it; its heading is shown as words")
            return [{**base, "type": "display", "text": text}]
        heading = {"text": text} if text is not None else {}
        if depth >= DEEPEST:
            return self._opened(node, base, heading, inner)
        group = {"id": base["id"], "type": "group", **heading, **_without_id(base), "items": inner}
        repetition = self._repetition(node)
        if repetition:
            group |= {"required": _is_required(node), **repetition}
        elif node.flag("required"):
            node.note("changed", "is required; what is in it says for itself what must be answered", "required")
        return [group]

    def _opened(self, node: Node, base: Item, heading: Item, inner: list[Item]) -> list[Item]:
        """A group too deep to be one: its heading, and its items beside it, asked where the group would be."""
        node.note("changed", f"is nested more than {DEEPEST} deep; its items are put beside each other")
        if self._repetition(node):
            node.note("decide", "repeats, and is nested too deeply to repeat here; move it up", "repeats")
        for item in inner:
            both = self.conditions[item["id"]].and_those_of(self.conditions[base["id"]])
            if both is None:
                node.note("decide", f"its condition cannot be joined with that of {item['id']!r}; write it there", "enableWhen")
            else:
                self.conditions[item["id"]] = both
        return [*([{**base, "type": "display", **heading}] if heading else []), *inner]

    def _display(self, node: Node, base: Item) -> list[Item]:
        text = self._words.of(node, "text")
        if text is None:
            node.note("left_out", "shows nothing")
            return []
        return [{"id": base["id"], "type": "display", "text": text, **_without_id(base)}]

    def _question(self, node: Node, link: str, base: Item, inner: list[Node], depth: int) -> list[Item]:
        beside = [one for one in inner if one.text("type") == "display" and _control(one) in _BESIDE]
        shown = [one for one in inner if one.text("type") == "display" and one not in beside]
        asked = [one for one in inner if one not in beside and one not in shown]
        repetition = self._repetition(node)
        read = read_kind(node, base["id"], beside, self._sets, self._words, repeats=bool(repetition))
        required = {"required": _is_required(node)}
        if link and link not in self.ids:
            self.ids[link] = base["id"]
        if read.options is not None:
            self._options += len(read.options.options)
            if self._options > MOST_OPTIONS:
                raise Unusable(f"{node.document} holds more than {MOST_OPTIONS:,} options; import fewer questions at once")
            self.values[base["id"]] = read.options.values
            base = base | {"origin": {**base.get("origin", {}), **read.options.origin}} if read.options.origin else base
        elif read.system:
            base = base | {"origin": {**base.get("origin", {}), "system": read.system}}
        text = {"text": self._text(node, link)}
        item: Item = {"id": base["id"], "type": read.type, **text, **read.fields, **required, **_without_id(base)}
        if read.options is not None and read.options.have_points and not (repetition and asked):
            self.weighted.append(base["id"])
        note_risk(node, item, self._rules)
        words = [one for display in shown for one in self._one(display, depth)]
        for one in words:
            node.note("changed", f"the words of {one['id']!r} stand before the question they belong to", "item")
            if not self.conditions[one["id"]].all:
                self.conditions[one["id"]] = self.conditions[base["id"]]
        if not asked:
            return [*words, {**item, **_several(node, read.type, repetition)}]
        node.note("changed", "has items under it; they are asked in a group behind it, once it is answered", "item")
        return [*words, *self._with_more(node, item, asked, repetition, depth)]

    def _with_more(self, node: Node, item: Item, asked: list[Node], repetition: Item, depth: int) -> list[Item]:
        """The question, and a group of what is asked once it is answered; both again and again where it repeats."""
        around = 1 if repetition and depth < DEEPEST else 0
        inside = depth + around
        more_id = self._names.new(f"{item['id'][:50]}_more")
        self.conditions[more_id] = Conditions([({"item": item["id"], "exists": True}, node)])
        self.places[more_id] = node
        inner = self._all(asked, inside + (inside < DEEPEST))
        if not inner:
            return [{**item, **_several(node, item["type"], repetition)}]
        is_too_deep = inside >= DEEPEST
        more = {"id": more_id, "type": "group", "items": inner}
        behind = self._opened(node, {"id": more_id}, {}, inner) if is_too_deep else [more]
        if not repetition:
            return [item, *behind]
        if not around:
            node.note("decide", "repeats, and is nested too deeply to repeat here; move it up", "repeats")
            return [item, *behind]
        each_id = self._names.new(f"{item['id'][:50]}_each")
        self.places[each_id] = node
        self.conditions[each_id] = self.conditions[item["id"]]
        self.conditions[item["id"]] = Conditions([])
        first = {**item, "required": True}
        return [{"id": each_id, "type": "group", "required": item["required"], **repetition, "items": [first, *behind]}]

    def _text(self, node: Node, link: str) -> Any:
        text = self._words.of(node, "text")
        if text is not None:
            return text
        display = next((words for code in node.nodes("code") if (words := self._words.of(code, "display")) is not None), None)
        node.note("decide", "has no text; write what the client is asked", "text")
        return display or self._words.of(node, "linkId") or "…"

    def _repetition(self, node: Node) -> Item:
        """How often it may be answered; empty where once."""
        fewest, most = _occurs(node, "minOccurs"), _occurs(node, "maxOccurs")
        repeats = node.flag("repeats")
        if repeats is None:
            repeats = most is not None and most > 1
        if not repeats:
            return {}
        several: Item = {"repeats": True}
        is_choice = bool(node.has("answerOption") or node.has("answerValueSet"))
        for name, number in (("fewest", fewest), ("most", most)):
            if number is None:
                continue
            several[name] = number if is_choice else min(max(number, 1), _MOST)
            if number > _MOST and not is_choice:
                node.note("changed", f"may be answered {number} times; here {_MOST} times are the most")
        return several


def _several(node: Node, kind: str, repetition: Item) -> Item:
    """Repetition as the kind of item says it."""
    if kind == "choices":
        names = {"fewest": "min", "most": "max"}
        return {names[name]: number for name, number in repetition.items() if name in names}
    if kind == "yes_no" and repetition:
        node.note("decide", "repeats, and is asked once here: yes or no is one answer", "repeats")
        return {}
    return repetition


def _every(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _every(node.nodes("item"))


def _reason_to_leave_out(node: Node) -> str:
    """Why a client is not asked this, with everything in it; empty where they are."""
    if node.extension("sdc-questionnaire-calculatedExpression", "questionnaire-calculatedExpression"):
        return "computed"
    hidden = node.extension("questionnaire-hidden")
    if hidden is not None and hidden.value()[1] is True:
        return "is hidden, so nobody is asked it"
    if node.flag("readOnly") and node.text("type") != "display":
        return "is only shown, so nobody is asked it"
    return ""


def _is_required(node: Node) -> bool:
    required = node.flag("required")
    return (_occurs(node, "minOccurs") or 0) > 0 if required is None else required


def _occurs(node: Node, name: str) -> int | None:
    extension = node.extension(f"questionnaire-{name}", name)
    number = extension.value()[1] if extension is not None else None
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= 10**9 else None


def _codes(node: Node) -> Iterator[dict[str, str]]:
    for coding in node.nodes("code"):
        named = {"code": coding.code("code"), "system": system_of(coding), "display": coding.text("display")[:500]}
        if named["code"]:
            yield {name: text for name, text in named.items() if text}


def _control(node: Node) -> str:
    extension = node.extension("questionnaire-itemControl")
    coding = extension.node("valueCodeableConcept").node("coding") if extension is not None else None
    return coding.text("code") if coding is not None else ""


def _without_id(item: Item) -> Item:
    return {name: value for name, value in item.items() if name != "id"}
