"""Searching journeys: filters, orders, pages that stay stable while rows come and go."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.journeys import led_by
from store.tables import JourneyRow, OccurrenceRow


class Order(NamedTuple):
    """By which column, and whether the largest comes first; ties are in order of ids."""

    column: str
    falls: bool
    is_instant: bool = True


ORDERS: dict[str, Order] = {
    "newest": Order("created_at", falls=True),
    "oldest": Order("created_at", falls=False),
    "overdue": Order("owed_since", falls=False),
    "failed": Order("failed_at", falls=True),
    "client": Order("client", falls=False, is_instant=False),
}
"""What journeys can be listed by. Those without an instant are not in a list by it."""


class Filters(NamedTuple):
    """What journeys have to fit, all of it."""

    text: str = ""
    client: str | None = None
    pathways: Sequence[str] | None = None
    version: int | None = None
    statuses: Sequence[str] = ()
    held: bool | None = None
    owed_before: datetime | None = None
    failed_since: datetime | None = None
    practitioner: str | None = None
    also: str | None = None
    """A second practitioner, whose they must be too: the caller."""


class BadCursor(Exception):
    """The cursor is of another list; begin again without one."""


async def find(
    session: AsyncSession, tenant: str, filters: Filters, *, by: str = "newest", limit: int = 50, after: str | None = None
) -> tuple[list[JourneyRow], str | None]:
    """A page, and the cursor of the next one. Raises BadCursor."""
    order = ORDERS[by]
    column = col(getattr(JourneyRow, order.column))
    query = _fitting(select(JourneyRow), tenant, filters).where(column.is_not(None))
    if after is not None:
        query = query.where(_behind(order, by, after))
    key = (column.desc(), col(JourneyRow.id).desc()) if order.falls else (column, col(JourneyRow.id))
    rows = list((await session.scalars(query.order_by(*key).limit(limit + 1))).all())
    return rows[:limit], _cursor(by, order, rows[limit - 1]) if len(rows) > limit else None


async def count(session: AsyncSession, tenant: str, filters: Filters, *, most: int) -> int:
    """How many there are; no more than `most` are counted."""
    found = _fitting(select(JourneyRow.id), tenant, filters).limit(most).subquery()
    return int(await session.scalar(select(func.count()).select_from(found)) or 0)


async def ids(session: AsyncSession, tenant: str, filters: Filters, *, limit: int, after: str = "") -> list[str]:
    """The ids of journeys that fit, in their order, after one."""
    query = _fitting(select(JourneyRow.id), tenant, filters).where(col(JourneyRow.id) > after)
    return list((await session.scalars(query.order_by(JourneyRow.id).limit(limit))).all())


async def open_counts(session: AsyncSession, journeys: Sequence[str]) -> dict[str, int]:
    """How many steps are open in each of these."""
    query = (
        select(OccurrenceRow.journey, func.count())
        .where(col(OccurrenceRow.journey).in_(journeys), col(OccurrenceRow.state).in_(("open", "started")))
        .group_by(OccurrenceRow.journey)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


def _fitting(query: Select[Any], tenant: str, filters: Filters) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [col(JourneyRow.tenant) == tenant]
    equal = {"client": filters.client, "version": filters.version, "held": filters.held}
    conditions += [col(getattr(JourneyRow, name)) == value for name, value in equal.items() if value is not None]
    if filters.pathways is not None:
        conditions.append(col(JourneyRow.pathway).in_(filters.pathways))
    if filters.statuses:
        conditions.append(col(JourneyRow.status).in_(filters.statuses))
    if filters.owed_before is not None:
        conditions.append(col(JourneyRow.owed_since) < filters.owed_before)
    if filters.failed_since is not None:
        conditions.append(col(JourneyRow.failed_at) >= filters.failed_since)
    conditions += [led_by(one) for one in (filters.practitioner, filters.also) if one is not None]
    if filters.text:
        columns = (JourneyRow.id, JourneyRow.client, JourneyRow.enrolment_key)
        conditions.append(or_(*(col(one).startswith(filters.text, autoescape=True) for one in columns)))
    return query.where(*conditions)


def _cursor(by: str, order: Order, row: JourneyRow) -> str:
    value = getattr(row, order.column)
    words = json.dumps([by, value.isoformat() if order.is_instant else value, row.id])
    return base64.urlsafe_b64encode(words.encode()).decode().rstrip("=")


def _behind(order: Order, by: str, cursor: str) -> ColumnElement[bool]:
    try:
        named, value, journey = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at = datetime.fromisoformat(value) if order.is_instant else str(value)
        if named != by or not isinstance(journey, str) or (isinstance(at, datetime) and at.tzinfo is None):
            raise ValueError(named)
    except (ValueError, TypeError) as error:
        raise BadCursor from error
    column, id = col(getattr(JourneyRow, order.column)), col(JourneyRow.id)
    if order.falls:
        return or_(column < at, and_(column == at, id < journey))
    return or_(column > at, and_(column == at, id > journey))
