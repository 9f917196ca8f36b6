"""Pages of many journeys: search, filters, orders, views with a name, and choosing some for an action."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError

from stepwell.api.problems import ApiError
from stepwell.console.frame import ConsoleRoute, door_of
from stepwell.console.pages import fragment, go, page
from stepwell.handle import Stepwell
from stepwell.models import JourneyQuery

router = APIRouter(route_class=ConsoleRoute)
Door = Annotated[Stepwell, Depends(door_of)]
ROWS = 50
FIELDS = ("text", "pathway", "version", "status", "overdue", "held", "failed", "practitioner", "tag", "group", "sort")
"""What a search may ask for, as addresses have it."""
_RUNNING = ("starting", "active", "paused")
_OVER = ("completed", "stopped", "ended")


def asked(given: dict[str, str]) -> JourneyQuery:
    """The search that an address asks for. Raises ApiError where it cannot be read."""
    known = {name: given[name].strip() for name in FIELDS if given.get(name, "").strip()}
    status = known.pop("status", "")
    groups = {"": (), "running": _RUNNING, "over": _OVER}
    wanted: dict[str, Any] = {"statuses": groups.get(status, (status,))}
    if "overdue" in known:
        wanted["overdue_days"] = known.pop("overdue")
    if known.pop("held", ""):
        wanted["held"] = True
    try:
        if "failed" in known:
            wanted["failed_since"] = datetime.now(UTC) - timedelta(hours=float(known.pop("failed")))
        return JourneyQuery.model_validate({**known, **wanted})
    except (ValidationError, ValueError, OverflowError):
        raise ApiError(422, "bad_search", "This search cannot be read: days, hours and versions are numbers.") from None


def written(given: dict[str, str]) -> str:
    """The search as an address has it, with nothing else in it."""
    return urlencode({name: given[name] for name in FIELDS if given.get(name)})


@router.get("/journeys")
async def list_journeys(request: Request, door: Door, after: Annotated[str | None, Query(max_length=500)] = None) -> Response:
    """The first page of a search, or a later one where no script runs."""
    given = dict(request.query_params)
    query = asked(given)
    found = await door.search(query, limit=ROWS, after=after or None)
    return page(
        request,
        "journeys.html",
        given={name: given.get(name, "") for name in FIELDS},
        question=written(given),
        is_later=bool(after),
        found=found,
        views=await door.views(),
        pathways=await door.pathways(),
    )


@router.get("/journeys/rows")
async def more_rows(request: Request, door: Door, after: Annotated[str, Query(max_length=500)]) -> Response:
    """The next rows, for the end of the table."""
    given = dict(request.query_params)
    found = await door.search(asked(given), limit=ROWS, after=after)
    return page(request, "journey_rows.html", question=written(given), found=found)


@router.get("/journeys/count")
async def count_journeys(request: Request, door: Door) -> Response:
    """How many fit, after the page itself is there."""
    given = dict(request.query_params)
    return fragment(request, "journey_count.html", count=await door.count(asked(given)))


@router.post("/views")
async def keep_view(
    door: Door, name: Annotated[str, Form(max_length=100)] = "", question: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """Give a search a name."""
    clean = written(dict(parse_qsl(question)))
    await door.keep_view(name, clean)
    return go(f"/journeys?{clean}", done="kept")


@router.post("/views/forget")
async def forget_view(door: Door, name: Annotated[str, Form(max_length=100)]) -> Response:
    """Forget a search with a name."""
    await door.forget_view(name)
    return go("/journeys", done="forgotten")
