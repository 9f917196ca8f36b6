"""What a form is made of: fields, words, and groups of both that may come several times. No HTML, no person, no network.

A field's `where` is its place in the response, such as `answers.meds.0.name`. It is the name of the field in the page too,
so what was posted is put together, and what Stepwell says is wrong is shown, without a table of names in between.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

Kind = Literal[
    "text",
    "area",
    "url",
    "number",
    "date",
    "time",
    "date_time",
    "yes_no",
    "one",
    "some",
    "scale",
    "amount",
    "tick",
    "file",
    "since",
]


@dataclass(frozen=True)
class Option:
    """One thing to choose."""

    value: str
    label: str
    description: str = ""


@dataclass(frozen=True)
class Medium:
    """A picture, sound or film that belongs to something."""

    kind: str
    url: str
    description: str
    captions: str = ""


@dataclass(frozen=True)
class Field:
    """One thing to fill in."""

    where: str
    kind: Kind
    label: str
    value: Json = None
    required: bool = True
    hint: str = ""
    options: tuple[Option, ...] = ()
    has_own_words: bool = False
    """One may answer in words of one's own instead: `{"other": "…"}`."""
    least: float | None = None
    most: float | None = None
    least_label: str = ""
    most_label: str = ""
    unit: str = ""
    accept: str = ""
    longest: int | None = None
    rows: int = 5
    media: tuple[Medium, ...] = ()
    depends: bool = False
    """Whether it is asked only where other answers are so."""
    decides: bool = False
    """Whether others are asked only where its answer is so."""
    autocomplete: str = ""


@dataclass(frozen=True)
class Words:
    """Something to read, in Markdown."""

    text: str
    media: tuple[Medium, ...] = ()


@dataclass(frozen=True)
class Group:
    """Parts under one heading."""

    label: str
    parts: "tuple[Part, ...]"
    media: tuple[Medium, ...] = ()


@dataclass(frozen=True)
class Rounds:
    """Parts that come several times, as often as the client wants within limits."""

    where: str
    label: str
    rounds: "tuple[tuple[Part, ...], ...]"
    fewest: int = 0
    most: int = 100
    hint: str = ""
    media: tuple[Medium, ...] = ()
    depends: bool = False

    @property
    def takes_more(self) -> bool:
        """Whether another one may be added."""
        return len(self.rounds) < self.most


Part: TypeAlias = Field | Words | Group | Rounds


def fields(parts: Sequence[Part]) -> Iterator[Field]:
    """Every field in these parts, in the order of the page."""
    for part in parts:
        match part:
            case Field():
                yield part
            case Group():
                yield from fields(part.parts)
            case Rounds():
                for one in part.rounds:
                    yield from fields(one)
            case Words():
                continue


def rounds(parts: Sequence[Part]) -> Iterator[Rounds]:
    """Everything in these parts that comes several times."""
    for part in parts:
        match part:
            case Rounds():
                yield part
                for one in part.rounds:
                    yield from rounds(one)
            case Group():
                yield from rounds(part.parts)
            case Field() | Words():
                continue


def dependent(parts: Sequence[Part]) -> frozenset[str]:
    """The places of everything that is asked only where other answers are so."""
    return frozenset(one.where for one in places(parts) if one.depends)


def places(parts: Sequence[Part]) -> Iterator[Field | Rounds]:
    """Everything in these parts that has a place in the response."""
    yield from fields(parts)
    yield from rounds(parts)
