"""Whose a workflow is, by its id and what the store knows: that decides which key seals what it is given and gives."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Executable, literal, null, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from store.tables import (
    AlertRow,
    BulkJobRow,
    ClientGroupRow,
    ClientKeyRow,
    EndpointRow,
    ErasureRow,
    JourneyRow,
)


class Owner(NamedTuple):
    """A tenant, or one client of theirs; the tenant "" is nobody in particular."""

    tenant: str
    client: str | None = None


def of_journey(workflow: str) -> Executable:
    """The question for the tenant and the client of a journey."""
    return select(col(JourneyRow.tenant), col(JourneyRow.client)).where(col(JourneyRow.id) == workflow)


def _of_alarm(workflow: str) -> Executable:
    of_its_journey = col(AlertRow.journey) == col(JourneyRow.id)
    return (
        select(col(JourneyRow.tenant), col(JourneyRow.client))
        .join(AlertRow, of_its_journey)
        .where(col(AlertRow.id) == workflow)
    )


def _of_contacts(workflow: str) -> Executable:
    key = ClientKeyRow
    return select(col(key.tenant), col(key.client)).where(col(key.contacts) == workflow).limit(1)


def _of_tenant(table: type[Any]) -> Callable[[str], Executable]:
    def query(workflow: str) -> Executable:
        return select(table.tenant, null()).where(table.id == workflow)

    return query


def _of_nobody(_: str) -> Executable:
    return select(literal(""), null())


_BY_KIND: Mapping[str, Callable[[str], Executable]] = {
    "jou": of_journey,
    "alert": _of_alarm,
    "contacts": _of_contacts,
    # their histories hold ids of their own and a tenant's name, nothing of a client's
    "bulk": _of_tenant(BulkJobRow),
    "grp": _of_tenant(ClientGroupRow),
    "end": _of_tenant(EndpointRow),
    "era": _of_tenant(ErasureRow),
    "retention": _of_nobody,
}
"""By what an id begins with."""


async def whose(session: AsyncSession, workflow: str) -> Owner | None:
    """Whose it is; None for a workflow that the store knows nothing of."""
    kind = workflow.replace("-", "_").partition("_")[0]
    query = _BY_KIND.get(kind)
    if query is None:
        return None
    found = (await session.execute(query(workflow))).first()
    return Owner(*found) if found is not None else None
