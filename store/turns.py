"""Taking turns: what may not be done by two transactions at once."""

import hashlib

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def take_turn(session: AsyncSession, *name: str) -> None:
    """Wait until nobody else is at the thing of that name, and keep it until this transaction ends.

    On SQLite a writing transaction has the whole store to itself already.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256("\0".join(name).encode()).digest()[:8], signed=True)
        await session.execute(select(func.pg_advisory_xact_lock(key)))
