"""Wrong credentials, counted by the address they came from, for every gateway alike."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from store.tables import FailedCredentialRow
from store.turns import take_turn

WITHIN = timedelta(minutes=1)
"""How long a count lasts from its first one on."""


async def blocked_until(session: AsyncSession, address: str, most: int, now: datetime) -> datetime | None:
    """Until when nothing unknown is looked at from there; None: it is."""
    row = await session.get(FailedCredentialRow, address)
    if row is None or row.count < most or row.since + WITHIN <= now:
        return None
    return row.since + WITHIN


async def count(session: AsyncSession, address: str, now: datetime) -> None:
    """One more."""
    await take_turn(session, "failed_credential", address)
    row = await session.get(FailedCredentialRow, address)
    if row is None:
        row = FailedCredentialRow(address=address, since=now, count=0)
    elif row.since + WITHIN <= now:
        row.since, row.count = now, 0
    row.count += 1
    session.add(row)


async def forget(session: AsyncSession, now: datetime) -> None:
    """Forget counts that count no more."""
    await session.execute(delete(FailedCredentialRow).where(col(FailedCredentialRow.since) <= now - WITHIN))
