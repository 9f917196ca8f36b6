"""How everything stands, over all tenants together: numbers alone."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from store.journeys import OVER
from store.tables import AlertRow, EndpointRow, JourneyRow

STATUSES = ("starting", "active", "paused", *OVER)


class OpenAlerts(NamedTuple):
    """The alerts that nobody has taken up."""

    number: int
    oldest: datetime | None
    untold: int
    """Those whose alarm was never started."""


async def journeys(session: AsyncSession) -> dict[str, int]:
    """How many journeys have each status."""
    status = col(JourneyRow.status)
    stand = dict.fromkeys(STATUSES, 0)
    for name, number in await session.execute(select(status, func.count()).group_by(status)):
        stand[name] = number
    return stand


async def held(session: AsyncSession) -> int:
    """How many journeys are held by a step and not over."""
    return await _number(session, col(JourneyRow.held).is_(True), col(JourneyRow.status).not_in(OVER))


async def overdue(session: AsyncSession, owed_before: datetime) -> int:
    """How many journeys owe a required step that was due before an instant."""
    return await _number(session, col(JourneyRow.owed_since) < owed_before)


async def unrecorded(session: AsyncSession, begun_before: datetime) -> int:
    """How many journeys were reserved before an instant and have recorded nothing."""
    return await _number(session, col(JourneyRow.status) == "starting", col(JourneyRow.created_at) < begun_before)


async def open_alerts(session: AsyncSession, *, told_before: datetime) -> OpenAlerts:
    """Those that nobody has acknowledged; untold are those that were raised before an instant."""
    is_untold = col(AlertRow.watched_at).is_(None) & (col(AlertRow.raised_at) < told_before)
    columns = (func.count(), func.min(AlertRow.raised_at), func.count().filter(is_untold))
    found = (await session.execute(select(*columns).where(col(AlertRow.acknowledged_at).is_(None)))).one()
    return OpenAlerts(*found)


async def disabled_endpoints(session: AsyncSession) -> int:
    """How many endpoints nothing is sent to any more."""
    query = select(func.count()).select_from(EndpointRow).where(col(EndpointRow.disabled_at).is_not(None))
    return int(await session.scalar(query) or 0)


async def _number(session: AsyncSession, *conditions: ColumnElement[bool]) -> int:
    return int(await session.scalar(select(func.count()).select_from(JourneyRow).where(*conditions)) or 0)
