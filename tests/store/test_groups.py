"""Groups in the store, and entering many in one transaction, on both databases."""

import asyncio

from stepwell.enrolment import Wish, enrol_many
from stepwell.errors import NotFound
from store import clients, groups
from store.database import Database
from store.groups import Became
from store.tables import ClientGroupRow, JourneyRow
from tests.store.seeds import NOW, client_row, publish_example

NAMES = [f"c{number:03}" for number in range(30)]


def _wish(client: str, request: str) -> Wish:
    return Wish("t", client, "tutorial", None, f"{client}/tutorial", "use_existing", request, None, {})


async def _seed(database: Database) -> None:
    async with database.begin() as session:
        for name in NAMES:
            row = client_row()
            row.id = name
            await clients.add(session, row)
        await publish_example(session, "tutorial")


async def test_P5_batches_that_cross_enter_each_client_once(database: Database) -> None:
    """Two batches with the same clients in opposite order: neither waits for ever, and each client has one journey."""
    await _seed(database)
    there, back = await asyncio.gather(
        enrol_many(database, [_wish(name, "a") for name in NAMES], NOW),
        enrol_many(database, [_wish(name, "b") for name in reversed(NAMES)], NOW),
    )
    first = [one.id for one in there if isinstance(one, JourneyRow)]
    second = [one.id for one in reversed(back) if isinstance(one, JourneyRow)]
    assert first == second
    assert len(set(first)) == len(NAMES)


async def test_one_who_is_not_there_keeps_no_other_back(database: Database) -> None:
    """The outcomes are in the order of the wishes, the refused one in its place."""
    await _seed(database)
    outcomes = await enrol_many(database, [_wish(name, "a") for name in ("c002", "nobody", "c001")], NOW)
    assert isinstance(outcomes[1], NotFound)
    assert [one.client for one in outcomes if isinstance(one, JourneyRow)] == ["c002", "c001"]


async def test_members_come_in_waves_and_are_settled_once(database: Database) -> None:
    """Added twice is once; what became of a member is said by whoever is first; what failed waits again."""
    await _seed(database)
    facts = {"version": 1, "dates": {}, "again": "reject", "late_joiners": "closed", "wave_size": 10, "wave_seconds": 60}
    row = ClientGroupRow(
        id="grp_1", tenant="t", name="G", pathway="tutorial", per_second=50, by_role="host", created_at=NOW, **facts
    )
    async with database.begin() as session:
        session.add(row)
        await session.flush()
        assert await groups.add_members(session, row, NAMES[:20]) == 20
        assert await groups.add_members(session, row, NAMES[10:]) == 10
    async with database.begin() as session:
        assert [one.wave for one in await groups.waiting(session, "grp_1", limit=100)] == [0] * 10 + [1] * 10 + [2] * 10
        await groups.settle(session, "grp_1", [Became("c000", "started", "jou_1"), Became("c001", "failed")], NOW)
        await groups.settle(session, "grp_1", [Became("c000", "failed")], NOW)
    async with database.begin() as session:
        assert (await groups.counts(session, ["grp_1"]))["grp_1"] == {"waiting": 28, "started": 1, "failed": 1}
        await groups.wait_again(session, "grp_1")
        assert (await groups.counts(session, ["grp_1"]))["grp_1"] == {"waiting": 29, "started": 1}
        assert [one.client for one in await groups.members(session, "grp_1", state="waiting", limit=2)] == ["c001", "c002"]
