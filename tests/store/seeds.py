"""What the store's tests begin with: clients, a published pathway, journeys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine.publishing import compile_pathway
from stepwell.enrolment import Wish
from stepwell.models import Again
from store import clients, journeys, pathways
from store.database import Database
from store.ids import new_id
from store.tables import ClientRow, JourneyRow, PathwayVersionRow
from tests.keys import SampleRoots
from tests.pathways import EXAMPLES
from tests.postgres import OWNER, as_role

NOW = datetime(2026, 3, 2, 9, 0, 0, 123457, tzinfo=UTC)


@asynccontextmanager
async def owning(database: Database) -> AsyncIterator[Database]:
    """The same store in the hands of whoever owns its tables."""
    url = database._engine.url.render_as_string(hide_password=False).replace("+asyncpg", "").replace("+aiosqlite", "")
    owner = Database.open(as_role(OWNER, url), SampleRoots()).of("t")
    yield owner
    await owner.close()


def client_row(name: str = "ann", tenant: str = "t", **more: Any) -> ClientRow:
    """A client who is reached by mail and by their list."""
    fields: dict[str, Any] = {
        "channels": [{"kind": "email", "address": f"{name}@example.org"}, {"kind": "in_app"}],
        "opted_out": [],
        "created_at": NOW,
    }
    return ClientRow(tenant=tenant, id=name, **(fields | more))


def journey_row(client: str = "ann", tenant: str = "t", **more: Any) -> JourneyRow:
    """A journey that has been reserved."""
    name = new_id("jou")
    fields: dict[str, Any] = {
        "id": name,
        "pathway": "tutorial",
        "version": 1,
        "enrolment_key": name,
        "attempt": 1,
        "dates": {},
        "created_at": NOW,
    }
    return JourneyRow(tenant=tenant, client=client, **(fields | more))


async def add_journey(session: AsyncSession, tenant: str = "t", **more: Any) -> JourneyRow:
    """A client where there is none yet, and a journey of theirs."""
    name = more.get("client", "ann")
    if await clients.get(session, tenant, name) is None:
        await clients.add(session, client_row(name, tenant))
    row = journey_row(tenant=tenant, **more)
    await journeys.add(session, row)
    return row


async def publish_example(session: AsyncSession, name: str, tenant: str = "t") -> PathwayVersionRow:
    """One of the example pathways, published."""
    return await publish(session, (EXAMPLES / f"{name}.yaml").read_text(), tenant)


async def publish(session: AsyncSession, source: str, tenant: str = "t") -> PathwayVersionRow:
    """A pathway, published as it is written."""
    mark = pathways.fingerprint(source, {})
    name = compile_pathway(source).structure.pathway
    row, _ = await pathways.publish(session, tenant, name, source, mark, lambda number: compile_pathway(source, number), NOW)
    return row


def wish(again: Again = "reject", request: str | None = None, key: str = "ann/tutorial", **more: Any) -> Wish:
    """Ann on the tutorial."""
    fields: dict[str, Any] = {
        "tenant": "t",
        "client": "ann",
        "pathway": "tutorial",
        "version": None,
        "key": key,
        "again": again,
        "request": request,
        "practitioner": None,
        "dates": {},
    }
    return Wish(**(fields | more))
