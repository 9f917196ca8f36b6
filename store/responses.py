"""Responses: kept before the journey is told, so that an answer once given is never lost."""

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.tables import ResponseRow
from store.turns import take_turn


class DifferentSubmission(Exception):
    """This submission id was used for something else; give every submission its own id."""


async def keep(session: AsyncSession, response: ResponseRow) -> ResponseRow:
    """Keep a response; the same submission twice is one (rule G9). Raises DifferentSubmission."""
    await take_turn(session, "response", response.tenant, response.id)
    known = await get(session, response.tenant, response.id)
    if known is None:
        session.add(response)
        await session.flush()
        return response
    if (known.journey, known.occurrence, known.payload) != (response.journey, response.occurrence, response.payload):
        raise DifferentSubmission(f"the submission id {response.id} was used for something else; give every submission its own")
    return known


async def get(session: AsyncSession, tenant: str, response: str) -> ResponseRow | None:
    """The response of that submission."""
    return await session.get(ResponseRow, (tenant, response))


async def of_occurrence(session: AsyncSession, journey: str, occurrence: str) -> list[ResponseRow]:
    """Everything accepted for an occurrence, the oldest first."""
    query = select(ResponseRow).where(
        ResponseRow.journey == journey, ResponseRow.occurrence == occurrence, col(ResponseRow.accepted_at).is_not(None)
    )
    return list((await session.scalars(query.order_by(col(ResponseRow.accepted_at)))).all())


async def forget_refused(session: AsyncSession, tenant: str, response: str) -> None:
    """Drop a response that the journey refused; an accepted one stays."""
    mine = (col(ResponseRow.tenant) == tenant, col(ResponseRow.id) == response)
    await session.execute(delete(ResponseRow).where(*mine, col(ResponseRow.accepted_at).is_(None)))


async def mark_accepted(session: AsyncSession, tenant: str, accepted: dict[str, datetime]) -> None:
    """Note when the journey accepted these, by submission id."""
    for response, at in accepted.items():
        mine = (col(ResponseRow.tenant) == tenant, col(ResponseRow.id) == response)
        await session.execute(update(ResponseRow).where(*mine, col(ResponseRow.accepted_at).is_(None)).values(accepted_at=at))


async def place(session: AsyncSession, tenant: str, response: str, occurrence: str) -> None:
    """Say which occurrence a response is of: its step may have been called otherwise when it was sent (rule E2)."""
    mine = (col(ResponseRow.tenant) == tenant, col(ResponseRow.id) == response)
    await session.execute(update(ResponseRow).where(*mine).values(occurrence=occurrence))


async def of_step(session: AsyncSession, journey: str, step: str) -> list[ResponseRow]:
    """Everything accepted for any occurrence of a step, the oldest first."""
    query = select(ResponseRow).where(
        ResponseRow.journey == journey,
        col(ResponseRow.occurrence).startswith(f"{step}.", autoescape=True),
        col(ResponseRow.accepted_at).is_not(None),
    )
    return list((await session.scalars(query.order_by(col(ResponseRow.accepted_at), ResponseRow.id))).all())


async def mark_read(session: AsyncSession, found: list[ResponseRow], now: datetime) -> None:
    """Note that the practitioner has read these; the first time counts."""
    for row in found:
        if row.read_at is None:
            row.read_at = now
            session.add(row)
