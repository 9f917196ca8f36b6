"""Everything of one client in the store: found by what its tables refer to, counted, and deleted in the order that allows it.

A table with a column for a journey or a client is covered by that alone. One without says below whether it holds anything of
a client's; `tests/store/test_erasing.py` fails for a table that nobody has thought of.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, Table, and_, delete, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from engine.announcements import CLIENT_DELETED
from store.contacts import owner_of
from store.tables import (
    AlertRow,
    ApiKeyRow,
    AuditRow,
    BulkItemRow,
    BulkJobRow,
    ClientRow,
    DeliveryRow,
    ErasureRow,
    JourneyRow,
    OutgoingRow,
)

_A_BATCH = 500
KEPT: Mapping[str, str] = {
    "practitioner": "not about a client",
    "pathway_draft": "written for everybody",
    "pathway_version": "written for everybody",
    "library_step": "written for everybody",
    "client_group": "of many clients, and named for all of them",
    "endpoint": "the host's",
    "failed_credential": "hashes of addresses that nobody can be found by",
    "console_session": "an operator's",
    "saved_view": "an operator's search",
    "tenant_key": "a tenant's",
    "client_key": "the key itself goes, last of all (`Keyring.destroy`); its id and when it went are part of the receipt",
    "idempotency": "sealed: nobody can read it without the request's own key, and forgotten within a day",
    "audit": "who did what stays; the words of a reason about them go (`forget_reasons`)",
    "erasure": "the receipt: an id, who, when, and a code for why",
}
"""Tables of which nothing is deleted with a client, and why."""


class Whose(NamedTuple):
    """The client whose rows they are."""

    tenant: str
    client: str

    @property
    def journeys(self) -> Select[str]:
        """The ids of their journeys."""
        return select(col(JourneyRow.id)).where(col(JourneyRow.tenant) == self.tenant, col(JourneyRow.client) == self.client)


def _outgoing(whose: Whose) -> ColumnElement[bool]:
    # what is about a client and no journey of theirs names the client in its facts; that they are deleted stays to be read
    is_theirs = and_(OutgoingRow.data["client"].as_string() == whose.client, col(OutgoingRow.type) != CLIENT_DELETED.type)
    of_client = and_(col(OutgoingRow.journey).is_(None), is_theirs)
    return and_(col(OutgoingRow.tenant) == whose.tenant, or_(col(OutgoingRow.journey).in_(whose.journeys), of_client))


def _deliveries(whose: Whose) -> ColumnElement[bool]:
    return col(DeliveryRow.position).in_(select(col(OutgoingRow.position)).where(_outgoing(whose)))


def _keys(whose: Whose) -> ColumnElement[bool]:
    key = ApiKeyRow
    return and_(col(key.tenant) == whose.tenant, col(key.kind) == "client", col(key.subject) == whose.client)


def _jobs(whose: Whose) -> ColumnElement[bool]:
    """Actions on their journeys alone; those on others' as well stay, without theirs."""
    theirs = select(col(BulkItemRow.job)).where(col(BulkItemRow.journey).in_(whose.journeys))
    others = select(col(BulkItemRow.job)).where(
        col(BulkItemRow.job) == col(BulkJobRow.id), col(BulkItemRow.journey).not_in(whose.journeys)
    )
    return and_(col(BulkJobRow.tenant) == whose.tenant, col(BulkJobRow.id).in_(theirs), ~others.exists())


_SPECIAL: Mapping[str, Callable[[Whose], ColumnElement[bool]]] = {
    "outgoing": _outgoing,
    "delivery": _deliveries,
    "api_key": _keys,
    "bulk_job": _jobs,
}
"""Tables whose rows are found in another way than by their own column for a journey or a client."""
_LAST = ("journey", "client")


def theirs(table: Table, whose: Whose) -> ColumnElement[bool] | None:
    """Which rows of a table are this client's; None where nothing says so."""
    if table.name in KEPT:
        return None
    if table.name in _SPECIAL:
        return _SPECIAL[table.name](whose)
    if table.name == "client":
        return and_(table.c.tenant == whose.tenant, table.c.id == whose.client)
    if table.name == "journey":
        return and_(table.c.tenant == whose.tenant, table.c.client == whose.client)
    of_journey = next(iter(_referring(table, "journey")), None)
    if of_journey is not None:
        found: ColumnElement[bool] = table.c[of_journey].in_(whose.journeys)
        return found
    if "client" in table.c and "tenant" in table.c:
        return and_(table.c.tenant == whose.tenant, table.c.client == whose.client)
    return None


def _referring(table: Table, other: str) -> Iterator[str]:
    """The columns of a table that name a row of another: by a foreign key, or by being called so."""
    for column in table.columns:
        if column.name == other or any(
            key.column.table.name == other and key.column.name == "id" for key in column.foreign_keys
        ):
            yield column.name


def tables() -> list[Table]:
    """Every table that may hold something of a client's, those that refer to others first."""
    nobody = Whose("", "")
    return [one for one in reversed(SQLModel.metadata.sorted_tables) if theirs(one, nobody) is not None]


