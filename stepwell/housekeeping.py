"""What the gateway puts away by itself: kept answers, counts of wrong credentials, links and sessions that are over."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import structlog

from engine.errors import StepwellError
from stepwell.api.once import KEPT
from stepwell.console.sessions import IDLE
from stepwell.meanwhile import meanwhile
from store import attempts, console_sessions, idempotency, links
from store.database import Database

_EVERY = 600.0
_EXPIRED_FOR = timedelta(days=30)
_log = structlog.get_logger("stepwell.housekeeping")


def tidying(database: Database) -> AbstractAsyncContextManager[None]:
    """Tidy up again and again meanwhile; several gateways may."""
    return meanwhile(_again(database))


async def _again(database: Database) -> None:
    while True:
        try:
            await tidy(database, datetime.now(UTC))
        except StepwellError as error:
            _log.warning("nothing was put away", error=str(error))
        await asyncio.sleep(_EVERY)


async def tidy(database: Database, now: datetime) -> None:
    """Forget what is of no use any more at that instant."""
    async with database.of_every_tenant().begin() as session:
        await idempotency.forget_before(session, now - KEPT)
        await attempts.forget(session, now)
        await links.forget(session, now - _EXPIRED_FOR)
        await console_sessions.clear(session, expired_at=now, idle_since=now - IDLE)
