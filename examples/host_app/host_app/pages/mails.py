"""What the client wants of mails: between which hours, none for a while, or none at all."""

from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response
from stepwell_client.models import ContactBudget

from host_app.pages.visit import Visit

_HOURS = tuple(f"{hour:02}:00" for hour in range(24))
_PAUSES = (("24", "pause_day"), ("72", "pause_three_days"), ("168", "pause_week"))
_MAIL = "email"


async def show(visit: Visit) -> Response:
    """What holds now."""
    return _page(visit, await visit.door.contacts(visit.session.id))


async def save(visit: Visit) -> Response:
    """Keep it; where the hours cannot be meant, ask again."""
    now = await visit.door.contacts(visit.session.id)
    hours = [visit.said("from"), visit.said("to")]
    if any(hours) and (not all(hours) or hours[0] == hours[1]):
        return _page(visit, now, problem=visit.texts("mails_hours_wrong"), hours=hours, status=422)
    channels = {one for one in now.opted_out if one != _MAIL} | ({_MAIL} if visit.said("none") else set())
    await visit.door.wish(
        visit.session.id,
        preferred_time=hours if all(hours) else None,
        snoozed_until=_until(visit, now),
        opted_out=sorted(channels),
    )
    return visit.go("/mails", "mails_saved")


def _until(visit: Visit, now: ContactBudget) -> datetime | None:
    """Until when there is a pause; what was not touched stays."""
    chosen = visit.said("pause")
    if chosen == "keep":
        return _still(visit, now)
    return next((visit.now + timedelta(hours=int(hours)) for hours, _ in _PAUSES if hours == chosen), None)


def _still(visit: Visit, now: ContactBudget) -> datetime | None:
    """Until when there is a pause now."""
    until = now.snoozed_until
    return until if until is not None and until > visit.now else None


def _page(
    visit: Visit, now: ContactBudget, *, problem: str = "", hours: list[str] | None = None, status: int = 200
) -> Response:
    begins, ends = hours or now.preferred_time or ["", ""]
    pauses = [(value, visit.texts(name)) for value, name in _PAUSES]
    facts: dict[str, Any] = {
        "is_held": now.held_since is not None,
        "paused_until": _still(visit, now),
        "begins": begins,
        "ends": ends,
        "hours": sorted({*_HOURS, begins, ends} - {""}),
        "pauses": pauses,
        "is_out": _MAIL in now.opted_out,
        "problem": problem,
    }
    return visit.show("mails.html", status, **facts)
