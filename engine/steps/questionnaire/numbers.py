"""Answers that are numbers: on a scale, free, or with a unit."""

from collections.abc import Iterator
from math import ceil, floor, inf
from typing import ClassVar, Literal

from pydantic import Field, JsonValue

from engine.steps.questionnaire.conditions import Amount, Number, Size, Whole, Words
from engine.steps.questionnaire.item import Fact, Question, Reach, Repeatable
from engine.steptype import Content, Draw, Problem
from engine.structure import VariableType
from engine.words import Text

_LARGEST = 1e15


class ScaleItem(Question):
    """A whole number on a scale, both ends included."""

    type: Literal["scale"]
    min: Whole
    """The lower end."""
    max: Whole
    """The upper end."""
    min_label: Text | None = None
    """Words at the lower end."""
    max_label: Text | None = None
    """Words at the upper end."""
    fact: ClassVar[VariableType | None] = "int"

    def texts(self) -> dict[str, Text | None]:
        """The question and the ends."""
        return super().texts() | {"min_label": self.min_label, "max_label": self.max_label}

    def problems(self) -> Iterator[Problem]:
        """Ends the wrong way round."""
        yield from super().problems()
        if self.min >= self.max:
            yield Problem(where="min", message="the least is not below the most", suggestion="swap min and max")

    def wrong(self, answer: object) -> str:
        """No whole number, or beyond the ends."""
        return _wrong(answer, self.min, self.max, whole=True)

    def sample(self, draw: Draw) -> int:
        """Any of them."""
        return self.min + int(draw() * (self.max - self.min + 1))

    def size_of(self, value: object) -> Size | None:
        """The number."""
        return _size(value)

    def reach(self) -> Reach:
        """From end to end."""
        return Reach(self.min, self.max)

    def points(self, answer: object) -> float | None:
        """The number."""
        return int(answer) if isinstance(answer, int | float) else None

    def fact_of(self, answer: object) -> Fact | None:
        """The number."""
        return int(answer) if isinstance(answer, int | float) else None

    def hints(self) -> Iterator[tuple[str, Text | None]]:
        """The ends."""
        yield f"{self.min}", self.min_label
        yield f"{self.max}", self.max_label


class _Numeric(Repeatable):
    min: Number | None = None
    """The least."""
    max: Number | None = None
    """The most."""

    def problems(self) -> Iterator[Problem]:
        """Limits the wrong way round."""
        yield from super().problems()
        if self.min is not None and self.max is not None and self.min > self.max:
            yield Problem(where="min", message="the least is above the most", suggestion="swap min and max")


class NumberItem(_Numeric):
    """A number, with decimals unless it says `whole`."""

    type: Literal["number"]
    whole: bool = False
    """Without decimals; then it can be scored."""
    unit: Text | None = None
    """What it is in, such as minutes."""
    fact: ClassVar[VariableType | None] = "double"

    def texts(self) -> dict[str, Text | None]:
        """The question and the unit."""
        return super().texts() | {"unit": self.unit}

    def problems(self) -> Iterator[Problem]:
        """Limits with no whole number between them."""
        yield from super().problems()
        if self.whole and ceil(_least(self)) > floor(_most(self)):
            yield Problem(where="min", message="no whole number lies between min and max", suggestion="widen them")

    def wrong(self, answer: object) -> str:
        """No number, or beyond the limits."""
        return _wrong(answer, self.min, self.max, whole=self.whole)

    def one(self, draw: Draw) -> JsonValue:
        """A whole number between the limits where there is one."""
        return _sample(self, draw)

    def size_of(self, value: object) -> Size | None:
        """The number."""
        return _size(value)

    def reach(self) -> Reach | None:
        """From the least to the most, if it is whole."""
        if not self.whole or self.repeats:
            return None
        return Reach(-inf if self.min is None else ceil(self.min), inf if self.max is None else floor(self.max))

    def points(self, answer: object) -> float | None:
        """The number."""
        return int(answer) if isinstance(answer, int | float) else None

    def fact_of(self, answer: object) -> Fact | None:
        """The number, as a decimal."""
        return float(answer) if isinstance(answer, int | float) else None

    def hints(self) -> Iterator[tuple[str, Text | None]]:
        """The unit."""
        if self.unit is not None:
            yield "…", self.unit


