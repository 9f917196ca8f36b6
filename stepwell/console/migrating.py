"""Moving journeys to another version of their pathway: one after a look at what it comes to, or many, chosen one by one."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from pydantic import ValidationError

from engine.loading import load
from engine.mapping import Mapping
from stepwell.console.bulk import JobId, asked_of_many, target_of
from stepwell.console.frame import ConsoleRoute
from stepwell.console.journey import JourneyId
from stepwell.console.journeys import Door, written
from stepwell.console.pages import given_in, go, page
from stepwell.errors import NotFound, Refused, Unavailable, wrong_in
from stepwell.handle import Stepwell
from stepwell.models import MigrationDifference
from store.ids import new_id

router = APIRouter(route_class=ConsoleRoute)


@router.get("/journeys/{journey}/migrate")
async def look(request: Request, journey: JourneyId, door: Door) -> Response:
    """What it would come to for this client. Nothing is done."""
    return await _show(request, door, journey, dict(request.query_params))


@router.post("/journeys/{journey}/migrate")
async def move(request: Request, journey: JourneyId, door: Door) -> Response:
    """Move it. Sent twice it is done once; where more has happened since the look, it is refused."""
    given = await given_in(request)
    try:
        reason = given.get("reason", "").strip()
        if not reason:
            raise Refused("no_reason", "E1", "say why; the reason is kept in the journey's history")
        seen = given.get("seq", "")
        await door.migrate(
            journey,
            _number(given.get("to", "")),
            mapping=_mapping(given.get("mapping", "")),
            reason=reason,
            expects=int(seen) if seen.isdigit() else None,
            message_id=given.get("message_id") or new_id("msg"),
        )
    except Refused as refused:
        return await _show(request, door, journey, given, problem=str(refused), status=409)
    return go(f"/journeys/{journey}", done="migrate")


async def _show(
    request: Request, door: Stepwell, journey: str, given: dict[str, str], *, problem: str = "", status: int = 200
) -> Response:
    detail = await door.journey(journey)
    found: MigrationDifference | None = None
    if given.get("to"):
        try:
            found = await door.migration(detail.id, _number(given["to"]), _mapping(given.get("mapping", "")))
        except (Refused, NotFound, Unavailable) as wrong:
            problem = problem or str(wrong)
    versions = [one.number for one in await door.versions(detail.pathway) if one.number != detail.version]
    return page(
        request,
        "migrate.html",
        status=status,
        detail=detail,
        given=given,
        found=found,
        problem=problem,
        versions=versions,
        message_id=new_id("msg"),
    )


@router.post("/migrations")
async def propose(request: Request, door: Door) -> Response:
    """Look at what it comes to for each of many. Sent twice it is one proposal."""
    form = await request.form()
    given: dict[str, Any] = {
        "action": "migrate",
        "every": str(form.get("every", "")),
        "question": written(dict(parse_qsl(str(form.get("question", ""))))),
        "chosen": [str(one) for one in form.getlist("journey")],
    }
    target = target_of(given["every"], given["question"], given["chosen"])
    mapping = str(form.get("mapping", ""))
    try:
        job = await door.propose_migration(
            target,
            _number(str(form.get("to", ""))),
            mapping=_mapping(mapping),
            reason=str(form.get("reason", "")),
            request_id=str(form.get("request_key", "")) or None,
        )
    except Refused as refused:
        again = {**await asked_of_many(door, given, target), "problem": str(refused), "mapping": mapping}
        return page(request, "migrate_many.html", status=409, **again)
    return go(f"/bulk/{job.id}")


@router.post("/migrations/{job}/apply")
async def apply(
    job: JobId,
    door: Door,
    choose: Annotated[str, Form(pattern="^(all|these|none)$")],
    journey: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Move all that are ready, these, or none."""
    if choose == "none":
        await door.leave_migration(job)
        return go(f"/bulk/{job}", done="left")
    await door.apply_migration(job, journey if choose == "these" else None)
    return go(f"/bulk/{job}")


def _number(text: str) -> int:
    if not text.isdigit():
        raise Refused("malformed", "E1", "choose the version to move to")
    return int(text)


def _mapping(text: str) -> Mapping:
    """What somebody wrote of steps that are renamed or gone."""
    read = load(text).value if text.strip() else {}
    try:
        return Mapping.model_validate(read)
    except ValidationError as error:
        raise Refused("malformed", "E2", f"the mapping cannot be read: {wrong_in(error)}") from None
