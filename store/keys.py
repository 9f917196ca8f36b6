"""API keys: found by their hash, never read back."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.tables import ApiKeyRow

_BY_HASH = select(ApiKeyRow).where(col(ApiKeyRow.hash) == bindparam("hash"))
"""Made once: every request asks it."""


async def add(session: AsyncSession, key: ApiKeyRow) -> None:
    """Keep a new key."""
    session.add(key)
    await session.flush()


async def get(session: AsyncSession, tenant: str, key: str) -> ApiKeyRow | None:
    """The key of that id in this tenant."""
    row = await session.get(ApiKeyRow, key)
    return row if row is not None and row.tenant == tenant else None


async def by_hash(session: AsyncSession, hash: str) -> ApiKeyRow | None:
    """The key with that hash, of whatever tenant."""
    return (await session.scalars(_BY_HASH, {"hash": hash})).first()


async def find(session: AsyncSession, tenant: str, *, limit: int = 100, after: str = "") -> list[ApiKeyRow]:
    """Keys in order of their ids, after one, the revoked ones too."""
    query = select(ApiKeyRow).where(ApiKeyRow.tenant == tenant, ApiKeyRow.id > after)
    return list((await session.scalars(query.order_by(col(ApiKeyRow.id)).limit(limit))).all())


async def mark_used(session: AsyncSession, key: str, now: datetime) -> None:
    """Note that it was used."""
    row = await session.get(ApiKeyRow, key)
    if row is not None:
        row.last_used_at = now
        session.add(row)
