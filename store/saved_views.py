"""Searches that operators keep under a name."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.tables import SavedViewRow


async def keep(session: AsyncSession, view: SavedViewRow) -> None:
    """Keep it, in the place of one of the same name."""
    await session.merge(view)
    await session.flush()


async def find(session: AsyncSession, tenant: str) -> list[SavedViewRow]:
    """All of a tenant, by name."""
    query = select(SavedViewRow).where(SavedViewRow.tenant == tenant).order_by(col(SavedViewRow.name))
    return list((await session.scalars(query)).all())


async def forget(session: AsyncSession, tenant: str, name: str) -> bool:
    """Forget it; whether there was one."""
    row = await session.get(SavedViewRow, (tenant, name))
    if row is not None:
        await session.delete(row)
    return row is not None
