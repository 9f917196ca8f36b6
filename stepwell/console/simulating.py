"""Trying a draft or a version on simulated clients: bounded, off the event loop, watched while it runs.

A simulation is known by what it is of, so asking for it again finds it, whichever page or gateway asks: nothing is kept.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from engine.publishing import Published
from stepwell.authoring import mark_of
from stepwell.behaviour import NAMES
from stepwell.console.frame import ConsoleRoute
from stepwell.console.journeys import Door
from stepwell.console.pages import fragment, page
from stepwell.console.pathways import PathwayName
from stepwell.errors import NotFound, StepwellError
from stepwell.handle import Stepwell
from stepwell.simulation import Simulation
from stepwell.trying import MOST_CLIENTS

router = APIRouter(route_class=ConsoleRoute)
_MOST_KEPT = 20
_AT_ONCE = 1


@dataclass
class Run:
    """One computation under way, or what came of it."""

    total: int
    done: int = 0
    result: BaseModel | None = None
    problem: str = ""


class Simulations:
    """The latest simulations of this process, one computed at a time."""

    def __init__(self) -> None:
        self._runs: OrderedDict[tuple[object, ...], Run] = OrderedDict()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, key: tuple[object, ...], total: int, compute: "Compute") -> Run:
        """The run of that key, begun where it was not."""
        known = self._runs.get(key)
        if known is not None:
            self._runs.move_to_end(key)
            return known
        run = self._runs[key] = Run(total)
        while len(self._runs) > _MOST_KEPT:
            self._runs.popitem(last=False)
        task = asyncio.create_task(self._compute(run, compute))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run

    async def _compute(self, run: Run, compute: "Compute") -> None:
        def progress(done: int) -> None:
            run.done = done

        async with self._turns:
            try:
                run.result = await compute(progress)
            except StepwellError as error:
                run.problem = str(error)
            except Exception as error:  # a draft may hold what no client could answer: say so, or it would be at work for ever
                run.problem = f"it cannot be worked out: {type(error).__name__}"


Compute = Callable[[Callable[[int], None]], Awaitable[BaseModel]]
Clients = Annotated[int | None, Query(ge=1, le=MOST_CLIENTS)]
LIKE_PAST = "past clients"
"""Behaviour fitted from the journeys of the pathway."""
BEHAVIOURS = (*NAMES, LIKE_PAST)
Behaviour = Annotated[str, Query(pattern="^(" + "|".join(BEHAVIOURS) + ")$")]
Seed = Annotated[int, Query(ge=0, le=1_000_000)]
Version = Annotated[int | None, Query(ge=1, le=1_000_000)]


@router.get("/pathways/{pathway}/simulate")
async def show(
    request: Request,
    pathway: PathwayName,
    door: Door,
    version: Version = None,
    clients: Clients = None,
    behaviour: Behaviour = "mixed",
    seed: Seed = 1,
) -> Response:
    """Choose how many clients and how they behave; then watch."""
    published, findings, mark = await published_of(door, pathway, version)
    run = _run(request, door, published, mark, clients, behaviour, seed) if published and clients else None
    return page(
        request,
        "simulate.html",
        pathway=pathway,
        version=version,
        published=published,
        findings=findings,
        clients=clients or 100,
        most=MOST_CLIENTS,
        behaviour=behaviour,
        behaviours=BEHAVIOURS,
        seed=seed,
        run=run,
        question=request.url.query,
        etag="",
    )


@router.get("/pathways/{pathway}/simulate/live")
async def live(
    request: Request,
    pathway: PathwayName,
    door: Door,
    clients: Annotated[int, Query(ge=1, le=MOST_CLIENTS)],
    version: Version = None,
    behaviour: Behaviour = "mixed",
    seed: Seed = 1,
) -> Response:
    """How far it is, and what came of it."""
    published, mark = await published_still(door, pathway, version, "simulated")
    run = _run(request, door, published, mark, clients, behaviour, seed)
    return fragment(request, "simulation.html", run=run, pathway=pathway, question=request.url.query)


def _run(request: Request, door: Stepwell, published: Published, mark: str, clients: int, behaviour: str, seed: int) -> Run:
    runs: Simulations = request.app.state.simulations
    start = datetime.now(UTC).date()

    pathway = published.structure.pathway

    async def compute(progress: Callable[[int], None]) -> Simulation:
        fitted = await door.fit_behaviour(pathway) if behaviour == LIKE_PAST else None
        return await door.simulate(
            published, clients=clients, behaviour=behaviour, fitted=fitted, seed=seed, start=start, progress=progress
        )

    return runs.of((request.state.caller.tenant, mark, clients, behaviour, seed, start), clients, compute)


async def published_still(door: Stepwell, pathway: str, version: int | None, what: str) -> tuple[Published, str]:
    """The same for a page that had it when it was loaded. Raises NotFound where the draft has become wrong meanwhile."""
    published, _, mark = await published_of(door, pathway, version)
    if published is None:
        raise NotFound(f"the draft of {pathway} cannot be {what} any more; load the page again")
    return published, mark


async def published_of(door: Stepwell, pathway: str, version: int | None) -> tuple[Published | None, list[str], str]:
    """The draft where there is one and no version is asked for, else the version; with what is wrong with it."""
    draft = await door.draft(pathway) if version is None else None
    if draft is not None:
        checked = await door.check(draft)
        findings = [f"{one.severity}: {one.message}" for one in checked.findings]
        return checked.published, findings, mark_of(draft)
    published = await door.pathway(pathway, version)
    if published is None:
        raise NotFound(f"there is neither a draft nor a version of {pathway}")
    return published, [], f"{pathway}/{published.structure.version}"
