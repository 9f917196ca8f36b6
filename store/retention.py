"""What is not kept for good, and for how long: taken away in batches, class by class.

Credentials that nobody can use any more the gateways put away themselves. What is a client's stays until they are deleted.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from store.erasing import Whose
from store.journeys import OVER
from store.tables import BulkItemRow, BulkJobRow, ClientRow, DeliveryRow, JourneyRow, OutgoingRow, ResponseDraftRow

A_BATCH = 500


class Keep(NamedTuple):
    """How long each class is kept."""

    events: timedelta = timedelta(days=90)
    """Events for hosts, and what became of each at each endpoint."""
    jobs: timedelta = timedelta(days=90)
    """Actions on many journeys that are finished or cancelled, with what became of each journey."""
    drafts: timedelta = timedelta(days=30)
    """What somebody had begun to write and never sent, on a journey that is over."""
    clients: timedelta | None = None
    """Clients all of whose journeys have been over for so long are deleted; None: nobody is."""


class _Class(NamedTuple):
    table: type[SQLModel]
    is_old: Callable[[datetime], ColumnElement[bool]]
    kept_for: Callable[[Keep], timedelta]


def _old_deliveries(before: datetime) -> ColumnElement[bool]:
    old = select(col(OutgoingRow.position)).where(col(OutgoingRow.at) < before)
    return and_(col(DeliveryRow.next_at).is_(None), col(DeliveryRow.position).in_(old))


def _old_events(before: datetime) -> ColumnElement[bool]:
    """Not those that are still on their way to somebody."""
    deliveries = select(DeliveryRow).where(col(DeliveryRow.position) == col(OutgoingRow.position))
    return and_(col(OutgoingRow.at) < before, ~deliveries.exists())


def _old_items(before: datetime) -> ColumnElement[bool]:
    return col(BulkItemRow.job).in_(select(col(BulkJobRow.id)).where(_was_done(before)))


def _old_jobs(before: datetime) -> ColumnElement[bool]:
    items = select(BulkItemRow).where(col(BulkItemRow.job) == col(BulkJobRow.id))
    return and_(_was_done(before), ~items.exists())


def _was_done(before: datetime) -> ColumnElement[bool]:
    return func.coalesce(col(BulkJobRow.finished_at), col(BulkJobRow.cancelled_at)) < before


def _old_drafts(before: datetime) -> ColumnElement[bool]:
    over = select(col(JourneyRow.id)).where(col(JourneyRow.status).in_(OVER))
    return and_(col(ResponseDraftRow.saved_at) < before, col(ResponseDraftRow.journey).in_(over))


CLASSES: Mapping[str, _Class] = {
    "deliveries": _Class(DeliveryRow, _old_deliveries, lambda keep: keep.events),
    "events": _Class(OutgoingRow, _old_events, lambda keep: keep.events),
    "journeys of jobs": _Class(BulkItemRow, _old_items, lambda keep: keep.jobs),
    "jobs": _Class(BulkJobRow, _old_jobs, lambda keep: keep.jobs),
    "drafts": _Class(ResponseDraftRow, _old_drafts, lambda keep: keep.drafts),
}
"""In the order in which they may go: what refers to others first."""


async def forget_some(session: AsyncSession, name: str, keep: Keep, now: datetime) -> int:
    """Take away a batch of what is too old of one class; says how many rows."""
    one = CLASSES[name]
    table = SQLModel.metadata.tables[str(one.table.__tablename__)]
    key = list(table.primary_key.columns)
    old = select(*key).where(one.is_old(now - one.kept_for(keep))).limit(A_BATCH)
    done = await session.execute(delete(table).where(tuple_(*key).in_(old)))
    return int(done.rowcount)  # type: ignore[attr-defined]  # a deletion has it


async def departed(session: AsyncSession, before: datetime) -> list[Whose]:
    """Some clients whose journeys are all over since before an instant, and who are not being deleted yet, of all tenants."""
    theirs = and_(col(JourneyRow.tenant) == col(ClientRow.tenant), col(JourneyRow.client) == col(ClientRow.id))
    lasts = func.coalesce(col(JourneyRow.finished_at), col(JourneyRow.created_at)) >= before
    query = select(col(ClientRow.tenant), col(ClientRow.id)).where(
        col(ClientRow.deleting_at).is_(None),
        select(JourneyRow).where(theirs).exists(),
        ~select(JourneyRow).where(theirs, col(JourneyRow.status).not_in(OVER) | lasts).exists(),
    )
    found = await session.execute(query.order_by(col(ClientRow.tenant), col(ClientRow.id)).limit(A_BATCH))
    return [Whose(*row) for row in found]
