"""Figures over many journeys, and how the system stands, over HTTP."""

from typing import Annotated

from fastapi import Query

from stepwell.api.forms import PathwayName
from stepwell.api.routes import Door, Listing, Routes
from stepwell.handle import Stepwell
from stepwell.models import Instant, QueueHealth, StepFigures, SystemFigures, VersionCount, VersionDifferences, WeekFigures

routes = Routes("Figures")

Version = Annotated[int | None, Query(ge=1, le=1_000_000, description="Every version unless given.")]
Number = Annotated[int, Query(ge=1, le=1_000_000)]


class Funnel(Listing):
    """What became of each step, in order."""

    items: tuple[StepFigures, ...]


class Weeks(Listing):
    """What was due and done, week by week."""

    items: tuple[WeekFigures, ...]


class VersionCounts(Listing):
    """How many journeys are on each version, by status."""

    items: tuple[VersionCount, ...]


class Queues(Listing):
    """The task queues."""

    items: tuple[QueueHealth, ...]


@routes.get("/pathways/{pathway}/funnel", uses=Stepwell.funnel)
async def funnel(pathway: PathwayName, door: Door, version: Version = None) -> Funnel:
    """Show what became of each step, and how long it took"""
    return Funnel(items=tuple(await door.funnel(pathway, version=version)))


@routes.get("/pathways/{pathway}/adherence", uses=Stepwell.adherence_over_time)
async def adherence_over_time(
    pathway: PathwayName, door: Door, version: Version = None, weeks: Annotated[int, Query(ge=1, le=260)] = 26
) -> Weeks:
    """Show what was due to clients week by week, and what they completed"""
    return Weeks(items=tuple(await door.adherence_over_time(pathway, version=version, weeks=weeks)))


@routes.get("/pathways/{pathway}/journeys", uses=Stepwell.journeys_per_version)
async def journeys_per_version(pathway: PathwayName, door: Door) -> VersionCounts:
    """Show how many journeys are on each version, by status"""
    return VersionCounts(items=tuple(await door.journeys_per_version(pathway)))


@routes.get("/pathways/{pathway}/differences", uses=Stepwell.version_differences)
async def version_differences(pathway: PathwayName, old: Number, new: Number, door: Door) -> VersionDifferences:
    """Show what one version does differently from another"""
    return await door.version_differences(pathway, old, new)


@routes.get("/system", uses=Stepwell.system)
async def system(door: Door, since: Instant | None = None) -> SystemFigures:
    """Show how things stand, and what failed since an instant (a day ago)"""
    return await door.system(since=since)


@routes.get("/system/queues", uses=Stepwell.queues)
async def queues(door: Door) -> Queues:
    """Show whether somebody works on each task queue, and what waits in it"""
    return Queues(items=tuple(await door.queues()))
