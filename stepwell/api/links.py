"""What somebody does who has nothing but the link in a mail; and how hosts make and end such links.

Showing changes nothing, so that whatever fetches the links of a mail, a scanner above all, changes nothing either.
"""

from datetime import timedelta
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from pydantic import Field

from engine.turn import Answer
from stepwell.api.forms import Form, JourneyId, Occurrence
from stepwell.api.identity import address_of
from stepwell.api.occurrences import ContentVersion, DraftWish, ResponseWish, SkipWish, UntilWish
from stepwell.api.problems import documented
from stepwell.api.routes import Door, MessageId, Routes
from stepwell.handle import Stepwell
from stepwell.links import LASTS, opting_out
from stepwell.models import NewLink, Taken, ToDo

routes = Routes("Links")
opt_out_routes = APIRouter(tags=["Links"])
_AT = "/journeys/{journey}/occurrences/{occurrence}/links"
_Token = Annotated[str, Path(max_length=100, description="From the header of a mail.")]


class LinkWish(Form):
    """How long the link is to last."""

    hours: int = Field(default=int(LASTS.total_seconds()) // 3600, ge=1, le=365 * 24)


@routes.post(_AT, uses=Stepwell.make_link, status_code=201)
async def make_link(journey: JourneyId, occurrence: Occurrence, wish: LinkWish, door: Door) -> NewLink:
    """Make a link that opens this step and nothing else; its token is shown this once"""
    return await door.make_link(journey, occurrence, lasts=timedelta(hours=wish.hours))


@routes.delete(_AT, uses=Stepwell.revoke_links, status_code=204)
async def revoke_links(journey: JourneyId, occurrence: Occurrence, door: Door) -> None:
    """End every link to this step, also those in mails"""
    await door.revoke_links(journey, occurrence)


@routes.get("/link", uses=Stepwell.linked_step, refuses=(404,))
async def get_linked_step(door: Door) -> ToDo:
    """Show the step of this link; that changes nothing"""
    return await door.linked_step()


@routes.post("/link/open", uses=Stepwell.linked_open, refuses=(404,))
async def open_linked_step(door: Door, message_id: MessageId, content_version: ContentVersion = None) -> Answer:
    """Say that the client looks at the step of this link: from the first time on its words stay as they are"""
    return await door.linked_open(content_version=content_version, message_id=message_id)


@routes.put("/link/draft", uses=Stepwell.linked_save, refuses=(404,), status_code=204)
async def save_linked_response(wish: DraftWish, door: Door) -> None:
    """Keep what has been written so far; only its writer sees it"""
    await door.linked_save(wish.response, content_version=wish.content_version)


@routes.post("/link/responses", uses=Stepwell.linked_respond, refuses=(404,), status_code=201)
async def respond_by_link(wish: ResponseWish, door: Door, message_id: MessageId) -> Taken:
    """Answer the step of this link; where `crisis_text` comes back, show it at once"""
    facts = {"submission_id": wish.submission_id or message_id, **wish.model_dump(include={"obstacle", "content_version"})}
    return await door.linked_respond(wish.response, **facts)


@routes.post("/link/skip", uses=Stepwell.linked_skip, refuses=(404,))
async def skip_linked_step(wish: SkipWish, door: Door, message_id: MessageId) -> Answer:
    """Leave out the step of this link, if it is optional"""
    return await door.linked_skip(obstacle=wish.obstacle, message_id=message_id)


@routes.post("/link/snooze", uses=Stepwell.linked_snooze, refuses=(404,))
async def snooze_linked_step(wish: UntilWish, door: Door, message_id: MessageId) -> Answer:
    """Want no reminder of the step of this link before an instant"""
    return await door.linked_snooze(wish.until, message_id=message_id)


@routes.post("/link/opt-out", uses=Stepwell.linked_opt_out, status_code=204)
async def opt_out_by_link(door: Door) -> None:
    """Want no more mail; the to-do list goes on"""
    await door.linked_opt_out()


OPT_OUT = "/link/opt-out/{token}"
_OPEN: dict[str, Any] = {"openapi_extra": {"security": []}, "response_class": HTMLResponse}


@opt_out_routes.get(OPT_OUT, operation_id="ask_to_opt_out", responses=documented(422), **_OPEN)
async def ask_to_opt_out(token: _Token, request: Request) -> HTMLResponse:
    """Ask whether mails are to end; whatever the token is, this looks nothing up and changes nothing"""
    return _page(request, "ask")


@opt_out_routes.post(OPT_OUT, operation_id="opt_out_by_mail", responses=documented(422, 429, 503), **_OPEN)
async def opt_out_by_mail(token: _Token, request: Request) -> HTMLResponse:
    """End the mails of the client whose mail this address came with (RFC 8058); an address that is none is answered alike"""
    state = request.app.state
    address = address_of(request)
    await state.identity.refuse_guessing(address)
    caller = await opting_out(state.database, token)
    if caller is None:
        await state.identity.note_wrong(address)
    else:
        await state.handle.called_by(caller).linked_opt_out()
    return _page(request, "done")


_WORDS = {
    "en": ("E-mails from this programme", "Do you want no more e-mails from it?", "No more e-mails", "You will get no more."),
    "de": (
        "E-Mails dieses Programms",
        "Möchten Sie keine E-Mails mehr davon?",
        "Keine E-Mails mehr",
        "Sie bekommen keine mehr.",
    ),
    "fr": ("Courriels de ce programme", "Ne plus recevoir ses courriels ?", "Plus de courriels", "Vous n'en recevrez plus."),
    "es": ("Correos de este programa", "¿No quiere recibir más correos?", "No más correos", "Ya no recibirá ninguno."),
    "nl": ("E-mails van dit programma", "Wilt u er geen e-mails meer van?", "Geen e-mails meer", "U krijgt er geen meer."),
}
"""Title, question, button, and what is said afterwards."""


def _page(request: Request, part: str) -> HTMLResponse:
    language = _language(request.headers.get("accept-language", ""))
    title, question, button, done = (escape(words) for words in _WORDS[language])
    asked = f'<p>{question}</p><form method="post"><button>{button}</button></form>'
    html = (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<main><h1>{title}</h1>{asked if part == 'ask' else f'<p>{done}</p>'}</main>\n</html>\n"
    )
    allowed = "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    return HTMLResponse(html, headers={"content-security-policy": allowed, "x-robots-tag": "noindex"})


def _language(accepted: str) -> str:
    """The first of ours that the browser names; they come in the order of its liking."""
    named = (one.split(";")[0].split("-")[0].strip().lower() for one in accepted.split(","))
    return next((one for one in named if one in _WORDS), "en")
