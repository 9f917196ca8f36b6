"""Endpoints of hosts, and every event's way to each: waiting, delivered or given up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from engine.announcements import ENDPOINT_DISABLED, ENDPOINT_TESTED, Announcement
from engine.deliveries import Attempt, Verdict
from store import outbox
from store.ids import new_id
from store.tables import DeliveryRow, EndpointRow, OutgoingRow

State = Literal["waiting", "delivered", "dead"]
_MOST_AT_ONCE = 200


async def add(session: AsyncSession, endpoint: EndpointRow) -> None:
    """Keep a new endpoint."""
    session.add(endpoint)
    await session.flush()


async def get(session: AsyncSession, tenant: str, endpoint: str) -> EndpointRow | None:
    """The endpoint of that id in this tenant."""
    row = await session.get(EndpointRow, endpoint)
    return row if row is not None and row.tenant == tenant else None


async def take(session: AsyncSession, endpoint: str) -> EndpointRow | None:
    """The endpoint of that id, for this transaction alone until it ends."""
    return await session.get(EndpointRow, endpoint, with_for_update={"key_share": True}, populate_existing=True)


async def find(session: AsyncSession, tenant: str, *, limit: int | None = 100, after: str = "") -> list[EndpointRow]:
    """Endpoints in order of their ids, after one."""
    query = select(EndpointRow).where(EndpointRow.tenant == tenant, EndpointRow.id > after)
    return list((await session.scalars(query.order_by(EndpointRow.id).limit(limit))).all())


async def enabled(session: AsyncSession) -> list[tuple[str, str]]:
    """Tenants and ids of those of every tenant that are sent to."""
    query = select(EndpointRow.tenant, EndpointRow.id).where(col(EndpointRow.disabled_at).is_(None))
    return [(row[0], row[1]) for row in await session.execute(query.order_by(EndpointRow.id))]


async def remove(session: AsyncSession, endpoint: EndpointRow) -> None:
    """Forget an endpoint, and what was on its way to it."""
    await session.execute(delete(DeliveryRow).where(col(DeliveryRow.endpoint) == endpoint.id))
    await session.delete(endpoint)
    await session.flush()


async def disable(session: AsyncSession, endpoint: EndpointRow, why: str, now: datetime) -> None:
    """Send nothing to it any more and say so to the others; what is on its way stays. As the last thing of a transaction."""
    if endpoint.disabled_at is not None:
        return
    endpoint.disabled_at, endpoint.disabled_why = now, why
    session.add(endpoint)
    told = Announcement(new_id("evt"), ENDPOINT_DISABLED.type, now, {"endpoint": endpoint.id, "why": why})
    await outbox.append(session, endpoint.tenant, [told])


async def has_news(session: AsyncSession, endpoint: EndpointRow) -> bool:
    """Whether there are events that have not become deliveries of this endpoint."""
    return bool(await outbox.read(session, endpoint.tenant, after=endpoint.position, limit=1))


async def collect(session: AsyncSession, endpoint: EndpointRow, now: datetime) -> int:
    """Make deliveries of the next events that it wants; of a taken endpoint. Says how many events were looked at."""
    rows = await outbox.read(session, endpoint.tenant, after=endpoint.position, limit=_MOST_AT_ONCE)
    for row in rows:
        endpoint.position = outbox.position_of(row)
        if row.type != ENDPOINT_TESTED.type and (not endpoint.types or row.type in endpoint.types):
            session.add(DeliveryRow(endpoint=endpoint.id, position=endpoint.position, event=row.id, next_at=now))
    session.add(endpoint)
    await session.flush()
    return len(rows)


async def test(session: AsyncSession, endpoint: EndpointRow, now: datetime) -> str:
    """An event for this endpoint alone, whatever it wants else; of a taken endpoint. Says which."""
    told = Announcement(new_id("evt"), ENDPOINT_TESTED.type, now, {"endpoint": endpoint.id})
    (position,) = await outbox.append(session, endpoint.tenant, [told])
    session.add(DeliveryRow(endpoint=endpoint.id, position=position, event=told.id, next_at=now))
    await session.flush()
    return told.id


async def due(session: AsyncSession, endpoint: str, now: datetime, limit: int) -> list[tuple[DeliveryRow, OutgoingRow]]:
    """What is to be sent by now, the earliest event first, each with its event."""
    query = (
        select(DeliveryRow, OutgoingRow)
        .join(OutgoingRow, col(OutgoingRow.position) == col(DeliveryRow.position))
        .where(DeliveryRow.endpoint == endpoint, col(DeliveryRow.next_at) <= now)
        .order_by(col(DeliveryRow.position))
        .limit(limit)
    )
    return [(delivery, event) for delivery, event in (await session.execute(query)).all()]


async def note(
    session: AsyncSession, endpoint: EndpointRow, position: int, attempt: Attempt, verdict: Verdict, failed: str | None
) -> bool:
    """Keep how an attempt went; of a taken endpoint. False where somebody else noted this attempt, or it was sent again since."""
    row = await session.get(DeliveryRow, (endpoint.id, position), populate_existing=True)
    if row is None or row.next_at is None or row.attempts != attempt.number - 1:
        return False
    row.attempts, row.attempted_at, row.status, row.failed = attempt.number, attempt.at, attempt.status, failed
    row.next_at = verdict.next_at
    row.delivered_at = attempt.at if verdict.state == "delivered" else None
    row.dead_at = attempt.at if verdict.state == "dead" else None
    endpoint.failing_since = None if verdict.state == "delivered" else endpoint.failing_since or attempt.at
    session.add_all((row, endpoint))
    await session.flush()
    return True


async def deliveries(
    session: AsyncSession, endpoint: str, *, state: State | None = None, limit: int = 100, after: int = 0
) -> list[tuple[DeliveryRow, OutgoingRow]]:
    """What went, goes or did not go to an endpoint, in order of the events' positions, each with its event."""
    query = (
        select(DeliveryRow, OutgoingRow)
        .join(OutgoingRow, col(OutgoingRow.position) == col(DeliveryRow.position))
        .where(DeliveryRow.endpoint == endpoint, DeliveryRow.position > after)
    )
    if state is not None:
        query = query.where(_MARKS[state].is_not(None))
    found = await session.execute(query.order_by(col(DeliveryRow.position)).limit(limit))
    return [(delivery, event) for delivery, event in found.all()]


