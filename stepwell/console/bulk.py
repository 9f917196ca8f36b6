"""One action on many journeys: chosen, looked at, confirmed, watched, and tried again where it failed."""

from typing import Annotated, Any, get_args
from urllib.parse import parse_qsl

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from engine.journey import PauseMode
from stepwell.api.problems import ApiError
from stepwell.console.actions import ACTIONS
from stepwell.console.frame import ConsoleRoute
from stepwell.console.journeys import Door, asked, written
from stepwell.console.pages import fragment, go, page
from stepwell.handle import Stepwell
from stepwell.models import BulkAction, ItemState, JourneyQuery
from store.ids import new_id

router = APIRouter(route_class=ConsoleRoute)
MANY: tuple[BulkAction, ...] = get_args(BulkAction)
WITH_REASON = ("pause", "stop")
JobId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.\-]{1,64}$")]
State = Annotated[str, Query(pattern="^(|" + "|".join(get_args(ItemState)) + ")$")]


@router.post("/bulk/preview")
async def preview(request: Request, door: Door) -> Response:
    """How many it would be, who would be refused and why. Nothing is done."""
    form = await request.form()
    given: dict[str, Any] = {
        "action": str(form.get("action", "")),
        "every": str(form.get("every", "")),
        "question": written(dict(parse_qsl(str(form.get("question", ""))))),
        "chosen": [str(one) for one in form.getlist("journey")],
    }
    target = target_of(given["every"], given["question"], given["chosen"])
    if given["action"] == "migrate":
        return page(request, "migrate_many.html", **await asked_of_many(door, given, target))
    action = _action(given["action"])
    return page(
        request,
        "bulk_preview.html",
        **given,
        title=ACTIONS[action].title,
        means=ACTIONS[action].means,
        preview=await door.preview(target, action),
        needs_reason=action in WITH_REASON,
        modes=get_args(PauseMode),
        request_key=new_id("bulk"),
    )


@router.post("/bulk")
async def start(request: Request, door: Door) -> Response:
    """Begin it. Sent twice it is one job."""
    form = await request.form()
    action = _action(str(form.get("action", "")))
    question = written(dict(parse_qsl(str(form.get("question", "")))))
    target = target_of(str(form.get("every", "")), question, [str(one) for one in form.getlist("journey")])
    mode: PauseMode = "calendar" if form.get("mode") == "calendar" else "freeze"
    job = await door.start_bulk(
        target, action, reason=str(form.get("reason", "")), mode=mode, request_id=str(form.get("request_key", "")) or None
    )
    return go(f"/bulk/{job.id}")


@router.get("/bulk")
async def jobs(request: Request, door: Door) -> Response:
    """The latest actions on many journeys."""
    return page(request, "bulk_jobs.html", jobs=await door.bulk_jobs())


@router.get("/bulk/{job}")
async def job(request: Request, job: JobId, door: Door, state: State = "", after: str | None = None) -> Response:
    """How far one is, and what became of each journey."""
    found = await door.bulk_job(job)
    items = await door.bulk_items(job, state=state or None, after=after)
    return page(request, "bulk_job.html", job=found, items=items, state=state, etag="")


@router.get("/bulk/{job}/live")
async def job_live(request: Request, job: JobId, door: Door) -> Response:
    """How far it is, again and again until it is done."""
    return fragment(request, "bulk_progress.html", job=await door.bulk_job(job))


@router.post("/bulk/{job}/cancel")
async def cancel(job: JobId, door: Door) -> Response:
    """Begin no more of it."""
    await door.cancel_bulk(job)
    return go(f"/bulk/{job}", done="cancelled")


@router.post("/bulk/{job}/retry")
async def retry(job: JobId, door: Door) -> Response:
    """Try again what failed."""
    await door.retry_bulk(job)
    return go(f"/bulk/{job}", done="retrying")


async def asked_of_many(door: Stepwell, given: dict[str, Any], target: JourneyQuery | list[str]) -> dict[str, Any]:
    """Where the chosen journeys could go. Raises ApiError where they are not all of one pathway."""
    sample = (await door.preview(target, "pause")).sample
    names = sorted({one.pathway for one in sample})
    if len(names) != 1:
        raise ApiError(422, "many_pathways", "Go back, and search for the journeys of one pathway: they move by its versions.")
    versions = [one.number for one in await door.versions(names[0])]
    return {**given, "pathway": names[0], "versions": versions, "request_key": new_id("bulk"), "problem": "", "mapping": ""}


def _action(name: str) -> BulkAction:
    found = next((one for one in MANY if one == name), None)
    if found is None:
        raise ApiError(422, "unknown_action", "Go back, and choose what is to be done with these journeys.")
    return found


def target_of(every: str, question: str, chosen: list[str]) -> JourneyQuery | list[str]:
    """Everything that fits the search, or these."""
    if every:
        return asked(dict(parse_qsl(question)))
    if not chosen:
        raise ApiError(422, "nothing_chosen", "Go back, and choose journeys by their boxes, or all that fit.")
    return chosen
