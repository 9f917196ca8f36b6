"""Versions of the workers, and how what runs comes from one to another. Temporal's server keeps the record: there is no table."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import WorkflowExecution as Execution
from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflow.v1 import VersioningOverride, WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import Client, WorkflowExecution
from temporalio.common import OneTimeVersioningOverride, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode

from stepwell.errors import NotFound, StepwellError
from stepwell.rehearsing import Rehearsed, rehearse, replay_failure
from stepwell.workers import WORKFLOWS
from workflows.names import CONTACTS, GROUP, JOURNEY, JOURNEYS, NUDGE

_RUNNING = f"TaskQueue = '{JOURNEYS}' AND ExecutionStatus = 'Running'"
_VERSION = "TemporalWorkerDeploymentVersion"
_FAILING = "TemporalReportedProblems IS NOT NULL"
_WAITING = (JOURNEY, CONTACTS, GROUP)
"""What may wait for months; everything else wakes by itself within the hour."""
_IDENTITY = "stepwell-deploy"
_FRESH = timedelta(minutes=2)
"""A worker asks for work once a minute at least: who did not is gone."""
_ENOUGH_TO_LOOK_AT = 1000
_CALM = 10.0
"""Seconds without a change after which what is left will not go by itself."""


class NotReady(StepwellError):
    """A version is not fit for what was asked of it; the text says what is missing."""


class Version(NamedTuple):
    """One version of the workers, and what is on it."""

    build: str
    """"" is what no version has yet: from before there were any, or just started."""
    state: str
    since: datetime | None
    """Since when it is current, or ramping, or no more."""
    journeys: int
    others: int
    """Alarms, contacts, couriers, jobs."""
    failing: int
    """Of all of them: their task fails again and again."""
    workers: int
    last_seen: datetime | None
    """When a worker of it asked for work the last time."""
    oldest: str
    """Of what is on it, the one whose run began first; "" where nothing is, or too much to look at."""
    oldest_since: datetime | None

    @property
    def running(self) -> int:
        """All that is on it."""
        return self.journeys + self.others

    @property
    def why(self) -> str:
        """Why it is not drained, and what helps; "" where it is, or is not to be."""
        if self.state != "draining":
            return ""
        if not self.workers:
            return f"no worker of it runs, so {self.running} stand still: start one"
        if self.failing:
            return f"{self.failing} fail again and again: deploy drain takes over those that the current build can go on with"
        return "come over when they wake; deploy drain wakes them"


class Left(NamedTuple):
    """What is still on a version."""

    id: str
    kind: str
    since: datetime
    is_failing: bool


class Rollout:
    """The versions of one deployment."""

    def __init__(self, connection: Client, deployment: str) -> None:
        self._connection = connection
        self._deployment = deployment

    async def versions(self) -> list[Version]:
        """All of them, the latest first. Raises NotFound where no worker of the deployment ever came."""
        info = await self._info()
        seen = await self._pollers()
        nobody = f"{_RUNNING} AND {_VERSION} IS NULL"
        routing = info.routing_config
        found = []
        for one in sorted(info.version_summaries, key=lambda one: one.create_time.ToDatetime(), reverse=True):
            build = one.deployment_version.build_id
            counted = await self._count(f"{_RUNNING} AND {self._on(build)}")
            since = one.current_since_time
            if build == routing.current_deployment_version.build_id:
                state = "current"
            elif build == routing.ramping_deployment_version.build_id:
                state, since = f"ramping {routing.ramping_version_percentage:g} %", one.ramping_since_time
            else:
                used = one.HasField("first_activation_time")
                state = "draining" if counted.running else "drained" if used else "new"
                since = one.last_deactivation_time if used else one.create_time
            asked = seen.get(build, [])
            found.append(
                counted._replace(
                    build=build,
                    state=state,
                    since=_when(since),
                    workers=sum(at > datetime.now(UTC) - _FRESH for at in asked),
                    last_seen=max(asked, default=None),
                )
            )
        unversioned = await self._count(nobody)
        return [*found, *([unversioned._replace(state="no version")] if unversioned.running else [])]

    async def current(self) -> str:
        """The build that everything new goes to; "" where none was promoted yet. Raises NotFound."""
        return (await self._info()).routing_config.current_deployment_version.build_id

    async def rehearse(self, build: str, *, each: int) -> Rehearsed:
        """Try the build of this very process on what runs, up to `each` of every kind of workflow. Raises NotFound."""
        await self._info()
        mine = f"({_VERSION} IS NULL OR {self._on(build)})"
        others = f"{_VERSION} IS NOT NULL AND {_VERSION} != '{self._deployment}:{build}'"
        kinds = [f"{_RUNNING} AND WorkflowType = '{kind}' AND" for kind in _kinds()]
        return await rehearse(
            self._connection,
            middle=[f"{kind} {mine}" for kind in kinds],
            later=[f"{kind} {others}" for kind in kinds],
            each=each,
        )

    async def promote(self, build: str) -> None:
        """Everything new goes to it from now on, and what runs follows when it wakes. Raises NotFound, NotReady."""
        await self._has_workers(build)
        await self._asked(
            self._connection.workflow_service.set_worker_deployment_current_version(
                SetWorkerDeploymentCurrentVersionRequest(
                    namespace=self._connection.namespace,
                    deployment_name=self._deployment,
                    build_id=build,
                    identity=_IDENTITY,
                )
            )
        )

    async def ramp(self, build: str, percent: float) -> None:
        """So many in a hundred go to it, chosen by their ids; 0 takes that back. Raises NotFound, NotReady."""
        if percent:
            await self._has_workers(build)
        await self._asked(
            self._connection.workflow_service.set_worker_deployment_ramping_version(
                SetWorkerDeploymentRampingVersionRequest(
                    namespace=self._connection.namespace,
                    deployment_name=self._deployment,
                    build_id=build if percent else "",
                    percentage=percent,
                    identity=_IDENTITY,
                )
            )
        )

    async def roll_back(self) -> str:
        """Take back a ramp; where there is none, make the build current again that was so before. Says which build is current.

        Raises NotFound, NotReady.
        """
        info = await self._info()
        current = info.routing_config.current_deployment_version.build_id
        if info.routing_config.ramping_deployment_version.build_id:
            await self.ramp("", 0)
            return current
        before = [one for one in info.version_summaries if one.HasField("last_current_time")]
        before = [one for one in before if one.deployment_version.build_id != current]
        if not before:
            raise NotReady("no other build was ever current; there is nothing to go back to")
        build = max(before, key=lambda one: one.last_current_time.ToDatetime()).deployment_version.build_id
        await self.promote(build)
        return build

    async def drain(self, build: str, *, a_second: float, told: Callable[[int], None] = lambda gone: None) -> list[Left]:
        """Wake what waits on a build, a few a second, so that it comes over; then wait until nothing more does. Says what is left.

        Cut off and begun again, it goes on with what is still there. `told` how many are gone. Raises NotFound, NotReady.
        """
        info = await self._info()
        routing = info.routing_config
        if build in (routing.current_deployment_version.build_id, routing.ramping_deployment_version.build_id):
            raise NotReady(f"{build} is wanted: promote another build, or roll back, before it is drained")
        await self._described(info, build)
        query = f"{_RUNNING} AND {self._on(build)}"
        began = (await self._connection.count_workflows(query)).count
        kinds = ", ".join(f"'{kind}'" for kind in _WAITING)
        async for one in self._connection.list_workflows(f"{query} AND WorkflowType IN ({kinds})"):
            await self._nudge(one)
            await asyncio.sleep(1 / a_second)
            told(began - (await self._connection.count_workflows(query)).count)
        await self._come_over(query, began, told)
        return await self._left(query)

    async def take_over(self, build: str, mine: str) -> list[str]:
        """Have this process' build, which is current, go on with what fails again and again on another, in the middle of its
        run: those alone that replay here. Says which.
        """
        if await self.current() != mine:
            raise NotReady(f"the build here, {mine}, is not current: only the current one takes over what fails elsewhere")
        taken = []
        async for one in self._connection.list_workflows(f"{_RUNNING} AND {self._on(build)} AND {_FAILING}"):
            history = await self._connection.get_workflow_handle(one.id, run_id=one.run_id).fetch_history()
            if not await replay_failure(self._connection, history):
                await self._move(one, mine)
                taken.append(one.id)
        return taken

    async def _nudge(self, one: WorkflowExecution) -> None:
        try:
            await self._connection.get_workflow_handle(one.id, run_id=one.run_id).signal(NUDGE)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:  # it has just ended, or gone
                raise

    async def _come_over(self, query: str, began: int, told: Callable[[int], None]) -> None:
        loop = asyncio.get_running_loop()
        count, changed_at = began, loop.time()
        while count and loop.time() < changed_at + _CALM:
            await asyncio.sleep(0.5)
            now = (await self._connection.count_workflows(query)).count
            if now != count:
                count, changed_at = now, loop.time()
                told(began - count)

    async def _left(self, query: str) -> list[Left]:
        failing = {one.id async for one in self._connection.list_workflows(f"{query} AND {_FAILING}", limit=_ENOUGH_TO_LOOK_AT)}
        left = [
            Left(one.id, one.workflow_type, one.start_time, one.id in failing)
            async for one in self._connection.list_workflows(query, limit=_ENOUGH_TO_LOOK_AT)
        ]
        return sorted(left, key=lambda one: one.since)

    async def _count(self, query: str) -> Version:
        """How much a query finds, in a version that says nothing else yet."""
        journeys = (await self._connection.count_workflows(f"{query} AND WorkflowType = '{JOURNEY}'")).count
        others = (await self._connection.count_workflows(f"{query} AND WorkflowType != '{JOURNEY}'")).count
        failing = (await self._connection.count_workflows(f"{query} AND {_FAILING}")).count
        is_few = 0 < journeys + others <= _ENOUGH_TO_LOOK_AT
        oldest = next(iter(await self._left(query)), None) if is_few else None
        return Version(
            *("", "", None, journeys, others, failing, 0, None),
            oldest=oldest.id if oldest else "",
            oldest_since=oldest.since if oldest else None,
        )

    async def _move(self, one: WorkflowExecution, build: str) -> None:
        once = OneTimeVersioningOverride(WorkerDeploymentVersion(self._deployment, build))
        await self._connection.workflow_service.update_workflow_execution_options(
            UpdateWorkflowExecutionOptionsRequest(
                namespace=self._connection.namespace,
                workflow_execution=Execution(workflow_id=one.id, run_id=one.run_id),
                workflow_execution_options=WorkflowExecutionOptions(versioning_override=_as_proto(once)),
                update_mask=FieldMask(paths=["versioning_override"]),
                identity=_IDENTITY,
            )
        )

    async def _has_workers(self, build: str) -> None:
        await self._described(await self._info(), build)
        if not any(at > datetime.now(UTC) - _FRESH for at in (await self._pollers()).get(build, [])):
            raise NotReady(f"no worker of {build} runs; start one first: what is given to it would stand still")

    async def _described(self, info: WorkerDeploymentInfo, build: str) -> None:
        builds = [one.deployment_version.build_id for one in info.version_summaries]
        if build not in builds:
            raise NotFound(f"no worker of {self._deployment} was ever of the build {build}; there are: {', '.join(builds)}")

    async def _info(self) -> WorkerDeploymentInfo:
        try:
            found = await self._connection.workflow_service.describe_worker_deployment(
                DescribeWorkerDeploymentRequest(namespace=self._connection.namespace, deployment_name=self._deployment)
            )
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                raise NotFound(
                    f"no worker of the deployment {self._deployment} ever came; start one with "
                    f"STEPWELL_DEPLOYMENT={self._deployment}"
                ) from error
            raise
        return found.worker_deployment_info

    async def _pollers(self) -> dict[str, list[datetime]]:
        """By build, when each worker of it last asked for work."""
        described = await self._connection.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=self._connection.namespace,
                task_queue=TaskQueue(name=JOURNEYS),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
                report_pollers=True,
            )
        )
        found: dict[str, list[datetime]] = {}
        for one in described.pollers:
            if one.deployment_options.deployment_name == self._deployment:
                at = one.last_access_time.ToDatetime(UTC)
                found.setdefault(one.deployment_options.build_id, []).append(at)
        return found

    def _on(self, build: str) -> str:
        return f"{_VERSION} = '{self._deployment}:{build}'"
