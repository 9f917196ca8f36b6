"""The notification ledger: intended → attempted → accepted → seen → acted on, per recipient (rule N2)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.tables import NotificationRow
from store.turns import take_turn


async def intend(session: AsyncSession, row: NotificationRow) -> NotificationRow:
    """Note what is going to be tried; what is noted already stays."""
    await take_turn(session, "notification", row.id)
    known = await session.get(NotificationRow, row.id)
    if known is not None:
        return known
    session.add(row)
    await session.flush()
    return row


async def of_journey(session: AsyncSession, journey: str) -> list[NotificationRow]:
    """Everything that was to be sent for a journey, the oldest first."""
    query = select(NotificationRow).where(NotificationRow.journey == journey)
    return list((await session.scalars(query.order_by(col(NotificationRow.intended_at), col(NotificationRow.id)))).all())


async def mark(
    session: AsyncSession,
    journey: str,
    occurrence: str,
    *,
    recipient: str,
    seen_at: datetime | None,
    acted_at: datetime | None,
) -> None:
    """Note that the recipient saw or acted on what these messages were about; the first time counts."""
    query = select(NotificationRow).where(NotificationRow.journey == journey, NotificationRow.recipient == recipient)
    for row in (await session.scalars(query)).all():
        if occurrence in row.occurrences and row.accepted_at is not None:
            row.seen_at = row.seen_at or seen_at or acted_at
            row.acted_at = row.acted_at or acted_at
            session.add(row)
