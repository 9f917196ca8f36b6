"""Answers in the client's own words."""

import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from engine.steps.questionnaire.conditions import Size
from engine.steps.questionnaire.item import Repeatable
from engine.steptype import Draw, Problem

_ADDRESS = re.compile(r"https?://[^\s<>\"]{3,2000}")


class _Words(Repeatable):
    min: int | None = Field(default=None, ge=1, le=1000)
    """The shortest answer, in characters."""
    max: int | None = Field(default=None, ge=1, le=50_000)
    """The longest answer, in characters."""

    longest: ClassVar[int]

    def problems(self) -> Iterator[Problem]:
        """Lengths that do not fit."""
        yield from super().problems()
        if self.min is not None and self.min > (self.max or self.longest):
            yield Problem(where="min", message="the least is above the most", suggestion="swap min and max")

    def wrong(self, answer: object) -> str:
        """Not text, or of the wrong length."""
        longest = self.max or self.longest
        if not isinstance(answer, str):
            return "must be text"
        if not answer.strip() or len(answer) < (self.min or 1):
            return f"is shorter than {self.min or 1} characters"
        return f"is longer than {longest} characters" if len(answer) > longest else ""

    def one(self, draw: Draw) -> str:
        """Dots."""
        return "…" * (self.min or 1)

    def size_of(self, value: object) -> Size | None:
        """In the order of their characters."""
        return Size("text", 0, value) if isinstance(value, str) else None


class TextItem(_Words):
    """A line of text, such as a name. No journey ever knows it."""

    type: Literal["text"]
    longest = 500


class LongTextItem(_Words):
    """A longer text, such as a diary entry. No journey ever knows it."""

    type: Literal["long_text"]
    longest = 20_000


class UrlItem(Repeatable):
    """The address of a page: `https://…` or `http://…`."""

    type: Literal["url"]

    def wrong(self, answer: object) -> str:
        """No address, or one with signs that cannot be seen."""
        is_one = isinstance(answer, str) and _ADDRESS.fullmatch(answer) and answer.isprintable()
        return "" if is_one else "must be an address such as https://example.org"

    def one(self, draw: Draw) -> str:
        """An address that is nobody's."""
        return "https://example.org"

    def size_of(self, value: object) -> Size | None:
        """In the order of their characters."""
        return Size("text", 0, value) if isinstance(value, str) else None
