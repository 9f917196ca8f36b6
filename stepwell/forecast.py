"""One client's calendar on a pathway: what comes when, and why."""

from datetime import date, datetime, time

from engine.advance import StartFacts, before_start
from engine.base import ClientId, JourneyId, TenantId
from engine.calendar import from_wall
from engine.events import Reason
from engine.plan import plan
from engine.structure import Structure
from engine.turn import Plan
from engine.zones import zone_of


def forecast_start(structure: Structure, *, start: date, zone: str, dates: dict[str, date]) -> Plan:
    """The calendar of a client who starts on a day at 09:00 local time and does everything at once.

    Raises UnknownZone.
    """
    begins = from_wall(datetime.combine(start, time(9)), zone_of(zone))
    facts = StartFacts(
        journey=JourneyId("forecast"),
        tenant=TenantId("forecast"),
        client=ClientId("forecast"),
        zone=zone,
        dates=dict(dates),
    )
    return plan(structure, before_start(structure, facts, begins), begins)


def words_of(reason: Reason | None, waits_for: str | None = None) -> str:
    """Why an instant is what it is, in one line: anchor, offset, window, hold."""
    if waits_for:
        return f"waits for {waits_for}"
    if reason is None:
        return ""
    offset = "" if reason.offset == "0" else f" {reason.offset}" if reason.offset.startswith("-") else f" +{reason.offset}"
    parts = [f"{reason.anchor}{offset}", reason.window or "", f"held: {reason.hold}" if reason.hold else ""]
    return ", ".join(part for part in parts if part)
