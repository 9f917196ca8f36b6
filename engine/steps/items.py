"""The items of a questionnaire: what an answer must look like, when an item is asked, what it adds to a score."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from engine.steptype import Content, Draw, Problem
from engine.words import Text

ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Answer = bool | int | float | Annotated[str, StringConstraints(max_length=50_000)] | tuple[str, ...] | None
Answers = dict[str, Answer]

_SCORABLE = "score choices, scales and whole numbers"
_LONGEST = {"text": 500, "long_text": 20_000}


class Option(Content):
    """One way to answer a choice."""

    value: ItemId
    label: Text
    points: int = 0
    """What it adds to a score."""


class AskedIf(Content):
    """An item is asked only where an earlier answer is this: one of `is`, `at_least`, `at_most`, `includes`."""

    item: ItemId
    equals: bool | int | str | None = Field(default=None, alias="is")
    at_least: float | None = None
    at_most: float | None = None
    includes: str | None = None

    def holds(self, answers: Mapping[str, object]) -> bool:
        """Whether the earlier answer is so; no answer never is."""
        answer = answers.get(self.item)
        if answer is None:
            return False
        number = float(answer) if isinstance(answer, int | float) else None
        return (
            (self.equals is None or (answer == self.equals and isinstance(answer, bool) == isinstance(self.equals, bool)))
            and (self.at_least is None or (number is not None and number >= self.at_least))
            and (self.at_most is None or (number is not None and number <= self.at_most))
            and (self.includes is None or (isinstance(answer, list | tuple) and self.includes in answer))
        )


class Item(Content):
    """One question."""

    id: ItemId
    type: Literal["text", "long_text", "yes_no", "choice", "choices", "scale", "number", "date"]
    text: Text
    required: bool = True
    options: tuple[Option, ...] = Field(default=(), max_length=100)
    """For `choice` and `choices`."""
    min: float | None = None
    """Scale and number: the least; choices: the fewest."""
    max: float | None = None
    """Scale and number: the most; choices: the most of them; texts: the longest, in characters."""
    min_label: Text | None = None
    max_label: Text | None = None
    whole: bool = False
    """Number: without decimals."""
    unit: Text | None = None
    asked_if: tuple[AskedIf, ...] | AskedIf = ()
    """Asked only where all of these hold."""

    def texts(self) -> dict[str, Text | None]:
        """Everything in it that people read."""
        own: dict[str, Text | None] = {
            "text": self.text,
            "min_label": self.min_label,
            "max_label": self.max_label,
            "unit": self.unit,
        }
        return own | {f"options.{at}.label": option.label for at, option in enumerate(self.options)}

    def problems(self, earlier: Mapping[str, "Item"]) -> Iterator[Problem]:
        """What is wrong with it, given the items before it."""
        has_options = self.type in ("choice", "choices")
        if has_options and len(self.options) < 2:
            yield Problem(where="options", message=f"a {self.type} needs at least two options", suggestion="add options")
        if not has_options and self.options:
            yield Problem(where="options", message=f"a {self.type} has no options", suggestion="use type choice or choices")
        if len({option.value for option in self.options}) < len(self.options):
            yield Problem(where="options", message="two options share a value", suggestion="give each its own value")
        if self.type == "scale" and (self.min is None or self.max is None):
            yield Problem(where="min", message="a scale needs its ends", suggestion="add min and max, for example 0 and 10")
        if self.min is not None and self.max is not None and self.min > self.max:
            yield Problem(where="min", message="the least is above the most", suggestion="swap min and max")
        for one in conditions_of(self):
            if one.item not in earlier:
                message = f"asks for {one.item!r}, which is no earlier item"
                yield Problem(
                    where="asked_if", message=message, suggestion=f"one of {', '.join(earlier) or 'none: it is the first'}"
                )


def conditions_of(item: Item) -> tuple[AskedIf, ...]:
    """When the item is asked, as a tuple."""
    return item.asked_if if isinstance(item.asked_if, tuple) else (item.asked_if,)


def is_shown(item: Item, answers: Mapping[str, object]) -> bool:
    """Whether the item is asked, given the answers before it."""
    return all(one.holds(answers) for one in conditions_of(item))


def judge_answer(item: Item, answer: object) -> Problem | None:
    """What is wrong with an answer, if anything."""
    if answer is None or answer == "" or answer == ():
        missing = Problem(where=f"answers.{item.id}", message="is required", suggestion="answer it")
        return missing if item.required else None
    wrong = _JUDGES[item.type](item, answer)
    return Problem(where=f"answers.{item.id}", message=wrong) if wrong else None


def _text(item: Item, answer: object) -> str:
    longest = int(item.max or _LONGEST[item.type])
    if not isinstance(answer, str):
        return "must be text"
    return f"is longer than {longest} characters" if len(answer) > longest else ""


def _yes_no(item: Item, answer: object) -> str:
    return "" if isinstance(answer, bool) else "must be true or false"


def _choice(item: Item, answer: object) -> str:
    values = [option.value for option in item.options]
    return "" if answer in values else f"must be one of {', '.join(values)}"


def _choices(item: Item, answer: object) -> str:
    values = [option.value for option in item.options]
    if not isinstance(answer, list | tuple) or any(one not in values for one in answer) or len(set(answer)) < len(answer):
        return f"must be a list of some of {', '.join(values)}"
    if item.min is not None and len(answer) < item.min:
        return f"needs at least {item.min:g} of them"
    return f"takes at most {item.max:g} of them" if item.max is not None and len(answer) > item.max else ""


def _number(item: Item, answer: object) -> str:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return "must be a number"
    if (item.type == "scale" or item.whole) and float(answer) != int(answer):
        return "must be a whole number"
    if item.min is not None and answer < item.min:
        return f"must be at least {item.min:g}"
    return f"must be at most {item.max:g}" if item.max is not None and answer > item.max else ""


def _date(item: Item, answer: object) -> str:
    try:
        date.fromisoformat(str(answer))
    except ValueError:
        return "must be a date such as 2026-12-01"
    return ""


_JUDGES = {
    "text": _text,
    "long_text": _text,
    "yes_no": _yes_no,
    "choice": _choice,
    "choices": _choices,
    "scale": _number,
    "number": _number,
    "date": _date,
}


def sample_answer(item: Item, draw: Draw) -> Answer:
    """A valid answer, drawn evenly."""
    least = int(item.min) if item.min is not None else 0
    most = int(item.max) if item.max is not None else least + 10
    match item.type:
        case "text" | "long_text":
            return "…"
        case "yes_no":
            return draw() < 0.5
        case "choice":
            return item.options[int(draw() * len(item.options))].value
        case "choices":
            number = max(1, least)
            return tuple(option.value for option in item.options[:number])
        case "date":
            return f"2026-{int(draw() * 12) + 1:02}-01"
        case _:
            return least + int(draw() * (most - least + 1))


class Band(Content):
    """A name for scores up to and including `to`."""

    to: float
    name: ItemId


class Score(Content):
    """A score as data: the sum or the mean of these items' points. Missing where one of them is not answered."""

    method: Literal["sum", "mean"] = "sum"
    items: tuple[ItemId, ...] = ()
    """All choices, scales and whole numbers unless given."""
    bands: tuple[Band, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it is always a whole number."""
        return self.method == "sum"

    def of(self, items: Mapping[str, Item], answers: Mapping[str, object]) -> int | float | None:
        """The score; None where an item it needs has no answer."""
        names = self.items or tuple(name for name, item in items.items() if _is_scored(item))
        points = [_points(items[name], answers.get(name)) for name in names]
        known = [one for one in points if one is not None]
        if not known or len(known) < len(points):
            return None
        return sum(known) if self.method == "sum" else sum(known) / len(known)

    def band_of(self, score: float) -> str | None:
        """The first band it does not exceed."""
        return next((band.name for band in self.bands if score <= band.to), None)

    def problems(self, items: Mapping[str, Item]) -> Iterator[Problem]:
        """Items that are missing or carry no points, bands out of order."""
        for name in self.items:
            if name not in items:
                yield Problem(where="items", message=f"{name!r} is no item", suggestion=f"one of {', '.join(items)}")
            elif not _is_scored(items[name]):
                yield Problem(where="items", message=f"{name!r} yields no points", suggestion=_SCORABLE)
        if not self.items and not any(_is_scored(item) for item in items.values()):
            yield Problem(where="items", message="no item yields points", suggestion=_SCORABLE)
        if [band.to for band in self.bands] != sorted(band.to for band in self.bands):
            yield Problem(where="bands", message="are out of order", suggestion="write them from the lowest `to` up")


def _is_scored(item: Item) -> bool:
    return item.type in ("choice", "choices", "scale") or (item.type == "number" and item.whole)


def _points(item: Item, answer: object) -> int | None:
    if isinstance(answer, bool) or answer is None:
        return None
    if isinstance(answer, int | float):
        return int(answer)
    chosen = answer if isinstance(answer, list | tuple) else (answer,)
    return sum(option.points for option in item.options if option.value in chosen)
