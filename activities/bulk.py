"""Carry out an action on many journeys, some of them a call: each once, whoever is killed in between."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, Protocol

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.alive import alive
from engine.effects import CARRY_OUT, CarriedOut, CarryOut
from store import bulk
from store.database import Database
from store.tables import BulkItemRow, BulkJobRow

_log = structlog.get_logger("stepwell.bulk")
_A_CALL = 200
"""Journeys that one call of the activity does at most: history grows by three events for each."""
_AT_ONCE = 5


class Outcome(NamedTuple):
    """What became of one journey, and why where it is not done."""

    state: Literal["done", "refused", "failed", "ready"]
    message: str | None = None
    difference: dict[str, Any] | None = None
    """A migration: what it comes to for this journey."""


class Actions(Protocol):
    """What can be done to a journey, as many at once need it. Each is safe to repeat for the same job."""

    async def act(self, job: BulkJobRow, item: BulkItemRow) -> Outcome:
        """Do what the job says to one journey, as far as it is time for it."""


class Bulk:
    """Works through the journeys of a job that still wait."""

    def __init__(self, database: Database, actions: Actions, *, per_second: float = 25) -> None:
        self._database = database
        self._actions = actions
        self._pause = _AT_ONCE / per_second

    @activity.defn(name=CARRY_OUT)
    async def carry_out(self, wanted: CarryOut) -> CarriedOut:
        """Do some of it, and say whether that was all."""
        async with alive():
            return await self._some(wanted)

    async def _some(self, wanted: CarryOut) -> CarriedOut:
        for _ in range(_A_CALL // _AT_ONCE):
            job, waiting = await self._next(wanted)
            if job.finished_at is not None:
                return CarriedOut(is_finished=True)
            async with asyncio.TaskGroup() as group:
                pace = group.create_task(asyncio.sleep(self._pause))
                for item in waiting:
                    group.create_task(self._one(job, item))
            await pace
        return CarriedOut(is_finished=False)

    async def _next(self, wanted: CarryOut) -> tuple[BulkJobRow, list[BulkItemRow]]:
        """The job and what comes next of it; it is finished where nothing does."""
        async with self._database.of(wanted.tenant).read() as session:
            job = await bulk.get(session, wanted.tenant, wanted.job)
            if job is None:
                raise ApplicationError(f"the job {wanted.job} is not in the store", type="NoJob", non_retryable=True)
            waiting = await bulk.items(session, job.id, states=bulk.TO_DO, limit=_AT_ONCE)
        if job.cancelled_at is not None or not waiting:
            async with self._database.of(wanted.tenant).begin() as session:
                job = await bulk.get(session, wanted.tenant, wanted.job) or job
                await bulk.finish(session, job, datetime.now(UTC))
            _log.info("bulk action finished", job=job.id, action=job.action)
        return job, waiting

    async def _one(self, job: BulkJobRow, item: BulkItemRow) -> None:
        try:
            outcome = await self._actions.act(job, item)
        except Exception as error:  # one journey keeps no other back, whatever is wrong with it
            _log.exception("a journey cannot be acted on", job=job.id, journey=item.journey)
            outcome = Outcome("failed", f"{type(error).__name__}; the worker's log says more")
        async with self._database.of(job.tenant).begin() as session:
            now = datetime.now(UTC)
            await bulk.settle(session, job.id, item.journey, outcome.state, outcome.message, now, difference=outcome.difference)
