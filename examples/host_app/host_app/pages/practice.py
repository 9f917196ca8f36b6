"""The practitioner's pages: their clients, what needs them, one journey, one step of it."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Set
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from starlette.responses import Response
from stepwell_client.models import ClientRecord, ClientWish, JourneyDetail, StepOutline, ToDo

from host_app.answering import Filled, begin, explain
from host_app.door import Door, Failed
from host_app.pages.client import description_of, filled_by, paper_of, picture, read_by
from host_app.pages.visit import Visit
from host_app.texts import LANGUAGES

_OVER = ("completed", "stopped", "ended")
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "waiting": ("release", "excuse"),
    "open": ("remind", "extend", "excuse"),
    "started": ("remind", "extend", "excuse"),
    "expired": ("extend", "reopen", "excuse"),
    "abandoned": ("extend", "reopen", "excuse"),
    "completed": ("reopen",),
    "skipped": ("reopen",),
    "excused": ("reopen",),
}
"""What a practitioner may do to a step in each state."""

picture_of_step = picture


async def show_clients(visit: Visit) -> Response:
    """Their clients, with what is left undone, what is to be looked at, and alerts that nobody has taken up."""
    return await _clients_page(visit)


async def add_client(visit: Visit) -> Response:
    """Add a client of theirs."""
    wish = ClientWish(
        display_name=visit.said("name"),
        email=visit.said("email") or None,
        language=visit.said("language") if visit.said("language") in LANGUAGES else "en",
        zone=visit.said("zone") or None,
        practitioner=visit.session.id,
        has_consented=bool(visit.said("consent")),
    )
    try:
        client = await visit.door.add_client(wish, key=_key(visit))
    except Failed as failed:
        return await _clients_page(visit, refusal=_refusal(failed), status=422)
    return visit.go(f"/practice/clients/{client.id}", "client_added")


async def show_client(visit: Visit) -> Response:
    """One client: what is to be looked at, their journeys, what can be assigned."""
    return await _client_page(visit)


async def assign(visit: Visit) -> Response:
    """Enter the client on a pathway."""
    client = visit.part("client")
    try:
        await visit.door.enrol(client, visit.said("pathway"), again=bool(visit.said("again")), key=_key(visit))
    except Failed as failed:
        return await _client_page(visit, refusal=_refusal(failed), status=422)
    return visit.go(f"/practice/clients/{client}", "assigned")


async def assign_step(visit: Visit) -> Response:
    """Give the client one step of the library."""
    client = visit.part("client")
    try:
        await visit.door.assign_step(client, visit.said("step"), key=_key(visit))
    except Failed as failed:
        return await _client_page(visit, refusal=_refusal(failed), status=422)
    return visit.go(f"/practice/clients/{client}", "assigned")


async def show_journey(visit: Visit) -> Response:
    """One journey with its steps, what is coming, and what can be done to it."""
    return await _journey_page(visit)


async def pause(visit: Visit) -> Response:
    """Pause it."""
    mode: Literal["freeze", "calendar"] = "calendar" if visit.said("mode") == "calendar" else "freeze"
    return await _do(visit, visit.door.pause(visit.part("journey"), visit.said("reason"), mode=mode), "paused")


async def resume(visit: Visit) -> Response:
    """Go on."""
    return await _do(visit, visit.door.resume(visit.part("journey")), "resumed")


async def stop(visit: Visit) -> Response:
    """End it for good."""
    return await _do(visit, visit.door.stop(visit.part("journey"), visit.said("reason")), "stopped")


async def show_step(visit: Visit) -> Response:
    """One step: its answers and questions, a review or an appointment to settle, and what can be done to it."""
    return await _step_page(visit)


async def answer_step(visit: Visit) -> Response:
    """Settle a review or an appointment."""
    journey, occurrence = visit.part("journey"), visit.part("occurrence")
    step = await visit.door.step(journey, occurrence)
    if not step.yours:
        return visit.go(f"/practice/journeys/{journey}/{occurrence}")
    filled = await filled_by(visit, step)
    try:
        await visit.door.respond(journey, occurrence, filled.response, submission=_key(visit))
    except Failed as failed:
        if failed.status != 422 or not failed.places:
            return await _step_page(visit, refusal=_refusal(failed), status=409)
        explain(filled, failed.places, paper_of(step, visit.texts))
        return await _step_page(visit, filled=filled, status=422)
    return visit.go(f"/practice/journeys/{journey}/{occurrence}", "reviewed" if step.type_ == "review" else "answered")


async def act(visit: Visit) -> Response:
    """Carry out one of the actions on a step."""
    name = visit.part("action")
    action = _DOES.get(name)
    if action is None:
        raise Failed(404, None)
    journey, occurrence = visit.part("journey"), visit.part("occurrence")
    carry_out, said = action
    try:
        await carry_out(visit, visit.door, journey, occurrence)
    except Failed as failed:
        return await _step_page(visit, refusal=_refusal(failed), status=409)
    except ValueError:
        return await _step_page(visit, refusal=visit.texts("wrong_moment"), status=422)
    return visit.go(f"/practice/journeys/{journey}/{occurrence}", said)


async def show_alert(visit: Visit) -> Response:
    """An alert with the answers that raised it."""
    return await _alert_page(visit)


async def take_up(visit: Visit) -> Response:
    """Take it up, by name, with what was done."""
    try:
        await visit.door.acknowledge(visit.part("alert"), by=visit.said("by"), reason=visit.said("reason"))
    except Failed as failed:
        return await _alert_page(visit, refusal=_refusal(failed), status=422)
    return visit.go("/practice", "taken_up_said")


# What can be done to a step: how, and what is said afterwards


async def _excuse(visit: Visit, door: Door, journey: str, occurrence: str) -> None:
    await door.excuse(journey, occurrence, visit.said("reason"))


async def _release(visit: Visit, door: Door, journey: str, occurrence: str) -> None:
    await door.release(journey, occurrence, visit.said("reason"))


async def _reopen(visit: Visit, door: Door, journey: str, occurrence: str) -> None:
    await door.reopen(journey, occurrence, visit.said("reason"))


async def _extend(visit: Visit, door: Door, journey: str, occurrence: str) -> None:
    await door.extend(journey, occurrence, visit.said("reason"), await _instant(visit, journey, "until"))


async def _remind(visit: Visit, door: Door, journey: str, occurrence: str) -> None:
    await door.remind(journey, occurrence)


async def _book(visit: Visit, door: Door, journey: str, occurrence: str) -> None:
    await door.book(journey, occurrence, await _instant(visit, journey, "at"))


async def _answer(visit: Visit, door: Door, journey: str, occurrence: str) -> None:
    await door.answer(journey, occurrence, visit.said("answer"))


async def _tailor(visit: Visit, door: Door, journey: str, occurrence: str) -> None:
    await door.tailor(journey, occurrence.rpartition(".")[0], visit.said("message"), reason=visit.said("reason"))


_DOES: Mapping[str, tuple[Callable[[Visit, Door, str, str], Awaitable[None]], str]] = {
    "excuse": (_excuse, "excused"),
    "release": (_release, "released"),
    "reopen": (_reopen, "reopened"),
    "extend": (_extend, "extended"),
    "remind": (_remind, "reminded"),
    "book": (_book, "booked"),
    "answer": (_answer, "answered"),
    "tailor": (_tailor, "tailored"),
}


async def _instant(visit: Visit, journey: str, name: str) -> datetime:
    """A wall time of the client's clock as an instant. Raises ValueError."""
    zone = ZoneInfo((await visit.door.journey(journey)).zone)
    return datetime.fromisoformat(visit.said(name)).replace(tzinfo=zone)


