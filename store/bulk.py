"""Actions on many journeys: which journeys, and what became of each."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from store import search
from store.search import Filters
from store.tables import BulkItemRow, BulkJobRow, JourneyRow, OccurrenceRow

WAITING = "waiting"
READY = "ready"
"""A migration: looked at, and nobody has chosen it yet."""
CHOSEN = "chosen"
LEFT = "left"
"""A migration: looked at, and not chosen."""
TO_DO = (WAITING, CHOSEN)
_OPEN = ("open", "started")


class Outlook(NamedTuple):
    """How many journeys are in one state, as far as an action cares."""

    status: str
    has_open: bool
    """Whether a step is open."""
    has_held: bool
    """Whether an open step is held: its task failed."""
    journeys: int


async def outlook(session: AsyncSession, tenant: str, filters: Filters) -> list[Outlook]:
    """The journeys that fit, counted by what decides whether an action is refused."""
    status, opened, held = col(JourneyRow.status), _has(), _has(col(OccurrenceRow.holds).is_(True))
    # a subquery, so that the same expression is not two of them: PostgreSQL would not group by it
    each = search.fitting(
        session,
        select(status.label("status"), case((opened, 1), else_=0).label("opened"), case((held, 1), else_=0).label("held")),
        tenant,
        filters,
    ).subquery()
    columns = (each.c.status, each.c.opened, each.c.held)
    found = await session.execute(select(*columns, func.count()).group_by(*columns).order_by(*columns))
    return [Outlook(status, bool(opened), bool(held), number) for status, opened, held, number in found]


def _has(*more: ColumnElement[bool]) -> ColumnElement[bool]:
    query = select(col(OccurrenceRow.id)).where(
        col(OccurrenceRow.journey) == col(JourneyRow.id), col(OccurrenceRow.state).in_(_OPEN), *more
    )
    found: ColumnElement[bool] = query.exists()
    return found


async def add(session: AsyncSession, job: BulkJobRow, chosen: Iterable[Filters]) -> None:
    """Keep a job with the journeys that fit any of these, in one statement each, however many they are."""
    session.add(job)
    await session.flush()
    for filters in chosen:
        columns: list[Any] = [literal(job.id), col(JourneyRow.id), literal(WAITING)]
        journeys = search.fitting(session, select(*columns), job.tenant, filters)
        await session.execute(insert(BulkItemRow).from_select(["job", "journey", "state"], journeys))


async def get(session: AsyncSession, tenant: str, job: str) -> BulkJobRow | None:
    """The job of that id in this tenant."""
    row = await session.get(BulkJobRow, job)
    return row if row is not None and row.tenant == tenant else None


async def find(session: AsyncSession, tenant: str, *, by: tuple[str, str | None] | None, limit: int) -> list[BulkJobRow]:
    """The latest jobs, the newest first; `by`: only those of this person."""
    query = select(BulkJobRow).where(col(BulkJobRow.tenant) == tenant)
    if by is not None:
        query = query.where(col(BulkJobRow.by_role) == by[0], col(BulkJobRow.by_id) == by[1])
    query = query.order_by(col(BulkJobRow.created_at).desc(), col(BulkJobRow.id)).limit(limit)
    return list((await session.scalars(query)).all())


async def counts(session: AsyncSession, jobs: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many journeys of each job are in each state."""
    columns = (col(BulkItemRow.job), col(BulkItemRow.state))
    query = select(*columns, func.count()).where(columns[0].in_(jobs)).group_by(*columns)
    found: dict[str, dict[str, int]] = {job: {} for job in jobs}
    for job, state, number in await session.execute(query):
        found[job][state] = number
    return found


async def items(
    session: AsyncSession, job: str, *, states: Sequence[str] = (), limit: int, after: str = ""
) -> list[BulkItemRow]:
    """The journeys of a job in order of their ids, after one."""
    query = select(BulkItemRow).where(col(BulkItemRow.job) == job, col(BulkItemRow.journey) > after)
    if states:
        query = query.where(col(BulkItemRow.state).in_(states))
    return list((await session.scalars(query.order_by(col(BulkItemRow.journey)).limit(limit))).all())


async def settle(
    session: AsyncSession,
    job: str,
    journey: str,
    state: str,
    message: str | None,
    now: datetime,
    *,
    difference: dict[str, Any] | None = None,
) -> None:
    """Say what became of one; whoever was first has said it."""
    row = await session.get(BulkItemRow, (job, journey), with_for_update=True, populate_existing=True)
    if row is not None and row.state in TO_DO:
        row.state, row.message, row.done_at = state, message, now
        row.difference = row.difference if difference is None else difference
        session.add(row)
        await session.flush()


async def choose(session: AsyncSession, job: str, journeys: Sequence[str] | None) -> None:
    """Choose these journeys of those that are ready, or with None all of them."""
    ready = [col(BulkItemRow.job) == job, col(BulkItemRow.state) == READY]
    if journeys is not None:
        ready.append(col(BulkItemRow.journey).in_(journeys))
    await session.execute(update(BulkItemRow).where(*ready).values(state=CHOSEN, message=None, done_at=None))


async def leave(session: AsyncSession, job: str) -> None:
    """Leave every journey that is ready as it is."""
    ready = (col(BulkItemRow.job) == job, col(BulkItemRow.state) == READY)
    await session.execute(update(BulkItemRow).where(*ready).values(state=LEFT))


async def finish(session: AsyncSession, job: BulkJobRow, now: datetime) -> bool:
    """Say that a job is finished, where nothing waits or it was cancelled; whether it is."""
    waiting = await session.scalar(
        select(col(BulkItemRow.journey)).where(col(BulkItemRow.job) == job.id, col(BulkItemRow.state).in_(TO_DO)).limit(1)
    )
    if waiting is None or job.cancelled_at is not None:
        job.finished_at = job.finished_at or now
        session.add(job)
    return job.finished_at is not None


async def wait_again(session: AsyncSession, job: BulkJobRow) -> int:
    """Let what failed wait once more, and what a cancelled job left; how many wait now."""
    failed = (col(BulkItemRow.job) == job.id, col(BulkItemRow.state) == "failed")
    was_chosen = col(BulkItemRow.difference).is_not(None)
    for which, state in ((was_chosen, CHOSEN), (~was_chosen, WAITING)):
        await session.execute(update(BulkItemRow).where(*failed, which).values(state=state, message=None, done_at=None))
    job.finished_at = job.cancelled_at = None
    session.add(job)
    await session.flush()
    counted = (await counts(session, [job.id]))[job.id]
    return sum(counted.get(state, 0) for state in TO_DO)
