"""What Stepwell tells this host by itself: events by webhook, and tasks that a pathway wants done. Signed, or not read."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError
from starlette.requests import Request
from starlette.responses import Response

from host_app.door import Failed
from host_app.pages.visit import Host

_LARGEST = 256 * 1024
_log = logging.getLogger("host_app")


async def event(request: Request) -> Response:
    """An event: the practitioner's page counts what is new. Acknowledged at once, the same one twice is one."""
    host: Host = request.app.state.host
    said = await _verified(request, host.settings.events_secret)
    if said is None:
        return Response(status_code=401)
    journey = str(said.get("subject") or "")
    host.news.hear(str(said.get("id") or ""), journey)
    return Response(status_code=204)


async def task(request: Request) -> Response:
    """A task of a pathway: this example does every task at once, and answers yes, one, or 'done' to whatever is asked."""
    host: Host = request.app.state.host
    said = await _verified(request, host.settings.tasks_secret)
    if said is None:
        return Response(status_code=401)
    facts = said["data"]
    journey, occurrence = str(facts["journey"]), str(facts["occurrence"])
    async with host.door() as door:
        try:
            asked: Mapping[str, str] = (await door.step(journey, occurrence)).content.to_dict().get("answers") or {}
            answers = {name: _DONE[kind] for name, kind in asked.items()}
            await door.respond(journey, occurrence, {"answers": answers}, submission=request.headers["webhook-id"])
        except Failed as failed:
            _log.warning("a task could not be answered: status %s", failed.status)
            return Response(status_code=503)
    return Response(status_code=204)


_DONE: Mapping[str, Any] = {"bool": True, "int": 1, "double": 1.0, "string": "done"}


async def _verified(request: Request, secret: str) -> Mapping[str, Any] | None:
    """What was sent, where its signature and its time are right."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if not secret or len(body) > _LARGEST:
            return None
    try:
        Webhook(secret).verify(bytes(body).decode(), dict(request.headers))
        said = json.loads(body)
    except (WebhookVerificationError, ValueError):
        return None
    return said if isinstance(said, dict) else None
