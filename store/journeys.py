"""Journeys as the read model shows them, and the enrolment that names each (rule P5)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Executable, and_, bindparam, delete, func, or_, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from store.tables import AddedStepRow, ClientRow, JourneyRow, OccurrenceRow, PathwayVersionRow, ResponseDraftRow, TailoringRow

OVER = ("completed", "stopped", "ended")


async def add(session: AsyncSession, journey: JourneyRow) -> None:
    """Keep a new journey; IntegrityError where this attempt of the enrolment exists."""
    session.add(journey)
    await session.flush()


async def get(session: AsyncSession, tenant: str, journey: str) -> JourneyRow | None:
    """The journey of that id in this tenant."""
    row = await session.get(JourneyRow, journey)
    return row if row is not None and row.tenant == tenant else None


async def take(session: AsyncSession, tenant: str, journey: str) -> JourneyRow | None:
    """The journey of that id in this tenant, for this transaction alone until it ends."""
    # not the whole row: what only refers to it, such as a new response, need not wait
    row = await session.get(JourneyRow, journey, with_for_update={"key_share": True}, populate_existing=True)
    return row if row is not None and row.tenant == tenant else None


async def enrolled(session: AsyncSession, tenant: str, enrolment_key: str) -> list[JourneyRow]:
    """Every attempt under this enrolment key, the latest first."""
    query = (
        select(JourneyRow)
        .where(JourneyRow.tenant == tenant, JourneyRow.enrolment_key == enrolment_key)
        .order_by(col(JourneyRow.attempt).desc())
    )
    return list((await session.scalars(query)).all())


async def all_enrolled(session: AsyncSession, tenant: str, keys: Iterable[str]) -> dict[str, list[JourneyRow]]:
    """Every attempt under each of these enrolment keys, the latest first."""
    found: dict[str, list[JourneyRow]] = {}
    for part in batched(sorted(keys), 500):
        query = select(JourneyRow).where(JourneyRow.tenant == tenant, col(JourneyRow.enrolment_key).in_(part))
        for row in await session.scalars(query.order_by(col(JourneyRow.attempt).desc())):
            found.setdefault(row.enrolment_key, []).append(row)
    return found


async def added_steps(session: AsyncSession, journey: str) -> list[AddedStepRow]:
    """The steps of a journey's own (rule E4)."""
    return list((await session.scalars(select(AddedStepRow).where(AddedStepRow.journey == journey))).all())


async def forget_added_step(session: AsyncSession, journey: str, step: str) -> None:
    """Drop a step that the journey did not take."""
    await session.execute(delete(AddedStepRow).where(col(AddedStepRow.journey) == journey, col(AddedStepRow.step) == step))


async def is_led_by(session: AsyncSession, tenant: str, client: str, practitioner: str) -> bool:
    """Whether a practitioner has a journey of this client that is their own."""
    query = select(JourneyRow.id).where(
        JourneyRow.tenant == tenant, JourneyRow.client == client, JourneyRow.practitioner == practitioner
    )
    return (await session.scalars(query.limit(1))).first() is not None


def led_by(tenant: str, practitioner: str) -> ColumnElement[bool]:
    """Whether a journey is a practitioner's: by itself, or because its client is theirs."""
    # both by an index, of another look at the table: said of each row in turn it costs as much as all of them
    one = aliased(JourneyRow)
    own = select(one.id).where(one.tenant == tenant, one.practitioner == practitioner)
    theirs = (
        select(one.id)
        .join(ClientRow, (col(ClientRow.tenant) == one.tenant) & (col(ClientRow.id) == one.client))
        .where(ClientRow.tenant == tenant, ClientRow.practitioner == practitioner)
    )
    return col(JourneyRow.id).in_(union_all(own, theirs))


async def find(
    session: AsyncSession,
    tenant: str,
    *,
    status: str | None = None,
    pathway: str | None = None,
    client: str | None = None,
    held: bool | None = None,
    practitioner: str | None = None,
    limit: int = 100,
    after: str = "",
) -> list[JourneyRow]:
    """Journeys in order of their ids, after one, that fit all of these."""
    query = select(JourneyRow).where(JourneyRow.tenant == tenant, JourneyRow.id > after)
    if practitioner is not None:
        query = query.where(led_by(tenant, practitioner))
    wanted = {"status": status, "pathway": pathway, "client": client, "held": held}
    for name, value in wanted.items():
        if value is not None:
            query = query.where(getattr(JourneyRow, name) == value)
    return list((await session.scalars(query.order_by(JourneyRow.id).limit(limit))).all())


async def count(session: AsyncSession, tenant: str) -> dict[str, int]:
    """How many journeys are in each status."""
    query = select(JourneyRow.status, func.count()).where(JourneyRow.tenant == tenant).group_by(JourneyRow.status)
    return {row[0]: row[1] for row in await session.execute(query)}


async def count_running(session: AsyncSession, tenant: str, client: str) -> int:
    """How many journeys of a client are not over."""
    query = select(func.count()).where(
        JourneyRow.tenant == tenant, JourneyRow.client == client, col(JourneyRow.status).not_in(OVER)
    )
    return int(await session.scalar(query) or 0)


