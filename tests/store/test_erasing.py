"""What a deletion finds of a client: every table is thought of, everything of theirs goes, and nobody else's (rule P4)."""

from sqlalchemy import select
from sqlmodel import SQLModel

from store import erasing
from store.database import Database
from store.erasing import KEPT, Whose, tables, theirs
from store.tables import AuditRow, BulkItemRow, BulkJobRow, DeliveryRow, EndpointRow, OutgoingRow
from tests.store.seeds import NOW, add_journey

_ANN, _BOB = Whose("t", "ann"), Whose("t", "bob")


def test_P4_every_table_is_thought_of() -> None:
    """A new table refers to a journey or a client by a column of that name or a foreign key, or somebody says why it stays."""
    nobody = Whose("", "")
    left = {name for name, table in SQLModel.metadata.tables.items() if theirs(table, nobody) is None} - set(KEPT)
    assert left == set(), (
        "give it a column for its journey, or tenant and client; or say in store/erasing.py what becomes of it"
    )
    assert set(KEPT) <= set(SQLModel.metadata.tables), "a table that there is no more"


def test_P4_whatever_refers_to_a_journey_or_a_client_is_not_kept() -> None:
    """Also where somebody calls the column otherwise."""
    for name, table in SQLModel.metadata.tables.items():
        refers = {key.column.table.name for column in table.columns for key in column.foreign_keys}
        if refers & {"journey", "client"}:
            assert name not in KEPT, f"{name} refers to a person and would keep its rows"


def test_P4_what_refers_goes_before_what_it_refers_to() -> None:
    """Or the database would not let it go."""
    order = [table.name for table in tables()]
    for table in tables():
        for column in table.columns:
            for key in column.foreign_keys:
                if key.column.table.name in order and key.column.table.name != table.name:
                    assert order.index(table.name) < order.index(key.column.table.name)


async def _seed(database: Database) -> None:
    async with database.begin() as session:
        for client in ("ann", "bob"):
            journey = await add_journey(session, client=client, id=f"jou_{client}")
            endpoint = EndpointRow(id=f"end_{client}", tenant="t", url="https://x", types=[], secrets=[], created_at=NOW)
            session.add(endpoint)
            for name, of in ((f"evt_{client}", journey.id), (f"evt_{client}_other", None)):
                row = OutgoingRow(tenant="t", id=name, type="x", journey=of, at=NOW, data={"client": client})
                session.add(row)
                await session.flush()
                session.add(DeliveryRow(endpoint=endpoint.id, position=row.position or 0, event=name))
            session.add(AuditRow(tenant="t", at=NOW, actor="o", action="seen", object=f"{journey.id}/a.1", reason=f"{client}!"))
        for name, journeys in (("own", ["jou_ann"]), ("shared", ["jou_ann", "jou_bob"])):
            session.add(BulkJobRow(id=name, tenant="t", action="stop", arguments={}, by_role="operator", created_at=NOW))
            await session.flush()
            session.add_all([BulkItemRow(job=name, journey=one, state="done") for one in journeys])


async def test_P4_everything_of_a_client_goes_and_nothing_of_anybody_elses(database: Database) -> None:
    """In batches, then the rest; by columns, by facts of an event, by deliveries of it; jobs that were on theirs alone."""
    await _seed(database)
    async with database.read() as session:
        bobs = await erasing.count(session, _BOB)
        anns = await erasing.count(session, _ANN)
    assert anns == {"bulk_item": 2, "bulk_job": 1, "client": 1, "delivery": 2, "journey": 1, "outgoing": 2}
    while True:
        async with database.begin() as session:
            if not await erasing.delete_some(session, _ANN):
                break
    async with database.begin() as session:
        await erasing.forget_reasons(session, _ANN)
        assert await erasing.delete_rest(session, _ANN) == 2
    async with database.read() as session:
        assert await erasing.count(session, _ANN) == {}
        assert await erasing.count(session, _BOB) == {**bobs, "bulk_job": 1}, "the shared job is Bob's alone now"
        reasons = {row.object: row.reason for row in (await session.scalars(select(AuditRow))).all()}
        assert reasons == {"jou_ann/a.1": None, "jou_bob/a.1": "bob!"}
        assert [row.id for row in (await session.scalars(select(BulkJobRow))).all()] == ["shared"]
    async with database.begin() as session:
        assert await erasing.delete_rest(session, _ANN) == 0, "the second time nothing is left"
