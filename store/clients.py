"""Clients and practitioners: who they are to us, how to speak to them, where to reach them."""

from collections.abc import Collection, Iterable

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.journeys import batched
from store.tables import ClientRow, JourneyRow, PractitionerRow
from store.turns import take_turn


async def add(session: AsyncSession, client: ClientRow) -> None:
    """Keep a new client."""
    session.add(client)
    await session.flush()


async def get(session: AsyncSession, tenant: str, client: str) -> ClientRow | None:
    """The client of that id in this tenant."""
    return await session.get(ClientRow, (tenant, client))


async def get_many(session: AsyncSession, tenant: str, names: Iterable[str]) -> dict[str, ClientRow]:
    """Those of these clients that there are in this tenant, by their ids."""
    found: dict[str, ClientRow] = {}
    for part in batched(sorted(names), 500):
        query = select(ClientRow).where(ClientRow.tenant == tenant, col(ClientRow.id).in_(part))
        found.update({row.id: row for row in await session.scalars(query)})
    return found


async def find(
    session: AsyncSession, tenant: str, *, practitioner: str | None = None, limit: int = 100, after: str = ""
) -> list[ClientRow]:
    """Clients in order of their ids, after one; all of them, or a practitioner's."""
    query = select(ClientRow).where(ClientRow.tenant == tenant, ClientRow.id > after)
    if practitioner is not None:
        led = select(JourneyRow.client).where(JourneyRow.tenant == tenant, JourneyRow.practitioner == practitioner)
        query = query.where(or_(col(ClientRow.practitioner) == practitioner, col(ClientRow.id).in_(led)))
    return list((await session.scalars(query.order_by(ClientRow.id).limit(limit))).all())


async def practitioners(session: AsyncSession, tenant: str, *, limit: int = 100, after: str = "") -> list[PractitionerRow]:
    """Practitioners in order of their ids, after one."""
    query = select(PractitionerRow).where(PractitionerRow.tenant == tenant, PractitionerRow.id > after)
    return list((await session.scalars(query.order_by(PractitionerRow.id).limit(limit))).all())


async def keep_practitioner(session: AsyncSession, practitioner: PractitionerRow) -> None:
    """Keep a practitioner, new or changed; one who is known stays as old as they are."""
    await take_turn(session, "practitioner", practitioner.tenant, practitioner.id)
    known = await get_practitioner(session, practitioner.tenant, practitioner.id)
    if known is not None:
        practitioner.created_at = known.created_at
    await session.merge(practitioner)


async def get_practitioner(session: AsyncSession, tenant: str, practitioner: str) -> PractitionerRow | None:
    """The practitioner of that id in this tenant."""
    return await session.get(PractitionerRow, (tenant, practitioner))


async def practitioners_named(session: AsyncSession, tenant: str, names: Collection[str]) -> dict[str, PractitionerRow]:
    """Those of these practitioners that there are, by id."""
    if not names:
        return {}
    query = select(PractitionerRow).where(PractitionerRow.tenant == tenant, col(PractitionerRow.id).in_(names))
    return {row.id: row for row in (await session.scalars(query)).all()}


async def practitioner_of(session: AsyncSession, journey: JourneyRow, client: ClientRow) -> PractitionerRow | None:
    """Whose client it is on this journey: the journey's own practitioner, else the client's."""
    for name in (journey.practitioner, client.practitioner):
        found = await get_practitioner(session, journey.tenant, name) if name else None
        if found is not None:
            return found
    return None