async def _do(visit: Visit, call: Awaitable[None], said: str) -> Response:
    try:
        await call
    except Failed as failed:
        return await _journey_page(visit, refusal=_refusal(failed), status=409)
    return visit.go(f"/practice/journeys/{visit.part('journey')}", said)


# The pages themselves


async def _clients_page(visit: Visit, *, refusal: str = "", status: int = 200) -> Response:
    door = visit.door
    clients, alerts, undone = await asyncio.gather(door.clients(), door.alerts(), door.unfinished(visit.session.id))
    names = {one.id: _name(one, visit) for one in clients}
    reviews = dict(zip(names, await asyncio.gather(*map(door.to_review, names)), strict=True))
    journeys = dict(zip(names, await asyncio.gather(*map(door.journeys, names)), strict=True))
    of = {journey.id: client for client, several in journeys.items() for journey in several}
    rows = [
        {
            "id": client,
            "name": name,
            "undone": sum(one.client == client for one in undone),
            "reviews": sum(bool(one.yours) for one in reviews[client]),
            "news": sum(visit.host.news.of(one.id) for one in journeys[client]),
        }
        for client, name in names.items()
    ]
    return visit.show(
        "practice.html",
        status,
        here="/practice",
        clients=sorted(rows, key=lambda row: str(row["name"]).casefold()),
        alerts=[
            {**one.to_dict(), "client_name": names.get(of.get(one.journey, ""), visit.texts("unnamed"))}
            for one in alerts
            if one.acknowledged_at is None
        ],
        undone=[{**one.to_dict(), "client_name": names.get(one.client, one.client)} for one in undone],
        problems=(refusal,) if refusal else (),
        given={name: visit.said(name) for name in ("name", "email", "language", "zone", "consent")},
        submission=_new_key(),
    )


