"""Messages to one client by mail: which wait, which went, and which count; one transaction at a time is at them."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.tables import AlertRow, ContactRow, EventRow, JourneyRow
from store.turns import take_turn

WAITING = "waiting"
SENDING = "sending"
SENT = "sent"
DROPPED = "dropped"
FAILED = "failed"
_MOST = 500


def owner_of(tenant: str, client: str) -> str:
    """The id of the workflow that owns what is sent to a client: no id of a person stands in it (rule V4)."""
    name = "\0".join((tenant, client))
    return f"contacts-{hashlib.sha256(name.encode()).hexdigest()[:32]}"


async def take(session: AsyncSession, tenant: str, client: str) -> None:
    """Have this client's messages for this transaction alone: whoever sends reads and reserves under it."""
    await take_turn(session, "contacts", tenant, client)


async def get(session: AsyncSession, contact: str) -> ContactRow | None:
    """The message of that id."""
    return await session.get(ContactRow, contact)


async def add(session: AsyncSession, row: ContactRow) -> None:
    """Keep one."""
    session.add(row)
    await session.flush()


async def open_of(session: AsyncSession, tenant: str, client: str) -> list[ContactRow]:
    """Those that wait or are on their way, the oldest first."""
    query = select(ContactRow).where(
        ContactRow.tenant == tenant, ContactRow.client == client, col(ContactRow.state).in_((WAITING, SENDING))
    )
    return list((await session.scalars(query.order_by(col(ContactRow.intended_at), col(ContactRow.id)).limit(_MOST))).all())


async def has_open(session: AsyncSession, tenant: str, client: str) -> bool:
    """Whether any waits for the client's owner, or is on its way by it."""
    query = select(ContactRow.id).where(
        ContactRow.tenant == tenant,
        ContactRow.client == client,
        col(ContactRow.state).in_((WAITING, SENDING)),
        col(ContactRow.direct).is_(False),
    )
    return await session.scalar(query.limit(1)) is not None


async def taken(
    session: AsyncSession, tenant: str, client: str, *, since: datetime, without: str | None = None
) -> list[datetime]:
    """When mails to the client went, or may have gone, since an instant; each mail once, whatever was in it."""
    query = select(ContactRow.letter, ContactRow.taken_at).where(
        ContactRow.tenant == tenant,
        ContactRow.client == client,
        col(ContactRow.taken_at) >= since,
        ContactRow.state != FAILED,
    )
    mails = {letter: at for letter, at in (await session.execute(query)).all() if letter != without}
    return sorted(mails.values())


async def look_again(session: AsyncSession, tenant: str, client: str, now: datetime) -> bool:
    """Have everything that waits looked at anew, because a rule has changed; whether anything does."""
    found = [row for row in await open_of(session, tenant, client) if not row.direct]
    for row in found:
        row.look_at = now
    session.add_all(found)
    return bool(found)


async def overdue(session: AsyncSession, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
    """Tenant and client of what should have been looked at before an instant."""
    query = (
        select(ContactRow.tenant, ContactRow.client)
        .where(col(ContactRow.look_at) < before, col(ContactRow.state).in_((WAITING, SENDING)))
        .distinct()
    )
    return [(tenant, client) for tenant, client in (await session.execute(query.limit(limit))).all()]


async def alerts_of(session: AsyncSession, tenant: str, client: str) -> Sequence[AlertRow]:
    """The alerts of any journey of the client that nobody has acknowledged, the oldest first (rule R8)."""
    query = (
        select(AlertRow)
        .join(JourneyRow, col(JourneyRow.id) == col(AlertRow.journey))
        .where(AlertRow.tenant == tenant, col(AlertRow.acknowledged_at).is_(None), JourneyRow.client == client)
    )
    return (await session.scalars(query.order_by(col(AlertRow.raised_at)))).all()


async def was_asked(session: AsyncSession, journey: str, reminder: str) -> bool | None:
    """Whether somebody asked for a reminder, which no hold drops; None: the store has not heard of it yet."""
    query = select(EventRow).where(EventRow.journey == journey, EventRow.kind == "reminder_due")
    latest_first = (await session.scalars(query.order_by(col(EventRow.seq).desc()))).all()
    return next((bool(row.body["asked"]) for row in latest_first if row.body["effect"] == reminder), None)
