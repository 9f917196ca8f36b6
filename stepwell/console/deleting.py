"""A client is deleted: first what would go, then for which reason, then how far it is."""

from typing import Annotated, Any, cast, get_args

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from stepwell.console.frame import ConsoleRoute
from stepwell.console.journeys import Door
from stepwell.console.pages import fragment, given_in, go, page
from stepwell.errors import Refused
from stepwell.handle import Stepwell
from stepwell.models import DeletionReason

router = APIRouter(route_class=ConsoleRoute)
ClientId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$")]
DeletionId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.\-]{1,64}$")]
_REASONS: dict[str, str] = {
    "asked": "the client asked for it",
    "consent_withdrawn": "consent is withdrawn",
    "retention": "what is kept has been kept long enough",
    "mistake": "they were added by mistake",
    "other": "something else",
}
assert set(_REASONS) == set(get_args(DeletionReason))


@router.get("/clients/{client}/delete")
async def look(request: Request, client: ClientId, door: Door) -> Response:
    """What would go, and where it is confirmed. Nothing is done."""
    return await _show(request, door, client)


@router.post("/clients/{client}/delete")
async def delete(request: Request, client: ClientId, door: Door) -> Response:
    """Do it. Sent twice it is one deletion."""
    given = await given_in(request)
    try:
        if given.get("again", "").strip() != client:
            raise Refused("not_confirmed", "P4", "write the client's id once more, to be sure whose data goes")
        reason = cast(DeletionReason, given.get("reason", ""))
        found = await door.delete_client(client, reason=reason)
    except Refused as refused:
        return await _show(request, door, client, problem=str(refused), status=409)
    return go(f"/deletions/{found.id}")


async def _show(request: Request, door: Stepwell, client: str, *, problem: str = "", status: int = 200) -> Response:
    facts: dict[str, Any] = {"seen": await door.deletion_preview(client), "reasons": _REASONS, "problem": problem}
    return page(request, "delete_client.html", status=status, **facts)


@router.get("/deletions")
async def latest(request: Request, door: Door) -> Response:
    """The latest deletions, with what is left of each: its receipt."""
    return page(request, "deletions.html", deletions=await door.deletions(), reasons=_REASONS)


@router.get("/deletions/{deletion}")
async def show(request: Request, deletion: DeletionId, door: Door) -> Response:
    """How far one is."""
    return page(request, "deletion.html", deletion=await door.deletion(deletion), reasons=_REASONS, etag="")


@router.get("/deletions/{deletion}/live")
async def show_live(request: Request, deletion: DeletionId, door: Door) -> Response:
    """How far it is, again and again until it is done."""
    return fragment(request, "deletion_progress.html", deletion=await door.deletion(deletion))
