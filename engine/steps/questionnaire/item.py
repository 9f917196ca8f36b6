"""What every item of a questionnaire has, and every question among them."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, NamedTuple

from pydantic import Field, JsonValue

from engine.base import Scalar
from engine.steps.media import Medium
from engine.steps.questionnaire.conditions import AnyOf, AskedIf, ItemId, Size
from engine.steps.questionnaire.origin import Origin
from engine.steps.questionnaire.risks import Risk
from engine.steptype import Content, Draw, Problem
from engine.structure import VariableType
from engine.words import Text

Fact = Scalar | tuple[str, ...]


class Reach(NamedTuple):
    """The points an item can yield: these values, or anything from `least` to `most`, whole numbers unless said."""

    least: float
    most: float
    values: tuple[float, ...] | None = None
    is_whole: bool = True


class Item(Content):
    """Something in a questionnaire."""

    id: ItemId
    """Letters, digits and `_`; unique in the whole questionnaire."""
    type: str
    media: tuple[Medium, ...] = Field(default=(), max_length=5)
    """Pictures, sounds or films that belong to it."""
    asked_if: AskedIf | tuple[AskedIf, ...] | AnyOf = ()
    """Only where an earlier answer is so; a list means all of them, `{any: [...]}` one of them."""
    origin: Origin | None = None
    """Its names where it was brought in from, such as a FHIR questionnaire."""

    def texts(self) -> dict[str, Text | None]:
        """Everything in it that people read."""
        return {f"media.{at}.description": medium.description for at, medium in enumerate(self.media)}

    def problems(self) -> Iterator[Problem]:
        """What is wrong with it by itself."""
        for at, medium in enumerate(self.media):
            if medium.kind == "video" and medium.captions is None:
                where = f"media.{at}.captions"
                yield Problem(where=where, message="a video has no captions", suggestion="add a WebVTT file")

    @property
    def one_is_enough(self) -> bool:
        """Whether one of its conditions is enough."""
        return isinstance(self.asked_if, AnyOf)

    @property
    def conditions(self) -> tuple[AskedIf, ...]:
        """Everything its being asked depends on."""
        match self.asked_if:
            case AnyOf(of=several):
                return several
            case AskedIf() as one:
                return (one,)
            case several:
                return several


class Question(Item):
    """One question."""

    text: Text
    """The question itself."""
    required: bool = True
    """Whether it must be answered where it is asked."""
    risk: Risk | None = None
    """A rule that tells somebody at once where the answer is so."""

    fact: ClassVar[VariableType | None] = None

    def texts(self) -> dict[str, Text | None]:
        """The question, and what belongs to it."""
        return {"text": self.text} | super().texts()

    def problems(self) -> Iterator[Problem]:
        """What is wrong with it by itself, and with its risk rule."""
        yield from super().problems()
        if self.risk is not None:
            for one in self.risk.problems(self):
                yield one.model_copy(update={"where": f"risk.{one.where}".rstrip(".")})

    # What comes back

    def find(self, answer: object, where: str) -> Iterator[Problem]:
        """What is wrong with an answer."""
        wrong = self.wrong(answer)
        if wrong:
            yield Problem(where=where, message=wrong)

    def wrong(self, answer: object) -> str:
        """What is wrong with a single answer, in words; empty: nothing."""
        raise NotImplementedError

    def sample(self, draw: Draw) -> JsonValue:
        """A valid answer."""
        raise NotImplementedError

    # What others ask of it

    @property
    def has_several(self) -> bool:
        """Whether an answer is a list."""
        return False

    def each(self, answer: object) -> tuple[object, ...]:
        """The answers in this answer: of several each, else the one."""
        return tuple(answer) if isinstance(answer, list | tuple) else (answer,)

    def can_be(self, value: object) -> bool:
        """Whether an answer could be this."""
        return self.size_of(value) is not None

    def same(self, answer: object, value: object) -> bool:
        """Whether a single answer is this."""
        size = self.size_of(answer)
        return size is not None and size == self.size_of(value)

    def size_of(self, value: object) -> Size | None:
        """What a single answer, or what it is compared with, is ordered by; None where it is not."""
        return None

    def sizes(self, answer: object) -> tuple[Size, ...]:
        """What the answers in this answer are ordered by."""
        return tuple(size for size in map(self.size_of, self.each(answer)) if size is not None)

    def reach(self) -> Reach | None:
        """The points it can yield; None where it yields none."""
        return None

    def points(self, answer: object) -> float | None:
        """The points of an answer."""
        return None

    def fact_type(self) -> VariableType | None:
        """The type of the fact a journey may know of it; None where it may know nothing."""
        return self.fact

    def fact_of(self, answer: object) -> Fact | None:
        """The fact itself."""
        return None

    # What people see

    def hints(self) -> Iterator[tuple[str, Text | None]]:
        """What stands under the question: a sign, and words."""
        yield from ()


class Repeatable(Question):
    """A question that may be answered several times."""

    repeats: bool = False
    """Whether the answer is a list."""
    fewest: int = Field(default=1, ge=1, le=100)
    """Of a list, the fewest answers."""
    most: int = Field(default=100, ge=1, le=100)
    """Of a list, the most answers."""

    def problems(self) -> Iterator[Problem]:
        """Numbers of answers that do not fit."""
        yield from super().problems()
        yield from repetition_problems(repeats=self.repeats, fewest=self.fewest, most=self.most)

    def find(self, answer: object, where: str) -> Iterator[Problem]:
        """What is wrong with the answer, or with each in the list."""
        if not self.repeats:
            yield from super().find(answer, where)
            return
        if not isinstance(answer, list | tuple):
            yield Problem(where=where, message="must be a list")
            return
        yield from number_problems(len(answer), self.fewest, self.most, where)
        for at, one in enumerate(answer[: self.most]):
            yield from super().find(one, f"{where}.{at}")

    @property
    def has_several(self) -> bool:
        """Whether an answer is a list."""
        return self.repeats

    def sample(self, draw: Draw) -> JsonValue:
        """As few answers as may be."""
        return [self.one(draw) for _ in range(self.fewest)] if self.repeats else self.one(draw)

    def one(self, draw: Draw) -> JsonValue:
        """A valid single answer."""
        raise NotImplementedError

    def fact_type(self) -> VariableType | None:
        """The type of the fact; a list yields none."""
        return None if self.repeats else self.fact


def repetition_problems(*, repeats: bool, fewest: int, most: int) -> Iterator[Problem]:
    """What is wrong with how often something repeats."""
    if fewest > most:
        yield Problem(where="fewest", message="is more than the most", suggestion="swap fewest and most")
    if not repeats and (fewest, most) != (1, 100):
        yield Problem(where="repeats", message="is not said, but how often is", suggestion="add 'repeats: true'")


def number_problems(number: int, fewest: int, most: int, where: str) -> Iterator[Problem]:
    """What is wrong with a number of answers."""
    if number < fewest:
        yield Problem(where=where, message=f"needs at least {fewest} of them")
    elif number > most:
        yield Problem(where=where, message=f"takes at most {most} of them")


def by_id(items: tuple[Item, ...]) -> Mapping[str, Question]:
    """The questions among these items, and in the groups among them."""
    found: dict[str, Question] = {}
    for item in items:
        if isinstance(item, Question):
            found[item.id] = item
        else:
            found.update(by_id(getattr(item, "items", ())))
    return found
