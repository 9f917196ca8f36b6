"""What a link in a mail opens: one step, for whoever holds the link. Looking changes nothing; only sending does."""

import secrets

from starlette.responses import Response
from stepwell_client.models import ToDo

from host_app.answering import Filled, begin
from host_app.door import Failed
from host_app.pages.client import filled_by, page_of, paper_of, refused
from host_app.pages.visit import Visit
from host_app.texts import Texts, language_for


async def show_step(visit: Visit) -> Response:
    """The step of the link, in the language of its words where this host speaks it."""
    step = await _step(visit)
    return _page(visit, step, begin(step.type_, paper_of(step, visit.texts)))


async def answer_step(visit: Visit) -> Response:
    """Send it, or show it again with one more of something."""
    step = await _step(visit)
    filled = await filled_by(visit, step)
    if visit.said("do") != "send" or filled.opened or filled.parts is None:
        return _page(visit, step, filled)
    submission = visit.said("submission") or secrets.token_urlsafe(16)
    try:
        taken = await visit.door.respond_by_link(filled.response, submission=submission)
    except Failed as failed:
        return refused(visit, step, filled, failed, "/") or _page(visit, step, filled, status=422)
    if taken.crisis_text:
        return visit.show("crisis.html", crisis_text=taken.crisis_text, sent="sent", back="/")
    return visit.show("link_done.html")


async def _step(visit: Visit) -> ToDo:
    step = await visit.door.linked_step()
    visit.texts = Texts(language_for(step.language, header=visit.request.headers.get("accept-language", "")))
    return step


def _page(visit: Visit, step: ToDo, filled: Filled, *, status: int = 200) -> Response:
    return visit.show("step.html", status, **page_of(visit, step, filled, link=True))
