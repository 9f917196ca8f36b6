"""Sees to it that no alert stays untold: what could not be told when it was raised is told as soon as that is possible."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import structlog
from temporalio.client import Client as Connection

from engine.errors import StepwellError
from engine.steps import StepTypes
from stepwell.alerting import Alerting
from store import alerts
from store.database import Database

_EVERY = 15.0
_GRACE = timedelta(seconds=10)
"""Whoever took the answer is about to tell of it."""
_log = structlog.get_logger("stepwell.alert")


@asynccontextmanager
async def watching(database: Database, connection: Connection, types: StepTypes) -> AsyncIterator[None]:
    """Look again and again meanwhile."""
    task = asyncio.create_task(_watch(database, connection, types))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(database: Database, connection: Connection, types: StepTypes) -> None:
    while True:
        await look(database, connection, types)
        await asyncio.sleep(_EVERY)


async def look(database: Database, connection: Connection, types: StepTypes) -> int:
    """Sound every alert that was left untold; say how many. What fails is said loudly and tried again."""
    sounded = 0
    try:
        async with database.read() as session:
            left = await alerts.unwatched(session, datetime.now(UTC) - _GRACE)
    except StepwellError as error:
        _log.error("alerts cannot be looked for", error=str(error))
        return 0
    for alert in left:
        try:
            await Alerting(database, connection, alert.tenant, types)._sound(alert)
            sounded += 1
        except Exception as error:  # one that cannot be told keeps no other back, whatever is wrong with it
            _log.error("an alert cannot be told", alert=alert.id, error=repr(error))
    return sounded
