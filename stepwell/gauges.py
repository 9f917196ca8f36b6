"""How everything stands, looked up again and again, for whoever asks for metrics: in the store, and in Temporal.

Every worker looks; they all find the same, so take the greatest of a series. Each look has a limit of its own: one that takes
longer is given up, and its gauges keep what they were last.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from itertools import count

import structlog
from temporalio.client import Client as Connection
from temporalio.common import MetricMeter
from temporalio.service import RPCError, RPCStatusCode

from engine.errors import Unavailable
from stepwell.meanwhile import meanwhile
from stepwell.queues import healths
from stepwell.telemetry import meter
from store import standing
from store.clock import now_of
from store.database import Database
from workflows.names import STUCK

_EVERY = 15.0
_JOURNEYS = 4
"""One look at all journeys in so many looks: it is the one that costs with a million of them."""
_LIMIT = 10.0
_GRACE = timedelta(minutes=1)
_A_DAY = timedelta(days=1)
_log = structlog.get_logger("stepwell.gauges")


def gauging(database: Database, connection: Connection) -> AbstractAsyncContextManager[None]:
    """Look again and again meanwhile."""
    return meanwhile(_again(Gauges(database, connection, meter())))


async def _again(gauges: "Gauges") -> None:
    for number in count():
        await gauges.look(with_journeys=number % _JOURNEYS == 0)
        await asyncio.sleep(_EVERY)


class Gauges:
    """The gauges of a process."""

    def __init__(self, database: Database, connection: Connection, meter: MetricMeter) -> None:
        self._database = database
        self._connection = connection
        self._reachable = meter.create_gauge("stepwell_reachable", "Whether the last look succeeded: 1 or 0")
        self._looked_at = meter.create_gauge_float("stepwell_looked_at_seconds", "When a look last succeeded, in Unix time")
        self._journeys = meter.create_gauge("stepwell_journeys", "Journeys by status")
        self._held = meter.create_gauge("stepwell_journeys_held", "Journeys that a step holds")
        self._overdue = meter.create_gauge("stepwell_journeys_overdue", "Journeys that owe a step for more than a day")
        self._unrecorded = meter.create_gauge(
            "stepwell_journeys_unrecorded", "Journeys reserved a minute ago, nothing recorded"
        )
        self._alerts = meter.create_gauge("stepwell_alerts_open", "Alerts that nobody has acknowledged")
        self._oldest = meter.create_gauge_float("stepwell_alerts_oldest_seconds", "How long the oldest of them is open")
        self._untold = meter.create_gauge("stepwell_alerts_untold", "Those of them whose alarm never began")
        self._disabled = meter.create_gauge("stepwell_endpoints_disabled", "Endpoints of hosts that nothing is sent to")
        self._backlog = meter.create_gauge("stepwell_queue_backlog", "Tasks that wait for a worker, about")
        self._waits = meter.create_gauge_float("stepwell_queue_age_seconds", "How long the oldest of them waits")
        self._workers = meter.create_gauge("stepwell_queue_pollers", "Workers that ask for tasks")
        self._stuck = meter.create_gauge("stepwell_workflows_stuck", "Workflows that stopped at a fault, and are tried again")

    async def look(self, *, with_journeys: bool = True) -> None:
        """Look at everything once, whatever fails."""
        await self._within("store", self._look_at_people)
        if with_journeys:
            await self._within("journeys", self._look_at_journeys)
        await self._within("temporal", self._look_at_queues)
        await self._within("workflows", self._look_at_workflows)

    async def _within(self, what: str, look: Callable[[], Awaitable[None]]) -> None:
        """Look within the limit. What is away is the gauge's to say, not the log's, which the watchman fills already."""
        reached = False
        try:
            async with asyncio.timeout(_LIMIT):
                await look()
            reached = True
        except (Unavailable, RPCError, TimeoutError):
            pass
        except Exception:
            _log.exception("a look failed", at=what)
        self._reachable.set(int(reached), {"what": what})
        if reached:
            self._looked_at.set(time.time(), {"what": what})

    async def _look_at_people(self) -> None:
        async with self._database.of_every_tenant().read() as session:
            now = await now_of(session)
            alerts = await standing.open_alerts(session, told_before=now - _GRACE)
            self._alerts.set(alerts.number)
            self._oldest.set((now - alerts.oldest).total_seconds() if alerts.oldest else 0)
            self._untold.set(alerts.untold)
            self._disabled.set(await standing.disabled_endpoints(session))

    async def _look_at_journeys(self) -> None:
        async with self._database.of_every_tenant().read() as session:
            now = await now_of(session)
            self._unrecorded.set(await standing.unrecorded(session, now - _GRACE))
            self._held.set(await standing.held(session))
            self._overdue.set(await standing.overdue(session, now - _A_DAY))
            for status, number in (await standing.journeys(session)).items():
                self._journeys.set(number, {"status": status})

    async def _look_at_queues(self) -> None:
        for one in await healths(self._connection):
            self._backlog.set(one.backlog, {"queue": one.queue})
            self._waits.set(one.oldest_seconds, {"queue": one.queue})
            self._workers.set(one.pollers, {"queue": one.queue})

    async def _look_at_workflows(self) -> None:
        try:
            self._stuck.set((await self._connection.count_workflows(STUCK)).count)
        except RPCError as error:
            if error.status != RPCStatusCode.INVALID_ARGUMENT:  # a server before 1.29 does not know
                raise
