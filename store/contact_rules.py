"""What holds for the mails of one client now, as the store knows it."""

from datetime import datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from engine.agenda import TOGETHER
from engine.contacts import Budget, Rules
from engine.structure import TimeWindow
from engine.zones import zone_of
from store.journeys import OVER
from store.tables import ClientRow, JourneyRow


async def rules_of(session: AsyncSession, client: ClientRow, budget: Budget, now: datetime) -> Rules:
    """The client's own limits, else the deployer's; days are those of the client's zone, else of their oldest running journey."""
    query = (
        select(JourneyRow.zone)
        .where(JourneyRow.tenant == client.tenant, JourneyRow.client == client.id, col(JourneyRow.status).not_in(OVER))
        .order_by(col(JourneyRow.created_at), col(JourneyRow.id))
    )
    zones = (await session.scalars(query.limit(2))).all()
    return Rules(
        zone=zone_of(client.zone or (zones[0] if zones else "UTC")),
        a_day=client.contacts_a_day or budget.a_day,
        a_week=client.contacts_a_week or budget.a_week,
        quiet=_window(client.quiet_from, client.quiet_to),
        preferred=_window(client.preferred_from, client.preferred_to),
        snoozed_until=client.snoozed_until if client.snoozed_until and client.snoozed_until > now else None,
        is_held=client.held_at is not None,
        together=TOGETHER if len(zones) > 1 else timedelta(),
    )


async def has_others(session: AsyncSession, client: ClientRow, journey: str) -> bool:
    """Whether another journey of the client runs."""
    query = select(JourneyRow.id).where(
        JourneyRow.tenant == client.tenant,
        JourneyRow.client == client.id,
        JourneyRow.id != journey,
        col(JourneyRow.status).not_in(OVER),
    )
    return await session.scalar(query.limit(1)) is not None


def _window(start: str | None, end: str | None) -> TimeWindow | None:
    return TimeWindow(start=time.fromisoformat(start), end=time.fromisoformat(end)) if start and end else None
