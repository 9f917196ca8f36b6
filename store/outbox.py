"""Events for hosts: kept in one transaction with what they tell of, and read in the order in which they became visible.

Whoever has read up to a position never finds an earlier one later: within a tenant, transactions that append take a turn
from the moment they draw their positions until they have committed.
"""

from collections.abc import Sequence

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from engine.announcements import Announcement, CloudEvent, cloud_event
from store.tables import JourneyRow, OutgoingRow
from store.turns import take_turn


async def append(session: AsyncSession, tenant: str, announcements: Sequence[Announcement]) -> list[int]:
    """Keep these for the tenant's hosts and say at which positions; IntegrityError where one is there already.

    Call it as the last thing of a transaction: nobody else in the tenant can append before that ends.
    """
    await session.flush()
    await take_turn(session, "outgoing", tenant)
    rows = [OutgoingRow(tenant=tenant, **one._asdict()) for one in announcements]
    for row in rows:  # one by one: together, a database may number them in another order
        session.add(row)
        await session.flush()
    return [position_of(row) for row in rows]


async def read(
    session: AsyncSession, tenant: str, *, after: int = 0, limit: int | None = 100, types: Sequence[str] = ()
) -> list[OutgoingRow]:
    """The tenant's events after a position, in order; of these types, or of every one."""
    query = select(OutgoingRow).where(OutgoingRow.tenant == tenant, col(OutgoingRow.position) > after)
    if types:
        query = query.where(col(OutgoingRow.type).in_(types))
    return list((await session.scalars(query.order_by(col(OutgoingRow.position)).limit(limit))).all())


async def last_position(session: AsyncSession, tenant: str) -> int:
    """Where the tenant's events end at the moment; 0 for none."""
    found = await session.scalar(select(func.max(OutgoingRow.position)).where(OutgoingRow.tenant == tenant))
    return int(found or 0)


def about(journey: JourneyRow) -> dict[str, str | int]:
    """Whose journey it is, for hosts."""
    return {"client": journey.client, "pathway": journey.pathway, "version": journey.version}


def position_of(row: OutgoingRow) -> int:
    """The position of a row that is in the store."""
    assert row.position is not None
    return row.position


def sent_as(row: OutgoingRow) -> CloudEvent:
    """The CloudEvent that this row is, wherever and however often it is sent."""
    kept = Announcement(row.id, row.type, row.at, row.data, row.journey, row.seq)
    return cloud_event(kept, row.tenant, position_of(row))
