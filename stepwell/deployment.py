"""What Temporal's server keeps of the versions of one deployment, which worker asks for work, and what is given to whom."""

from datetime import UTC, datetime
from typing import NamedTuple

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.deployment.v1 import WorkerDeploymentInfo, WorkerDeploymentVersion
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
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from stepwell.errors import NotFound, StepwellError
from workflows.names import JOURNEYS

_IDENTITY = "stepwell-deploy"
"""Temporal keeps who changed something; no person's or machine's name."""


class NotReady(StepwellError):
    """A version is not fit for what was asked of it; the text says what is missing."""


class Known(NamedTuple):
    """A version as the server has it."""

    build: str
    came_at: datetime
    was_used: bool
    current_since: datetime | None
    ramping_since: datetime | None
    last_current_at: datetime | None
    left_at: datetime | None
    """When it ceased to be current or ramping."""


class Routing(NamedTuple):
    """What is given to whom, and every version there ever was, the latest first."""

    current: str
    ramping: str
    percent: float
    known: tuple[Known, ...]


class Deployment:
    """One deployment on one server."""

    def __init__(self, connection: Client, name: str) -> None:
        self.name = name
        self._connection = connection
        self._service = connection.workflow_service
        self._namespace = connection.namespace

    async def routing(self) -> Routing:
        """How it is now. Raises NotFound where no worker of the deployment ever came."""
        request = DescribeWorkerDeploymentRequest(namespace=self._namespace, deployment_name=self.name)
        try:
            info = (await self._service.describe_worker_deployment(request)).worker_deployment_info
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            how = f"start one with STEPWELL_DEPLOYMENT={self.name}"
            raise NotFound(f"no worker of the deployment {self.name} ever came; {how}") from error
        config = info.routing_config
        return Routing(
            current=config.current_deployment_version.build_id,
            ramping=config.ramping_deployment_version.build_id,
            percent=config.ramping_version_percentage,
            known=tuple(sorted(map(_known, info.version_summaries), key=lambda one: one.came_at, reverse=True)),
        )

    async def asked_at(self) -> dict[str, list[datetime]]:
        """By build, when each of its workers last asked for work; who did not for five minutes is forgotten."""
        described = await self._service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=self._namespace,
                task_queue=TaskQueue(name=JOURNEYS),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
                report_pollers=True,
            )
        )
        found: dict[str, list[datetime]] = {}
        for one in described.pollers:
            if one.deployment_options.deployment_name == self.name:
                found.setdefault(one.deployment_options.build_id, []).append(one.last_access_time.ToDatetime(UTC))
        return found

    async def make_current(self, build: str) -> None:
        """All that is new goes to it."""
        await self._service.set_worker_deployment_current_version(
            SetWorkerDeploymentCurrentVersionRequest(
                namespace=self._namespace, deployment_name=self.name, build_id=build, identity=_IDENTITY
            )
        )

    async def ramp(self, build: str, percent: float) -> None:
        """So many in a hundred go to it; "" and 0: to none but the current one."""
        await self._service.set_worker_deployment_ramping_version(
            SetWorkerDeploymentRampingVersionRequest(
                namespace=self._namespace,
                deployment_name=self.name,
                build_id=build,
                percentage=percent,
                identity=_IDENTITY,
            )
        )

    async def move(self, workflow: str, run: str, build: str) -> None:
        """Have a build go on with a run that another one has begun. It stays there, and is as free as any other afterwards."""
        target = WorkerDeploymentVersion(deployment_name=self.name, build_id=build)
        once = VersioningOverride(one_time=VersioningOverride.OneTimeOverride(target_deployment_version=target))
        await self._service.update_workflow_execution_options(
            UpdateWorkflowExecutionOptionsRequest(
                namespace=self._namespace,
                workflow_execution=WorkflowExecution(workflow_id=workflow, run_id=run),
                workflow_execution_options=WorkflowExecutionOptions(versioning_override=once),
                update_mask=FieldMask(paths=["versioning_override"]),
                identity=_IDENTITY,
            )
        )


def _known(info: WorkerDeploymentInfo.WorkerDeploymentVersionSummary) -> Known:
    came_at = _when(info.create_time)
    assert came_at is not None
    return Known(
        build=info.deployment_version.build_id,
        came_at=came_at,
        was_used=_when(info.first_activation_time) is not None,
        current_since=_when(info.current_since_time),
        ramping_since=_when(info.ramping_since_time),
        last_current_at=_when(info.last_current_time),
        left_at=_when(info.last_deactivation_time),
    )


def _when(stamp: Timestamp) -> datetime | None:
    return stamp.ToDatetime(UTC) if stamp.seconds else None
