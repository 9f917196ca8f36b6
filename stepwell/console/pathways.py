"""Pages of pathways: the graph, the versions and what differs between them, how far journeys come, how well it is kept up."""

from itertools import pairwise
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from stepwell.console import charts
from stepwell.console.frame import ConsoleRoute
from stepwell.console.graph import graph, step_rows
from stepwell.console.journeys import Door
from stepwell.console.pages import page
from stepwell.errors import NotFound

router = APIRouter(route_class=ConsoleRoute)
PathwayName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$")]
Number = Annotated[int | None, Query(ge=1, le=1_000_000)]


@router.get("/pathways")
async def list_pathways(request: Request, door: Door, tag: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Every pathway with its tags, and the drafts."""
    found = await door.pathways(tags=[tag] if tag else ())
    every = await door.pathways() if tag else found
    tags = sorted({one for each in every for one in each.tags})
    return page(request, "pathways.html", found=found, drafts=await door.drafts(), tags=tags, tag=tag)


@router.get("/pathways/{pathway}")
async def show(request: Request, pathway: PathwayName, door: Door, version: Number = None) -> Response:
    """One version as a picture and a table, with figures of its journeys."""
    published = await door.pathway(pathway, version)
    if published is None:
        raise NotFound(f"no pathway {pathway}{f' version {version}' if version else ''} is published")
    versions = await door.versions(pathway)
    counts = await door.journeys_per_version(pathway)
    steps = await door.funnel(pathway, version=version)
    weeks = await door.adherence_over_time(pathway, version=version)
    bars = [
        charts.Bar(
            label=one.title or one.step,
            reached=one.reached,
            completed=one.completed,
            open=one.open,
            lost=one.expired + one.skipped,
            words=f"{one.title or one.step}: {one.completed} of {one.reached} completed, {one.open} open, {one.expired} expired",
        )
        for one in steps
    ]
    shown = [charts.Week(one.week, one.offered, one.completed, one.on_time) for one in weeks]
    return page(
        request,
        "pathway.html",
        pathway=pathway,
        published=published,
        version=version,
        versions=versions,
        counts=counts,
        pairs=[(old.number, new.number) for new, old in pairwise(versions)],
        steps=steps,
        weeks=[one for one in weeks if one.offered],
        funnel=charts.funnel(bars, title=f"How far journeys on {pathway} came"),
        adherence=charts.adherence(shown, title=f"How much of what was due on {pathway} was completed, by week"),
        graph=graph(published.structure, published.contents, title=f"The steps of {pathway}"),
        rows=step_rows(published.structure, published.contents),
    )


@router.get("/pathways/{pathway}/differences")
async def differences(
    request: Request,
    pathway: PathwayName,
    door: Door,
    old: Annotated[int, Query(ge=1, le=1_000_000)],
    new: Annotated[int, Query(ge=1, le=1_000_000)],
) -> Response:
    """What one version does differently from another, and who is on which."""
    return page(
        request,
        "differences.html",
        pathway=pathway,
        differences=await door.version_differences(pathway, old, new),
        counts=await door.journeys_per_version(pathway),
        versions=await door.versions(pathway),
    )
