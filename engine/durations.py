"""Lengths of time as authors write them: `2 weeks`, `-3 days`, `1 day 4 hours`."""

import re
from datetime import timedelta
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

_PART = re.compile(r"([+-]?\d{1,6})\s*(minute|min|hour|h|day|d|week|w|month)s?\b", re.IGNORECASE)
_SIGNED = re.compile(r"-[^+-]+ \+[^+-]+")
_BEFORE_A_PLUS = re.compile(r" (?=\+)")
_CALENDAR = {"month": ("months", 1), "week": ("days", 7), "w": ("days", 7), "day": ("days", 1), "d": ("days", 1)}
_ELAPSED = {"hour": 60, "h": 60, "minute": 1, "min": 1}
_LIMIT_DAYS = 20 * 366


class Offset:
    """A signed length: calendar units in the client's zone first, then elapsed minutes (rule T1).

    `months` and `days` keep the wall time; `minutes` are real time. Written and stored as text.
    Raises ValueError for text that is no length, or one longer than twenty years.
    """

    __slots__ = ("days", "minutes", "months")

    months: int
    days: int
    minutes: int

    def __init__(self, *, months: int = 0, days: int = 0, minutes: int = 0) -> None:
        if abs(months) * 31 + abs(days) + abs(minutes) / 1440 > _LIMIT_DAYS:
            raise ValueError("a length of more than twenty years is not supported")
        object.__setattr__(self, "months", months)
        object.__setattr__(self, "days", days)
        object.__setattr__(self, "minutes", minutes)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("an Offset never changes")

    @classmethod
    def parse(cls, text: str) -> "Offset":
        """Read `1 week 2 days`, `-3 days`, `90 minutes` or `0`; a leading sign counts for all parts.

        Where two lengths of opposite signs were added, each part has its own: `-1 day +2 hours`.
        """
        stripped = text.strip()
        if stripped in {"0", "none", "now"}:
            return cls()
        if _SIGNED.fullmatch(stripped):
            one, other = (cls.parse(part) for part in _BEFORE_A_PLUS.split(stripped))
            return cls(months=one.months + other.months, days=one.days + other.days, minutes=one.minutes + other.minutes)
        sign = -1 if stripped.startswith("-") else 1
        body = stripped.lstrip("+-").strip()
        found = list(_PART.finditer(body))
        rest = _PART.sub("", body).replace("and", "").replace(",", "").strip()
        if not found or rest or "-" in body or "+" in body:
            raise ValueError(f"{text!r} is not a length of time; write for example '3 days', '1 week 2 days' or '90 minutes'")
        amounts = {"months": 0, "days": 0, "minutes": 0}
        for amount, unit in (match.groups() for match in found):
            field, factor = _CALENDAR.get(unit.lower(), ("minutes", _ELAPSED.get(unit.lower(), 1)))
            amounts[field] += sign * int(amount) * factor
        return cls(**amounts)

    def __str__(self) -> str:
        below = Offset(months=min(self.months, 0), days=min(self.days, 0), minutes=min(self.minutes, 0))
        if below and below != self:
            above = Offset(months=max(self.months, 0), days=max(self.days, 0), minutes=max(self.minutes, 0))
            return f"{below} +{above}" if above else str(below)
        hours, minutes = divmod(abs(self.minutes), 60)
        parts = [(abs(self.months), "month"), (abs(self.days), "day"), (hours, "hour"), (minutes, "minute")]
        text = " ".join(f"{amount} {unit}{'' if amount == 1 else 's'}" for amount, unit in parts if amount)
        return f"-{text}" if self.is_negative else text or "0"

    def __repr__(self) -> str:
        return f"Offset({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Offset) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __bool__(self) -> bool:
        return any(self._key)

    @property
    def _key(self) -> tuple[int, int, int]:
        return (self.months, self.days, self.minutes)

    @property
    def is_negative(self) -> bool:
        """Whether it points backwards."""
        return min(self._key) < 0

    @property
    def is_calendar(self) -> bool:
        """Whether it has a part that keeps the wall time."""
        return bool(self.months or self.days)

    @property
    def roughly(self) -> timedelta:
        """About how long it is, for comparing two lengths; never for planning."""
        return timedelta(days=self.months * 30 + self.days, minutes=self.minutes)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: object) -> Offset:
            if isinstance(value, Offset):
                return value
            if isinstance(value, str):
                return cls.parse(value)
            if value == 0 and not isinstance(value, bool):
                return cls()
            raise ValueError(f"{value!r} is not a length of time; write it as text with its unit, for example '3 days'")

        return core_schema.no_info_plain_validator_function(read, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "description": "A length of time: minutes and hours are elapsed, days, weeks and months keep the wall time.",
            "examples": ["3 days", "1 week 2 days", "-3 days", "90 minutes"],
        }
