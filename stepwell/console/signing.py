"""Signing in with a key, and out again."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from stepwell.api.identity import Identity, address_of
from stepwell.console.frame import ConsoleRoute, sessions_of
from stepwell.console.pages import ROOT, page
from stepwell.console.sessions import COOKIE, LONGEST

router = APIRouter(route_class=ConsoleRoute)
_NO_ENTRY = "This key does not open the console. It has to be an operator's, and neither revoked nor expired."


@router.get("/sign-in")
async def show_sign_in(request: Request, next: Annotated[str, Query(max_length=2000)] = "") -> Response:
    """Where an operator pastes their key."""
    return page(request, "sign_in.html", next=_own(next), problem="")


@router.post("/sign-in")
async def sign_in(
    request: Request,
    key: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Open a session, always a new one; guessing is counted with that of the API, at every gateway."""
    identity: Identity = request.app.state.identity
    address = address_of(request)
    await identity.refuse_guessing(address)
    token = await sessions_of(request).open(key.strip(), old=request.cookies.get(COOKIE))
    if token is None:
        await identity.note_wrong(address)
        return page(request, "sign_in.html", status=401, next=_own(next), problem=_NO_ENTRY)
    answer = RedirectResponse(_own(next) or f"{ROOT}/", 303)
    answer.set_cookie(
        COOKIE, token, max_age=int(LONGEST.total_seconds()), path="/", secure=True, httponly=True, samesite="strict"
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session, here and in the store."""
    await sessions_of(request).end(request.state.session.hash)
    answer = RedirectResponse(f"{ROOT}/sign-in?done=out", 303)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return answer


def _own(path: str) -> str:
    """The path where it is one of the console's own, else nothing: no link leads elsewhere through here."""
    is_own = path.startswith(f"{ROOT}/") and "\\" not in path and not any(one < " " for one in path)
    return path if is_own else ""
