"""Searching journeys: filters, sorts, and pages that stay what they are while journeys go on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from store.journeys import led_by
from store.tables import JourneyRow, OccurrenceRow, PathwayVersionRow

_LAST = "\U0010ffff"
"""Comes after everything that an id may hold."""


class Order(NamedTuple):
    """By which column a page goes, then by id in the same direction."""

    column: Mapped[Any]
    is_falling: bool = False


ORDERS: dict[str, Order] = {
    "newest": Order(col(JourneyRow.created_at), is_falling=True),
    "oldest": Order(col(JourneyRow.created_at)),
    "overdue": Order(col(JourneyRow.overdue_since)),
    "failed": Order(col(JourneyRow.failed_at), is_falling=True),
    "client": Order(col(JourneyRow.client)),
}


@dataclass(frozen=True)
class Wanted:
    """Which journeys; what is None does not matter."""

    tenant: str
    begins: str | None = None
    client: str | None = None
    pathway: str | None = None
    pathways: tuple[str, ...] | None = None
    version: int | None = None
    statuses: tuple[str, ...] = ()
    held: bool | None = None
    overdue_before: datetime | None = None
    failed_since: datetime | None = None
    led_by: tuple[str, ...] = ()
    """Journeys of each of these practitioners at once: the one asked for, and the one who asks."""
    ids: tuple[str, ...] | None = None


async def page(
    session: AsyncSession, wanted: Wanted, sort: str, *, limit: int, after: tuple[Any, str] | None = None
) -> list[JourneyRow]:
    """So many journeys in this order, after the place of one."""
    await _plan_for_values(session)
    order = ORDERS[sort]
    query = select(JourneyRow).where(*_conditions(session, wanted), *_sorted_only(order))
    if after is not None:
        here, there = tuple_(order.column, col(JourneyRow.id)), tuple_(*after)
        query = query.where(here < there if order.is_falling else here > there)
    columns = (order.column, col(JourneyRow.id))
    query = query.order_by(*(one.desc() if order.is_falling else one.asc() for one in columns)).limit(limit)
    return list((await session.scalars(query)).all())


def place(row: JourneyRow, sort: str) -> tuple[Any, str]:
    """Where a journey stands in an order."""
    return getattr(row, ORDERS[sort].column.key or ""), row.id


async def count(session: AsyncSession, wanted: Wanted, sort: str, *, at_most: int) -> int:
    """How many there are; one more than `at_most` stands for more."""
    await _plan_for_values(session)
    some: Select[Any] = select(JourneyRow.id).where(*_conditions(session, wanted), *_sorted_only(ORDERS[sort]))
    found = await session.scalar(select(func.count()).select_from(some.limit(at_most + 1).subquery()))
    return int(found or 0)


async def open_steps(session: AsyncSession, journeys: Sequence[str]) -> dict[str, int]:
    """How many steps of each of these are open or started."""
    query = (
        select(OccurrenceRow.journey, func.count())
        .where(col(OccurrenceRow.journey).in_(journeys), col(OccurrenceRow.state).in_(("open", "started")))
        .group_by(col(OccurrenceRow.journey))
    )
    return {row[0]: row[1] for row in await session.execute(query)}


async def tagged(session: AsyncSession, tenant: str, tag: str) -> tuple[str, ...]:
    """The pathways whose latest version carries a tag."""
    tags = col(PathwayVersionRow.contents)["tags"]
    query = (
        select(PathwayVersionRow.pathway, tags)
        .where(PathwayVersionRow.tenant == tenant)
        .order_by(col(PathwayVersionRow.pathway), col(PathwayVersionRow.number))
    )
    latest: dict[str, Iterable[str]] = {pathway: carried or () for pathway, carried in await session.execute(query)}
    return tuple(pathway for pathway, carried in latest.items() if tag in carried)


def _conditions(session: AsyncSession, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(JourneyRow.tenant) == wanted.tenant]
    for name in ("client", "pathway", "version", "held"):
        value = getattr(wanted, name)
        if value is not None:
            found.append(col(getattr(JourneyRow, name)) == value)
    if wanted.begins is not None:
        names = (JourneyRow.id, JourneyRow.client, JourneyRow.enrolment_key)
        found.append(or_(*(_begins(session, col(name), wanted.begins) for name in names)))
    if wanted.pathways is not None:
        found.append(col(JourneyRow.pathway).in_(wanted.pathways))
    if wanted.statuses:
        found.append(col(JourneyRow.status).in_(wanted.statuses))
    if wanted.overdue_before is not None:
        found.append(col(JourneyRow.overdue_since) <= wanted.overdue_before)
    if wanted.failed_since is not None:
        found.append(col(JourneyRow.failed_at) >= wanted.failed_since)
    if wanted.ids is not None:
        found.append(col(JourneyRow.id).in_(wanted.ids))
    return [*found, *(led_by(one) for one in wanted.led_by)]


def _begins(session: AsyncSession, column: Mapped[str], prefix: str) -> ColumnElement[bool]:
    """Whether it begins so, written as each database finds it by an index."""
    if session.get_bind().dialect.name == "sqlite":
        return and_(column >= prefix, column < prefix + _LAST)
    return column.startswith(prefix, autoescape=True)


def _sorted_only(order: Order) -> list[ColumnElement[bool]]:
    """What has no place in an order is not in it."""
    return [order.column.is_not(None)] if order.column.key in ("overdue_since", "failed_at") else []


async def _plan_for_values(session: AsyncSession) -> None:
    """Have PostgreSQL look at the values: which index serves depends on them, and a prefix has none without."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
