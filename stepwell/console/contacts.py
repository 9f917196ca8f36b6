"""The mails of one client, across their journeys: how many may be, what waits and why, what went; held and let go by hand."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from engine.zones import zone_of
from stepwell.console.frame import ConsoleRoute
from stepwell.console.journeys import Door
from stepwell.console.pages import go, page
from stepwell.errors import Refused
from stepwell.handle import Stepwell

router = APIRouter(route_class=ConsoleRoute)
ClientId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$")]


@router.get("/clients/{client}/contacts")
async def show(request: Request, client: ClientId, door: Door) -> Response:
    """Why this client had mail, or had none."""
    return await _show(request, door, client)


@router.post("/clients/{client}/hold")
async def hold(request: Request, client: ClientId, door: Door) -> Response:
    """Hold all of them. Sent twice it is one hold."""
    try:
        await door.hold_contacts(client, reason=await _reason(request))
    except Refused as refused:
        return await _show(request, door, client, problem=str(refused), status=409)
    return go(f"/clients/{client}/contacts")


@router.post("/clients/{client}/lift-hold")
async def lift(request: Request, client: ClientId, door: Door) -> Response:
    """Let them go again."""
    try:
        await door.lift_hold(client, reason=await _reason(request))
    except Refused as refused:
        return await _show(request, door, client, problem=str(refused), status=409)
    return go(f"/clients/{client}/contacts")


async def _reason(request: Request) -> str:
    given = (await request.form()).get("reason")
    return given if isinstance(given, str) else ""


async def _show(request: Request, door: Stepwell, client: str, *, problem: str = "", status: int = 200) -> Response:
    found = await door.contacts(client)
    journeys = {one.id: one.pathway for one in await door.journeys(client=client)}
    return page(
        request, "contacts.html", status=status, seen=found, zone=zone_of(found.zone).key, pathways=journeys, problem=problem
    )
