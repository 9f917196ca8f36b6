"""What can be said of an answer: that there is one, that it is this, that it is more or less than that."""

from collections.abc import Iterator
from operator import ge, gt, le, lt
from typing import Annotated, NamedTuple, Protocol

from pydantic import Field, StringConstraints

from engine.steptype import Content, Problem

ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Number = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=-(10**15), le=10**15)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]

_ORDER = {"above": gt, "below": lt, "at_least": ge, "at_most": le}


class Amount(Content):
    """A number with its unit: `{value: 80, unit: kg}`."""

    value: Number
    unit: Words


Bound = Number | Words | Amount
"""A number, a date or time such as `2026-12-01`, text, or an amount."""


class Size(NamedTuple):
    """What answers are ordered by; only those of one kind can be."""

    kind: str
    number: float
    words: str = ""


class Answered(Protocol):
    """What a comparison asks of the question whose answer it looks at."""

    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def has_several(self) -> bool: ...
    def each(self, answer: object) -> tuple[object, ...]: ...
    def can_be(self, value: object) -> bool: ...
    def same(self, answer: object, value: object) -> bool: ...
    def size_of(self, value: object) -> Size | None: ...
    def sizes(self, answer: object) -> tuple[Size, ...]: ...


class Compared(Content):
    """Something said of an answer. Where several things are said, all of them hold.

    Numbers are compared with numbers, and with the points of a choice. Of several answers one is enough.
    """

    equals: bool | Whole | Number | Words | Amount | None = Field(default=None, alias="is")
    """The answer is this: an option's value, a number, true or false, a date."""
    is_not: bool | Whole | Number | Words | Amount | None = None
    """No answer is this; so it also holds where there is none."""
    above: Bound | None = None
    below: Bound | None = None
    at_least: Bound | None = None
    at_most: Bound | None = None
    includes: Words | None = None
    """One of several answers is this."""

    def holds(self, question: Answered, answer: object) -> bool:
        """Whether all of it is so; where there is no answer, only `is_not` can be."""
        if answer is None:
            return not (self._says - {"is_not"})
        each = question.each(answer)
        return (
            (self.equals is None or any(question.same(one, self.equals) for one in each))
            and (self.is_not is None or not any(question.same(one, self.is_not) for one in each))
            and (self.includes is None or any(question.same(one, self.includes) for one in each))
            and all(_is_in_order(name, question, answer, getattr(self, name)) for name in _ORDER)
        )

    @property
    def says_something(self) -> bool:
        """Whether anything is said at all."""
        return bool(self._says)

    @property
    def _says(self) -> set[str]:
        return {name for name in ("equals", "is_not", "includes", *_ORDER) if getattr(self, name) is not None}

    def problems(self, question: Answered) -> Iterator[Problem]:
        """What can never be said of this question's answers."""
        for name in ("equals", "is_not", "includes"):
            value = getattr(self, name)
            if value is not None and (not question.can_be(value) or (name == "includes" and not question.has_several)):
                yield _impossible(name, value, question)
        for name in _ORDER:
            value = getattr(self, name)
            if value is not None and question.size_of(value) is None:
                yield _impossible(name, value, question)


class AskedIf(Compared):
    """An item is asked only where an earlier answer is so, such as `{item: slept, is: false}`."""

    item: ItemId
    exists: bool | None = None
    """Whether it was answered at all."""

    def holds(self, question: Answered, answer: object) -> bool:
        """Whether the earlier answer is so."""
        return (self.exists is None or self.exists == (answer is not None)) and (
            not self.says_something or super().holds(question, answer)
        )

    def problems(self, question: Answered) -> Iterator[Problem]:
        """What can never be said of that item, or that nothing is said."""
        if not self.says_something and self.exists is None:
            message = f"says nothing of {self.item!r}"
            yield Problem(where="", message=message, suggestion="add 'is: …', 'at_least: …' or 'exists: true'")
        yield from super().problems(question)


class AnyOf(Content):
    """One of these is enough."""

    of: tuple[AskedIf, ...] = Field(alias="any", min_length=1, max_length=50)


def _is_in_order(name: str, question: Answered, answer: object, bound: object) -> bool:
    if bound is None:
        return True
    limit = question.size_of(bound)
    if limit is None:
        return False
    return any(_ORDER[name](size, limit) for size in question.sizes(answer) if size.kind == limit.kind)


def _impossible(name: str, value: object, question: Answered) -> Problem:
    said = "is" if name == "equals" else name
    shown = f"{value.value:g} {value.unit}" if isinstance(value, Amount) else value
    message = f"no answer to {question.id!r} can be said to be {said!r} {shown}"
    return Problem(where=said, message=message[:300], suggestion=f"say what a {question.type} can be")
