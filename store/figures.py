"""Figures over many journeys: what became of each step, week by week, and how things stand."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Select, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col

from store.journeys import OVER, led_by
from store.tables import AlertRow, DeliveryRow, EndpointRow, JourneyRow, NotificationRow, OccurrenceRow, OutgoingRow

_OFFERED = ("open", "started", "completed", "skipped", "expired", "abandoned")


class StepState(NamedTuple):
    """How many occurrences of a step are in a state."""

    step: str
    state: str
    occurrences: int


class Hours(NamedTuple):
    """How long a step took those who completed it."""

    step: str
    median: float
    p90: float


class Week(NamedTuple):
    """What was due in the week that begins on this Monday."""

    monday: date
    offered: int
    completed: int
    on_time: int


class Failures(NamedTuple):
    """Messages of one channel that did not go out for one cause."""

    channel: str | None
    failed: str | None
    skipped: str | None
    messages: int


class Pathway(NamedTuple):
    """Whose journeys are counted."""

    tenant: str
    pathway: str
    version: int | None = None
    practitioner: str | None = None
    """Only the journeys of this practitioner."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """As a query asks for it."""
        found = [col(JourneyRow.tenant) == self.tenant, col(JourneyRow.pathway) == self.pathway]
        if self.version is not None:
            found.append(col(JourneyRow.version) == self.version)
        if self.practitioner is not None:
            found.append(led_by(self.tenant, self.practitioner))
        return found


async def states(session: AsyncSession, of: Pathway) -> list[StepState]:
    """How many occurrences of each step are in each state."""
    columns = (col(OccurrenceRow.step), col(OccurrenceRow.state))
    query = _occurrences(of, *columns, func.count()).group_by(*columns)
    return [StepState(*row) for row in await session.execute(query)]


async def journeys_at(session: AsyncSession, of: Pathway) -> dict[str, tuple[int, int]]:
    """How many journeys have come to each step, and how many it holds."""
    journey = col(OccurrenceRow.journey)
    held = case((col(OccurrenceRow.holds), journey))
    query = _occurrences(of, col(OccurrenceRow.step), func.count(journey.distinct()), func.count(held.distinct()))
    return {
        step: (reached, holding) for step, reached, holding in await session.execute(query.group_by(col(OccurrenceRow.step)))
    }


async def hours(session: AsyncSession, of: Pathway) -> list[Hours]:
    """How long each step took from delivery to completion: the median and the ninetieth of a hundred."""
    took = _hours_between(session, col(OccurrenceRow.delivered_at), col(OccurrenceRow.settled_at))
    step = col(OccurrenceRow.step)
    done = _occurrences(
        of,
        step.label("step"),
        took.label("took"),
        func.row_number().over(partition_by=step, order_by=took).label("place"),
        func.count().over(partition_by=step).label("number"),
    ).where(col(OccurrenceRow.state) == "completed", col(OccurrenceRow.delivered_at).is_not(None))
    each = done.subquery()
    # the nearest rank: a figure that somebody really took, the same on both databases
    middle = each.c.place == (each.c.number + 1) // 2
    ninth = each.c.place == (each.c.number * 9 + 9) // 10
    query = select(
        each.c.step, func.max(case((middle, each.c.took))).label("median"), func.max(case((ninth, each.c.took))).label("p90")
    ).group_by(each.c.step)
    return [Hours(step, float(median), float(p90)) for step, median, p90 in await session.execute(query)]


async def weeks(session: AsyncSession, of: Pathway, steps: Sequence[str], *, since: datetime) -> list[Week]:
    """What of these steps was due in each week, and what became of it, the oldest week first."""
    monday = _monday(session, col(OccurrenceRow.due_at))
    completed = col(OccurrenceRow.state) == "completed"
    query = _occurrences(
        of,
        monday.label("monday"),
        func.count(),
        func.count(case((completed, 1))),
        func.count(case((completed & ~col(OccurrenceRow.late), 1))),
    ).where(
        col(OccurrenceRow.due_at) >= since,
        col(OccurrenceRow.state).in_(_OFFERED),
        col(OccurrenceRow.delivered_at).is_not(None),
        col(OccurrenceRow.step).in_(steps),
    )
    found = await session.execute(query.group_by(monday).order_by(monday))
    return [Week(_day(day), offered, done, on_time) for day, offered, done, on_time in found]


async def per_version(session: AsyncSession, of: Pathway) -> list[tuple[int, str, int]]:
    """How many journeys are on each version, by status."""
    columns = (col(JourneyRow.version), col(JourneyRow.status))
    query = select(*columns, func.count()).where(*of.conditions()).group_by(*columns).order_by(*columns)
    return [(version, status, number) for version, status, number in await session.execute(query)]


async def standing(session: AsyncSession, tenant: str, *, owed_before: datetime, since: datetime) -> tuple[int, int, int]:
    """How many journeys are held, owe a step that was due before an instant, and had something fail since."""
    found = []
    for condition in (
        col(JourneyRow.held) & col(JourneyRow.status).not_in(OVER),
        col(JourneyRow.owed_since) < owed_before,
        col(JourneyRow.failed_at) >= since,
    ):
        query = select(func.count()).select_from(JourneyRow).where(col(JourneyRow.tenant) == tenant, condition)
        found.append(int(await session.scalar(query) or 0))
    return found[0], found[1], found[2]


async def open_alerts(session: AsyncSession, tenant: str, *, limit: int) -> tuple[int, list[AlertRow]]:
    """How many alerts nobody has taken up, and the oldest of them."""
    conditions = (col(AlertRow.tenant) == tenant, col(AlertRow.acknowledged_at).is_(None))
    number = await session.scalar(select(func.count()).select_from(AlertRow).where(*conditions))
    query = select(AlertRow).where(*conditions).order_by(col(AlertRow.raised_at), col(AlertRow.id)).limit(limit)
    return int(number or 0), list((await session.scalars(query)).all())


async def messages(session: AsyncSession, tenant: str, *, since: datetime) -> list[Failures]:
    """Messages meant to go out since then that did not, by channel and cause, the most frequent first."""
    columns = (col(NotificationRow.channel), col(NotificationRow.failed), col(NotificationRow.skipped))
    query = (
        select(*columns, func.count().label("messages"))
        .join(JourneyRow, col(JourneyRow.id) == col(NotificationRow.journey))
        .where(
            col(JourneyRow.tenant) == tenant,
            col(NotificationRow.intended_at) >= since,
            or_(col(NotificationRow.failed).is_not(None), col(NotificationRow.skipped).is_not(None)),
        )
        .group_by(*columns)
        .order_by(func.count().desc(), *columns)
    )
    return [Failures(*row) for row in await session.execute(query)]


async def webhooks(session: AsyncSession, tenant: str) -> tuple[int, int]:
    """How many deliveries were given up, and how many endpoints are disabled."""
    dead = (
        select(func.count())
        .select_from(DeliveryRow)
        .join(EndpointRow, col(EndpointRow.id) == col(DeliveryRow.endpoint))
        .where(col(EndpointRow.tenant) == tenant, col(DeliveryRow.dead_at).is_not(None))
    )
    disabled = (
        select(func.count())
        .select_from(EndpointRow)
        .where(col(EndpointRow.tenant) == tenant, col(EndpointRow.disabled_at).is_not(None))
    )
    return int(await session.scalar(dead) or 0), int(await session.scalar(disabled) or 0)


async def last_recorded_at(session: AsyncSession, tenant: str) -> datetime | None:
    """When the event of a journey happened that was recorded last; every one of them leaves for hosts, too."""
    query = (
        select(col(OutgoingRow.at))
        .where(col(OutgoingRow.tenant) == tenant, col(OutgoingRow.seq).is_not(None))
        .order_by(col(OutgoingRow.position).desc())
        .limit(1)
    )
    return await session.scalar(query)


async def unrecorded(session: AsyncSession, tenant: str, *, before: datetime) -> int:
    """How many journeys were reserved before an instant and have recorded nothing."""
    query = (
        select(func.count())
        .select_from(JourneyRow)
        .where(col(JourneyRow.tenant) == tenant, col(JourneyRow.status) == "starting", col(JourneyRow.created_at) < before)
    )
    return int(await session.scalar(query) or 0)


def _occurrences(of: Pathway, *columns: Any) -> Select[Any]:
    return select(*columns).join(JourneyRow, col(JourneyRow.id) == col(OccurrenceRow.journey)).where(*of.conditions())


def _hours_between(session: AsyncSession, one: Mapped[Any], other: Mapped[Any]) -> ColumnElement[Any]:
    if session.get_bind().dialect.name == "sqlite":
        return (func.julianday(other) - func.julianday(one)) * 24
    return func.extract("epoch", other - one) / 3600


def _monday(session: AsyncSession, at: Mapped[Any]) -> ColumnElement[Any]:
    """The Monday of an instant's week, in UTC."""
    if session.get_bind().dialect.name == "sqlite":
        return func.date(func.substr(at, 1, 10), "-6 days", "weekday 1")  # the instant itself would be rounded up
    return cast(func.date_trunc("week", func.timezone("UTC", at)), Date)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
