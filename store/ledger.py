"""The notification ledger: intended → attempted → accepted → seen → acted on, per recipient (rule N2)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from store.tables import JourneyRow, NotificationRow
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


async def of_client(session: AsyncSession, tenant: str, client: str, names: Sequence[str]) -> list[NotificationRow]:
    """These messages of a client's ledger."""
    query = _to_client(tenant, client).where(col(NotificationRow.id).in_(names))
    return list((await session.scalars(query)).all())


async def latest_of_client(session: AsyncSession, tenant: str, client: str, limit: int) -> list[NotificationRow]:
    """What was to be sent to a client, on whichever journey, the newest first; the to-do list brings nothing to anybody."""
    query = _to_client(tenant, client).where(
        or_(col(NotificationRow.channel).is_(None), col(NotificationRow.channel) != "in_app")
    )
    newest = query.order_by(col(NotificationRow.intended_at).desc(), col(NotificationRow.id).desc())
    return list((await session.scalars(newest.limit(limit))).all())


def _to_client(tenant: str, client: str) -> SelectOfScalar[NotificationRow]:
    theirs = select(JourneyRow.id).where(JourneyRow.tenant == tenant, JourneyRow.client == client)
    return select(NotificationRow).where(col(NotificationRow.journey).in_(theirs), NotificationRow.recipient == "client")
