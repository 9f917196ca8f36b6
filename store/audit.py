"""The audit: who did or saw what, and why; appended, read, never changed, and without anything that was in it.

The entries of a tenant are a chain: each holds a hash of itself and of the one before it, so that whoever changes one, takes
one out or puts one between is found out by `verify`. Taking away the last ones is found out by a hash that was noted elsewhere.
"""

import hashlib
import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.sealing import NotAuthentic
from store.sessions import AS_KEPT, open_rows
from store.tables import AuditRow
from store.turns import take_turn

_A_PAGE = 1000


class Verified(NamedTuple):
    """What a chain was found to be."""

    entries: int
    """That are in the chain; those from before there was one are not counted."""
    head: str | None
    """The hash of the last entry: noted elsewhere, it says later that nothing was taken away up to here."""
    broken_at: int | None = None
    """The number of the first entry that is not what was appended, or does not follow the one before it."""
    is_noted: bool | None = None
    """Whether the hash that somebody had noted is in the chain; None: none was given."""


async def append(session: AsyncSession, row: AuditRow) -> None:
    """Note one thing, in the transaction of what it is about, and as the last of it: others wait for its end to note theirs."""
    await take_turn(session, "audit", row.tenant)
    query = select(AuditRow.hash).where(AuditRow.tenant == row.tenant).order_by(col(AuditRow.number).desc()).limit(1)
    previous = (await session.scalars(query)).first()
    if row.reason is not None:
        row.salt = secrets.token_hex(16)
        row.digest = _digest(row.salt, row.reason)
    row.hash = _hash(previous, row)
    session.add(row)
    await session.flush()


async def read(session: AsyncSession, tenant: str, *, limit: int, before: int | None = None) -> list[AuditRow]:
    """The latest first; `before` is the number of the last one seen."""
    query = select(AuditRow).where(AuditRow.tenant == tenant)
    if before is not None:
        query = query.where(col(AuditRow.number) < before)
    return list((await session.scalars(query.order_by(col(AuditRow.number).desc()).limit(limit))).all())


async def verify(session: AsyncSession, tenant: str, *, noted: str | None = None) -> Verified:
    """Go through a tenant's whole chain. `noted` is a hash that was its head at some time."""
    entries, head, is_noted = 0, None, None if noted is None else False
    async for row in _in_order(session, tenant):
        if row.hash is None and head is None:
            continue  # from before there was a chain
        if not await _is_kept(session, row) or row.hash != _hash(head, row):
            return Verified(entries, head, broken_at=row.number, is_noted=is_noted)
        entries, head = entries + 1, row.hash
        is_noted = is_noted or (None if noted is None else head == noted)
    return Verified(entries, head, is_noted=is_noted)


async def _in_order(session: AsyncSession, tenant: str) -> AsyncIterator[AuditRow]:
    after = -1
    while True:
        query = select(AuditRow).where(AuditRow.tenant == tenant, col(AuditRow.number) > after)
        query = query.order_by(col(AuditRow.number)).limit(_A_PAGE).execution_options(**{AS_KEPT: True})
        rows = (await session.scalars(query)).all()
        for row in rows:
            yield row
        if len(rows) < _A_PAGE:
            return
        after = rows[-1].number or 0
        session.expunge_all()


async def _is_kept(session: AsyncSession, row: AuditRow) -> bool:
    """Whether the words of its reason are those it was appended with."""
    try:
        await open_rows(session, [row])
    except NotAuthentic:
        return False
    return row.reason is None or (row.salt is not None and row.digest == _digest(row.salt, row.reason))


def _digest(salt: str, reason: str) -> str:
    return hashlib.sha256(f"{salt}\0{reason}".encode()).hexdigest()


def _hash(previous: str | None, row: AuditRow) -> str:
    """By what an entry is and what it follows; of its reason by the digest, which stays when the words go."""
    what = [
        previous,
        row.tenant,
        row.at.astimezone(UTC).isoformat(),
        row.actor,
        row.action,
        row.object,
        row.digest,
        row.request,
    ]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()
