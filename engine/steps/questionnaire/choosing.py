"""Answers chosen from what there is: yes or no, one option, several options."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue, StringConstraints

from engine.steps.questionnaire.conditions import Number, Size, Whole
from engine.steps.questionnaire.item import Fact, Question, Reach
from engine.steptype import Content, Draw, Problem
from engine.structure import VariableType
from engine.words import Text

OTHER = "other"
_LONGEST = 500
OptionValue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,99}$")]


class Option(Content):
    """One way to answer a choice."""

    value: OptionValue
    """What is kept as the answer; letters, digits and `_ . : / + -`."""
    label: Text
    """What the client sees."""
    points: Whole | Number = 0
    """What it adds to a score."""


class YesNoItem(Question):
    """Yes or no: `true` or `false`."""

    type: Literal["yes_no"]
    fact: ClassVar[VariableType | None] = "bool"

    def wrong(self, answer: object) -> str:
        """Neither."""
        return "" if isinstance(answer, bool) else "must be true or false"

    def sample(self, draw: Draw) -> bool:
        """Either."""
        return draw() < 0.5

    def can_be(self, value: object) -> bool:
        """Whether it is yes or no."""
        return isinstance(value, bool)

    def same(self, answer: object, value: object) -> bool:
        """Whether it is that; 1 is not yes."""
        return isinstance(value, bool) and answer is value

    def fact_of(self, answer: object) -> Fact | None:
        """Yes or no."""
        return answer if isinstance(answer, bool) else None


class _Chosen(Question):
    options: tuple[Option, ...] = Field(min_length=1, max_length=500)
    """Two or more."""
    open: bool = False
    """Whether the client may answer in their own words instead: `{"other": "…"}`. They yield no points."""

    def texts(self) -> dict[str, Text | None]:
        """The question and the options."""
        return super().texts() | {f"options.{at}.label": option.label for at, option in enumerate(self.options)}

    def problems(self) -> Iterator[Problem]:
        """Too few options, or two that are one."""
        yield from super().problems()
        values = [option.value for option in self.options]
        if len(values) < 2 and not (self.open and values):
            yield Problem(where="options", message=f"a {self.type} needs at least two options", suggestion="add options")
        if len(set(values)) < len(values):
            yield Problem(where="options", message="two options share a value", suggestion="give each its own value")
        if self.open and OTHER in values:
            yield Problem(where="options", message=f"{OTHER!r} stands for the client's own words", suggestion="rename it")
        if self.open and self.risk is not None:
            message = "looks at no words of the client's own"
            yield Problem(where="risk", message=message, suggestion="leave out 'open', or ask for their words in another item")

    def is_own_words(self, answer: object) -> bool:
        """Whether an answer is in the client's own words, where it may be."""
        if not self.open or not isinstance(answer, dict) or set(answer) != {OTHER}:
            return False
        words = answer[OTHER]
        return isinstance(words, str) and bool(words.strip()) and len(words) <= _LONGEST

    def is_option(self, answer: object) -> bool:
        """Whether an answer is one of the options."""
        return isinstance(answer, str) and any(option.value == answer for option in self.options)

    def allowed(self) -> str:
        """What may be chosen, in words."""
        values = [option.value for option in self.options[:20]] + ["…"] * (len(self.options) > 20)
        return ", ".join(values) + (f', or {{"{OTHER}": "…"}} in up to {_LONGEST} characters' if self.open else "")

    def can_be(self, value: object) -> bool:
        """Whether it is an option, or stands for the client's own words."""
        return self.is_option(value) or (self.open and value == OTHER)

    def same(self, answer: object, value: object) -> bool:
        """Whether it is that option; own words are all the same."""
        return value == (OTHER if isinstance(answer, dict) else answer)

    def size_of(self, value: object) -> Size | None:
        """The points of an option; numbers are compared with them."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Size("points", float(value))
        points = next((option.points for option in self.options if option.value == value), None)
        return None if points is None else Size("points", float(points))

    def hints(self) -> Iterator[tuple[str, Text | None]]:
        """The options."""
        sign = "○" if isinstance(self, ChoiceItem) else "☐"
        for option in self.options:
            yield sign, option.label
        if self.open:
            yield f"{sign} …", None


class ChoiceItem(_Chosen):
    """One of the options."""

    type: Literal["choice"]
    fact: ClassVar[VariableType | None] = "string"

    def wrong(self, answer: object) -> str:
        """None of them."""
        return "" if self.is_option(answer) or self.is_own_words(answer) else f"must be one of {self.allowed()}"

    def sample(self, draw: Draw) -> str:
        """Any of them."""
        return self.options[int(draw() * len(self.options))].value

    def reach(self) -> Reach:
        """The points of the options."""
        values = tuple(sorted({option.points for option in self.options}))
        return Reach(values[0], values[-1], values, is_whole=_are_whole(values))

    def points(self, answer: object) -> float | None:
        """The points of the option; own words have none."""
        return next((option.points for option in self.options if option.value == answer), None)

    def fact_of(self, answer: object) -> Fact | None:
        """The option's value; `other` for own words, which stay with the response."""
        return OTHER if isinstance(answer, dict) else str(answer)


