"""When an action of a plan takes place, as `deliver`, `repeat` and `window` of a step."""

import re
from datetime import date
from typing import Any

from stepwell.fhir.node import Node

Fields = dict[str, Any]

_UNITS = {
    **dict.fromkeys(("min", "minute", "minutes"), ("minute", 1)),
    **dict.fromkeys(("h", "hr", "hour", "hours"), ("hour", 1)),
    **dict.fromkeys(("d", "day", "days"), ("day", 1)),
    **dict.fromkeys(("wk", "week", "weeks"), ("day", 7)),
    **dict.fromkeys(("mo", "month", "months"), ("month", 1)),
    **dict.fromkeys(("a", "yr", "year", "years"), ("month", 12)),
}
_SMALLER = {"month": ("day", 30), "day": ("hour", 24), "hour": ("minute", 60)}
_MOST_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1, "month": 31}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DAY = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}")


def length(amount: float | None, unit: str, *, parts: float = 1) -> str:
    """A length of time as pathways write it, such as `3 days`; empty where it cannot be said."""
    known = _UNITS.get(unit.strip().lower().removeprefix("{").removesuffix("}")) if unit else None
    if known is None or amount is None or not 0 < parts < 10_000:
        return ""
    name, factor = known
    number = amount * factor / parts
    while number != int(number) and name in _SMALLER:
        name, smaller = _SMALLER[name]
        number = number * smaller
    if number != int(number) or abs(number) * _MOST_DAYS[name] > 20 * 365 or abs(number) > 999_999:
        return ""
    return f"{int(number)} {name}{'' if abs(number) == 1 else 's'}"


def quantity(node: Node) -> str:
    """A Duration or an Age as a length; empty where it cannot be said."""
    amount = node.number("value")
    code, unit = node.text("code"), node.text("unit")
    node.raw("system")
    return length(amount, code) or length(amount, unit)


def read_timing(action: Node) -> Fields:
    """The fields of a step that follow from `timing[x]`; what cannot be said is noted."""
    names = action.names("timing")
    if not names:
        return {}
    name = names[0]
    value = action.raw(name)
    kind = name.removeprefix("timing")
    if kind in ("DateTime", "Date") and isinstance(value, str):
        return {"deliver": _at(action, name, value)}
    if not isinstance(value, dict):
        action.note("left_out", "is no timing that could be said here", name)
        return {}
    node = action.node(name)
    match kind:
        case "Timing":
            return _repeated(node)
        case "Period":
            end = node.text("end")
            if end:
                node.note("decide", f"ends on {end[:40]}; say how long the step stays open under 'window'", "end")
            return {"deliver": _at(node, "start", node.text("start"))}
        case "Range":
            return _range(node)
        case "Duration" | "Age":
            said = quantity(node)
            if not said or (kind == "Duration" and said.startswith("-")):
                node.note("decide", "is no length of time that could be said here; write it under 'deliver'")
                return {}
            if kind == "Age":
                node.note("decide", "is an age; give each client the date 'birth'")
                return {"deliver": {"after": "date birth", "offset": said}}
            node.note("changed", "is counted from the start of the journey")
            return {"deliver": {"after": "journey.started", "offset": said}}
    node.note("decide", "is no timing that could be said here; write it under 'deliver'")
    return {}


def _at(node: Node, name: str, value: str) -> Fields:
    """A fixed day, with its time of day where there is one."""
    day, _, clock = value.partition("T")
    if not _is_day(day):
        node.note("decide", "is no day; write it under 'deliver'", name)
        return {}
    if not clock:
        return {"after": day}
    node.note("changed", "is taken as the time of day in the client's own zone", name)
    return {"after": day} | ({"at": clock[:5]} if _CLOCK.fullmatch(clock[:5]) else {})


