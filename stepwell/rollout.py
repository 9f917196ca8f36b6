"""How what runs comes from one version of the workers to another. Temporal's server keeps the record: there is no table of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from stepwell.deployment import Deployment, Known, NotReady, Routing
from stepwell.errors import NotFound
from stepwell.models.rollout import OnVersion, VersionState, WorkerVersion
from stepwell.rehearsing import Rehearsed, rehearse, replay_failure
from workflows.names import CONTACTS, GROUP, JOURNEY, JOURNEYS, KINDS, NUDGE, STUCK

_RUNNING = f"TaskQueue = '{JOURNEYS}' AND ExecutionStatus = 'Running'"
_VERSION = "TemporalWorkerDeploymentVersion"
_SOUND = "TemporalReportedProblems IS NULL"
NONE = "none"
"""Instead of a build: what no version has."""
_WAITING = ", ".join(f"'{kind}'" for kind in (JOURNEY, CONTACTS, GROUP))
"""What may wait for months; everything else wakes by itself."""
_FRESH = timedelta(minutes=2)
"""A worker asks for work once a minute at least: who did not is gone."""
_FEW = 1000
"""Looked through one by one."""
_A_MOMENT = 15.0
"""Seconds that Temporal may need to hear of a worker."""
_CALM = 15.0
"""Seconds without a change after which what is left will not go by itself: a run gives what is on its way ten."""

Told = Callable[[int], None]


class Rollout:
    """The versions of one deployment, and what runs on them."""

    def __init__(self, connection: Client, deployment: str) -> None:
        self._connection = connection
        self._deployment = Deployment(connection, deployment)

    async def versions(self) -> list[WorkerVersion]:
        """All of them, the latest first, and then what has none. Raises NotFound where no worker of the deployment ever came."""
        routing = await self._deployment.routing()
        asked = await self._deployment.asked_at()
        found = [await self._version(one, routing, asked.get(one.build, [])) for one in routing.known]
        free = await self._filled(NONE, "none", self._on(NONE))
        return [*found, *([free] if free.running else [])]

    async def rehearse(self, build: str, *, each: int) -> Rehearsed:
        """Try this process, which is of that build, on what runs: on up to `each` of every kind of workflow.

        Not on what stands still elsewhere, at a bug or for want of a worker: it can only gain, see `take_over`.
        """
        alive = [one for one, asked in (await self._deployment.asked_at()).items() if any(map(_is_fresh, asked))]
        return await rehearse(
            self._connection,
            middle=[f"{self._on(one)} AND WorkflowType = '{kind}'" for one in (NONE, build) for kind in KINDS],
            later=[
                f"{self._on(one)} AND {_SOUND} AND WorkflowType = '{kind}'" for one in alive if one != build for kind in KINDS
            ],
            each=each,
        )

    async def promote(self, build: str) -> None:
        """All that is new goes to it from now on, and what runs follows when it wakes. Raises NotFound, NotReady."""
        await self._is_heard_of(build)
        await self._deployment.make_current(build)

    async def ramp(self, build: str, percent: float) -> None:
        """So many in a hundred go to it, chosen by their ids, and stay the same at a higher percentage. Raises NotFound, NotReady."""
        await self._is_heard_of(build)
        await self._deployment.ramp(build, percent)

    async def roll_back(self) -> str:
        """Take back a ramp; where there is none, make current what was so before. Says what is current. Raises NotFound, NotReady."""
        routing = await self._deployment.routing()
        if routing.ramping:
            await self._deployment.ramp("", 0)
            return routing.current
        was = {one.last_current_at: one.build for one in routing.known if one.last_current_at and one.build != routing.current}
        if not was:
            raise NotReady("no other build was ever current: there is nothing to go back to")
        before = was[max(was)]
        await self.promote(before)
        return before

    async def count(self, build: str) -> int:
        """How many run on it."""
        return await self._count(self._on(build))

    async def wake(self, build: str, *, a_second: float, told: Told = lambda woken: None) -> int:
        """Wake what waits on a build, or on none, so many a second, for it to come over; says how many. Raises NotFound, NotReady.

        Cut off and begun again, it goes on with what is still there.
        """
        routing = await self._deployment.routing()
        if build != NONE:
            _check_known(build, routing)
        if not routing.current:
            raise NotReady("no build is current, so there is nowhere to come over to: stepwell deploy promote")
        if build in (routing.current, routing.ramping):
            raise NotReady(f"{build} is what is wanted: promote another build, or roll back, and then drain it")
        woken = 0
        async for one in self._connection.list_workflows(f"{self._on(build)} AND WorkflowType IN ({_WAITING})"):
            try:
                await self._connection.get_workflow_handle(one.id, run_id=one.run_id).signal(NUDGE)
            except RPCError as error:
                if error.status != RPCStatusCode.NOT_FOUND:  # it has ended, or come over by itself
                    raise
            woken += 1
            told(woken)
            await asyncio.sleep(1 / a_second)
        return woken

    async def come_over(self, build: str, told: Told = lambda gone: None) -> list[OnVersion]:
        """Wait until nothing more leaves a build; says what stays. `told` how many are gone."""
        clock = asyncio.get_running_loop().time
        began = left = await self.count(build)
        changed_at = clock()
        while left and clock() < changed_at + _CALM:
            await asyncio.sleep(0.5)
            now = await self.count(build)
            if now != left:
                left, changed_at = now, clock()
                told(began - left)
        return await self._listed(self._on(build))

    async def take_over(self, build: str, mine: str) -> list[str]:
        """Have `mine`, which this process is of and which is current, go on with what stands still on another build, in the middle
        of its run: what fails there again and again, or all where no worker of it is left. Only what replays here. Says which.
        """
        if build == NONE or (await self._deployment.routing()).current != mine:
            return []
        asked = (await self._deployment.asked_at()).get(build, [])
        still = f"{self._on(build)} AND {STUCK}" if any(map(_is_fresh, asked)) else self._on(build)
        taken = []
        async for one in self._connection.list_workflows(still):
            history = await self._connection.get_workflow_handle(one.id, run_id=one.run_id).fetch_history()
            if not await replay_failure(self._connection, history):
                await self._deployment.move(one.id, one.run_id, mine)
                taken.append(one.id)
        return taken

    async def _version(self, known: Known, routing: Routing, asked: list[datetime]) -> WorkerVersion:
        found = await self._filled(known.build, "new", self._on(known.build))
        state: VersionState = "draining" if found.running else "drained" if known.was_used else "new"
        since = known.left_at if known.was_used else known.came_at
        percent = None
        if known.build == routing.current:
            state, since = "current", known.current_since
        elif known.build == routing.ramping:
            state, since, percent = "ramping", known.ramping_since, routing.percent
        return found.model_copy(
            update={
                "state": state,
                "since": since,
                "percent": percent,
                "workers": sum(map(_is_fresh, asked)),
                "last_seen": max(asked, default=None),
            }
        )

    async def _filled(self, build: str, state: VersionState, query: str) -> WorkerVersion:
        """A version that nothing but its load is known of."""
        running, journeys = await self._count(query), await self._count(f"{query} AND WorkflowType = '{JOURNEY}'")
        oldest = (await self._listed(query))[:1] if 0 < running <= _FEW else []
        return WorkerVersion(
            build=build,
            state=state,
            percent=None,
            since=None,
            journeys=journeys,
            others=max(running - journeys, 0),
            failing=await self._count(f"{query} AND {STUCK}"),
            workers=0,
            last_seen=None,
            oldest=oldest[0] if oldest else None,
        )

    async def _listed(self, query: str) -> list[OnVersion]:
        """The oldest first."""
        failing = {one.id async for one in self._connection.list_workflows(f"{query} AND {STUCK}", limit=_FEW)}
        found = [
            OnVersion(id=one.id, kind=one.workflow_type, since=one.start_time, is_failing=one.id in failing)
            async for one in self._connection.list_workflows(query, limit=_FEW)
        ]
        return sorted(found, key=lambda one: one.since)

    async def _count(self, query: str) -> int:
        return (await self._connection.count_workflows(query)).count

    async def _is_heard_of(self, build: str) -> None:
        """Wait for a worker that has just been started. Raises NotFound, NotReady."""
        give_up_at = asyncio.get_running_loop().time() + _A_MOMENT
        while True:
            try:
                return await self._check_works(build)
            except (NotFound, NotReady):
                if asyncio.get_running_loop().time() > give_up_at:
                    raise
                await asyncio.sleep(0.5)

    async def _check_works(self, build: str) -> None:
        _check_known(build, await self._deployment.routing())
        if not any(map(_is_fresh, (await self._deployment.asked_at()).get(build, []))):
            raise NotReady(f"no worker of {build} asks for work: start one first, or what is given to it would stand still")

    def _on(self, build: str) -> str:
        """The question for what runs on a build."""
        return f"{_RUNNING} AND {_VERSION} " + ("IS NULL" if build == NONE else f"= '{self._named(build)}'")

    def _named(self, build: str) -> str:
        return f"{self._deployment.name}:{build}"


def _check_known(build: str, routing: Routing) -> None:
    if build not in (builds := [one.build for one in routing.known]):
        raise NotFound(f"no worker was ever of the build {build}; there are: {', '.join(builds)}")


def _is_fresh(at: datetime) -> bool:
    return at > datetime.now(UTC) - _FRESH