class ChoicesItem(_Chosen):
    """Some of the options: a list, in any order."""

    type: Literal["choices"]
    min: int | None = Field(default=None, ge=0, le=500)
    """The fewest of them."""
    max: int | None = Field(default=None, ge=1, le=500)
    """The most of them."""
    fact: ClassVar[VariableType | None] = "list"

    @property
    def has_several(self) -> bool:
        """Always."""
        return True

    def problems(self) -> Iterator[Problem]:
        """Numbers that do not fit."""
        yield from super().problems()
        there_are = len(self.options) + self.open
        if self.min is not None and self.min > min(self.max or there_are, there_are):
            message = "asks for more of them than there may be"
            yield Problem(where="min", message=message, suggestion="lower min, or raise max")

    def wrong(self, answer: object) -> str:
        """Not a list of them, or too many or too few."""
        is_list = isinstance(answer, list | tuple) and len(answer) <= len(self.options) + 1
        each = answer if is_list and isinstance(answer, list | tuple) else ()
        chosen = [one for one in each if isinstance(one, str)]
        own = [one for one in each if not isinstance(one, str)]
        right = all(map(self.is_option, chosen)) and len(own) <= 1 and all(map(self.is_own_words, own))
        if not is_list or not right or len(set(chosen)) < len(chosen):
            return f"must be a list of some of {self.allowed()}"
        if self.min is not None and len(each) < self.min:
            return f"needs at least {self.min} of them"
        return f"takes at most {self.max} of them" if self.max is not None and len(each) > self.max else ""

    def sample(self, draw: Draw) -> list[JsonValue]:
        """As few of them as may be."""
        number = max(1, self.min or 0)
        chosen: list[JsonValue] = [option.value for option in self.options[:number]]
        return chosen + [{OTHER: "…"}] * (number - len(chosen))

    def sizes(self, answer: object) -> tuple[Size, ...]:
        """The points of all of them together."""
        return (Size("points", float(self.points(answer) or 0)),)

    def reach(self) -> Reach:
        """The least and the most that so many of them can add up to."""
        points = sorted(option.points for option in self.options)
        fewest = min(max(1, self.min or 0) - self.open, len(points))
        numbers = range(fewest, max(fewest, min(self.max or len(points), len(points))) + 1)
        return Reach(
            min(sum(points[:number]) for number in numbers),
            max(sum(points[len(points) - number :]) for number in numbers),
            is_whole=_are_whole(points),
        )

    def points(self, answer: object) -> float | None:
        """The points of all of them together; own words add none."""
        chosen = answer if isinstance(answer, list | tuple) else ()
        return sum(option.points for option in self.options if option.value in chosen)

    def fact_of(self, answer: object) -> Fact | None:
        """The options' values; `other` for own words."""
        chosen = answer if isinstance(answer, list | tuple) else ()
        return tuple(OTHER if isinstance(one, dict) else str(one) for one in chosen)


def _are_whole(points: Sequence[float]) -> bool:
    return all(float(one).is_integer() for one in points)