async def redrive(session: AsyncSession, endpoint: str, now: datetime, position: int | None = None) -> int:
    """Send again from the first attempt on: what was given up, or the one at a position however it went. Says how many."""
    statement = update(DeliveryRow).where(col(DeliveryRow.endpoint) == endpoint)
    if position is None:
        statement = statement.where(col(DeliveryRow.dead_at).is_not(None))
    else:
        statement = statement.where(col(DeliveryRow.position) == position)
    done = await session.execute(statement.values(attempts=0, next_at=now, dead_at=None, delivered_at=None))
    return int(done.rowcount)  # type: ignore[attr-defined]  # an update has it


def signing_secrets(endpoint: EndpointRow, now: datetime) -> list[str]:
    """The secrets that sign at the moment, the newest first."""
    return [one["secret"] for one in endpoint.secrets if one["until"] is None or datetime.fromisoformat(one["until"]) > now]


def with_new_secret(secrets: Sequence[dict[str, str | None]], secret: str, until: datetime) -> list[dict[str, str | None]]:
    """The new one first; those before it sign until then, and not longer than they would have."""
    ends = until.isoformat()
    older = [{**one, "until": min(one["until"] or ends, ends)} for one in secrets]
    return [{"secret": secret, "until": None}, *older][:_MOST_SECRETS]


_MOST_SECRETS = 4
_MARKS = {"waiting": col(DeliveryRow.next_at), "delivered": col(DeliveryRow.delivered_at), "dead": col(DeliveryRow.dead_at)}
