"""How an alert climbs: who is told in which round, and when the next round is (rule R8)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from engine.calendar import add
from engine.structure import Alerts


def rungs_reached(alerts: Alerts, raised_at: datetime, now: datetime, zone: ZoneInfo) -> int:
    """How many rungs of the ladder time alone has reached; the first at once."""
    return max(1, sum(add(raised_at, rung.after, zone) <= now for rung in alerts.rungs))


def told(alerts: Alerts, rungs: int) -> tuple[str, ...]:
    """Everybody up to that rung, each once, in order: who was told before is told again."""
    return tuple(dict.fromkeys(rung.to for rung in alerts.rungs[:rungs]))


def next_round_at(alerts: Alerts, raised_at: datetime, rungs: int, now: datetime, zone: ZoneInfo) -> datetime:
    """When everybody is told again, or the next rung is reached, whichever is first."""
    again_at = add(now, alerts.every, zone)
    higher = [add(raised_at, rung.after, zone) for rung in alerts.rungs[rungs:]]
    return min([again_at, *(at for at in higher if at > now)])
