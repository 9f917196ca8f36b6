"""Searches with a name."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.tables import SavedViewRow
from store.turns import take_turn


async def keep(session: AsyncSession, view: SavedViewRow) -> None:
    """Keep it in place of one of that name."""
    await take_turn(session, "view", view.tenant, view.name)
    await session.merge(view)


async def find(session: AsyncSession, tenant: str) -> list[SavedViewRow]:
    """All of them, by name."""
    query = select(SavedViewRow).where(SavedViewRow.tenant == tenant).order_by(col(SavedViewRow.name))
    return list((await session.scalars(query)).all())


async def drop(session: AsyncSession, tenant: str, name: str) -> None:
    """Forget it, if it is there."""
    await session.execute(delete(SavedViewRow).where(col(SavedViewRow.tenant) == tenant, col(SavedViewRow.name) == name))
