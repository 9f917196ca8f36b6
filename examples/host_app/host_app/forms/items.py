"""The items of a questionnaire or of a diary's entry as parts of a form."""

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from host_app.forms.asked import Item, deciding, is_asked
from host_app.forms.paper import Paper
from host_app.forms.parts import Field, Group, Json, Kind, Option, Part, Rounds, Words

_FEW = 100


def draw_items(paper: Paper, items: Sequence[Item], where: str) -> tuple[Part, ...]:
    """The items that are asked, given the answers at this place; all of them where the paper wants everything."""
    return tuple(_Drawing(paper, items).parts(items, where, {}))


class _Drawing:
    """One questionnaire being drawn."""

    def __init__(self, paper: Paper, items: Sequence[Item]) -> None:
        self._paper = paper
        self._items = {item["id"]: item for item in _every(items)}
        self._deciding = deciding(items)

    def parts(self, items: Sequence[Item], where: str, around: Mapping[str, Json], *, depends: bool = False) -> Iterator[Part]:
        """These items, in view of the answers around them."""
        here = self._paper.at(where)
        answers = ChainMap(dict(here) if isinstance(here, Mapping) else {}, dict(around))
        unasked: set[str] = set()
        yield from self._beside(items, where, answers, unasked, depends=depends)

    def _beside(
        self, items: Sequence[Item], where: str, answers: ChainMap[str, Json], unasked: set[str], *, depends: bool
    ) -> Iterator[Part]:
        for item in items:
            seen = {name: answer for name, answer in answers.items() if name not in unasked}
            if not self._paper.everything and not is_asked(item, self._items, seen):
                unasked.update(one["id"] for one in _every([item]))
                continue
            is_dependent = depends or bool(item.get("asked_if"))
            match item["type"]:
                case "display":
                    yield Words(self._paper.say(item["text"]), self._paper.media(item))
                case "group" if item.get("repeats"):
                    yield self._rounds(item, f"{where}.{item['id']}", seen, depends=is_dependent)
                case "group":
                    inside = tuple(self._beside(item["items"], where, answers, unasked, depends=is_dependent))
                    yield Group(self._paper.say(item.get("text")), inside, self._paper.media(item))
                case _:
                    yield self._question(item, f"{where}.{item['id']}", depends=is_dependent)

    def _rounds(self, item: Item, where: str, around: Mapping[str, Json], *, depends: bool) -> Rounds:
        fewest, most = (item.get("fewest") or 1) if item.get("required", True) else 0, item.get("most") or _FEW
        number = self._paper.number_of(where, fewest=fewest, most=most)
        return Rounds(
            where=where,
            label=self._paper.say(item.get("text")),
            rounds=tuple(tuple(self.parts(item["items"], f"{where}.{at}", around, depends=depends)) for at in range(number)),
            fewest=fewest,
            most=most,
            media=self._paper.media(item),
            depends=depends,
        )

    def _question(self, item: Item, where: str, *, depends: bool) -> Part:
        if not item.get("repeats"):
            return self._field(item, where, depends=depends)
        fewest, most = item.get("fewest") or 1, item.get("most") or _FEW
        number = self._paper.number_of(where, fewest=fewest, most=most)
        return Rounds(
            where=where,
            label=self._paper.say(item["text"]),
            rounds=tuple((self._field(item, f"{where}.{at}", depends=depends),) for at in range(number)),
            fewest=fewest if item.get("required", True) else 0,
            most=most,
            media=self._paper.media(item),
            depends=depends,
        )

    def _field(self, item: Item, where: str, *, depends: bool) -> Field:
        return Field(
            where=where,
            label=self._paper.say(item["text"]),
            value=self._paper.at(where),
            required=item.get("required", True),
            media=self._paper.media(item),
            depends=depends,
            decides=item["id"] in self._deciding,
            **_KINDS[item["type"]](item, self._paper),
        )


def _every(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _every(item.get("items") or ())


def _text(kind: Kind, longest: int, rows: int = 5) -> "_More":
    return lambda item, paper: {"kind": kind, "longest": item.get("max") or longest, "rows": rows}


def _options(item: Item, paper: Paper) -> tuple[Option, ...]:
    return tuple(Option(str(one["value"]), paper.say(one["label"])) for one in item["options"])


def _scale(item: Item, paper: Paper) -> dict[str, Any]:
    labels = {"least_label": paper.say(item.get("min_label")), "most_label": paper.say(item.get("max_label"))}
    return {"kind": "scale", "least": item["min"], "most": item["max"], **labels}


def _number(item: Item, paper: Paper) -> dict[str, Any]:
    limits = {"least": item.get("min"), "most": item.get("max")}
    return {"kind": "number", **limits, "unit": paper.say(item.get("unit"))}


def _amount(item: Item, paper: Paper) -> dict[str, Any]:
    units = tuple(Option(str(one["code"]), paper.say(one.get("label")) or str(one["code"])) for one in item["units"])
    return {"kind": "amount", "least": item.get("min"), "most": item.get("max"), "options": units}


_More = Callable[[Item, Paper], dict[str, Any]]

_KINDS: dict[str, Callable[[Item, Paper], dict[str, Any]]] = {
    "text": _text("text", 500),
    "long_text": _text("area", 20_000),
    "url": lambda item, paper: {"kind": "url"},
    "yes_no": lambda item, paper: {"kind": "yes_no"},
    "choice": lambda item, paper: {"kind": "one", "options": _options(item, paper), "has_own_words": bool(item.get("open"))},
    "choices": lambda item, paper: {"kind": "some", "options": _options(item, paper), "has_own_words": bool(item.get("open"))},
    "scale": _scale,
    "number": _number,
    "quantity": _amount,
    "date": lambda item, paper: {"kind": "date"},
    "time": lambda item, paper: {"kind": "time"},
    "date_time": lambda item, paper: {"kind": "date_time"},
    "attachment": lambda item, paper: {"kind": "file", "accept": ",".join(item.get("media_types") or ())},
}
