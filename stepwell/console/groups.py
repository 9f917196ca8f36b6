"""Groups: which there are, how far the starts of one are, and what became of each member."""

from typing import Annotated, cast, get_args

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from stepwell.console.frame import ConsoleRoute
from stepwell.console.journeys import Door
from stepwell.console.pages import fragment, go, page
from stepwell.models import MemberState

router = APIRouter(route_class=ConsoleRoute)
GroupId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.\-]{1,64}$")]
State = Annotated[str, Query(pattern="^(|" + "|".join(get_args(MemberState)) + ")$")]


@router.get("/groups")
async def latest(request: Request, door: Door) -> Response:
    """The latest groups."""
    return page(request, "groups.html", groups=await door.groups())


@router.get("/groups/{group}")
async def show(
    request: Request,
    group: GroupId,
    door: Door,
    state: State = "",
    after: Annotated[int, Query(ge=-1, le=10_000_000)] = -1,
) -> Response:
    """How far one is, and what became of each member."""
    found = await door.group(group)
    members = await door.group_members(group, state=cast(MemberState, state) if state else None, after=after)
    return page(request, "group.html", group=found, members=members, state=state, etag="")


@router.get("/groups/{group}/live")
async def show_live(request: Request, group: GroupId, door: Door) -> Response:
    """How far it is, again and again until it is done."""
    return fragment(request, "group_progress.html", group=await door.group(group))


@router.post("/groups/{group}/cancel")
async def cancel(group: GroupId, door: Door) -> Response:
    """Start nobody else of it."""
    await door.cancel_group(group)
    return go(f"/groups/{group}", done="cancelled")


@router.post("/groups/{group}/retry")
async def retry(group: GroupId, door: Door) -> Response:
    """Start again whose start failed, and go on with one that was cancelled."""
    await door.retry_group(group)
    return go(f"/groups/{group}", done="retrying")
