"""Instants from lengths, wall times, days and windows, in a client's zone (rules T1, T2, T6-T9)."""

import calendar as _months
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import holidays

from engine.durations import Offset
from engine.structure import TimeWindow, Timing, Weekday

_WEEKDAYS: dict[Weekday, int] = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_DAY = timedelta(days=1)

LONGEST_QUIET_HOURS = 20 * 60
"""In minutes; nothing would ever be delivered in longer ones (rule T9)."""


def wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """The naive local time a clock in the zone shows."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def from_wall(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a local time: in a gap the first one after it, in a fold the first of the two (rule T2)."""
    first = local.replace(tzinfo=zone, fold=0)
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    return _end_of_gap(local, zone)


def _end_of_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """Search for the jump between the two instants that the local time would be before and after it."""
    after = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    later_offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == later_offset:
            after = middle
        else:
            before = middle
    return after


@lru_cache(maxsize=16384)
def add(instant: datetime, offset: Offset, zone: ZoneInfo) -> datetime:
    """Move by a length: the calendar part keeps the wall time, then the elapsed part (rule T1)."""
    if offset.months or offset.days:
        instant = from_wall(add_to_wall(wall(instant, zone), offset), zone)
    return instant + timedelta(minutes=offset.minutes) if offset.minutes else instant


def add_to_wall(local: datetime, offset: Offset, times: int = 1) -> datetime:
    """Move a local time by the calendar part of a length, so many times; short months end on their last day."""
    if offset.months:
        years, month = divmod(local.month - 1 + offset.months * times, 12)
        year = local.year + years
        day = min(local.day, _months.monthrange(year, month + 1)[1])
        local = local.replace(year=year, month=month + 1, day=day)
    return local + timedelta(days=offset.days * times)


def minutes_of(window: TimeWindow) -> int:
    """How long a window is by the clock on the wall."""
    start, end = (one.hour * 60 + one.minute for one in (window.start, window.end))
    return (end - start) % 1440 or 1440


def hold_quiet(instant: datetime, quiet: TimeWindow | None, zone: ZoneInfo) -> datetime:
    """The instant itself, or the end of the quiet hours it falls in (rule T9)."""
    if quiet is None:
        return instant
    local = wall(instant, zone)
    start, end, now = quiet.start, quiet.end, local.time()
    if start < end:
        is_quiet, ends_on = start <= now < end, local.date()
    else:
        is_quiet, ends_on = now >= start or now < end, local.date() + (_DAY if now >= start else timedelta())
    if not is_quiet:
        return instant
    held = from_wall(datetime.combine(ends_on, end), zone)
    if held <= instant:  # the hour that comes twice: its second pass ends with the second end
        held = datetime.combine(ends_on, end).replace(tzinfo=zone, fold=1).astimezone(UTC)
    return held


@cache
def _holidays(country: str) -> holidays.HolidayBase:
    code, _, subdivision = country.partition("-")
    return holidays.country_holidays(code, subdiv=subdivision or None)


def is_known_country(country: str) -> bool:
    """Whether the holiday calendar knows this country, and the subdivision where one is given."""
    return country in _known_countries()


@cache
def _known_countries() -> frozenset[str]:
    known = holidays.list_supported_countries(include_aliases=False)
    return frozenset({*known, *(f"{country}-{part}" for country, parts in known.items() for part in parts)})


def load_calendars() -> None:
    """Read every holiday calendar, half a second's work: later a journey decides, and then nobody may read a file."""
    for country in _known_countries():
        is_working_day(date(2026, 1, 1), country)


@lru_cache(maxsize=8192)
def is_working_day(day: date, country: str) -> bool:
    """Whether it is neither weekend nor public holiday there (rule T7)."""
    return bool(_holidays(country).is_working_day(day))


def to_working_day(instant: datetime, country: str | None, zone: ZoneInfo) -> datetime:
    """Move forward to the country's next working day, at the same wall time."""
    if country is None:
        return instant
    local = wall(instant, zone)
    if is_working_day(local.date(), country):
        return instant
    while not is_working_day(local.date(), country):
        local += _DAY
    return from_wall(local, zone)


def has_wall_time(timing: Timing) -> bool:
    """Whether more than an anchor and an offset shapes the instant."""
    return bool(timing.at or timing.between or timing.on or timing.calendar)


def shape(timing: Timing, anchor_at: datetime, offset: Offset, zone: ZoneInfo, draw: float) -> tuple[datetime, str | None]:
    """The instant an anchor and a timing amount to, and the words for the window that shaped it.

    `draw`, at least 0 and less than 1, chooses the instant in a `between` window.
    """
    base = add(anchor_at, offset, zone)
    if not has_wall_time(timing):
        return base, None
    local = wall(base, zone)
    day = local.date()
    if timing.between:
        return _drawn(timing, timing.between, base, day, zone, draw, keeps_day=offset.is_calendar)
    at = timing.at or local.time()
    keeps_day = offset.is_calendar or timing.at is None
    while True:
        day = _allowed(day, timing)
        instant = base if datetime.combine(day, at) == local else from_wall(datetime.combine(day, at), zone)
        if keeps_day or instant >= base:
            return instant, _words(timing, f"at {timing.at:%H:%M}" if timing.at else "")
        day += _DAY


def next_slot(timing: Timing, after: datetime, zone: ZoneInfo, draw: float) -> tuple[datetime, str | None]:
    """The first instant not before `after` that fits the timing's wall time, days and window (rule T5)."""
    return shape(timing, after, Offset(), zone, draw)


def _drawn(
    timing: Timing, between: TimeWindow, base: datetime, day: date, zone: ZoneInfo, draw: float, *, keeps_day: bool
) -> tuple[datetime, str]:
    while True:
        day = _allowed(day, timing)
        start, end = (from_wall(datetime.combine(day, one), zone) for one in (between.start, between.end))
        earliest = start if keeps_day else max(start, base)
        seconds = int((end - earliest).total_seconds())
        if seconds > 0:
            words = f"drawn between {between.start:%H:%M} and {between.end:%H:%M}, probability 1/{seconds} a second"
            return earliest + timedelta(seconds=int(draw * seconds)), _words(timing, words)
        if keeps_day:  # a clock change swallowed the whole window: what is left of it is its end
            return end, _words(timing, "window lost to a clock change")
        day += _DAY


def _allowed(day: date, timing: Timing) -> date:
    if not timing.on and timing.calendar is None:
        return day
    weekdays = {_WEEKDAYS[name] for name in timing.on} or set(_WEEKDAYS.values())
    for _ in range(3660):
        if day.weekday() in weekdays and (timing.calendar is None or is_working_day(day, timing.calendar)):
            return day
        day += _DAY
    raise ValueError(f"no day in ten years fits {timing.on} in {timing.calendar}")


def _words(timing: Timing, first: str) -> str:
    parts = [
        first,
        f"on {', '.join(timing.on)}" if timing.on else "",
        f"working days {timing.calendar}" if timing.calendar else "",
    ]
    return ", ".join(part for part in parts if part)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day."""
    return from_wall(datetime.combine(day, time()), zone)