async def occurrences(session: AsyncSession, journey: str, names: Sequence[str] | None = None) -> list[OccurrenceRow]:
    """Everything of a journey that is not simply waiting, or these alone: in order of delivery, what never was delivered last."""
    order = (col(OccurrenceRow.delivered_at).nulls_last(), col(OccurrenceRow.id))
    query = select(OccurrenceRow).where(OccurrenceRow.journey == journey).order_by(*order)
    if names is not None:
        query = query.where(col(OccurrenceRow.id).in_(names))
    return list((await session.scalars(query)).all())


async def occurrence(session: AsyncSession, journey: str, name: str) -> OccurrenceRow | None:
    """One occurrence of a journey."""
    return await session.get(OccurrenceRow, (journey, name))


class OpenStep(NamedTuple):
    """One step that is open, and whether there is more to read for it."""

    journey: JourneyRow
    occurrence: OccurrenceRow
    is_tailored: bool
    """Whether words of its journey are this client's alone."""
    is_begun: bool
    """Whether somebody has begun to write something in its journey."""
    newest: int
    """The newest version of its pathway."""


async def open_steps(session: AsyncSession, tenant: str, client: str) -> list[OpenStep]:
    """What is open for a client, across pathways, the oldest first."""
    found = await session.execute(_OPEN_STEPS, {"tenant": tenant, "client": client})
    return [OpenStep(*row) for row in found.all()]


def _open_steps() -> Executable:
    journey = col(JourneyRow.id)
    tailored = select(TailoringRow.number).where(col(TailoringRow.journey) == journey).exists()
    begun = select(ResponseDraftRow.saved_at).where(col(ResponseDraftRow.journey) == journey).exists()
    newest = (
        select(func.max(PathwayVersionRow.number))
        .where(PathwayVersionRow.tenant == JourneyRow.tenant, PathwayVersionRow.pathway == JourneyRow.pathway)
        .scalar_subquery()
    )
    return (
        select(JourneyRow, OccurrenceRow, tailored, begun)
        .add_columns(newest)
        .join(OccurrenceRow, col(OccurrenceRow.journey) == col(JourneyRow.id))
        .where(
            col(JourneyRow.tenant) == bindparam("tenant"),
            col(JourneyRow.client) == bindparam("client"),
            col(OccurrenceRow.state).in_(("open", "started")),
        )
        .order_by(col(OccurrenceRow.delivered_at), col(OccurrenceRow.id))
    )


_OPEN_STEPS = _open_steps()
"""Made once: it is asked more often than anything else, and to make it takes as long as to ask it."""


async def with_occurrences(
    session: AsyncSession,
    tenant: str,
    *,
    client: str | None = None,
    pathway: str | None = None,
    practitioner: str | None = None,
    running: bool = False,
) -> list[tuple[JourneyRow, list[OccurrenceRow]]]:
    """Journeys that fit all of these, each with everything that is not simply waiting."""
    query = select(JourneyRow).where(JourneyRow.tenant == tenant)
    for name, value in {"client": client, "pathway": pathway}.items():
        if value is not None:
            query = query.where(getattr(JourneyRow, name) == value)
    if practitioner is not None:
        query = query.where(led_by(tenant, practitioner))
    if running:
        query = query.where(col(JourneyRow.status).not_in((*OVER, "starting")))
    found = list((await session.scalars(query.order_by(JourneyRow.id))).all())
    belonging: dict[str, list[OccurrenceRow]] = {row.id: [] for row in found}
    order = (col(OccurrenceRow.delivered_at).nulls_last(), col(OccurrenceRow.id))
    for part in batched(belonging, 500):
        theirs = select(OccurrenceRow).where(col(OccurrenceRow.journey).in_(part)).order_by(*order)
        for one in (await session.scalars(theirs)).all():
            belonging[one.journey].append(one)
    return [(row, belonging[row.id]) for row in found]


async def left_undone(
    session: AsyncSession, tenant: str, *, practitioner: str | None, limit: int, after: tuple[datetime, str, str] | None
) -> list[tuple[JourneyRow, OccurrenceRow]]:
    """Steps of running journeys that are open or were let pass and hold, the longest first, after one (since, journey, id)."""
    since, id = col(OccurrenceRow.delivered_at), col(OccurrenceRow.id)
    state = col(OccurrenceRow.state)
    is_left = or_(state.in_(("open", "started")), and_(state.in_(("expired", "abandoned")), col(OccurrenceRow.holds)))
    query = (
        select(JourneyRow, OccurrenceRow)
        .join(OccurrenceRow, col(OccurrenceRow.journey) == col(JourneyRow.id))
        .where(JourneyRow.tenant == tenant, col(JourneyRow.status).not_in((*OVER, "starting")), is_left, since.is_not(None))
    )
    if practitioner is not None:
        query = query.where(led_by(tenant, practitioner))
    if after is not None:
        at, journey, name = after
        same = and_(since == at, or_(col(JourneyRow.id) > journey, and_(col(JourneyRow.id) == journey, id > name)))
        query = query.where(or_(since > at, same))
    found = await session.execute(query.order_by(since, col(JourneyRow.id), id).limit(limit))
    return [(row, one) for row, one in found.all()]


def batched(names: Iterable[str], size: int) -> Iterator[list[str]]:
    """So many at once: a database takes only so many in one question."""
    part: list[str] = []
    for name in names:
        part.append(name)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
