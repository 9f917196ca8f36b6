"""Where a mail about what is planned would be held, as things stand now: looked at with the rules that will decide it (rule R4)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from engine.base import Frozen, Instant, OccurrenceId
from engine.contacts import Hold, HoldKind, Rules, Waiting, decide
from engine.effects import Purpose
from engine.structure import Structure
from engine.turn import Plan, Planned

AheadKind = HoldKind | Literal["alert", "opted_out"]
_PURPOSES: dict[str, Purpose] = {"delivery": "delivered", "reminder": "reminder"}


class MailAhead(Frozen):
    """One mail to the client that would not go out when what it is about comes."""

    what: Literal["delivery", "reminder"]
    occurrence: OccurrenceId
    at: Instant
    """When what it is about comes: the instant in the plan."""
    until: Instant | None
    """When it would go out. None: nobody knows, or it would not go out at all."""
    why: AheadKind
    certain: bool
    """False: it may be so; it hangs on what is not certain itself, or on what somebody may have changed by then."""


class MailsNow(NamedTuple):
    """What is known of the client's mails now."""

    rules: Rules
    sent: Sequence[datetime]
    """Mails that went, or may have gone, this week."""
    has_alert: bool = False
    """One that nobody has acknowledged: nobody is reminded by the plan (rule R8)."""
    has_opted_out: bool = False


def mails_ahead(structure: Structure, plan: Plan, now: MailsNow) -> tuple[MailAhead, ...]:
    """The mails of a plan that would be held, in its order. What other journeys of the client may send is not known here."""
    expected: list[datetime] = []
    found = []
    for item in plan.items:
        if item.at is None or item.what not in _PURPOSES or structure.by_id[item.step].reader != "client":
            continue
        ahead = _ahead(item, item.at, expected, now, is_urgent=structure.by_id[item.step].urgent)
        if ahead is not None:
            found.append(ahead)
        goes_at = ahead.until if ahead is not None else item.at
        if goes_at is not None and not any(_is_one_mail(goes_at, other, now.rules.together) for other in expected):
            expected.append(goes_at)
    return tuple(found)


def _ahead(item: Planned, at: datetime, expected: list[datetime], now: MailsNow, *, is_urgent: bool) -> MailAhead | None:
    purpose = _PURPOSES[item.what]
    if now.has_opted_out:  # also what is urgent (rule R5)
        return _told(item, at, None, "opted_out", certain=item.certain)
    if now.has_alert and purpose == "reminder":
        return _told(item, at, None, "alert", certain=False)
    waiting = Waiting(id=item.occurrence, purpose=purpose, intended_at=at, is_urgent=is_urgent)
    held = _hold_among(waiting, expected, now, at)
    if held is None:
        return None
    is_known = held == _hold(waiting, now.sent, now.rules, at) and held.kind != "by_hand"  # somebody may lift it before then
    return _told(item, at, held.until, held.kind, certain=item.certain and is_known)


def _hold_among(waiting: Waiting, expected: Sequence[datetime], now: MailsNow, at: datetime) -> Hold | None:
    """What would hold it, counting the mails that are expected to go before it does: the longer it waits, the more."""
    goes_at, held = at, None
    for _ in range(len(expected) + 1):
        before = [one for one in expected if goes_at - one > now.rules.together]
        held = _hold(waiting, [*now.sent, *before], now.rules, at)
        if held is None or held.until is None or held.until == goes_at:
            break
        goes_at = held.until
    return held


def _hold(waiting: Waiting, sent: Sequence[datetime], rules: Rules, at: datetime) -> Hold | None:
    """What would hold it then; that it waits some minutes for others is nothing to speak of."""
    return decide([waiting], sent, rules._replace(together=timedelta()), at).held.get(waiting.id)


def _told(item: Planned, at: datetime, until: datetime | None, why: AheadKind, *, certain: bool) -> MailAhead:
    return MailAhead.model_validate(
        {"what": item.what, "occurrence": item.occurrence, "at": at, "until": until, "why": why, "certain": certain}
    )


def _is_one_mail(one: datetime, other: datetime, together: timedelta) -> bool:
    return abs(one - other) <= together
