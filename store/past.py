"""Journeys as they were lived, read for trying other versions on them: events and declared facts, never answers."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only
from sqlmodel import col, select

from engine.events import Event
from store.journeys import batched, led_by
from store.tables import ClientRow, EventRow, JourneyRow, ResponseRow

_AT_ONCE = 200
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_NO_ANSWERS = load_only(ResponseRow.journey, ResponseRow.outcome)  # type: ignore[arg-type]  # SQLModel calls them values


async def find(
    session: AsyncSession,
    tenant: str,
    *,
    pathway: str | None = None,
    version: int | None = None,
    statuses: Collection[str],
    practitioner: str | None = None,
    since: datetime | None = None,
    limit: int,
) -> list[JourneyRow]:
    """Journeys that have begun and fit all of these, the latest first."""
    query = select(JourneyRow).where(
        JourneyRow.tenant == tenant,
        col(JourneyRow.status).in_(sorted(statuses)),
        col(JourneyRow.started_at).is_not(None),
    )
    if pathway is not None:
        query = query.where(JourneyRow.pathway == pathway)
    if version is not None:
        query = query.where(JourneyRow.version == version)
    if practitioner is not None:
        query = query.where(led_by(tenant, practitioner))
    if since is not None:
        query = query.where(col(JourneyRow.started_at) >= since)
    query = query.order_by(col(JourneyRow.started_at).desc(), JourneyRow.id).limit(limit)
    return list((await session.scalars(query)).all())


async def events_of(session: AsyncSession, journeys: Sequence[str]) -> dict[str, tuple[Event, ...]]:
    """Everything that happened in each of these, in order."""
    found: dict[str, list[Event]] = {journey: [] for journey in journeys}
    for part in batched(journeys, _AT_ONCE):
        query = select(EventRow).where(col(EventRow.journey).in_(part)).order_by(EventRow.journey, col(EventRow.seq))
        for row in (await session.scalars(query)).all():
            # as JSON: read as Python values, an instant at midnight would come back as a date
            found[row.journey].append(_EVENT.validate_json(json.dumps(row.body)))
    return {journey: tuple(events) for journey, events in found.items()}


async def outcomes_of(session: AsyncSession, journeys: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """What each accepted response declared, by journey and response; what was answered is not read."""
    found: dict[str, dict[str, dict[str, Any]]] = {journey: {} for journey in journeys}
    for part in batched(journeys, _AT_ONCE):
        query = select(ResponseRow).where(col(ResponseRow.journey).in_(part), col(ResponseRow.accepted_at).is_not(None))
        for row in (await session.scalars(query.options(_NO_ANSWERS))).all():
            found[row.journey][row.id] = row.outcome
    return found


async def clients_of(session: AsyncSession, tenant: str, clients: Sequence[str]) -> dict[str, ClientRow]:
    """These people, by their ids."""
    found: dict[str, ClientRow] = {}
    for part in batched(dict.fromkeys(clients), _AT_ONCE):
        query = select(ClientRow).where(ClientRow.tenant == tenant, col(ClientRow.id).in_(part))
        found.update({row.id: row for row in (await session.scalars(query)).all()})
    return found
