"""What is not kept for good: how long, by the settings, and the schedule that looks for it every night."""

from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import (
    Client as Connection,
)
from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
)
from temporalio.service import RPCError

from engine.steps import StepTypes
from stepwell.deleting import Deleting
from stepwell.settings import Settings
from store.database import Database
from store.erasing import Whose
from store.retention import Keep
from workflows.names import JOURNEYS
from workflows.retention import RetentionWorkflow

SCHEDULE = "stepwell-retention"


def keep_by(settings: Settings) -> Keep:
    """How long each class is kept."""
    clients = settings.keep_clients_days
    return Keep(
        events=timedelta(days=settings.keep_events_days),
        jobs=timedelta(days=settings.keep_jobs_days),
        drafts=timedelta(days=settings.keep_drafts_days),
        clients=timedelta(days=clients) if clients is not None else None,
    )


class Departing:
    """Deletes clients as whoever runs the process, with a receipt like any other deletion (rule P4)."""

    def __init__(self, database: Database, connection: Connection, types: StepTypes) -> None:
        self._desk: dict[str, Any] = {"database": database, "connection": connection, "types": types}

    async def begin(self, whose: Whose) -> None:
        """Have them deleted, because they have been kept for long enough."""
        await Deleting(**self._desk, tenant=whose.tenant).delete_client(whose.client, reason="retention")


async def keep_schedule(connection: Connection) -> bool:
    """Have a look taken every night at a quarter past three (UTC); whether that is so, by whoever saw to it first."""
    wanted = Schedule(
        action=ScheduleActionStartWorkflow(RetentionWorkflow.run, id="retention", task_queue=JOURNEYS),
        spec=ScheduleSpec(
            calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(3)], minute=[ScheduleRange(15)])],
            jitter=timedelta(minutes=30),
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(days=1)),
    )
    try:
        await connection.create_schedule(SCHEDULE, wanted)
    except ScheduleAlreadyRunningError:
        pass
    except RPCError as error:
        structlog.get_logger("stepwell.retention").warning("there is no schedule yet", error=error.message)
        return False
    return True
