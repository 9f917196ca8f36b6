"""Operators who are signed in to the console: found by the hash of what their browser holds."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.tables import ApiKeyRow, ConsoleSessionRow


async def add(session: AsyncSession, row: ConsoleSessionRow) -> None:
    """Keep a new one."""
    session.add(row)
    await session.flush()


async def find(session: AsyncSession, hash: str) -> tuple[ConsoleSessionRow, ApiKeyRow] | None:
    """The session with that hash, and the key it was opened with."""
    query = (
        select(ConsoleSessionRow, ApiKeyRow)
        .join(ApiKeyRow, col(ApiKeyRow.id) == col(ConsoleSessionRow.key))
        .where(ConsoleSessionRow.hash == hash)
    )
    found = (await session.execute(query)).first()
    return (found[0], found[1]) if found else None


async def mark_seen(session: AsyncSession, hash: str, now: datetime) -> None:
    """Note that somebody works with it."""
    row = await session.get(ConsoleSessionRow, hash)
    if row is not None:
        row.seen_at = now
        session.add(row)


async def end(session: AsyncSession, hash: str) -> None:
    """End it."""
    await session.execute(delete(ConsoleSessionRow).where(col(ConsoleSessionRow.hash) == hash))


async def clear(session: AsyncSession, *, expired_at: datetime, idle_since: datetime) -> None:
    """Forget those that nobody can use any more."""
    is_over = (col(ConsoleSessionRow.expires_at) <= expired_at) | (col(ConsoleSessionRow.seen_at) <= idle_since)
    await session.execute(delete(ConsoleSessionRow).where(is_over))