async def _client_page(visit: Visit, *, refusal: str = "", status: int = 200) -> Response:
    door, client = visit.door, await visit.door.client(visit.part("client"))
    pathways, library, reviews, several, undone = await asyncio.gather(
        door.pathways(),
        door.library(),
        door.to_review(client.id),
        door.journeys(client.id),
        door.unfinished(visit.session.id),
    )
    left = {(one.journey, one.occurrence) for one in undone}
    titles = {one.pathway: one.title for one in pathways}
    details = await asyncio.gather(*(door.journey(one.id) for one in several))
    visit.zone = ZoneInfo(client.zone or "UTC")
    return visit.show(
        "practice_client.html",
        status,
        here=f"/practice/clients/{client.id}",
        client={"id": client.id, "name": _name(client, visit), "language": client.language, "zone": client.zone},
        reviews=[one for one in reviews if one.yours],
        journeys=[_line(one, titles, left) for one in sorted(details, key=_newest, reverse=True)],
        pathways=[{"name": one.pathway, "title": one.title} for one in pathways if not one.pathway.startswith("only-")],
        library=[{"name": one.name, "title": _title(one.step.to_dict(), one.name)} for one in library],
        problems=(refusal,) if refusal else (),
        submission=_new_key(),
    )


async def _journey_page(visit: Visit, *, refusal: str = "", status: int = 200) -> Response:
    journey = await visit.door.journey(visit.part("journey"))
    client, version = await asyncio.gather(
        visit.door.client(journey.client), visit.door.version(journey.pathway, journey.version)
    )
    visit.host.news.look(journey.id)
    try:
        coming, is_known = await visit.door.coming(journey.id) if journey.status not in _OVER else [], True
    except Failed:
        coming, is_known = [], False
    visit.zone = ZoneInfo(journey.zone)
    return visit.show(
        "practice_journey.html",
        status,
        here=f"/practice/journeys/{journey.id}",
        journey={**journey.to_dict(), "title": version.title},
        client={"id": client.id, "name": _name(client, visit)},
        coming=coming,
        unknown=not is_known,
        problems=(refusal,) if refusal else (),
    )


async def _step_page(visit: Visit, *, filled: Filled | None = None, refusal: str = "", status: int = 200) -> Response:
    door, name = visit.door, visit.part("occurrence")
    journey = await door.journey(visit.part("journey"))
    client, version = await asyncio.gather(door.client(journey.client), door.version(journey.pathway, journey.version))
    visit.host.news.look(journey.id)
    outline = next((one for one in version.steps if one.id == name.rpartition(".")[0]), None)
    if outline is None:
        raise Failed(404, None)
    occurrence = next((one for one in journey.occurrences if one.id == name), None)
    state = occurrence.state if occurrence else "waiting"
    known = await door.step(journey.id, name) if occurrence is not None and occurrence.delivered_at else None
    own = known if known and known.yours else None
    if own is not None and filled is None:
        names = {one.id: one.title or one.id for one in version.steps}
        filled = begin(own.type_, paper_of(own, visit.texts, names))
    is_clients = outline.actor == "client"
    visit.zone = ZoneInfo(journey.zone)
    return visit.show(
        "practice_step.html",
        status,
        here=f"/practice/journeys/{journey.id}/{name}",
        journey={"id": journey.id, "title": version.title},
        client={"id": client.id, "name": _name(client, visit)},
        step={
            **({"delivered_at": None, "settled_at": None, "late": False, "holds": False}),
            **(occurrence.to_dict() if occurrence else {}),
            "title": outline.title or outline.id,
            "step": outline.id,
            "state": state,
        },
        type=outline.type_,
        body=known.body if known and not is_clients else "",
        parts=filled.parts if filled else None,
        wrong=filled.wrong if filled else {},
        problems=filled.problems if filled else (),
        refusal=refusal,
        is_open=state in ("open", "started"),
        is_clients=is_clients,
        zone=visit.zone,
        actions=_actions(state, outline) if journey.status not in _OVER else (),
        personal=await _personal(visit, journey.id, outline.id),
        looked_at=await _looked_at(visit, journey, own),
        submission=visit.said("submission") or _new_key(),
        **(await _what_came(visit, known) if is_clients and known else _NOTHING_CAME),
    )


