"""Searching journeys: filters, orders, pages that stay stable while rows come and go."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from store.journeys import led_by
from store.tables import GroupMemberRow, JourneyRow, OccurrenceRow

_LAST = "\U0010ffff"
"""Comes after everything that an id may hold."""


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
    among: Sequence[str] | None = None
    """Only these, by their ids."""
    group: str | None = None
    """Only journeys that this group started."""
    by: str = "newest"
    """The order: what has no place in it does not fit."""


class BadCursor(Exception):
    """The cursor is of another list; begin again without one."""


async def find(
    session: AsyncSession,
    tenant: str,
    filters: Filters,
    *,
    limit: int = 50,
    after: str | None = None,
    mark: str = "",
) -> tuple[list[JourneyRow], str | None]:
    """A page, and the cursor of the next one; `mark` stands for what was asked. Raises BadCursor where it was something else."""
    await _plan_for_values(session)
    order, mark = ORDERS[filters.by], f"{filters.by} {mark}"
    column = col(getattr(JourneyRow, order.column))
    query = fitting(session, select(JourneyRow), tenant, filters)
    if after is not None:
        query = query.where(_behind(order, mark, after))
    key = (column.desc(), col(JourneyRow.id).desc()) if order.falls else (column, col(JourneyRow.id))
    rows = list((await session.scalars(query.order_by(*key).limit(limit + 1))).all())
    return rows[:limit], _cursor(mark, order, rows[limit - 1]) if len(rows) > limit else None


async def count(session: AsyncSession, tenant: str, filters: Filters, *, most: int) -> int:
    """How many there are; no more than `most` are counted."""
    await _plan_for_values(session)
    found = fitting(session, select(JourneyRow.id), tenant, filters).limit(most).subquery()
    return int(await session.scalar(select(func.count()).select_from(found)) or 0)


async def open_counts(session: AsyncSession, journeys: Sequence[str]) -> dict[str, int]:
    """How many steps are open in each of these."""
    query = (
        select(OccurrenceRow.journey, func.count())
        .where(col(OccurrenceRow.journey).in_(journeys), col(OccurrenceRow.state).in_(("open", "started")))
        .group_by(OccurrenceRow.journey)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


def fitting(session: AsyncSession, query: Select[Any], tenant: str, filters: Filters) -> Select[Any]:
    """A query of journeys, narrowed to those that fit."""
    listed = col(getattr(JourneyRow, ORDERS[filters.by].column)).is_not(None)
    conditions: list[ColumnElement[bool]] = [col(JourneyRow.tenant) == tenant, listed]
    equal = {"client": filters.client, "version": filters.version, "held": filters.held}
    conditions += [col(getattr(JourneyRow, name)) == value for name, value in equal.items() if value is not None]
    if filters.pathways is not None:
        conditions.append(col(JourneyRow.pathway).in_(filters.pathways))
    if filters.among is not None:
        conditions.append(col(JourneyRow.id).in_(filters.among))
    if filters.group is not None:
        members = select(GroupMemberRow.journey).where(
            GroupMemberRow.tenant == tenant, GroupMemberRow.group == filters.group, col(GroupMemberRow.journey).is_not(None)
        )
        conditions.append(col(JourneyRow.id).in_(members))
    if filters.statuses:
        conditions.append(col(JourneyRow.status).in_(filters.statuses))
    if filters.owed_before is not None:
        conditions.append(col(JourneyRow.owed_since) < filters.owed_before)
    if filters.failed_since is not None:
        conditions.append(col(JourneyRow.failed_at) >= filters.failed_since)
    conditions += [led_by(tenant, one) for one in (filters.practitioner, filters.also) if one is not None]
    if filters.text:
        columns = (JourneyRow.id, JourneyRow.client, JourneyRow.enrolment_key)
        conditions.append(or_(*(_begins(session, col(one), filters.text) for one in columns)))
    return query.where(*conditions)


def _begins(session: AsyncSession, column: Mapped[str], text: str) -> ColumnElement[bool]:
    """Whether it begins so, letter by letter, written as each database finds it by an index.

    Not by LIKE: PostgreSQL asks that only of rows that it has seen to be the tenant's, and would look at all of those.
    """
    last = text + _LAST
    if session.get_bind().dialect.name == "sqlite":
        return and_(column >= text, column < last)
    return and_(column.bool_op("~>=~")(text), column.bool_op("~<~")(last))


async def _plan_for_values(session: AsyncSession) -> None:
    """Have PostgreSQL look at the values: which index serves depends on them, and a beginning has none without."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


def _cursor(of: str, order: Order, row: JourneyRow) -> str:
    value = getattr(row, order.column)
    words = json.dumps([of, value.isoformat() if order.is_instant else value, row.id])
    return base64.urlsafe_b64encode(words.encode()).decode().rstrip("=")


def _behind(order: Order, of: str, cursor: str) -> ColumnElement[bool]:
    try:
        named, value, journey = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at = datetime.fromisoformat(value) if order.is_instant else str(value)
        if named != of or not isinstance(journey, str) or (isinstance(at, datetime) and at.tzinfo is None):
            raise ValueError(named)
    except (ValueError, TypeError) as error:
        raise BadCursor from error
    # as pairs: an index by both goes straight there, which it does not for the same said with OR
    here, there = tuple_(col(getattr(JourneyRow, order.column)), col(JourneyRow.id)), tuple_(at, journey)
    return here < there if order.falls else here > there
