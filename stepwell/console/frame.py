"""What stands around every request to the console: who is signed in, that they themselves asked, and what a browser may do."""

from collections.abc import Callable, Coroutine
from secrets import compare_digest
from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stepwell.api.problems import ApiError
from stepwell.console.pages import ROOT, page
from stepwell.console.sessions import COOKIE, Sessions
from stepwell.errors import Changed, Forbidden, NotFound, NotRunning, Refused, Unavailable
from stepwell.handle import Stepwell

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LIVE = "/live"
"""How the paths end that a page asks for by itself: they keep no session alive."""
OPEN = frozenset({f"{ROOT}/sign-in"})
"""Pages that need no session."""
_SAFE = ("GET", "HEAD")
_STATUS: dict[type[Exception], int] = {
    Forbidden: 403,
    NotFound: 404,
    Changed: 412,
    Refused: 409,
    Unavailable: 503,
    NotRunning: 503,
}
_TITLES = {
    400: "This cannot be read",
    403: "Not allowed",
    404: "There is no such page",
    405: "There is no such page",
    409: "A rule refused it",
    412: "Somebody else changed it meanwhile",
    413: "Too large",
    422: "Something is missing, or cannot be read",
    429: "Too many attempts",
    500: "A fault of ours",
    503: "Not available now",
}
_log = structlog.get_logger("stepwell.console")


class Shield:
    """Tells browsers to take nothing from anywhere else, on every answer of the console."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = POLICY
                headers.setdefault("cross-origin-opener-policy", "same-origin")
            await send(message)

        await self._app(scope, receive, sending)


class ConsoleRoute(APIRoute):
    """A page for operators: without a session one is sent to sign in; whatever changes something has to come from our own form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's way in."""
        inner = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                if request.method not in _SAFE and not is_our_page(request):
                    raise ApiError(403, "foreign", "this did not come from a page of the console; go back, and try again there")
                if request.url.path in OPEN:
                    return await inner(request)
                session = await sessions_of(request).find(
                    request.cookies.get(COOKIE, ""), is_work=not request.url.path.endswith(LIVE)
                )
                if session is None:
                    return _to_sign_in(request)
                request.state.session, request.state.caller = session, session.caller
                if request.method not in _SAFE and not compare_digest(str((await request.form()).get("csrf")), session.csrf):
                    raise ApiError(
                        403, "foreign", "this form is of another session; go back, load the page again, and try once more"
                    )
                return await inner(request)
            except (HTTPException, RequestValidationError):
                raise
            except Exception as error:
                return failed(request, error)

        return guarded


def is_our_page(request: Request) -> bool:
    """Whether a browser says that a page of ours asked.

    With `Referrer-Policy: no-referrer` a form is sent with the origin `null`; then `Sec-Fetch-Site` has to say it.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    if origin is None or origin == "null":
        return site == "same-origin"
    public = request.app.state.around.public_url
    ours = {request.headers.get("host", ""), urlsplit(public).netloc if public else ""} - {""}
    return urlsplit(origin).netloc in ours


def _to_sign_in(request: Request) -> Response:
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"hx-redirect": f"{ROOT}/sign-in"})
    asked = f"{request.url.path}{f'?{request.url.query}' if request.url.query else ''}"
    after = f"?next={quote(asked, safe='')}" if request.method in _SAFE and asked != f"{ROOT}/" else ""
    return RedirectResponse(f"{ROOT}/sign-in{after}", 303)


def sessions_of(request: Request) -> Sessions:
    """The sessions of this console."""
    found: Sessions = request.app.state.sessions
    return found


def door_of(request: Request) -> Stepwell:
    """The handle as the signed-in operator may use it."""
    handle: Stepwell = request.app.state.handle
    return handle.called_by(request.state.caller)


def failed(request: Request, error: Exception) -> Response:
    """The page that says what went wrong, which rule refused it, and what to do."""
    if isinstance(error, ApiError):
        return _error_page(request, error.status, str(error), error.headers)
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    if status == 500:
        _log.exception("unexpected", error=type(error).__name__)
        return _error_page(request, 500, "Something is broken here; it is logged under the id below.")
    return _error_page(request, status, str(error), {"retry-after": "2"} if status == 503 else {})


def _error_page(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    template = "error_part.html" if request.headers.get("hx-request") else "error.html"
    made = page(request, template, status=status, title=_TITLES.get(status, "Error"), detail=detail, status_code=status)
    made.headers.update(headers or {})
    return made


def install_errors(app: FastAPI) -> None:
    """Have what no page of ours answers look like one."""

    async def by_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        known = {404: "There is nothing at this address.", 405: "There is nothing of this kind at this address."}
        return _error_page(request, error.status_code, known.get(error.status_code, str(error.detail)))

    async def malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        places = "; ".join(f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg'].lower()}" for one in error.errors())
        return _error_page(request, 422, f"{places}. Go back and put it right.")

    async def ours(request: Request, error: Exception) -> Response:
        return failed(request, error)

    app.add_exception_handler(HTTPException, by_http)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(Exception, ours)
