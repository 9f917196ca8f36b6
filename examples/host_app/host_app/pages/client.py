"""The client's pages: what there is to do, one step, and the path so far."""

import asyncio
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, get_args

from starlette.responses import Response
from stepwell_client.models import Given, Path, ToDo

from host_app.answering import Filled, begin, explain, fill
from host_app.answers import shown
from host_app.door import Failed, Measure
from host_app.forms.paper import Paper
from host_app.forms.parts import fields, rounds
from host_app.forms.reading import Clock
from host_app.pages.visit import Visit
from host_app.texts import Texts, direction_of

_SNOOZES = (("24", "snooze_day"), ("72", "snooze_three_days"), ("168", "snooze_week"))
_SEEN_BY = {"client_and_practitioner": "seen_by_both", "client_only": "seen_by_you", "client_decides": "you_decide"}
_OBSTACLES = (
    *("low_motivation", "thoughts_not_found", "no_point", "impatient", "too_much_effort", "no_time", "unclear", "difficult"),
)
_MEASURES = ("helpfulness", "effort")
_OPEN = ("open", "started")
_DESCRIPTION = re.compile(r"<desc>(.*?)</desc>", re.DOTALL)


async def home(visit: Visit) -> Response:
    """Everything that is open, across paths. A practitioner has a page of their own."""
    if visit.session.role == "practitioner":
        return visit.go("/practice")
    return visit.show("home.html", steps=await visit.door.to_do(visit.session.id))


async def show_step(visit: Visit) -> Response:
    """One step: to be answered where it is open, else what was answered."""
    step = await visit.door.step(visit.part("journey"), visit.part("occurrence"))
    if step.state not in _OPEN:
        return await _show_done(visit, step)
    if step.yours:
        await visit.door.look(step.journey, step.occurrence)
    return await _show_open(visit, step, begin(step.type_, paper_of(step, visit.texts)))


async def answer_step(visit: Visit) -> Response:
    """Send it, keep it for later, or show it again with one more of something."""
    journey, occurrence = visit.part("journey"), visit.part("occurrence")
    step = await visit.door.step(journey, occurrence)
    if not step.yours:
        return visit.go(visit.here)
    filled = await filled_by(visit, step)
    match visit.said("do"):
        case "draft":
            await visit.door.save(journey, occurrence, filled.response)
            return visit.go("/", "draft_saved")
        case "send" if not filled.opened and filled.parts is not None:
            return await send(visit, step, filled, "/") or await _show_open(visit, step, filled, status=422)
        case _:
            return await _show_open(visit, step, filled)


async def filled_by(visit: Visit, step: ToDo) -> Filled:
    """The form of a step as it was posted."""
    clock = Clock(visit.zone, visit.now)
    return await fill(step.type_, paper_of(step, visit.texts), visit.form, clock, visit.host.files)


async def send(visit: Visit, step: ToDo, filled: Filled, back: str) -> Response | None:
    """Send the response; None where something is wrong with it, which then stands in `filled`.

    What the client is to see at once where an answer met a risk rule comes before everything else, also with an error.
    """
    submission = visit.said("submission") or secrets.token_urlsafe(16)
    try:
        taken = await visit.door.respond(step.journey, step.occurrence, filled.response, submission=submission)
    except Failed as failed:
        return refused(visit, step, filled, failed, back)
    if taken.crisis_text:
        return visit.show("crisis.html", crisis_text=taken.crisis_text, sent="sent", back=back)
    return visit.go(back, "sent")


def refused(visit: Visit, step: ToDo, filled: Filled, failed: Failed, back: str) -> Response | None:
    """What the client sees of a refusal; None where it stands in `filled` now. Raises Failed again where it is neither."""
    if failed.crisis_text:
        return visit.show("crisis.html", crisis_text=failed.crisis_text, sent="sent_not_taken", back=back)
    if failed.status != 422 or not failed.places:
        raise failed
    explain(filled, failed.places, paper_of(step, visit.texts))
    return None


async def skip(visit: Visit) -> Response:
    """Leave it out."""
    await visit.door.skip(visit.part("journey"), visit.part("occurrence"), visit.said("obstacle") or None)
    return visit.go("/", "skipped")


async def snooze(visit: Visit) -> Response:
    """Be reminded later."""
    hours = next((int(known) for known, _ in _SNOOZES if known == visit.said("hours")), 24)
    await visit.door.snooze(visit.part("journey"), visit.part("occurrence"), visit.now + timedelta(hours=hours))
    return visit.go("/", "snoozed")


async def ask(visit: Visit) -> Response:
    """Ask the practitioner."""
    if visit.said("question"):
        await visit.door.ask(visit.part("journey"), visit.part("occurrence"), visit.said("question"))
    return visit.go(_step_of(visit), "asked" if visit.said("question") else "")


async def share(visit: Visit) -> Response:
    """Let the practitioner read it."""
    await visit.door.share(visit.part("journey"), visit.part("occurrence"))
    return visit.go(_step_of(visit), "shared")


async def unshare(visit: Visit) -> Response:
    """Keep it to oneself again."""
    await visit.door.unshare(visit.part("journey"), visit.part("occurrence"))
    return visit.go(_step_of(visit), "unshared")


async def rate(visit: Visit) -> Response:
    """Say how it was."""
    for measure in (one for one in get_args(Measure) if visit.said(one) in tuple("01234")):
        await visit.door.rate(visit.part("journey"), visit.part("occurrence"), measure, int(visit.said(measure)))
    return visit.go(_step_of(visit), "rated")


