"""The page of one journey: what happened, what is to come and why, what is wrong, who was told; and an answer for a reason."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import Response

from stepwell.console.frame import ConsoleRoute
from stepwell.console.journeys import Door
from stepwell.console.lines import Line, lines, spans, unreached
from stepwell.console.pages import fragment, go, page
from stepwell.console.timeline import Frame, timeline, whole
from stepwell.errors import Forbidden, NotFound, Unavailable
from stepwell.handle import Stepwell
from stepwell.models import Forecast, JourneyDetail

router = APIRouter(route_class=ConsoleRoute)
JourneyId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.\-]{1,64}$")]
Occurrence = Annotated[str, Path(pattern=r"^[A-Za-z0-9_\-]{1,64}\.[0-9]{1,5}$")]
Instant = Annotated[datetime | None, Query()]
_LATEST = 50
_ALL = 5000


@router.get("/find")
async def find(door: Door, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """To a journey by its id, its enrolment key or its client, else to the search for it."""
    words = q.strip()
    try:
        detail = await door.journey(words)
        return go(f"/journeys/{detail.id}")
    except NotFound:
        found = await door.journeys(client=words, limit=2) if words else []
        if len(found) == 1:
            return go(f"/journeys/{found[0].id}")
        return go(f"/journeys?text={quote(words, safe='')}")


@router.get("/journeys/{journey}")
async def show(request: Request, journey: JourneyId, door: Door, *, ahead: bool = False, events: int = _LATEST) -> Response:
    """What the store knows, at once; what the journey itself says follows by itself, or with `ahead` in the page."""
    seen = await _see(door, journey, asks=ahead)
    detail: JourneyDetail = seen["detail"]
    told = await door.history(detail.id)
    return page(
        request,
        "journey.html",
        **seen,
        **_picture(request, seen),
        told=told[-min(max(events, 1), _ALL) :][::-1],
        told_in_all=len(told),
        changes=[one for one in told if one.kind == "plan_changed"],
        sent=(await door.notifications(detail.id))[::-1],
        ui=_in_temporal(request, detail.id),
        etag="",
    )


@router.get("/journeys/{journey}/live")
async def live(request: Request, journey: JourneyId, door: Door) -> Response:
    """What changes on the page, with what the journey itself says."""
    seen = await _see(door, journey, asks=True)
    picture = _picture(request, seen)
    # the line for now moves all the time: it alone is no reason to draw all of it again, but every ten minutes
    state = (seen["detail"], seen["plan"], seen["troubles"], seen["missing"], seen["last_recorded"], picture["framed"])
    mark_of = (*state, datetime.now(UTC).timestamp() // 600)
    return fragment(
        request, "journey_now.html", **seen, **picture, ui=_in_temporal(request, seen["detail"].id), mark_of=mark_of
    )


async def _see(door: Stepwell, journey: str, *, asks: bool) -> dict[str, Any]:
    """Everything about a journey that can be had now; what is missing is said."""
    detail = await door.journey(journey)
    published = await door.running(detail.id)
    plan, missing, wrong = None, "", None
    if asks:  # a workflow that was ended from outside still answers: whether it runs is asked beside what it says
        (plan, missing), wrong = await asyncio.gather(_plan(door, detail), door.workflow_trouble(detail.id))
    told, sent = await door.history(detail.id), await door.notifications(detail.id)
    found = lines(detail.occurrences, told, sent, published, plan)
    troubles = [*await door.troubles(detail.id), *([wrong] if wrong else [])]
    return {
        "detail": detail,
        "lines": found,
        "unreached": unreached(found, published) if plan is None and detail.status in ("starting", "active", "paused") else [],
        "troubles": troubles,
        "plan": plan,
        "asked": asks,
        "missing": missing,
        "newest": published.contents.version if detail.status in ("active", "paused") else detail.version,
        "contacts": await door.contacts(detail.client),
        "dates": sorted(_dates(published.structure.steps)),
        "last_recorded": told[-1].at if told else None,
    }


async def _plan(door: Stepwell, detail: JourneyDetail) -> tuple[Forecast | None, str]:
    """The journey's own plan, or what keeps it from saying one."""
    if detail.status in ("stopped", "ended"):
        return None, ""
    try:
        return await door.forecast(detail.id), ""
    except (Unavailable, NotFound) as error:
        return None, "" if detail.status == "completed" else str(error)


def _dates(steps: Any) -> set[str]:
    """The client dates that a pathway counts from."""
    names = {step.timing.anchor.name for step in steps if step.timing.anchor.kind == "date"}
    return {name for name in (*names, *(step.completes_on.date for step in steps if step.completes_on)) if name}


def _picture(request: Request, seen: dict[str, Any]) -> dict[str, Any]:
    detail: JourneyDetail = seen["detail"]
    found: list[Line] = seen["lines"]
    now, drawn = datetime.now(UTC), spans(found, detail.zone)
    every = whole(drawn, now)
    frame = _frame(request) or every
    address = f"/console/journeys/{detail.id}"
    turns = {
        "earlier": frame.moved(-0.5),
        "later": frame.moved(0.5),
        "closer": frame.zoomed(0.5),
        "wider": frame.zoomed(2),
    }
    return {
        "picture": timeline(
            drawn, frame, now=now, zone=detail.zone, title=f"Journey {detail.id}: what was and what is to come"
        ),
        "turns": {name: f"?{_framed(one)}" for name, one in turns.items()},
        "framed": _framed(frame) if frame is not every else "",
        "address": address,
    }


def _frame(request: Request) -> Frame | None:
    """The part of time that the address asks for."""
    try:
        begins, ends = (datetime.fromtimestamp(int(request.query_params[name]), UTC) for name in ("from", "to"))
    except (KeyError, ValueError, OverflowError, OSError):
        return None
    return Frame(begins, ends) if begins < ends else None


def _framed(frame: Frame) -> str:
    return f"from={int(frame.begins.timestamp())}&to={int(frame.ends.timestamp())}"


def _in_temporal(request: Request, journey: str) -> str | None:
    around = request.app.state.around
    return f"{around.ui}/namespaces/{around.namespace}/workflows/{journey}" if around.ui else None


@router.get("/journeys/{journey}/occurrences/{occurrence}/reveal")
async def ask_reveal(request: Request, journey: JourneyId, occurrence: Occurrence, door: Door) -> Response:
    """Where an operator says why they have to read an answer."""
    if "reveal" not in request.state.caller.scopes:
        raise Forbidden("reading answers needs a key with the scope 'reveal'")
    detail = await door.journey(journey)
    return page(request, "reveal.html", detail=detail, occurrence=occurrence, given=None, problem="")


@router.post("/journeys/{journey}/occurrences/{occurrence}/reveal")
async def reveal(
    request: Request, journey: JourneyId, occurrence: Occurrence, door: Door, reason: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """Show it, once, and keep who read it and why."""
    detail = await door.journey(journey)
    given = await door.reveal(detail.id, occurrence, reason=reason)
    return page(request, "reveal.html", detail=detail, occurrence=occurrence, given=given, problem="")
