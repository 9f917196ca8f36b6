"""The first page: how things stand, and the ways from there to what needs somebody."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from stepwell.console.frame import ConsoleRoute
from stepwell.console.journeys import Door
from stepwell.console.pages import fragment, page
from stepwell.errors import Unavailable
from stepwell.handle import Stepwell

router = APIRouter(route_class=ConsoleRoute)
NIGHT = timedelta(hours=16)
"""How far back `last night` goes: from the evening before to the morning after."""


@router.get("/")
async def overview(request: Request, door: Door) -> Response:
    """How things stand."""
    return page(request, "overview.html", **await standing(door), etag="", views=await door.views())


@router.get("/live")
async def overview_live(request: Request, door: Door) -> Response:
    """The same again, where it changed."""
    return fragment(request, "overview_now.html", **await standing(door))


async def standing(door: Stepwell) -> dict[str, Any]:
    """Figures of the store, and of Temporal's queues and what stands still there, where it answers."""
    try:
        queues, stuck, missing = await door.queues(), await door.stuck(), ""
    except Unavailable as error:
        queues, stuck, missing = [], [], str(error)
    figures = await door.system(since=datetime.now(UTC) - NIGHT)
    return {
        "figures": figures,
        "queues": queues,
        "queues_missing": missing,
        "stuck": stuck,
        "unmanned": [one for one in queues if not one.pollers],
    }
