"""The workers of a process: journeys, records, notifications, tasks, webhooks."""

import asyncio
import os
import signal
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities import (
    bulk_activities,
    erasure_activities,
    group_activities,
    notify_activities,
    record_activities,
    retention_activities,
    task_activities,
    webhook_activities,
)
from activities.channels.email import EmailChannel, EmailSettings
from activities.counts import Counts
from activities.host import Host
from activities.outbound import Outbound
from stepwell.acting import Acting
from stepwell.beginning import Beginning
from stepwell.builds import build_id
from stepwell.care import care_from
from stepwell.children import Children
from stepwell.connection import add_search_attributes, connect_to, where_temporal_is
from stepwell.contacts import Owners
from stepwell.exposure import warn_where_anybody_may
from stepwell.following import Works
from stepwell.gauges import gauging
from stepwell.opening import opened_store, say_where_unbound
from stepwell.packages import installed_types
from stepwell.retention import Departing, keep_by
from stepwell.settings import Settings, allowed_targets, budget_of
from stepwell.telemetry import meter
from stepwell.watchman import watching
from store.database import Database
from workflows.alarm import AlarmWorkflow
from workflows.bulk import BulkWorkflow
from workflows.contacts import ContactsWorkflow
from workflows.courier import CourierWorkflow
from workflows.erasure import ErasureWorkflow
from workflows.group import GroupWorkflow
from workflows.journey import JourneyWorkflow
from workflows.names import JOURNEYS, NOTIFICATIONS, QUEUES, RECORDS, SEARCH_ATTRIBUTES, TASKS, WEBHOOKS
from workflows.plugin import workflow_runner
from workflows.retention import RetentionWorkflow

_GRACE = timedelta(seconds=10)
"""What an activity under way is given to finish when the process is asked to end."""
_MOST_COURIERS = 500
"""Each enabled endpoint has one at work nearly all the time; beyond this number they take turns, minutes long."""

WORKFLOWS = (
    *(JourneyWorkflow, AlarmWorkflow, BulkWorkflow, ContactsWorkflow),
    *(CourierWorkflow, ErasureWorkflow, GroupWorkflow, RetentionWorkflow),
)
"""Every workflow there is; each has a recorded history in the tests."""


def build_workers(
    connection: Client, database: Database, settings: Settings, *, queues: Collection[str] = QUEUES
) -> Sequence[Worker]:
    """One worker for each of these task queues. Raises BrokenPackage."""
    types = installed_types()
    secret = settings.host_secret.get_secret_value() if settings.host_secret else None
    outbound = Outbound(allowed_targets(settings))
    host = Host(settings.host_url, secret, outbound)
    care = care_from(settings)
    tasks = task_activities(database, types, Children(database, connection, types, care), host)
    tasks += bulk_activities(database, Acting(database, connection, types, care))
    tasks += erasure_activities(database, connection)
    tasks += retention_activities(database, Departing(database, connection, types), keep_by(settings))
    tasks += group_activities(database, Beginning(database, connection, types, care))
    tasks += [one for step_type in types.values() for one in step_type.activities]
    counts = Counts(meter())
    email = EmailChannel(email_settings(settings), counts)
    records = record_activities(database, counts)
    owners = Owners(connection)
    notifications = notify_activities(
        database, email, settings.staff, owners=owners, journeys=owners, budget=budget_of(settings), counts=counts
    )
    own: dict[str, dict[str, Any]] = {
        JOURNEYS: {
            "workflows": WORKFLOWS,
            "workflow_runner": workflow_runner(),
            "max_cached_workflows": 2000,
            "deployment_config": _versioned(settings.deployment),
        },
        RECORDS: {"activities": records, "max_concurrent_activities": 20},
        TASKS: {"activities": tasks, "max_concurrent_activities": 20},
        NOTIFICATIONS: {
            "activities": notifications,
            "max_concurrent_activities": 50,
            "max_task_queue_activities_per_second": settings.smtp_rate,
        },
        WEBHOOKS: {"activities": webhook_activities(database, outbound, counts), "max_concurrent_activities": _MOST_COURIERS},
    }
    return [
        Worker(
            connection,
            task_queue=one,
            graceful_shutdown_timeout=_GRACE,
            identity=_identity(one),
            interceptors=[Works()],
            **own[one],
        )
        for one in queues
    ]


def _versioned(deployment: str | None) -> WorkerDeploymentConfig | None:
    """Whatever a build of this deployment has begun stays with it until it hands over. Only workflows have versions: an activity
    is done by whichever worker comes first.
    """
    if deployment is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment, build_id()),
        use_worker_versioning=True,
        # said here, not on the workflows: there it would fail each of them on workers without versions
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


def email_settings(settings: Settings) -> EmailSettings:
    """Where the settings say that mail is handed over."""
    return EmailSettings.model_validate(
        {
            "host": settings.smtp_host,
            "port": settings.smtp_port,
            "username": settings.smtp_username,
            "password": settings.smtp_password and settings.smtp_password.get_secret_value(),
            "security": settings.smtp_security,
            "sender": settings.mail_from,
            "client_link": settings.client_link,
            "opt_out_link": f"{settings.public_url.rstrip('/')}/v1/link/opt-out/{{token}}" if settings.public_url else None,
            "link_days": settings.link_days,
        }
    )


def _identity(queue: str) -> str:
    """Seen in Temporal's UI: the process, and no machine's name."""
    return f"{os.getpid()}@{queue}"


async def work(settings: Settings, *, queues: Collection[str] = QUEUES) -> None:
    """Work off these task queues until SIGTERM or Ctrl-C, then finish what is under way. Raises Unavailable."""
    async with opened_store(settings) as database:
        await say_where_unbound(database)
        connection = await connect_to(settings, database.keys)
        await warn_where_anybody_may(where_temporal_is(settings))
        await _prepare(connection)
        async with AsyncExitStack() as stack:
            for worker in build_workers(connection, database, settings, queues=queues):
                await stack.enter_async_context(worker)
            await stack.enter_async_context(watching(database, connection, installed_types()))
            await stack.enter_async_context(gauging(database, connection))
            which = {"deployment": settings.deployment, "build": build_id()} if settings.deployment else {}
            structlog.get_logger("stepwell.worker").info("working", namespace=connection.namespace, **which)
            await until_signalled()


async def _prepare(connection: Client) -> None:
    """Add our search attributes where the server lets us; elsewhere say which an operator has to add."""
    try:
        await add_search_attributes(connection)
    except RPCError as error:
        wanted = {key.name: key.indexed_value_type.name.lower() for key in SEARCH_ATTRIBUTES}
        structlog.get_logger("stepwell.worker").warning("search attributes not checked", wanted=wanted, error=str(error))


async def until_signalled() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