async def count(session: AsyncSession, whose: Whose) -> dict[str, int]:
    """How many rows of each table are theirs; tables that have none are left out."""
    counted = {}
    for table in tables():
        where = theirs(table, whose)
        assert where is not None
        counted[table.name] = int(await session.scalar(select(func.count()).select_from(table).where(where)) or 0)
    return {name: number for name, number in counted.items() if number}


async def delete_some(session: AsyncSession, whose: Whose) -> int:
    """Delete a batch of what refers to their journeys and to them; 0: nothing is left but what everything hangs on."""
    await _drop_jobs(session, whose)
    for table in tables():
        if table.name not in _LAST:
            deleted = await _delete(session, table, whose, limit=_A_BATCH)
            if deleted:
                return deleted
    return 0


async def delete_rest(session: AsyncSession, whose: Whose) -> int:
    """Delete all that is left, the journeys and the client themselves with it, in one transaction that nobody writes beside."""
    await session.execute(whose.journeys.with_for_update())  # whoever adds to a journey at this moment comes before or fails
    await _drop_jobs(session, whose)
    return sum([await _delete(session, table, whose, limit=None) for table in tables()])


async def _delete(session: AsyncSession, table: Table, whose: Whose, *, limit: int | None) -> int:
    where = theirs(table, whose)
    assert where is not None
    if limit is not None:
        key = list(table.primary_key.columns)
        where = tuple_(*key).in_(select(*key).where(where).limit(limit))
    done = await session.execute(delete(table).where(where))
    return int(done.rowcount)  # type: ignore[attr-defined]  # a deletion has it


async def _drop_jobs(session: AsyncSession, whose: Whose) -> None:
    """Actions on their journeys alone, with what became of each: once those are gone nobody could tell whose they were."""
    while jobs := list((await session.scalars(select(col(BulkJobRow.id)).where(_jobs(whose)).limit(_A_BATCH))).all()):
        await session.execute(delete(BulkItemRow).where(col(BulkItemRow.job).in_(jobs)))
        await session.execute(delete(BulkJobRow).where(col(BulkJobRow.id).in_(jobs)))


async def forget_reasons(session: AsyncSession, whose: Whose) -> None:
    """Take the words out of what the audit holds about them; who did it, and when, stays."""
    names = [whose.client, *(await session.scalars(whose.journeys)).all()]
    for name in names:
        about = or_(col(AuditRow.object) == name, col(AuditRow.object).startswith(f"{name}/", autoescape=True))
        found = update(AuditRow).where(col(AuditRow.tenant) == whose.tenant, about, col(AuditRow.reason).is_not(None))
        await session.execute(found.values(reason=None, salt=None))


async def executions(session: AsyncSession, whose: Whose) -> list[str]:
    """The ids of every workflow of theirs: their journeys, the alarms of those, and the owner of their mails."""
    journeys = (await session.scalars(whose.journeys)).all()
    alarms = (await session.scalars(select(col(AlertRow.id)).where(col(AlertRow.journey).in_(whose.journeys)))).all()
    return sorted({*journeys, *alarms, owner_of(whose.tenant, whose.client)})


async def get(session: AsyncSession, tenant: str, erasure: str) -> ErasureRow | None:
    """The erasure of that id in this tenant."""
    row = await session.get(ErasureRow, erasure)
    return row if row is not None and row.tenant == tenant else None


async def of_client(session: AsyncSession, whose: Whose) -> ErasureRow | None:
    """The latest erasure of a client of that id."""
    query = select(ErasureRow).where(col(ErasureRow.tenant) == whose.tenant, col(ErasureRow.client) == whose.client)
    return (await session.scalars(query.order_by(col(ErasureRow.asked_at).desc()).limit(1))).first()


async def find(session: AsyncSession, tenant: str, *, limit: int) -> list[ErasureRow]:
    """The latest erasures, the newest first."""
    query = select(ErasureRow).where(col(ErasureRow.tenant) == tenant)
    return list((await session.scalars(query.order_by(col(ErasureRow.asked_at).desc()).limit(limit))).all())


async def unfinished(session: AsyncSession) -> list[ErasureRow]:
    """Every erasure that has not come to its end, of all tenants."""
    return list((await session.scalars(select(ErasureRow).where(col(ErasureRow.finished_at).is_(None)))).all())


async def wanted(session: AsyncSession, tenant: str, clients: Collection[str]) -> set[str]:
    """Those of these clients who are there and not being deleted."""
    query = select(col(ClientRow.id)).where(col(ClientRow.tenant) == tenant, col(ClientRow.id).in_(clients))
    return set(await session.scalars(query.where(col(ClientRow.deleting_at).is_(None))))


async def is_wanted(session: AsyncSession, whose: Whose) -> bool:
    """Whether a client is there and not being deleted."""
    return whose.client in await wanted(session, whose.tenant, [whose.client])


async def is_there(session: AsyncSession, whose: Whose) -> bool:
    """Whether there is a client of that id, also one who is being deleted."""
    query = select(col(ClientRow.id)).where(col(ClientRow.tenant) == whose.tenant, col(ClientRow.id) == whose.client)
    return await session.scalar(query) is not None