async def path(visit: Visit) -> Response:
    """Every path of theirs: its stages, what is coming, what was done, what the practitioner said."""
    paths, kept = await asyncio.gather(visit.door.path(visit.session.id), visit.door.export(visit.session.id))
    said = {one["id"]: one["reviews"] for one in kept["journeys"]}
    journeys = await asyncio.gather(*(_on_path(visit, one, said.get(one.journey, ())) for one in paths))
    return visit.show("path.html", journeys=journeys)


async def export(visit: Visit) -> Response:
    """Everything that is kept, as a file."""
    everything = await visit.door.export(visit.session.id)
    headers = {"content-disposition": 'attachment; filename="my-path.json"'}
    return Response(json.dumps(everything, indent=2, ensure_ascii=False), media_type="application/json", headers=headers)


async def picture(visit: Visit) -> Response:
    """What was answered to a step so far, drawn."""
    drawn = (await visit.door.report(visit.part("journey"), visit.part("step"))).picture
    if drawn is None:
        raise Failed(404, None)
    return Response(
        drawn, media_type="image/svg+xml", headers={"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
    )


async def file(visit: Visit) -> Response:
    """A file that somebody attached, to be saved and never shown here."""
    kept = visit.host.files.find(f"files/{visit.part('name')}")
    if kept is None:
        raise Failed(404, None)
    name = kept.title.encode("ascii", "replace").decode().replace('"', "_").replace("?", "_")
    return Response(
        kept.content,
        media_type="application/octet-stream",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def paper_of(step: ToDo, texts: Texts, names: Mapping[str, str] | None = None) -> Paper:
    """What the form of a step is drawn from; `names` are those of steps that it is about."""
    return Paper(
        names=names or {},
        content=step.content.to_dict(),
        texts=texts,
        prefill={name: str(value) for name, value in step.prefill.to_dict().items()},
        given=step.draft.to_dict() if step.draft else {},
    )


def page_of(visit: Visit, step: ToDo, filled: Filled, **more: Any) -> dict[str, Any]:
    """What the page of a step is drawn from."""
    parts = filled.parts
    return {
        "step": step,
        "parts": parts,
        "wrong": filled.wrong,
        "problems": filled.problems,
        "opened": filled.opened,
        "began": filled.began,
        "has_rounds": any(True for _ in rounds(parts or ())),
        "has_dependent": any(one.decides for one in fields(parts or ())),
        "submission": visit.said("submission") or secrets.token_urlsafe(16),
        "effort": step.effort,
        "visibility": visit.texts(_SEEN_BY[step.visibility]) if step.visibility in _SEEN_BY else "",
        "words_language": step.language,
        "words_direction": direction_of(step.language),
        "obstacles": [(code, visit.texts(f"obstacle_{code}")) for code in _OBSTACLES],
        "snoozes": [(hours, visit.texts(name)) for hours, name in _SNOOZES],
        "link": False,
        "thread": [],
        **more,
    }


async def _show_open(visit: Visit, step: ToDo, filled: Filled, *, status: int = 200) -> Response:
    thread = await visit.door.thread(step.journey, step.occurrence)
    return visit.show("step.html", status, **page_of(visit, step, filled, thread=thread))


async def _show_done(visit: Visit, step: ToDo) -> Response:
    """What was answered, and what can still be said about it."""
    door, journey, occurrence = visit.door, step.journey, step.occurrence
    given, report, thread, rated = await asyncio.gather(
        door.responses(journey, occurrence),
        door.report(journey, step.step),
        door.thread(journey, occurrence),
        door.ratings(journey),
    )
    return visit.show(
        "done.html",
        step=step,
        responses=[read_by(visit, one, step) for one in given],
        decides=step.visibility == "client_decides" and bool(given),
        is_shared=all(one.shared_at for one in given),
        was_read=any(one.read_at for one in given),
        report=report.markdown,
        picture=description_of(report.picture),
        measures=_MEASURES,
        rated={one.measure: one.value for one in rated if one.occurrence == occurrence},
        thread=thread,
    )


async def _on_path(visit: Visit, path: Path, reviews: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """One path. Where its journey does not answer just now, the page says so."""
    try:
        coming = await visit.door.coming(path.journey)
        is_known = True
    except Failed:
        coming, is_known = [], False
    return {
        "id": path.journey,
        "title": path.title,
        "status": path.status,
        "started_at": path.started_at,
        "stages": await visit.door.stages(path.journey),
        "coming": coming,
        "unknown": not is_known,
        "reviews": [one for one in reviews if one["praise"] or one["comment"]],
        "done": [one for one in path.steps if one.state not in (*_OPEN, "waiting", "not_applicable")],
    }


def read_by(visit: Visit, given: Given, step: ToDo | None) -> dict[str, Any]:
    """A response as its reader sees it, beside the words of its step where they are at hand."""
    words = step.content.to_dict() if step else None
    answers = shown(step.type_ if step else "", words, given.payload.to_dict(), visit.texts, visit.zone)
    return {"accepted_at": given.accepted_at, "by_role": given.by_role, "answers": answers}


def description_of(picture: str | None) -> str:
    """What a picture shows, in words, for those who do not see it."""
    found = _DESCRIPTION.search(picture or "")
    return found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if found else ""


def _step_of(visit: Visit) -> str:
    return f"/steps/{visit.part('journey')}/{visit.part('occurrence')}"
