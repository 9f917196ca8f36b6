"""Pages of the system: workers and queues, alerts, failures, webhooks, caught mail, and who looked at what."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi import Path as InPath
from fastapi.responses import Response

from stepwell.caughtmail import CaughtMail, read_mails
from stepwell.console.frame import ConsoleRoute
from stepwell.console.journeys import Door
from stepwell.console.overview import NIGHT, standing
from stepwell.console.pages import fragment, go, page
from stepwell.errors import Forbidden, NotFound
from store.journeys import OVER

router = APIRouter(route_class=ConsoleRoute)
Id = Annotated[str, InPath(pattern=r"^[A-Za-z0-9_.\-]{1,64}$")]
_MOST_MAILS = 200
_ENTRIES = 50


@router.get("/system")
async def system(request: Request, door: Door) -> Response:
    """Whether everything works, and what waits."""
    has_mail = request.app.state.around.mail_folder is not None
    return page(
        request, "system.html", **await standing(door), etag="", ui=request.app.state.around.ui, has_mail=has_mail, over=OVER
    )


@router.get("/system/live")
async def system_live(request: Request, door: Door) -> Response:
    """The same again, where it changed."""
    return fragment(request, "system_now.html", **await standing(door), over=OVER)


@router.get("/failures")
async def failures(
    request: Request,
    door: Door,
    hours: Annotated[float, Query(ge=0.1, le=24 * 90)] = NIGHT.total_seconds() / 3600,
    after: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """What failed last night, and what it affects."""
    since = datetime.now(UTC) - timedelta(hours=hours)
    figures = await door.system(since=since)
    return page(
        request, "failures.html", found=await door.failures(since, after=after), figures=figures, since=since, hours=hours
    )


@router.get("/alerts")
async def alerts(request: Request, door: Door, *, every: bool = False) -> Response:
    """The alerts that nobody has taken up, the oldest first."""
    return page(request, "alerts.html", found=await door.alerts(all=every), every=every, problem="", about="")


@router.post("/alerts/{alert}/acknowledge")
async def acknowledge(
    request: Request,
    alert: Id,
    door: Door,
    by: Annotated[str, Form(max_length=64)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Take it up, by name and with what was done."""
    await door.acknowledge(alert, by=by, reason=reason)
    return go("/alerts", done="acknowledged")


@router.get("/webhooks")
async def webhooks(request: Request, door: Door) -> Response:
    """Where hosts want their events sent, and how that goes."""
    return page(request, "webhooks.html", found=await door.endpoints())


@router.get("/webhooks/{endpoint}")
async def webhook(request: Request, endpoint: Id, door: Door, after: Annotated[int, Query(ge=0)] = 0) -> Response:
    """One endpoint, and what it did not take."""
    dead = await door.deliveries(endpoint, state="dead", limit=_ENTRIES, after=after)
    waiting = await door.deliveries(endpoint, state="waiting", limit=_ENTRIES)
    return page(request, "webhook.html", one=await door.endpoint(endpoint), dead=dead, waiting=waiting, page_size=_ENTRIES)


@router.post("/webhooks/{endpoint}/redrive")
async def redrive(endpoint: Id, door: Door, position: Annotated[int | None, Form(ge=0)] = None) -> Response:
    """Send again what was given up, all of it or one."""
    await door.redrive(endpoint, position=position)
    return go(f"/webhooks/{endpoint}", done="redriven")


@router.post("/webhooks/{endpoint}/enable")
async def enable(endpoint: Id, door: Door) -> Response:
    """Send events to it again, from where it stopped."""
    await door.change_endpoint(endpoint, enabled=True)
    return go(f"/webhooks/{endpoint}", done="enabled")


@router.get("/mail")
async def mails(request: Request) -> Response:
    """What the embedded stack has sent, without who got it and what it says."""
    caught = await _caught(request)
    return page(request, "mails.html", found=list(enumerate(caught, 1))[::-1][:_MOST_MAILS], in_all=len(caught))


@router.get("/mail/{number}")
async def ask_mail(request: Request, number: Annotated[int, InPath(ge=1)]) -> Response:
    """Where an operator says why they have to read a mail."""
    if "reveal" not in request.state.caller.scopes:
        raise Forbidden("reading a mail needs a key with the scope 'reveal'")
    await _mail(request, number)
    return page(request, "mail.html", number=number, one=None)


@router.post("/mail/{number}")
async def read_mail(
    request: Request, number: Annotated[int, InPath(ge=1)], door: Door, reason: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """Show it, and keep who read it and why."""
    one = await _mail(request, number)
    await door.reveal_mail(one.file, reason=reason)
    return page(request, "mail.html", number=number, one=one)


async def _mail(request: Request, number: int) -> CaughtMail:
    caught = await _caught(request)
    if number > len(caught):
        raise NotFound(f"there is no mail {number}")
    return caught[number - 1]


async def _caught(request: Request) -> list[CaughtMail]:
    folder: Path | None = request.app.state.around.mail_folder
    if folder is None:
        raise NotFound("no mail catcher runs here; mail goes to your own server")
    return await asyncio.to_thread(read_mails, folder)


@router.get("/audit")
async def audit(request: Request, door: Door, before: Annotated[int | None, Query(ge=1)] = None) -> Response:
    """Who read answers, and why; who signed in."""
    found = await door.audit(limit=_ENTRIES + 1, before=before)
    more = found[_ENTRIES - 1].number if len(found) > _ENTRIES else None
    return page(request, "audit.html", found=found[:_ENTRIES], more=more)
