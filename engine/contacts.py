"""How often one client is written to, across all their journeys: what goes out now as one mail, and when to look again.

A contact is a mail to the client. Days and weeks are local ones of the client's zone; a week is Monday to Sunday.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from engine.calendar import from_wall, hold_quiet, midnight, wall
from engine.effects import Purpose
from engine.structure import TimeWindow

HoldKind = Literal["together", "day", "week", "quiet", "preferred", "snoozed", "by_hand"]
_OWN_WORDS: frozenset[Purpose] = frozenset({"answer"})
"""What the client has asked for, in a practitioner's own words: it waits for nothing but the client's own snooze."""
_MOST_MOVES = 50


class Waiting(NamedTuple):
    """One message that wants to go out."""

    id: str
    purpose: Purpose
    intended_at: datetime
    is_urgent: bool = False
    closes_at: datetime | None = None
    """From then on it means nothing any more."""


class Rules(NamedTuple):
    """What holds for one client. None: no such rule."""

    zone: ZoneInfo
    a_day: int | None = None
    a_week: int | None = None
    quiet: TimeWindow | None = None
    preferred: TimeWindow | None = None
    snoozed_until: datetime | None = None
    is_held: bool = False
    """Somebody holds their messages by hand, until it is lifted."""
    together: timedelta = timedelta()
    """How long the first of several waits for others, to become one (rule R4)."""


class Hold(NamedTuple):
    """Until when a message waits, and why. None: until somebody lifts it."""

    until: datetime | None
    kind: HoldKind


class Decision(NamedTuple):
    """What becomes of the messages that wait."""

    now: tuple[str, ...]
    """Go out now as one mail, the most urgent first."""
    held: dict[str, Hold]
    look_at: datetime | None
    """When something of it changes by itself."""


def decide(waiting: Sequence[Waiting], sent: Sequence[datetime], rules: Rules, now: datetime) -> Decision:
    """Say what goes out at `now`. `sent` are the instants of mails that went, or may have gone, this week or later."""
    held: dict[str, Hold] = {}
    going: list[Waiting] = []
    for one in waiting:
        hold = _hold(one, sent, rules, now)
        if hold is None:
            going.append(one)
        else:
            held[one.id] = hold
    if going:
        free = rules._replace(a_day=None, a_week=None, together=timedelta())
        along = [one for one in waiting if one.id in held and _hold(one, (), free, now) is None]
        going += along
        for one in along:
            del held[one.id]
    look_at = min((hold.until for hold in held.values() if hold.until is not None), default=None)
    return Decision(tuple(one.id for one in sorted(going, key=_by_urgency)), held, look_at)


def _by_urgency(one: Waiting) -> tuple[bool, bool, bool, datetime, datetime, str]:
    """Urgent first, then what was asked for, then what closes soonest, then the oldest."""
    return (
        not one.is_urgent,
        one.purpose not in _OWN_WORDS,
        one.closes_at is None,
        one.closes_at or one.intended_at,
        one.intended_at,
        one.id,
    )


def _hold(one: Waiting, sent: Sequence[datetime], rules: Rules, now: datetime) -> Hold | None:
    """What holds this message at `now`; None: nothing. Until then it is looked at anew, whatever came between."""
    if one.is_urgent:
        return None
    own_words = one.purpose in _OWN_WORDS
    if rules.is_held and not own_words:
        return Hold(None, "by_hand")
    at, kind = now, None
    for _ in range(_MOST_MOVES):
        moved = _moved(one, at, sent, rules, own_words=own_words)
        if moved is None:
            break
        at, kind = moved.until or at, moved.kind
    return None if kind is None else Hold(at, kind)


def _moved(one: Waiting, at: datetime, sent: Sequence[datetime], rules: Rules, *, own_words: bool) -> Hold | None:
    """The first rule that does not let it go at `at`, and the next instant that one would."""
    if rules.snoozed_until is not None and at < rules.snoozed_until:
        return Hold(rules.snoozed_until, "snoozed")
    if own_words:
        return None
    gathered_at = one.intended_at + rules.together
    if at < gathered_at and (one.closes_at is None or gathered_at < one.closes_at):
        return Hold(gathered_at, "together")
    full = _full(at, one, sent, rules)
    if full is not None:
        return full
    heard_at = hold_quiet(at, rules.quiet, rules.zone)
    if heard_at > at:
        return Hold(heard_at, "quiet")
    liked_at = next_preferred(at, _usable(rules), rules.zone)
    return Hold(liked_at, "preferred") if liked_at > at else None


def _full(at: datetime, one: Waiting, sent: Sequence[datetime], rules: Rules) -> Hold | None:
    """Where day or week have no room: the next that may, at the wall time at which the message was meant to come."""
    zone = rules.zone
    day = wall(at, zone).date()
    monday = day - timedelta(days=day.weekday())
    # the week first: no day of a full week has room
    for kind, limit, first, length in (("week", rules.a_week, monday, 7), ("day", rules.a_day, day, 1)):
        if limit is None:
            continue
        begins, ends = midnight(first, zone), midnight(first + timedelta(days=length), zone)
        if sum(begins <= instant < ends for instant in sent) >= limit:
            meant: time = wall(one.intended_at, zone).time()
            next_day = first + timedelta(days=length)
            again_at = from_wall(datetime.combine(next_day, meant), zone)
            return Hold(max(again_at, ends), "week" if kind == "week" else "day")
    return None


def _usable(rules: Rules) -> TimeWindow | None:
    """The preferred time, unless all of it lies in quiet hours: then nothing would ever come, and it counts for nothing."""
    preferred, quiet = rules.preferred, rules.quiet
    if preferred is None or quiet is None:
        return preferred
    has_room = not _contains(quiet, preferred.start) or _contains(preferred, quiet.end)
    return preferred if has_room else None


def _contains(window: TimeWindow, moment: time) -> bool:
    if window.start < window.end:
        return window.start <= moment < window.end
    return moment >= window.start or moment < window.end


def next_preferred(at: datetime, preferred: TimeWindow | None, zone: ZoneInfo) -> datetime:
    """The instant itself where it lies in the preferred time, else its next beginning; it may wrap midnight."""
    if preferred is None or preferred.start == preferred.end:
        return at
    outside = TimeWindow(start=preferred.end, end=preferred.start)
    return hold_quiet(at, outside, zone)


def week_begins(now: datetime, zone: ZoneInfo) -> datetime:
    """The first instant of the local week, a Monday."""
    day = wall(now, zone).date()
    return midnight(day - timedelta(days=day.weekday()), zone)


def day_begins(now: datetime, zone: ZoneInfo) -> datetime:
    """The first instant of the local day."""
    return midnight(wall(now, zone).date(), zone)


class Budget(NamedTuple):
    """How often a client may be written to, unless something else is said of that client. None: as often as need be."""

    a_day: int | None = None
    a_week: int | None = None


UNLIMITED = Budget()
