"""The application: which address shows which page, and what every answer tells the browser."""

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from host_app.door import Failed
from host_app.files import MOST_MEGABYTES, TooLarge
from host_app.pages import client, link, mails, practice, signing_in, told
from host_app.pages.visit import Host, Page, Visit, page, page_by_link, texts_for
from host_app.session import Role, session_of
from host_app.settings import Settings

_STEP = "/steps/{journey}/{occurrence}"
_CLIENT = "/practice/clients/{client}"
_JOURNEY = "/practice/journeys/{journey}"
_BOTH: tuple[Role, ...] = ("client", "practitioner")
_THEM: tuple[Role, ...] = ("practitioner",)
_THEY: tuple[Role, ...] = ("client",)

_LOOK: tuple[tuple[str, Page, tuple[Role, ...]], ...] = (
    ("/sign-in", signing_in.show, ()),
    ("/", client.home, _BOTH),
    ("/path", client.path, _THEY),
    ("/export", client.export, _THEY),
    ("/mails", mails.show, _THEY),
    (_STEP, client.show_step, _THEY),
    ("/pictures/{journey}/{step}.svg", client.picture, _THEY),
    ("/files/{name}", client.file, _BOTH),
    ("/practice", practice.show_clients, _THEM),
    (_CLIENT, practice.show_client, _THEM),
    (_JOURNEY, practice.show_journey, _THEM),
    (f"{_JOURNEY}/{{occurrence}}", practice.show_step, _THEM),
    ("/practice/pictures/{journey}/{step}.svg", practice.picture_of_step, _THEM),
    ("/practice/alerts/{alert}", practice.show_alert, _THEM),
)
_SEND: tuple[tuple[str, Page, tuple[Role, ...]], ...] = (
    ("/sign-in", signing_in.enter, ()),
    ("/sign-in/as", signing_in.choose, ("visitor",)),
    ("/sign-out", signing_in.leave, ()),
    ("/language", signing_in.change_language, ()),
    ("/mails", mails.save, _THEY),
    (_STEP, client.answer_step, _THEY),
    (f"{_STEP}/skip", client.skip, _THEY),
    (f"{_STEP}/snooze", client.snooze, _THEY),
    (f"{_STEP}/ask", client.ask, _THEY),
    (f"{_STEP}/share", client.share, _THEY),
    (f"{_STEP}/unshare", client.unshare, _THEY),
    (f"{_STEP}/rate", client.rate, _THEY),
    ("/practice/clients", practice.add_client, _THEM),
    (f"{_CLIENT}/assign", practice.assign, _THEM),
    (f"{_CLIENT}/assign-step", practice.assign_step, _THEM),
    (f"{_JOURNEY}/pause", practice.pause, _THEM),
    (f"{_JOURNEY}/resume", practice.resume, _THEM),
    (f"{_JOURNEY}/stop", practice.stop, _THEM),
    (f"{_JOURNEY}/{{occurrence}}", practice.answer_step, _THEM),
    (f"{_JOURNEY}/{{occurrence}}/{{action}}", practice.act, _THEM),
    ("/practice/alerts/{alert}", practice.take_up, _THEM),
)
"""By address: the page, and who may have it; nobody named means everybody. What is sent is tried in this order."""


def create_app(settings: Settings) -> Starlette:
    """The application with these settings."""
    app = Starlette(
        routes=[
            Route("/stepwell-events", told.event, methods=["POST"]),
            Route("/stepwell-tasks", told.task, methods=["POST"]),
            *(Route(address, page(shown, *roles), methods=["GET"]) for address, shown, roles in _LOOK),
            *(Route(address, page(done, *roles), methods=["POST"]) for address, done, roles in _SEND),
            Route("/step/{token}", page_by_link(link.show_step), methods=["GET"]),
            Route("/step/{token}", page_by_link(link.answer_step), methods=["POST"]),
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static"),
        ],
        exception_handlers={HTTPException: _by_http, TooLarge: _too_large, 500: _broken},
    )
    app.state.host = Host(settings)
    app.add_middleware(Headers, media=settings.media, https=settings.https)
    return app


class Headers:
    """Tells the browser what this site never does: run inline code, ask other sites, stand in a frame, say where one came from."""

    def __init__(self, app: ASGIApp, media: tuple[str, ...], https: bool) -> None:  # noqa: FBT001  # Starlette passes it by name
        self._app = app
        elsewhere = " ".join(("'self'", *media))
        policy = {
            "default-src": "'none'",
            "style-src": "'self'",
            "script-src": "'self'",
            "connect-src": "'self'",
            "img-src": elsewhere,
            "media-src": elsewhere,
            "form-action": "'self'",
            "frame-ancestors": "'none'",
            "base-uri": "'none'",
        }
        self._headers = {
            "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            **({"strict-transport-security": "max-age=31536000"} if https else {}),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    headers["cache-control"] = "no-store"
            await send(message)

        await self._app(scope, receive, sending)


async def _by_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return await _excused(request, lambda visit: visit.excuse(Failed(error.status_code, None)))


async def _too_large(request: Request, error: Exception) -> Response:
    def said(visit: Visit) -> Response:
        words = visit.texts("too_large_words", megabytes=MOST_MEGABYTES)
        return visit.show("error.html", 413, title=visit.texts("too_large_title"), words=words, back=visit.here)

    return await _excused(request, said)


async def _broken(request: Request, error: Exception) -> Response:
    return await _excused(request, lambda visit: visit.excuse(Failed(500, None)))


async def _excused(request: Request, said: Callable[[Visit], Response]) -> Response:
    """A page about an error outside of any page."""
    host: Host = request.app.state.host
    session = session_of(request, host.settings)
    async with host.door() as door:
        return said(Visit(request, host, session, door, texts_for(request, session)))
