"""The audit: who did or saw what, and why; appended, read, never changed, and without anything that was in it."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.tables import AuditRow


async def append(session: AsyncSession, row: AuditRow) -> None:
    """Note one thing, in the transaction of what it is about."""
    session.add(row)
    await session.flush()


async def read(session: AsyncSession, tenant: str, *, limit: int, before: int | None = None) -> list[AuditRow]:
    """The latest first; `before` is the number of the last one seen."""
    query = select(AuditRow).where(AuditRow.tenant == tenant)
    if before is not None:
        query = query.where(col(AuditRow.number) < before)
    return list((await session.scalars(query.order_by(col(AuditRow.number).desc()).limit(limit))).all())
