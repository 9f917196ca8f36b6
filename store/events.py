"""The events of a journey: every one, once, in order, for ever."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from engine.events import Event
from store.tables import EventRow

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


async def last_number(session: AsyncSession, journey: str) -> int:
    """The number of the last event kept; 0 for none."""
    found = await session.scalar(select(func.max(EventRow.seq)).where(EventRow.journey == journey))
    return int(found or 0)


async def append(session: AsyncSession, journey: str, events: list[Event]) -> None:
    """Keep these; IntegrityError where one of their numbers is taken."""
    for event in events:
        body = event.model_dump(mode="json")
        session.add(EventRow(journey=journey, seq=event.seq, kind=event.kind, at=event.at, body=body))
    await session.flush()


async def read(session: AsyncSession, journey: str, *, after: int = 0, limit: int | None = None) -> list[Event]:
    """The events of a journey after a number, in order."""
    query = select(EventRow).where(EventRow.journey == journey, EventRow.seq > after).order_by(col(EventRow.seq)).limit(limit)
    return [_event(row) for row in (await session.scalars(query)).all()]


async def of_kinds(
    session: AsyncSession, of: Sequence[str], kinds: Collection[str], *, since: datetime, limit: int
) -> list[tuple[str, Event]]:
    """What happened of these kinds in these journeys since an instant, the latest first, with its journey."""
    query = (
        select(EventRow)
        .where(col(EventRow.journey).in_(of), col(EventRow.kind).in_(sorted(kinds)), col(EventRow.at) >= since)
        .order_by(col(EventRow.at).desc(), col(EventRow.journey), col(EventRow.seq).desc())
    )
    return [(row.journey, _event(row)) for row in (await session.scalars(query.limit(limit))).all()]


def _event(row: EventRow) -> Event:
    # as JSON: read as Python values, an instant at midnight would come back as a date
    return _EVENT.validate_json(json.dumps(row.body))
