"""What is kept for how long, at instants around each limit, on both databases (SC17)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from store import retention
from store.database import Database
from store.erasing import Whose
from store.retention import CLASSES, Keep, departed
from store.tables import BulkItemRow, BulkJobRow, DeliveryRow, EndpointRow, OutgoingRow, ResponseDraftRow
from tests.store.seeds import NOW, add_journey

_KEEP = Keep()
_MOMENT = timedelta(seconds=1)


async def _forgotten(database: Database, now: datetime) -> dict[str, int]:
    async with database.begin() as session:
        return {name: await retention.forget_some(session, name, _KEEP, now) for name in CLASSES}


async def _count(database: Database, table: type) -> int:
    async with database.read() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def test_SC17_events_go_when_they_are_old_and_on_their_way_to_nobody(database: Database) -> None:
    """One that an endpoint is still to get stays, and its delivery with it; one that was given up goes."""
    async with database.begin() as session:
        for name in ("end_1", "end_2"):
            session.add(EndpointRow(id=name, tenant="t", url="https://x", types=[], secrets=[], created_at=NOW))
        await session.flush()
        for number, next_at in enumerate((None, NOW, None)):
            row = OutgoingRow(tenant="t", id=f"evt_{number}", type="x", at=NOW, data={})
            session.add(row)
            await session.flush()
            assert row.position is not None
            if number < 2:
                for endpoint in ("end_1", "end_2"):
                    due = next_at if endpoint == "end_1" else None
                    session.add(DeliveryRow(endpoint=endpoint, position=row.position, event=row.id, next_at=due, dead_at=NOW))
    await _forgotten(database, NOW + _KEEP.events)
    assert (await _count(database, OutgoingRow), await _count(database, DeliveryRow)) == (3, 4)
    await _forgotten(database, NOW + _KEEP.events + _MOMENT)
    assert (await _count(database, OutgoingRow), await _count(database, DeliveryRow)) == (1, 1)


async def test_SC17_finished_and_cancelled_jobs_go_and_running_ones_stay(ready: Database) -> None:
    """With what became of each journey."""
    async with ready.begin() as session:
        for name, ends in (
            ("bulk_done", {"finished_at": NOW}),
            ("bulk_cancelled", {"cancelled_at": NOW}),
            ("bulk_later", {"cancelled_at": NOW, "finished_at": NOW + _MOMENT}),
            ("bulk_runs", {}),
        ):
            job = BulkJobRow(id=name, tenant="t", action="pause", arguments={}, by_role="host", created_at=NOW, **ends)
            session.add(job)
            await session.flush()
            session.add_all(BulkItemRow(job=name, journey=journey, state="done") for journey in ("j", "k"))
    taken = await _forgotten(ready, NOW + _KEEP.jobs + _MOMENT)
    assert (taken["jobs"], taken["journeys of jobs"]) == (2, 4)
    assert (await _count(ready, BulkJobRow), await _count(ready, BulkItemRow)) == (2, 4)


async def test_SC17_drafts_of_answers_go_once_their_journey_is_over(ready: Database) -> None:
    """While it runs somebody may go on with them, however late."""
    async with ready.begin() as session:
        await add_journey(session, id="over", status="completed")
        for journey in ("j", "over"):
            draft = ResponseDraftRow(journey=journey, occurrence="a.1", by_role="client", payload={}, saved_at=NOW)
            session.add(draft)
    assert (await _forgotten(ready, NOW + _KEEP.drafts))["drafts"] == 0
    assert (await _forgotten(ready, NOW + _KEEP.drafts + _MOMENT))["drafts"] == 1


@pytest.mark.parametrize("rows", [retention.A_BATCH, retention.A_BATCH + 1])
async def test_SC17_more_than_a_batch_goes_batch_by_batch(database: Database, rows: int) -> None:
    """The last batch is told from the others by its size."""
    async with database.begin() as session:
        session.add_all(OutgoingRow(tenant="t", id=f"evt_{number}", type="x", at=NOW, data={}) for number in range(rows))
    taken = [(await _forgotten(database, NOW + timedelta(days=400)))["events"] for _ in range(2)]
    assert taken == [retention.A_BATCH, rows - retention.A_BATCH]


async def test_SC17_a_client_has_departed_when_all_their_journeys_are_over_for_long(database: Database) -> None:
    """Not who has one that runs, or one that ended lately, or none at all, or is being deleted."""
    async with database.begin() as session:
        for client, journeys in (
            ("gone", [("completed", NOW), ("stopped", NOW - _MOMENT)]),
            ("runs", [("completed", NOW), ("active", None)]),
            ("lately", [("completed", NOW), ("ended", NOW + timedelta(days=1))]),
        ):
            for status, at in journeys:
                await add_journey(session, client=client, status=status, finished_at=at)
    for tenant in ("t", "u"):
        async with database.of(tenant).begin() as session:
            await add_journey(session, tenant, client="going", status="completed", finished_at=NOW)
    async with database.of_every_tenant().begin() as session:
        assert await departed(session, NOW) == []
        found = await departed(session, NOW + _MOMENT)
    assert found == [Whose("t", "going"), Whose("t", "gone"), Whose("u", "going")]
