"""What somebody has begun to write for an occurrence; theirs alone until it is sent."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.tables import ResponseDraftRow
from store.turns import take_turn


async def keep(session: AsyncSession, draft: ResponseDraftRow) -> None:
    """Keep it in place of what was there."""
    await take_turn(session, "response_draft", draft.journey, draft.occurrence, draft.by_role)
    await session.merge(draft)


async def drop(session: AsyncSession, journey: str, occurrence: str, by_role: str) -> None:
    """Forget it, if it is there."""
    mine = (
        col(ResponseDraftRow.journey) == journey,
        col(ResponseDraftRow.occurrence) == occurrence,
        col(ResponseDraftRow.by_role) == by_role,
    )
    await session.execute(delete(ResponseDraftRow).where(*mine))


async def of_journeys(session: AsyncSession, journeys: Sequence[str], by_role: str) -> dict[tuple[str, str], ResponseDraftRow]:
    """What somebody in this role has begun in these journeys, by journey and occurrence."""
    if not journeys:
        return {}
    query = select(ResponseDraftRow).where(col(ResponseDraftRow.journey).in_(journeys), ResponseDraftRow.by_role == by_role)
    return {(row.journey, row.occurrence): row for row in (await session.scalars(query)).all()}
