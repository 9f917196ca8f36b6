"""A date of a group: first whom it would be told and what would move for them, then it is told (rule T4)."""

import asyncio
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from engine.messages import SetDate
from stepwell.console.actions import date_names
from stepwell.console.frame import ConsoleRoute
from stepwell.console.groups import GroupId
from stepwell.console.journeys import Door
from stepwell.console.pages import given_in, go, page
from stepwell.enrolment import date_from
from stepwell.errors import NotFound, Refused, Unavailable
from stepwell.handle import Stepwell
from stepwell.models import Foreseen, JourneyLine, JourneyQuery
from store.ids import new_id

router = APIRouter(route_class=ConsoleRoute)
_SHOWN = 10


@router.get("/groups/{group}/date")
async def look(request: Request, group: GroupId, door: Door) -> Response:
    """Whom it would be told, and what would move for some of them. Nothing is done."""
    return await _show(request, door, group, dict(request.query_params))


@router.post("/groups/{group}/date")
async def tell(request: Request, group: GroupId, door: Door) -> Response:
    """Keep it, and have it told. Sent twice it is one job."""
    given = await given_in(request)
    try:
        job = await door.set_group_date(
            group, given.get("name", ""), _value(given.get("value", "")), request_id=given.get("request_key") or None
        )
    except Refused as refused:
        return await _show(request, door, group, given, problem=str(refused), status=409)
    return go(f"/bulk/{job.id}")


async def _show(
    request: Request, door: Stepwell, group: str, given: dict[str, str], *, problem: str = "", status: int = 200
) -> Response:
    found = await door.group(group)
    published = await door.pathway(found.pathway, found.version)
    names = sorted({*found.dates, *date_names(published.structure.steps if published else ())})
    running = JourneyQuery(group=group, statuses=("starting", "active", "paused"))
    looked: list[tuple[JourneyLine, Foreseen | None]] = []
    if given.get("name") and not problem:
        try:
            facts = {"name": given["name"].strip(), "value": _value(given.get("value", ""))}
            some = (await door.search(running, limit=_SHOWN)).items
            looked = list(zip(some, await asyncio.gather(*(_foreseen(door, one.id, facts) for one in some)), strict=True))
        except Refused as refused:
            problem = str(refused)
    return page(
        request,
        "group_date.html",
        status=status,
        group=found,
        given=given,
        names=names,
        problem=problem,
        told=await door.count(running),
        looked=looked,
        request_key=given.get("request_key") or new_id("msg"),
    )


async def _foreseen(door: Stepwell, journey: str, facts: dict[str, Any]) -> Foreseen | None:
    """What it would change for one of them; None where their journey cannot say so now."""
    try:
        return await door.foresee(journey, SetDate, **facts)
    except (Unavailable, NotFound):
        return None


def _value(text: str) -> date | datetime | None:
    """A day, or an instant with its zone; nothing takes the date away. Raises Refused."""
    said = text.strip()
    try:
        read = date_from(said) if said else None
    except ValueError:
        raise Refused("malformed", "T4", "write the date as year-month-day, such as 2027-01-20") from None
    if isinstance(read, datetime) and read.tzinfo is None:
        raise Refused("naive_instant", "T4", "its members may live in several zones: write the time with its zone, +01:00")
    return read