_NOTHING_CAME: Mapping[str, Any] = {"responses": [], "report": "", "picture": "", "thread": []}


async def _what_came(visit: Visit, step: ToDo) -> dict[str, Any]:
    """What the client gave, as far as the practitioner may read it, and what was said about it."""
    door = visit.door
    responses, report, thread = await asyncio.gather(
        door.responses(step.journey, step.occurrence),
        door.report(step.journey, step.step),
        door.thread(step.journey, step.occurrence),
    )
    return {
        "responses": [read_by(visit, one, step) for one in responses],
        "report": report.markdown,
        "picture": description_of(report.picture),
        "thread": thread,
    }


async def _looked_at(visit: Visit, journey: JourneyDetail, review: ToDo | None) -> list[dict[str, Any]]:
    """What a review is about: the steps it names, with what came of them."""
    named = (review.content.to_dict() if review else {}).get("of") or ()
    found = [one for step in named for one in journey.occurrences if one.step == step and one.delivered_at is not None]
    steps = await asyncio.gather(*(visit.door.step(journey.id, one.id) for one in found))
    came = await asyncio.gather(*(_what_came(visit, one) for one in steps))
    return [
        {"id": one.occurrence, "step": one.step, "title": one.title, "state": one.state, **what}
        for one, what in zip(steps, came, strict=True)
    ]


def _actions(state: str, step: StepOutline) -> list[str]:
    """What can be done to it; a client is reminded only of what they are told of."""
    is_told = step.actor == "client" or step.type_ == "appointment"
    return [one for one in _ACTIONS.get(state, ()) if one != "remind" or is_told]


async def _personal(visit: Visit, journey: str, step: str) -> str:
    """The practitioner's words at a step, as they stand."""
    said = ""
    for change in await visit.door.tailorings(journey):
        if change.step == step:
            said = str(change.words.to_dict().get("message", said) or "")
    return said


async def _alert_page(visit: Visit, *, refusal: str = "", status: int = 200) -> Response:
    name = visit.part("alert")
    alert = next((one for one in await visit.door.alerts() if one.id == name), None)
    if alert is None:
        raise Failed(404, None)
    given, journey = await asyncio.gather(visit.door.alarming(name), visit.door.journey(alert.journey))
    client, step = await asyncio.gather(visit.door.client(journey.client), visit.door.step(journey.id, alert.occurrence))
    visit.zone = ZoneInfo(journey.zone)
    return visit.show(
        "practice_alert.html",
        status,
        alert=alert,
        client={"id": client.id, "name": _name(client, visit)},
        one=read_by(visit, given, step),
        problems=(refusal,) if refusal else (),
    )


def _line(journey: JourneyDetail, titles: Mapping[str, str], left: Set[tuple[str, str]]) -> dict[str, Any]:
    """A journey in the list of a client's, with what the client has left undone in it."""
    undone = [one for one in journey.occurrences if (journey.id, one.id) in left]
    return {
        "id": journey.id,
        "title": titles.get(journey.pathway, journey.pathway),
        "status": journey.status,
        "held": journey.held,
        "started_at": journey.started_at,
        "undone": [{"id": one.id, "title": one.title or one.id} for one in undone],
    }


def _newest(journey: JourneyDetail) -> str:
    return journey.started_at.isoformat() if journey.started_at else ""


def _name(client: ClientRecord, visit: Visit) -> str:
    return client.display_name or visit.texts("unnamed")


def _title(step: Mapping[str, Any], name: str) -> str:
    title = step.get("title") or name
    return str(next(iter(title.values()))) if isinstance(title, Mapping) else str(title)


def _refusal(failed: Failed) -> str:
    """What Stepwell refused, in its words: practitioners may read them."""
    places = "; ".join(f"{where}: {words}" for where, words in failed.places)
    return f"{failed.detail} {places}".strip() or str(failed)


def _key(visit: Visit) -> str:
    return visit.said("submission") or _new_key()


def _new_key() -> str:
    return secrets.token_urlsafe(16)
