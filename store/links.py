"""Links in clients' mails: made where the mail is worded, kept as hashes, found by them."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from store.journeys import OVER
from store.tables import ClientLinkRow, JourneyRow, OccurrenceRow

Purpose = Literal["step", "opt_out"]
PREFIXES: dict[Purpose, str] = {"step": "stl_", "opt_out": "sto_"}
"""So that a link that leaked somewhere can be searched for."""
SETTLED_FOR_GOOD = frozenset({"completed", "skipped", "excused", "not_applicable", "cancelled"})
"""What ran out of time may still be answered late (rule G7); these may not be answered at all."""
_BYTES = 24


def hash_of(token: str) -> str:
    """How a token is kept: SHA-256 is enough for 192 random bits, and can be looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


async def make(
    session: AsyncSession, journey: JourneyRow, occurrence: str, purpose: Purpose, *, now: datetime, lasts: timedelta
) -> str:
    """A new link; its token is nowhere but in what this returns."""
    token = PREFIXES[purpose] + secrets.token_urlsafe(_BYTES)
    row = ClientLinkRow(
        hash=hash_of(token),
        purpose=purpose,
        tenant=journey.tenant,
        client=journey.client,
        journey=journey.id,
        occurrence=occurrence,
        created_at=now,
        expires_at=now + lasts,
    )
    session.add(row)
    return token


async def find(session: AsyncSession, token: str, purpose: Purpose, now: datetime) -> ClientLinkRow | None:
    """The link, while it lasts: neither expired nor revoked."""
    row = await session.get(ClientLinkRow, hash_of(token))
    if row is None or row.purpose != purpose or row.revoked_at is not None or row.expires_at <= now:
        return None
    return row


async def is_spent(session: AsyncSession, link: ClientLinkRow) -> bool:
    """Whether there is nothing left to do with it: its step is settled for good, or its journey is over."""
    journey = await session.get(JourneyRow, link.journey)
    occurrence = await session.get(OccurrenceRow, (link.journey, link.occurrence))
    state = occurrence.state if occurrence is not None else "waiting"
    is_over = journey is None or (journey.status in OVER and state not in ("open", "started"))  # open ones linger (rule G11)
    return is_over or state in SETTLED_FOR_GOOD


async def revoke(session: AsyncSession, journey: str, occurrence: str, now: datetime) -> None:
    """End every link to a step."""
    await session.execute(
        update(ClientLinkRow)
        .where(
            col(ClientLinkRow.journey) == journey,
            col(ClientLinkRow.occurrence) == occurrence,
            col(ClientLinkRow.purpose) == "step",
            col(ClientLinkRow.revoked_at).is_(None),
        )
        .values(revoked_at=now)
    )


async def forget(session: AsyncSession, before: datetime) -> None:
    """Forget links that expired before an instant."""
    await session.execute(delete(ClientLinkRow).where(col(ClientLinkRow.expires_at) < before))
