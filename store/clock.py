"""Whose time counts where processes have to agree about it."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def now_of(session: AsyncSession) -> datetime:
    """The store's time, in UTC: PostgreSQL's own, whatever the clocks of its users say; with SQLite all are on one machine."""
    if session.get_bind().dialect.name == "postgresql":
        now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
        return now.astimezone(UTC)
    return datetime.now(UTC)
