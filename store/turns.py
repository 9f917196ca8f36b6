"""Taking turns: what may not be done by two transactions at once."""

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import ARRAY, BigInteger, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def take_turn(session: AsyncSession, *name: str) -> None:
    """Wait until nobody else is at the thing of that name, and keep it until this transaction ends.

    On SQLite a writing transaction has the whole store to itself already.
    """
    await take_turns(session, [name])


async def take_turns(session: AsyncSession, names: Iterable[Sequence[str]]) -> None:
    """The same for many things at once. Everybody takes them in one order: nobody waits for somebody who waits for them."""
    if session.get_bind().dialect.name == "postgresql":
        keys = sorted({_key(name) for name in names})
        one = func.unnest(bindparam("keys", keys, type_=ARRAY(BigInteger))).column_valued("one")
        await session.execute(select(func.pg_advisory_xact_lock(one)))


def _key(name: Sequence[str]) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(name).encode()).digest()[:8], signed=True)
