"""One client's calendar on a pathway: what comes when, and why."""

from datetime import date, datetime, time

from engine.advance import StartFacts, before_start
from engine.base import ClientId, JourneyId, TenantId
from engine.calendar import from_wall
from engine.events import Reason
from engine.mails_ahead import AheadKind, MailAhead
from engine.plan import plan
from engine.structure import Structure
from engine.turn import Plan
from engine.zones import zone_of

_HELD: dict[AheadKind, str] = {
    "together": "others of the same few minutes are to be in the same mail",
    "day": "as many mails as may be go out that day",
    "week": "as many mails as may be go out that week",
    "quiet": "quiet hours",
    "preferred": "the client prefers another time of day",
    "snoozed": "the client wants no mail before then",
    "by_hand": "somebody holds the client's mails",
    "alert": "an alert about the client is not acknowledged",
    "opted_out": "the client wants no mails",
}


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


def words_of_mail(mail: MailAhead, until: str) -> str:
    """What becomes of a mail about something planned, in one line; `until` as its reader's clock shows it, where there is one."""
    if mail.why == "opted_out" or (mail.what == "reminder" and mail.until is None):
        return f"{'no mail' if mail.certain else 'maybe no mail'}: {_HELD[mail.why]}"
    return f"mail {'waits' if mail.certain else 'may wait'}{f' until {until}' if until else ''}: {_HELD[mail.why]}"
