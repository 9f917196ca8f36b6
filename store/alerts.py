"""Alerts: kept in one transaction with the response that met a risk rule, until somebody takes them up (rule R8)."""

from datetime import datetime, timedelta

from sqlalchemy import and_, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from engine.announcements import ALERT_ACKNOWLEDGED, ALERT_RAISED, Announcement, Facts, Public
from store import outbox
from store.clock import now_of
from store.journeys import led_by
from store.tables import AlertRow, JourneyRow
from store.turns import take_turn


async def raise_(session: AsyncSession, alert: AlertRow) -> AlertRow:
    """Keep an alert and tell hosts of it; the same one twice is one. As the last thing of a transaction."""
    await take_turn(session, "alert", alert.id)
    known = await session.get(AlertRow, alert.id)
    if known is not None:
        return known
    session.add(alert)
    await _announce(session, alert, ALERT_RAISED, "raised", alert.raised_at)
    return alert


async def get(session: AsyncSession, tenant: str, alert: str) -> AlertRow | None:
    """The alert of that id in this tenant."""
    row = await session.get(AlertRow, alert)
    return row if row is not None and row.tenant == tenant else None


async def find(
    session: AsyncSession,
    tenant: str,
    *,
    only_open: bool = True,
    practitioner: str | None = None,
    limit: int = 100,
    after: str = "",
) -> list[AlertRow]:
    """Alerts, the oldest first, after one; of all clients, or of a practitioner's."""
    query = select(AlertRow).where(AlertRow.tenant == tenant)
    if practitioner is not None:
        query = query.join(JourneyRow, col(JourneyRow.id) == col(AlertRow.journey)).where(led_by(tenant, practitioner))
    last = await session.get(AlertRow, after) if after else None
    if last is not None:
        raised = col(AlertRow.raised_at)
        query = query.where(or_(raised > last.raised_at, and_(raised == last.raised_at, col(AlertRow.id) > last.id)))
    if only_open:
        query = query.where(col(AlertRow.acknowledged_at).is_(None))
    return list((await session.scalars(query.order_by(col(AlertRow.raised_at), AlertRow.id).limit(limit))).all())


async def unwatched(session: AsyncSession, grace: timedelta, limit: int = 100) -> list[AlertRow]:
    """Alerts of every tenant whose alarm was never started, though they were raised longer ago than that.

    One from the future is among them: the clock of whoever took the answer is wrong, and nobody may wait for it to be right.
    """
    now = await now_of(session)
    is_fresh = col(AlertRow.raised_at).between(now - grace, now)
    query = select(AlertRow).where(col(AlertRow.watched_at).is_(None), ~is_fresh)
    return list((await session.scalars(query.order_by(col(AlertRow.raised_at)).limit(limit))).all())


async def acknowledge(session: AsyncSession, alert: AlertRow, *, by: str, reason: str, now: datetime) -> None:
    """Note who took it up, and why no more has to be told; the first one counts, and hosts hear of it."""
    await take_turn(session, "alert", alert.id)
    await session.refresh(alert)  # somebody may have been quicker
    if alert.acknowledged_at is None:
        alert.acknowledged_at, alert.acknowledged_by, alert.reason = now, by, reason
        session.add(alert)
        await _announce(session, alert, ALERT_ACKNOWLEDGED, "acknowledged", now)


async def _announce(session: AsyncSession, alert: AlertRow, public: Public, what: str, at: datetime) -> None:
    """Ids only: neither the rules that were met nor what was done about them."""
    journey = await session.get_one(JourneyRow, alert.journey)
    facts = {"alert": alert.id, "occurrence": alert.occurrence, "response_id": alert.response_id}
    data: Facts = {"journey": journey.id, **outbox.about(journey), **{name: facts[name] for name in public.facts}}
    told = Announcement(f"{alert.id}/{what}", public.type, at, data, journey.id)
    await outbox.append(session, alert.tenant, [told])