def _range(node: Node) -> Fields:
    low, high = quantity(node.node("low")), quantity(node.node("high"))
    if not low or low.startswith("-"):
        node.note("decide", "is no time that could be said here; write it under 'deliver'")
        return {}
    node.note("changed", "is counted from the start of the journey, from its earlier end")
    if high:
        node.note("decide", f"ends after {high}; say how long the step stays open under 'window'", "high")
    return {"deliver": {"after": "journey.started", "offset": low}}


def _repeated(timing: Node) -> Fields:
    """A Timing: an interval or a rule, and an end; without a repetition its first event."""
    events = timing.texts("event")
    repeat = timing.node("repeat")
    if not timing.has("repeat"):
        if len(events) != 1:
            timing.note("decide", "is no timing that could be said here; write it under 'deliver'")
            return {}
        return {"deliver": _at(timing, "event", events[0])}
    if events:
        timing.note("left_out", "a repetition says when", "event")
    deliver, again = _shaped(repeat), _ended(repeat)
    count, period, unit = repeat.number("count"), repeat.number("period"), repeat.text("periodUnit")
    frequency = repeat.number("frequency") or 1
    days = [one for one in repeat.texts("dayOfWeek") if one in _DAYS]
    repeat.raw("frequencyMax"), repeat.raw("periodMax")
    every = length(1 if period is None else period, unit, parts=frequency)
    if days and unit in ("", "wk", "d"):
        interval = int(period) if unit == "wk" and period and period == int(period) and period > 1 else 1
        rule = f"FREQ=WEEKLY;{f'INTERVAL={interval};' if interval > 1 else ''}BYDAY={','.join(day[:2].upper() for day in days)}"
        return {"deliver": deliver, "repeat": {"rrule": rule, **again}}
    if days:
        deliver["on"] = days
    if every and not every.startswith("-") and every != "0 minutes":
        return {"deliver": deliver, "repeat": {"every": every, **again}}
    if count == 1 or (count is None and period is None):
        return {"deliver": deliver}
    repeat.note("decide", "does not say how often in a way that could be said here; write it under 'repeat'")
    return {"deliver": deliver}


def _shaped(repeat: Node) -> Fields:
    """The time of day, and what cannot be said of it."""
    clocks = [one[:5] for one in repeat.texts("timeOfDay") if _CLOCK.match(one)]
    if len(clocks) > 1:
        repeat.note("decide", "names several times of day; the first is kept: write a step for each", "timeOfDay")
    for name in ("when", "offset", "duration", "durationMax", "durationUnit"):
        if repeat.has(name):
            repeat.raw(name)
            repeat.note("left_out", "how long it lasts, and about when, cannot be said here", name)
    return {"at": clocks[0]} if clocks else {}


def _ended(repeat: Node) -> Fields:
    """When a repetition ends."""
    count, most = repeat.number("count"), repeat.number("countMax")
    number = count if count is not None else most
    if count is None and most is not None:
        repeat.note("changed", "how often at most is taken as how often", "countMax")
    if number is not None and 1 <= number <= 1000 and number == int(number):
        return {"count": int(number)}
    bounds = repeat.node("boundsDuration")
    if repeat.has("boundsDuration") and (said := quantity(bounds)):
        return {"for": said}
    until = repeat.node("boundsPeriod").text("end")[:10] if repeat.has("boundsPeriod") else ""
    if _is_day(until):
        return {"until": until}
    if number is not None:
        repeat.note("decide", "is more often than a step may come; say when it ends under 'repeat'", "count")
    return {}


def offset_of(related: Node) -> str:
    """How long before or after another action; empty where nothing is said, or nothing that could be said here."""
    if related.has("offsetDuration"):
        said = quantity(related.node("offsetDuration"))
    elif related.has("offsetRange"):
        offset = related.node("offsetRange")
        said = quantity(offset.node("low"))
        offset.node("high").done()
        offset.note("changed", "its earlier end is kept")
    else:
        return ""
    if not said:
        related.note("decide", "its offset cannot be said here; write it under 'deliver'")
    return said


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False
