"""Sees to it that no alert stays untold, no endpoint without its courier, no deletion undone, no night without a look for old things.

What could not be told when it was raised, or started when it was wanted, is as soon as that is possible.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import structlog
from temporalio.client import Client as Connection
from temporalio.service import RPCError

from engine.errors import Unavailable
from engine.steps import StepTypes
from stepwell import contacts as owners
from stepwell.alerting import Alerting
from stepwell.couriers import engage
from stepwell.deleting import engage as engage_deletion
from stepwell.meanwhile import meanwhile
from stepwell.retention import keep_schedule
from store import alerts, contacts, erasing, webhooks
from store.clock import now_of
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
        await _whatever_happens(look(database, connection, types), "alerts cannot be looked for")
        await _whatever_happens(send_couriers(database, connection), "couriers cannot be seen to")
        await _whatever_happens(wake_owners(database, connection), "owners of clients' mails cannot be woken")
        await _whatever_happens(go_on_deleting(database, connection), "deletions cannot be seen to")
        await asyncio.sleep(_EVERY)


async def _whatever_happens(part: Awaitable[object], what_fails: str) -> None:
    """Take one look; the watch goes on whatever comes of it. What is away is worth a warning, anything else is a fault."""
    try:
        await part
    except (Unavailable, RPCError) as error:
        _log.warning(what_fails, error=str(error), then=f"looks again in {_EVERY:.0f} s")
    except Exception:
        _log.exception(what_fails)


async def look(database: Database, connection: Connection, types: StepTypes) -> int:
    """Sound every alert that was left untold; say how many. One that cannot be told is said loudly. Raises StoreUnavailable."""
    sounded = 0
    async with database.of_every_tenant().read() as session:
        left = await alerts.unwatched(session, _GRACE)
    for alert in left:
        try:
            await Alerting(database, connection, alert.tenant, types)._sound(alert)
            sounded += 1
        except Exception:  # one that cannot be told keeps no other back, whatever is wrong with it
            _log.exception("an alert cannot be told", alert=alert.id)
    return sounded


async def go_on_deleting(database: Database, connection: Connection) -> None:
    """See to it that every deletion that is decided is at work. Raises Unavailable."""
    async with database.of_every_tenant().read() as session:
        wanted = await erasing.unfinished(session)
    for erasure in wanted:
        await engage_deletion(connection, erasure)


async def send_couriers(database: Database, connection: Connection) -> None:
    """See to it that every endpoint that is sent to has its courier. Raises StoreUnavailable or RPCError."""
    async with database.of_every_tenant().read() as session:
        wanted = await webhooks.enabled(session)
    for tenant, endpoint in wanted:
        await engage(connection, tenant, endpoint)


async def wake_owners(database: Database, connection: Connection) -> int:
    """Wake the owner of every mail that should have been looked at; say how many. Raises StoreUnavailable or RPCError."""
    async with database.of_every_tenant().read() as session:
        left = await contacts.overdue(session, await now_of(session) - _LATE)
    for tenant, client in left:
        await owners.engage(connection, tenant, client)
    return len(left)