class Unit(Content):
    """What an amount may be in."""

    code: Words
    """Its sign, best from UCUM: `kg`, `mm[Hg]`, `/min`."""
    label: Text | None = None
    """Its name, where the sign is not enough."""


class QuantityItem(_Numeric):
    """A number with a unit: `{"value": 70.5, "unit": "kg"}`."""

    type: Literal["quantity"]
    units: tuple[Unit, ...] = Field(min_length=1, max_length=50)
    """The units the client may choose from; `min` and `max` need exactly one."""
    fact: ClassVar[VariableType | None] = "double"

    def texts(self) -> dict[str, Text | None]:
        """The question and the units."""
        return super().texts() | {f"units.{at}.label": unit.label for at, unit in enumerate(self.units)}

    def problems(self) -> Iterator[Problem]:
        """The same unit twice, or limits of who knows what."""
        yield from super().problems()
        codes = [unit.code for unit in self.units]
        if len(set(codes)) < len(codes):
            yield Problem(where="units", message="two units share a code", suggestion="name each once")
        if len(codes) > 1 and (self.min is not None or self.max is not None):
            yield Problem(where="units", message="limits need exactly one unit", suggestion="leave out min and max")

    def wrong(self, answer: object) -> str:
        """No amount, an unknown unit, or beyond the limits."""
        codes = [unit.code for unit in self.units]
        if not isinstance(answer, dict) or set(answer) != {"value", "unit"} or answer["unit"] not in codes:
            return f'must be {{"value": …, "unit": …}} with a unit of {", ".join(codes)}'
        return _wrong(answer["value"], self.min, self.max, whole=False)

    def one(self, draw: Draw) -> JsonValue:
        """An amount in the first unit."""
        return {"value": _sample(self, draw), "unit": self.units[0].code}

    def size_of(self, value: object) -> Size | None:
        """The number, among those in the same unit."""
        given = value.model_dump() if isinstance(value, Amount) else value
        if not isinstance(given, dict) or all(unit.code != given.get("unit") for unit in self.units):
            return None
        size = _size(given.get("value"))
        return size and Size(f"amount in {given['unit']}", size.number)

    def fact_type(self) -> VariableType | None:
        """A decimal, where there is one unit only."""
        return None if len(self.units) > 1 else super().fact_type()

    def fact_of(self, answer: object) -> Fact | None:
        """The number."""
        value = answer.get("value") if isinstance(answer, dict) else None
        return float(value) if isinstance(value, int | float) else None

    def hints(self) -> Iterator[tuple[str, Text | None]]:
        """The units."""
        for unit in self.units:
            yield "…", unit.label or unit.code


def _wrong(answer: object, least: float | None, most: float | None, *, whole: bool) -> str:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return "must be a number"
    if not -_LARGEST <= answer <= _LARGEST:
        return "is no number that could be kept"
    if whole and answer != int(answer):
        return "must be a whole number"
    if least is not None and answer < least:
        return f"must be at least {least:g}"
    return f"must be at most {most:g}" if most is not None and answer > most else ""


def _size(value: object) -> Size | None:
    is_one = isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST
    return Size("number", float(value)) if is_one and isinstance(value, int | float) else None


def _least(item: _Numeric) -> float:
    return item.min if item.min is not None else min(0.0, item.max - 10 if item.max is not None else 0.0)


def _most(item: _Numeric) -> float:
    return item.max if item.max is not None else _least(item) + 10


def _sample(item: _Numeric, draw: Draw) -> int | float:
    least, most = max(_least(item), -_LARGEST), min(_most(item), _LARGEST)
    low, high = ceil(least), floor(most)
    return low + int(draw() * (high - low + 1)) if low <= high else min(most, least + draw() * (most - least))
