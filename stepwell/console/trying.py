"""Trying a draft or a version on the past, and what publishing it would bring: forms, then results with pictures."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from stepwell.console.frame import ConsoleRoute
from stepwell.console.journey import JourneyId
from stepwell.console.journeys import Door
from stepwell.console.pages import fragment, page
from stepwell.console.pathways import PathwayName
from stepwell.console.simulating import (
    BEHAVIOURS,
    LIKE_PAST,
    Behaviour,
    Run,
    Seed,
    Simulations,
    Version,
    published_of,
    published_still,
)
from stepwell.errors import Refused
from stepwell.handle import Stepwell
from stepwell.replaying import MOST_JOURNEYS
from stepwell.trying import MOST_A_WEEK
from stepwell.whatif.comparing import WhatIf
from stepwell.whatif.impact import SAMPLE, Impact
from stepwell.whatif.lines import impact_lines, impact_notes, notes_of, totals_of
from stepwell.whatif.pictures import days_picture, steps_picture, weeks_picture
from stepwell.whatif.reenacting import Policy, Unknown, Unprompted
from stepwell.whatif.renaming import names_from

router = APIRouter(route_class=ConsoleRoute)

Journeys = Annotated[int | None, Query(ge=1, le=MOST_JOURNEYS)]
Asked = Annotated[int, Query(ge=0, le=10**12)]
Running = Annotated[Literal["", "true"], Query()]
PerWeek = Annotated[int | None, Query(ge=1, le=MOST_A_WEEK)]
_SHOWN = 100


def _policy(
    unknown: Unknown = "median",
    unprompted: Unprompted = "unanswered",
    renamed: Annotated[str, Query(max_length=5000)] = "",
) -> Policy:
    """What is taken for granted where the past does not tell. Raises Refused."""
    try:
        return Policy(unknown=unknown, unprompted=unprompted, renamed=names_from(renamed))
    except ValueError as wrong:
        raise Refused("malformed", "E2", str(wrong)) from None


TakenForGranted = Annotated[Policy, Depends(_policy)]


@router.get("/pathways/{pathway}/what-if")
async def show_what_if(
    request: Request,
    pathway: PathwayName,
    door: Door,
    policy: TakenForGranted,
    version: Version = None,
    journeys: Journeys = None,
    running: Running = "",
    asked: Asked = 0,
) -> Response:
    """Choose which past journeys and what is taken for granted; then watch."""
    published, findings, mark = await published_of(door, pathway, version)
    run = (
        _what_if(request, door, pathway, version, mark, journeys, policy, asked, running=bool(running))
        if published and journeys
        else None
    )
    return page(
        request,
        "what_if.html",
        pathway=pathway,
        version=version,
        findings=findings,
        published=published,
        journeys=journeys or 200,
        most=MOST_JOURNEYS,
        running=bool(running),
        policy=policy,
        asked=int(datetime.now(UTC).timestamp()),
        etag="",
        **_run_words(request, "what-if", pathway, run),
    )


@router.get("/pathways/{pathway}/what-if/live")
async def live_what_if(
    request: Request,
    pathway: PathwayName,
    door: Door,
    policy: TakenForGranted,
    journeys: Annotated[int, Query(ge=1, le=MOST_JOURNEYS)],
    version: Version = None,
    running: Running = "",
    asked: Asked = 0,
) -> Response:
    """How far it is, and what came of it."""
    _, mark = await published_still(door, pathway, version, "tried")
    run = _what_if(request, door, pathway, version, mark, journeys, policy, asked, running=bool(running))
    return fragment(request, "what_if_run.html", pathway=pathway, **_run_words(request, "what-if", pathway, run))


@router.get("/journeys/{journey}/what-if")
async def show_journey(
    request: Request,
    journey: JourneyId,
    door: Door,
    policy: TakenForGranted,
    version: Version = None,
) -> Response:
    """One journey, occurrence by occurrence: as it was, and as it would have been."""
    detail = await door.journey(journey)
    found = await door.what_if_journey(journey, version=version, policy=policy)
    shifted = found.journeys[0].shifted if found.journeys else ()
    return page(
        request,
        "what_if_journey.html",
        journey=detail.id,
        zone=detail.zone,
        versions=await door.versions(detail.pathway),
        version=version,
        policy=policy,
        found=found,
        totals=totals_of(found),
        notes=list(notes_of(found)),
        shifted=shifted,
    )


@router.get("/pathways/{pathway}/impact")
async def show_impact(
    request: Request,
    pathway: PathwayName,
    door: Door,
    version: Version = None,
    per_week: PerWeek = None,
    behaviour: Behaviour = "mixed",
    seed: Seed = 1,
) -> Response:
    """Say how many start in a week and how they behave; then watch."""
    published, findings, mark = await published_of(door, pathway, version)
    run = _impact(request, door, pathway, version, mark, per_week, behaviour, seed) if published and per_week else None
    return page(
        request,
        "impact.html",
        pathway=pathway,
        version=version,
        findings=findings,
        published=published,
        per_week=per_week or 10,
        most=MOST_A_WEEK,
        behaviour=behaviour,
        behaviours=BEHAVIOURS,
        seed=seed,
        etag="",
        **_run_words(request, "impact", pathway, run),
    )


@router.get("/pathways/{pathway}/impact/live")
async def live_impact(
    request: Request,
    pathway: PathwayName,
    door: Door,
    per_week: Annotated[int, Query(ge=1, le=MOST_A_WEEK)],
    version: Version = None,
    behaviour: Behaviour = "mixed",
    seed: Seed = 1,
) -> Response:
    """How far it is, and what came of it."""
    _, mark = await published_still(door, pathway, version, "simulated")
    run = _impact(request, door, pathway, version, mark, per_week, behaviour, seed)
    return fragment(request, "what_if_run.html", pathway=pathway, **_run_words(request, "impact", pathway, run))


def _what_if(
    request: Request,
    door: Stepwell,
    pathway: str,
    version: int | None,
    mark: str,
    journeys: int,
    policy: Policy,
    asked: int,
    *,
    running: bool,
) -> Run:
    """The computation of that question: asked again later, it is another, since more has happened."""

    async def compute(progress: Callable[[int], None]) -> WhatIf:
        return await door.what_if(pathway, version=version, limit=journeys, running=running, policy=policy, progress=progress)

    runs: Simulations = request.app.state.simulations
    caller = request.state.caller
    return runs.of(
        ("what-if", caller.tenant, caller.name, pathway, mark, journeys, running, policy.model_dump_json(), asked),
        journeys,
        compute,
    )


def _impact(
    request: Request,
    door: Stepwell,
    pathway: str,
    version: int | None,
    mark: str,
    per_week: int,
    behaviour: str,
    seed: int,
) -> Run:
    start = datetime.now(UTC).date()

    async def compute(progress: Callable[[int], None]) -> Impact:
        fitted = await door.fit_behaviour(pathway) if behaviour == LIKE_PAST else None
        published, _ = await door.tried(pathway, None, version)
        return await door.impact(
            published, per_week=per_week, start=start, behaviour=behaviour, fitted=fitted, seed=seed, progress=progress
        )

    runs: Simulations = request.app.state.simulations
    caller = request.state.caller
    key = ("impact", caller.tenant, caller.name, pathway, mark, per_week, behaviour, seed, start)
    return runs.of(key, SAMPLE, compute)


def _run_words(request: Request, what: str, pathway: str, run: Run | None) -> dict[str, Any]:
    """What the templates show of a run."""
    words: dict[str, Any] = {"run": run, "what": what, "question": request.url.query}
    result = run.result if run is not None else None
    if isinstance(result, WhatIf):
        words |= {
            "found": result,
            "totals": totals_of(result),
            "notes": list(notes_of(result)),
            "pictures": [(one, steps_picture(result, what=one)) for one in ("completed", "reminders")],
            "journeys_shown": result.journeys[:_SHOWN],
        }
    elif isinstance(result, Impact):
        words |= {
            "impact": result,
            "lines": impact_lines(result),
            "notes": list(impact_notes(result)),
            "weeks": weeks_picture(result),
            "days": days_picture(result),
        }
    return words
