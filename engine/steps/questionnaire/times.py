"""Answers that are dates and times."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Literal

from engine.steps.questionnaire.conditions import Size, Words
from engine.steps.questionnaire.item import Fact, Repeatable
from engine.steptype import Draw, Problem
from engine.structure import VariableType

_DATE = r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


class _Moment(Repeatable):
    min: Words | None = None
    """The earliest."""
    max: Words | None = None
    """The latest."""
    fact: ClassVar[VariableType | None] = "string"

    form: ClassVar[re.Pattern[str]]
    example: ClassVar[str]
    usual: ClassVar[tuple[str, str]]
    """From when to when samples are, where nothing is said."""

    @staticmethod
    def number_of(written: str) -> float:
        """How far it is along; raises ValueError where it does not exist."""
        raise NotImplementedError

    @staticmethod
    def written(number: float) -> str:
        """The same the other way round."""
        raise NotImplementedError

    def size_of(self, value: object) -> Size | None:
        """How far it is along."""
        if not isinstance(value, str) or not self.form.fullmatch(value):
            return None
        try:
            return Size(self.type, self.number_of(value))
        except (ValueError, OverflowError):
            return None

    def problems(self) -> Iterator[Problem]:
        """Limits that are none, or the wrong way round."""
        yield from super().problems()
        for name, limit in (("min", self.min), ("max", self.max)):
            if limit is not None and self.size_of(limit) is None:
                yield Problem(where=name, message=f"{limit!r} is no {self.type}", suggestion=f"write it like {self.example}")
        least, most = self.size_of(self.min), self.size_of(self.max)
        if least is not None and most is not None and least > most:
            yield Problem(where="min", message="the earliest is after the latest", suggestion="swap min and max")

    def wrong(self, answer: object) -> str:
        """None that exists, or beyond the limits."""
        size, least, most = self.size_of(answer), self.size_of(self.min), self.size_of(self.max)
        if size is None:
            return f"must be a {self.type.replace('_', ' and ')} such as {self.example}"
        if least is not None and size < least:
            return f"must not be before {self.min}"
        return f"must not be after {self.max}" if most is not None and size > most else ""

    def one(self, draw: Draw) -> str:
        """Any between the limits; a limit where that comes out wrong."""
        least, most = self.size_of(self.min), self.size_of(self.max)
        earliest, latest = map(self.number_of, self.usual)
        span = latest - earliest
        if least is not None:
            earliest, latest = least.number, least.number + span
        if most is not None:
            earliest, latest = (earliest if least is not None else most.number - span), most.number
        written = self.written(int(earliest + draw() * (latest - earliest)))
        return written if not self.wrong(written) else (self.min or self.max or self.usual[0])

    def fact_of(self, answer: object) -> Fact | None:
        """As it is written."""
        return answer if isinstance(answer, str) else None


class DateItem(_Moment):
    """A day: `2026-12-01`."""

    type: Literal["date"]
    form = re.compile(_DATE)
    example = "2026-12-01"
    usual = ("2026-01-01", "2026-12-31")

    @staticmethod
    def number_of(written: str) -> float:
        """In days."""
        return date.fromisoformat(written).toordinal()

    @staticmethod
    def written(number: float) -> str:
        """From days."""
        return date.fromordinal(int(number)).isoformat()


class TimeItem(_Moment):
    """A time of day: `09:30` or `09:30:00`."""

    type: Literal["time"]
    form = re.compile(_CLOCK)
    example = "09:30"
    usual = ("00:00", "23:59")

    @staticmethod
    def number_of(written: str) -> float:
        """In seconds."""
        clock = time.fromisoformat(written)
        return clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6

    @staticmethod
    def written(number: float) -> str:
        """From seconds."""
        minutes, seconds = divmod(int(number) % 86400, 60)
        return time(*divmod(minutes, 60), seconds).isoformat()


class DateTimeItem(_Moment):
    """An instant, with its distance from UTC: `2026-12-01T09:30:00+01:00` or `2026-12-01T08:30:00Z`."""

    type: Literal["date_time"]
    form = re.compile(rf"{_DATE}T{_CLOCK}(Z|[+-][0-9]{{2}}:[0-9]{{2}})")
    example = "2026-12-01T09:30:00+01:00"
    usual = ("2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z")

    @staticmethod
    def number_of(written: str) -> float:
        """In seconds."""
        return (datetime.fromisoformat(written) - _FIRST).total_seconds()

    @staticmethod
    def written(number: float) -> str:
        """From seconds."""
        return (_FIRST + timedelta(seconds=int(number))).strftime("%Y-%m-%dT%H:%M:%SZ")

    def fact_of(self, answer: object) -> Fact | None:
        """In UTC, so that texts are in the order of instants."""
        size = self.size_of(answer)
        return None if size is None else self.written(size.number)
