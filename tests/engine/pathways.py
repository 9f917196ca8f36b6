"""Made-up pathways: every timing, gate, window and repeat that the reference knows, in any mixture."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from engine.structure import Structure
from tests.engine.driver import pathway, step

Choose = Callable[[Sequence[Any]], Any]
"""Hypothesis' choice, or a die's."""

ZONES = ("UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
STARTS = (
    *("2026-03-06 23:30", "2026-03-27 08:00", "2026-04-03 12:15"),
    *("2026-10-02 21:45", "2026-10-23 00:50", "2026-10-30 17:00"),
)
QUIET = (None, "21:00-08:00", "22:30-02:15", "01:15-01:45", "12:00-07:30")
DATES = ("surgery", "visit")
DAYS = tuple(date(2026, month, day) for month in (3, 4, 10, 11) for day in (1, 4, 8, 25, 29))
EVENTS = ("seen", "called")
_OFFSETS = ("0", "0", "1 hour", "26 hours", "1 day", "3 days", "1 day 2 hours", "1 month")
_LIMITS = (None, None, "2 hours", "1 day", "2 days 3 hours")
_REMINDERS = (("3 minutes", "1 hour"), ("63 minutes",), ("1 hour",), ("20 hours", "1 day"), ("1 day", "2 days", "2 days"))


def made_up(choose: Choose) -> Structure:
    """A pathway of one to six steps."""
    steps = [_step(choose, number) for number in range(choose((1, 2, 4, 5, 6)))]
    return pathway(
        *steps,
        zone=choose(ZONES),
        quiet=choose(QUIET),
        linger=choose(("2 days", "12 hours")),
        release_gap=choose(("30 minutes", "1 day")),
    )


def _step(choose: Choose, number: int) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "past": choose(("now", "now", "skip", "next_slot")),
        "required": choose((True, True, False)),
        "regardless": choose((False, False, True)),
        "on_expiry": choose(("continue", "continue", "continue", "hold", "hold", "end")),
        "late": choose(("accept_late", "accept_if_started", "reject")),
        "urgent": choose((False, False, False, True)),
        "revisable": choose((False, True)),
        "actor": choose(("client", "client", "client", "practitioner", "host")),
    }
    if fields["actor"] == "host":
        fields["completes_on"] = {"event": choose(EVENTS)}
    window = {name: choose(_LIMITS) for name in ("start_by", "finish_by", "inactivity")}
    fields["window"] = {name: limit for name, limit in window.items() if limit}
    if choose((False, True)):
        fields["reminders"] = {"offsets": choose(_REMINDERS)}
    if choose((False, False, True)):
        fields["escalation"] = [{"after": "1 day"}, {"after": "2 days", "to": "supervisor"}]
    if choose((False, False, True)):
        fields["max_lateness"] = {"over": choose(("1 hour", "1 day")), "then": choose(("ask_operator", "skip", "send"))}
    if choose((False, False, True)):
        every, overlap = choose(("1 day", "12 hours", "7 days")), choose((False, False, True))
        fields["repeat"] = {"every": every, "count": choose((2, 3)), "overlap": overlap}
    earlier = [f"s{n}" for n in range(number)]
    if earlier and choose((False, False, False, True)):
        needed = list(dict.fromkeys(choose(earlier) for _ in range(3)))
        fields["needs"] = (choose(range(1, len(needed) + 1)), needed)
    return step(f"s{number}", **_timing(choose, earlier), **fields)


def _timing(choose: Choose, earlier: list[str]) -> dict[str, Any]:
    anchors = ["previous.completed"] * 5 + ["journey.started", "journey.started", "previous.delivered", "previous.delivered"]
    anchors += [choose(("date surgery", "event seen")), choose(("2026-04-01", "2026-10-28"))]
    if earlier:
        anchors += [f"{choose(earlier)}.{moment}" for moment in ("delivered", "completed")]
    after = choose(anchors)
    fields: dict[str, Any] = {"after": after}
    fields["offset"] = choose((*_OFFSETS, "-1 day", "-3 hours") if after.startswith("date") else _OFFSETS)
    match choose(("", "", "at", "between")):
        case "at":
            fields["at"] = choose(("09:00", "01:30", "02:10", "23:30"))
        case "between":
            fields["between"] = choose(("09:00-12:00", "01:00-03:00", "20:30-23:59"))
        case _:
            pass
    if choose((False, False, False, True)):
        fields["on"] = choose(("mon thu", "sun", "sat sun mon"))
    return fields
