"""Requests that were answered, so that the same one gets the same answer."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from store.clock import now_of
from store.tables import IdempotencyRow
from store.turns import take_turn


async def take(
    session: AsyncSession, hash: str, by: str, *, tenant: str, fingerprint: str, lease: timedelta
) -> IdempotencyRow | None:
    """Take the request on for so long: None where it is now the caller's to answer, else what is known of it.

    One that was taken and not answered in its time is taken anew: whoever was at it is gone.
    """
    await take_turn(session, "idempotency", hash)
    known, now = await session.get(IdempotencyRow, hash), await now_of(session)
    if known is None:
        wanted = IdempotencyRow(
            hash=hash, tenant=tenant, fingerprint=fingerprint, created_at=now, taken_by=by, taken_until=now + lease
        )
        session.add(wanted)
        await session.flush()
        return None
    if known.status is None and known.fingerprint == fingerprint and known.taken_until <= now:
        known.taken_by, known.taken_until = by, now + lease
        session.add(known)
        return None
    return known


async def settle(session: AsyncSession, hash: str, status: int, sealed: str) -> None:
    """Keep the answer."""
    row = await session.get(IdempotencyRow, hash)
    if row is not None:
        row.status, row.sealed = status, sealed
        session.add(row)


async def hold(session: AsyncSession, hash: str, by: str, lease: timedelta) -> None:
    """Say that whoever took it is still at it, and will be for so long."""
    until = await now_of(session) + lease
    await session.execute(update(IdempotencyRow).where(*_taken(hash, by)).values(taken_until=until))


async def let_go(session: AsyncSession, hash: str, by: str) -> None:
    """Forget a request that came to nothing, so that it may be tried again; not where somebody else has it now."""
    await session.execute(delete(IdempotencyRow).where(*_taken(hash, by)))


def _taken(hash: str, by: str) -> tuple[ColumnElement[bool], ...]:
    row = IdempotencyRow
    return col(row.hash) == hash, col(row.status).is_(None), col(row.taken_by) == by


async def forget_before(session: AsyncSession, before: datetime) -> None:
    """Forget what is older."""
    await session.execute(delete(IdempotencyRow).where(col(IdempotencyRow.created_at) < before))
