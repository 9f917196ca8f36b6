"""Sees to it that no alert stays untold, no endpoint without its courier, no deletion undone, no night without a look for old things.

What could not be told when it was raised, or started when it was wanted, is as soon as that is possible.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import structlog
from temporalio.client import Client as Connection
from temporalio.service import RPCError

from engine.errors import StepwellError
from engine.steps import StepTypes
from stepwell import contacts as owners
from stepwell.alerting import Alerting
from stepwell.couriers import engage
from stepwell.deleting import engage as engage_deletion
from stepwell.meanwhile import meanwhile
from stepwell.retention import keep_schedule
from store import alerts, contacts, erasing, webhooks
from store.database import Database

_EVERY = 15.0
_GRACE = timedelta(seconds=10)
"""Whoever took the answer is about to tell of it."""
_LATE = timedelta(minutes=1)
"""Whoever is at it looks again within that."""
_log = structlog.get_logger("stepwell.alert")


def watching(database: Database, connection: Connection, types: StepTypes) -> AbstractAsyncContextManager[None]:
    """Look again and again meanwhile."""
    return meanwhile(_watch(database, connection, types))


async def _watch(database: Database, connection: Connection, types: StepTypes) -> None:
    is_scheduled = False
    while True:
        is_scheduled = is_scheduled or await keep_schedule(connection)
        await look(database, connection, types)
        await send_couriers(database, connection)
        await wake_owners(database, connection)
        await go_on_deleting(database, connection)
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


async def go_on_deleting(database: Database, connection: Connection) -> None:
    """See to it that every deletion that is decided is at work. What fails is said loudly and tried again."""
    try:
        async with database.read() as session:
            wanted = await erasing.unfinished(session)
        for erasure in wanted:
            await engage_deletion(connection, erasure)
    except StepwellError as error:
        _log.error("deletions cannot be seen to", error=str(error))


async def send_couriers(database: Database, connection: Connection) -> None:
    """See to it that every endpoint that is sent to has its courier. What fails is said loudly and tried again."""
    try:
        async with database.read() as session:
            wanted = await webhooks.enabled(session)
        for tenant, endpoint in wanted:
            await engage(connection, tenant, endpoint)
    except (StepwellError, RPCError) as error:
        _log.error("couriers cannot be seen to", error=str(error))


async def wake_owners(database: Database, connection: Connection) -> int:
    """Wake the owner of every mail that should have been looked at; say how many. What fails is tried again."""
    woken = 0
    try:
        async with database.read() as session:
            left = await contacts.overdue(session, datetime.now(UTC) - _LATE)
        for tenant, client in left:
            await owners.engage(connection, tenant, client)
            woken += 1
    except (StepwellError, RPCError) as error:
        _log.error("owners of clients' mails cannot be woken", error=str(error))
    return woken
