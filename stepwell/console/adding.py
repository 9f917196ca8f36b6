"""A step that this client's pathway has not: chosen or written, seen first, then given with a reason (rule E4)."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from engine.findings import DefinitionError, Finding
from engine.loading import load
from engine.words import in_language
from stepwell.console.frame import ConsoleRoute
from stepwell.console.journey import JourneyId
from stepwell.console.journeys import Door
from stepwell.console.pages import given_in, go, page
from stepwell.errors import NotFound, Refused, Unavailable
from stepwell.handle import Stepwell
from stepwell.models import Foreseen
from stepwell.packages import installed_types
from store.ids import new_id

router = APIRouter(route_class=ConsoleRoute)
Given = dict[str, str]
_WORDS = ("body", "text", "prompt", "intro", "note")
"""What types call the words of a step in its content."""
_DAY = re.compile(r"\d{4}-")


@router.get("/journeys/{journey}/add")
async def ask(request: Request, journey: JourneyId, door: Door) -> Response:
    """What it is, what it says, behind which step it comes and when."""
    return await _show(request, door, journey, {})


@router.post("/journeys/{journey}/add")
async def add(request: Request, journey: JourneyId, door: Door) -> Response:
    """Without a reason it is looked at, and nothing is done; with one it is given. Sent twice it is one step."""
    given = {key: value.replace("\r\n", "\n") for key, value in (await given_in(request)).items()}
    if "reason" not in given:
        return await _show(request, door, journey, given)
    try:
        if not given["reason"].strip():
            raise Refused("no_reason", "E4", "say why; the reason is kept in the journey's history")
        await door.add_step(
            journey,
            _step(given, await door.library(), given.get("id", "")),
            after=given.get("after", ""),
            reason=given["reason"].strip(),
            message_id=given.get("message_id") or new_id("msg"),
        )
    except (Refused, DefinitionError) as wrong:
        return await _show(request, door, journey, given, wrong=_said(wrong), status=409)
    return go(f"/journeys/{journey}", done="add_step")


async def _show(
    request: Request, door: Stepwell, journey: str, given: Given, *, wrong: Iterable[str] = (), status: int = 200
) -> Response:
    """The form; once it is filled in, what it would change, and where it is confirmed."""
    detail, library, running = await door.journey(journey), await door.library(), await door.running(journey)
    name, foreseen, problems = "", None, list(wrong)
    if given:
        name = _free(_named(given, library), {str(step.id) for step in running.structure.steps})
        foreseen, found = await _foreseen(door, journey, given, library, name)
        problems = problems or found
    steps = (await door.version(detail.pathway, detail.version)).steps
    reached = [step.id for step in steps if any(one.step == step.id for one in detail.occurrences)]
    return page(
        request,
        "add_step.html",
        status=status,
        detail=detail,
        given={"after": reached[-1] if reached else "", "what": "type:message", **given},
        name=name,
        foreseen=foreseen,
        problems=problems,
        steps=steps,
        library={
            one: in_language(written.get("title", one), running.contents.language, "en") for one, written in library.items()
        },
        types=sorted(installed_types()),
        message_id=given.get("message_id") or new_id("msg"),
    )


async def _foreseen(
    door: Stepwell, journey: str, given: Given, library: dict[str, Any], name: str
) -> tuple[Foreseen | None, list[str]]:
    """What it would change, or everything that is wrong with it."""
    try:
        return await door.foresee_step(journey, _step(given, library, name), after=given.get("after", "")), []
    except (Refused, DefinitionError) as wrong:
        return None, _said(wrong)
    except (Unavailable, NotFound) as away:
        return None, [f"What it would change cannot be said now: {away}"]


def _step(given: Given, library: dict[str, Any], name: str) -> dict[str, Any]:
    """The step as a pathway would have it. What is filled in goes before what is written in YAML."""
    said = {key: value.strip() for key, value in given.items()}
    kind, _, of = said.get("what", "").partition(":")
    step = _more(said.get("more", "")) | {"id": name, ("use" if kind == "use" else "type"): of}
    step |= {one: said[one] for one in ("title", "rationale") if said.get(one)}
    if said.get("words"):
        step["content"] = {**step.get("content", {}), _words_of(library[of]["type"] if kind == "use" else of): given["words"]}
    when, at = said.get("when", ""), said.get("at", "")
    wanted = {("after" if _DAY.match(when) else "offset"): when} if when else {}
    wanted |= {"at": at} if at else {}
    if wanted:
        step["deliver"] = {**step.get("deliver", {}), **wanted}
    return step | ({"required": False} if said.get("optional") else {})


def _more(text: str) -> dict[str, Any]:
    read = load(text) if text else None
    if read is None:
        return {}
    if read.findings:
        raise DefinitionError(read.findings)
    parts = (read.value.get("content", {}), read.value.get("deliver", {})) if isinstance(read.value, dict) else (None,)
    if not all(isinstance(one, dict) for one in parts):
        raise Refused("malformed", "E4", "the YAML has to be fields of one step, such as 'window: {finish_by: 3 days}'")
    more: dict[str, Any] = read.value
    return more


def _words_of(kind: str) -> str:
    """Where the words of a step of this type stand in its content. Raises Refused."""
    known = installed_types().get(kind)
    found = next((one for one in _WORDS if known is not None and one in known.content_model.model_fields), "")
    if not found:
        raise Refused("malformed", "E4", f"a step of the type {kind} has no words of that kind: leave them out")
    return found


def _named(given: Given, library: dict[str, Any]) -> str:
    """An id made of its title, or of its name in the library."""
    kind, _, of = given.get("what", "").partition(":")
    said = of if kind == "use" and of in library else given.get("title", "")
    plain = unicodedata.normalize("NFKD", said).encode("ascii", "ignore").decode().lower()
    return re.sub(r"^[^a-z]+|_+$", "", re.sub(r"[^a-z0-9]+", "_", plain))[:40] or "step"


def _free(name: str, taken: set[str]) -> str:
    return next(one for one in (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3))) if one not in taken)


def _said(wrong: Refused | DefinitionError) -> list[str]:
    """What is wrong, one line each, with what to do about it."""
    return [str(wrong)] if isinstance(wrong, Refused) else [_line(one) for one in wrong.findings if one.severity == "error"]


def _line(one: Finding) -> str:
    place = ".".join(str(part) for part in one.path[2:])
    return f"{place}: {one.message}{f' → {one.suggestion}' if one.suggestion else ''}".removeprefix(": ")
