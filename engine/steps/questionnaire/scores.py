"""Scores as data: which items, how their points count, what is done where one is missing, and what the bands are called."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from math import inf
from typing import Annotated, Literal

from pydantic import Field

from engine.steps.questionnaire.conditions import ItemId, Number, Whole
from engine.steps.questionnaire.item import Question, Reach
from engine.steptype import Content, Problem

_SCORABLE = "score choices, scales and whole numbers outside of groups that repeat"


class Recode(Content):
    """Points from here to there count as these: `{from: 1, to: 3, points: 1}`."""

    least: Number = Field(alias="from")
    most: Number = Field(alias="to")
    points: Whole | Number

    def covers(self, points: float) -> bool:
        """Whether these points are among them."""
        return self.least <= points <= self.most


Recodes = Annotated[tuple[Recode, ...], Field(max_length=50)]


class Missing(Content):
    """What is done where items were not answered, or not asked: `{at_most: 1, use: mean}`."""

    at_most: int = Field(ge=1, le=300)
    """Where more are missing there is no score."""
    use: Literal["mean"] = "mean"
    """Each counts as the mean of the others."""


class Band(Content):
    """A name for scores up to and including `to`."""

    to: Number
    name: ItemId


class Score(Content):
    """A score of these items: the sum or the mean of their points. Where one is missing there is none, unless it says more."""

    method: Literal["sum", "mean"] = "sum"
    items: tuple[ItemId, ...] = Field(default=(), max_length=300)
    """All choices, scales and whole numbers unless given."""
    recode: Recodes | dict[ItemId, Recodes] = ()
    """Other points for these points, for all items or by item."""
    reverse: tuple[ItemId, ...] = Field(default=(), max_length=300)
    """Items whose points count the other way round: the least as the most."""
    times: Annotated[Whole | Number, Field(gt=0, le=1000)] = 1
    """What the sum or the mean is multiplied by."""
    missing: Missing | None = None
    each: tuple[Number, Number] | None = None
    """What the points of each item must run from and to; looked at when published."""
    bands: tuple[Band, ...] = Field(default=(), max_length=50)
    """Names for ranges of the score, from the lowest `to` up."""

    def of(self, questions: Mapping[str, Question], answers: Mapping[str, object]) -> int | float | None:
        """The score, counted exactly, so that the edge of a band is one; None where too much is missing."""
        names = self._names(questions)
        counted = [self._counted(questions, name, answers.get(name)) for name in names]
        known = [points for points in counted if points is not None]
        lacking = len(counted) - len(known)
        if not known or lacking > (self.missing.at_most if self.missing is not None else 0):
            return None
        mean = sum(known, Fraction(0)) / len(known)
        score = (mean * len(counted) if self.method == "sum" else mean) * _exact(self.times)
        return int(score) if self.is_whole(questions) else float(score)

    def band_of(self, score: float) -> str | None:
        """The first band it does not exceed."""
        return next((band.name for band in self.bands if score <= band.to), None)

    def is_whole(self, questions: Mapping[str, Question]) -> bool:
        """Whether it is always a whole number."""
        if self.method == "mean" or self.missing is not None or not float(self.times).is_integer():
            return False
        return all(self._counts_whole(questions, name) for name in self._names(questions))

    def bounds(self, questions: Mapping[str, Question]) -> tuple[float, float]:
        """The least and the most it can be."""
        ends = [self._ends(questions, name) for name in self._names(questions)]
        if not ends:
            return -inf, inf
        lows, highs = [low for low, _ in ends], [high for _, high in ends]
        if self.method == "mean" or self.missing is not None:
            number = 1 if self.method == "mean" else len(ends)
            lows, highs = [min(lows)] * number, [max(highs)] * number
        return _total(lows, self.times), _total(highs, self.times)

    # What an author wrote

    def problems(self, questions: Mapping[str, Question]) -> Iterator[Problem]:
        """Items that yield no points, points that count as nothing, bands that leave a gap."""
        wrong = list(self._wrong_items(questions))
        yield from wrong
        if wrong:
            return
        names = self._names(questions)
        yield from self._wrong_recodes(questions, names)
        for name in names:
            reach = questions[name].reach()
            if self.each is not None and reach is not None and (reach.least, reach.most) != self.each:
                message = f"{name!r} runs from {reach.least:g} to {reach.most:g}, not from {self.each[0]:g} to {self.each[1]:g}"
                yield Problem(where="items", message=message, suggestion="give it that range, or those points")
        if self.missing is not None and self.missing.at_most >= len(names):
            message = "all items may be missing"
            yield Problem(where="missing.at_most", message=message, suggestion=f"make it less than {len(names)}")
        yield from self._wrong_bands(self.bounds(questions)[1])

    def _wrong_items(self, questions: Mapping[str, Question]) -> Iterator[Problem]:
        for at, name in enumerate(self.items):
            if name not in questions:
                suggestion = f"one of {', '.join(list(questions)[:30])}"
                yield Problem(where=f"items.{at}", message=f"{name!r} is no item", suggestion=suggestion)
            elif questions[name].reach() is None:
                yield Problem(where=f"items.{at}", message=f"{name!r} yields no points", suggestion=_SCORABLE)
            elif name in self.items[:at]:
                yield Problem(where=f"items.{at}", message=f"{name!r} is there twice", suggestion="name it once")
        if not self._names(questions):
            yield Problem(where="items", message="no item yields points", suggestion=_SCORABLE)

    def _wrong_recodes(self, questions: Mapping[str, Question], names: tuple[str, ...]) -> Iterator[Problem]:
        own = self.recode if isinstance(self.recode, dict) else {}
        for name in dict.fromkeys((*own, *self.reverse)):
            where = f"recode.{name}" if name in own else "reverse"
            if name not in names:
                yield Problem(where=where, message=f"{name!r} is not in the score", suggestion="leave it out")
            elif name in self.reverse and self._recodes(name):
                yield Problem(where="reverse", message=f"{name!r} is recoded too", suggestion="recode it the other way round")
            elif name in self.reverse and inf in map(abs, self._ends(questions, name)):
                yield Problem(where="reverse", message=f"{name!r} has no ends", suggestion="give it min and max")
        for name in names:
            recodes, reach = self._recodes(name), questions[name].reach()
            if not recodes or reach is None:
                continue
            where = f"recode.{name}" if name in own else "recode"
            yield from _recode_problems(recodes, reach, where, name)

    def _wrong_bands(self, most: float) -> Iterator[Problem]:
        ends = [band.to for band in self.bands]
        for at, (before, end) in enumerate(pairwise(ends), 1):
            if end <= before:
                yield Problem(where=f"bands.{at}", message="are out of order", suggestion="write them from the lowest `to` up")
        if ends and ends[-1] < most:
            reach = f"the score goes up to {most:g}" if most < inf else "the score has no upper end"
            message = f"end at {ends[-1]:g}, but {reach}"
            yield Problem(where="bands", message=message, suggestion="let the last band reach it, or limit the items")

    # How items count

    def _names(self, questions: Mapping[str, Question]) -> tuple[str, ...]:
        return self.items or tuple(name for name, question in questions.items() if question.reach() is not None)

    def _recodes(self, name: str) -> tuple[Recode, ...]:
        return self.recode.get(name, ()) if isinstance(self.recode, dict) else self.recode

    def _counted(self, questions: Mapping[str, Question], name: str, answer: object) -> Fraction | None:
        question = questions.get(name)
        points = question.points(answer) if question is not None and answer is not None else None
        if question is None or points is None:
            return None
        recodes, reach = self._recodes(name), question.reach()
        if recodes:
            return next((_exact(one.points) for one in recodes if one.covers(points)), None)
        if name in self.reverse and reach is not None:
            return _exact(reach.least) + _exact(reach.most) - _exact(points)
        return _exact(points)

    def _ends(self, questions: Mapping[str, Question], name: str) -> tuple[float, float]:
        reach = questions[name].reach() if name in questions else None
        if reach is None:
            return -inf, inf
        met = [one.points for one in self._recodes(name) if one.least <= reach.most and one.most >= reach.least]
        return (min(met), max(met)) if met else (reach.least, reach.most)

    def _counts_whole(self, questions: Mapping[str, Question], name: str) -> bool:
        reach, recodes = questions[name].reach() if name in questions else None, self._recodes(name)
        if recodes:
            return all(float(one.points).is_integer() for one in recodes)
        return reach is not None and reach.is_whole


def _recode_problems(recodes: tuple[Recode, ...], reach: Reach, where: str, name: str) -> Iterator[Problem]:
    ordered = sorted(recodes, key=lambda one: one.least)
    if any(one.least > one.most for one in ordered):
        yield Problem(where=where, message="a range ends before it begins", suggestion="swap from and to")
    elif any(later.least <= earlier.most for earlier, later in pairwise(ordered)):
        yield Problem(where=where, message="two ranges overlap", suggestion="let each begin behind the one before")
    else:
        gap = _first_gap(ordered, reach)
        if gap is not None:
            message = f"says nothing of {gap:g} points, which {name!r} can yield"
            yield Problem(where=where, message=message, suggestion="cover all points with ranges")


def _first_gap(ordered: list[Recode], reach: Reach) -> float | None:
    """The first points that no range covers."""
    if reach.values is not None:
        return next((value for value in reach.values if not any(one.covers(value) for one in ordered)), None)
    if not reach.is_whole:
        return None if any(one.covers(reach.least) and one.covers(reach.most) for one in ordered) else reach.least
    if inf in (abs(reach.least), abs(reach.most)):
        return reach.most if reach.most == inf else reach.least
    wanted = reach.least
    while wanted <= reach.most:
        covering = next((one for one in ordered if one.covers(wanted)), None)
        if covering is None:
            return wanted
        wanted = float(int(covering.most // 1)) + 1
    return None


def _exact(number: float) -> Fraction:
    """The number as it is written: 0.1 is a tenth."""
    return Fraction(number) if isinstance(number, int) else Fraction(str(number))


def _total(numbers: list[float], times: float) -> float:
    endless = next((number for number in numbers if abs(number) == inf), None)
    return endless if endless is not None else float(sum(map(_exact, numbers), Fraction(0)) * _exact(times))
