"""Events for hosts: there with what they tell of or not at all, and in an order that a reader can rely on (rule N5)."""

import asyncio
import random

import pytest
from sqlalchemy import text

from engine.announcements import Announcement
from store import alerts, outbox
from store.database import Database
from store.tables import AlertRow
from tests.keys import SampleRoots
from tests.store.seeds import NOW, add_journey


def _told(name: str, type: str = "org.stepwell.step.delivered") -> Announcement:
    return Announcement(name, type, NOW, {"journey": "j"}, "j", 1)


async def _keep(database: Database, *names: str, tenant: str = "t") -> None:
    async with database.of(tenant).begin() as session:
        await outbox.append(session, tenant, [_told(name) for name in names])


async def test_N5_what_was_appended_is_read_in_order_from_any_position(database: Database) -> None:
    """And only by its own tenant."""
    await _keep(database, "j/1", "j/2", "j/3")
    await _keep(database, "j/1", tenant="other")
    async with database.read() as session:
        rows = await outbox.read(session, "t")
        assert [row.id for row in rows] == ["j/1", "j/2", "j/3"]
        first, second, third = (outbox.position_of(row) for row in rows)
        assert first < second < third == await outbox.last_position(session, "t")
        assert [row.id for row in await outbox.read(session, "t", after=first, limit=1)] == ["j/2"]
        assert await outbox.read(session, "t", after=third) == []
        assert await outbox.read(session, "t", types=["org.stepwell.step.skipped"]) == []
        assert outbox.sent_as(rows[0]).as_json() == outbox.sent_as((await outbox.read(session, "t"))[0]).as_json()


async def test_N5_an_event_is_there_with_what_it_tells_of_or_not_at_all(database: Database) -> None:
    """A transaction that fails leaves neither."""

    async def break_afterwards() -> None:
        async with database.begin() as session:
            await add_journey(session, id="j")
            await outbox.append(session, "t", [_told("j/1")])
            raise RuntimeError("afterwards")

    with pytest.raises(RuntimeError, match="afterwards"):
        await break_afterwards()
    async with database.read() as session:
        assert await outbox.read(session, "t") == []


async def test_N5_a_reader_never_finds_an_earlier_one_later(database: Database) -> None:
    """Twelve writers at once, some of them slow to commit, and readers that go on from the last position they saw."""
    writers, each = 12, 8
    dice = random.Random(4)
    naps = [[dice.choice((0, 0, 0, 0.03)) for _ in range(each)] for _ in range(writers)]
    done = asyncio.Event()

    async def write(number: int) -> None:
        for turn in range(each):
            async with database.begin() as session:
                names = [_told(f"j{number}/{turn}/{part}") for part in range(1 + turn % 3)]
                await outbox.append(session, "t", names)
                await asyncio.sleep(naps[number][turn])

    async def follow() -> list[int]:
        seen: list[int] = []
        while True:
            last = done.is_set()
            async with database.read() as session:
                rows = await outbox.read(session, "t", after=seen[-1] if seen else 0, limit=5)
            seen += [outbox.position_of(row) for row in rows]
            if last and not rows:
                return seen

    readers = [asyncio.create_task(follow()) for _ in range(3)]
    await asyncio.gather(*(write(number) for number in range(writers)))
    done.set()
    async with database.read() as session:
        everything = [outbox.position_of(row) for row in await outbox.read(session, "t", limit=None)]
    assert len(everything) == writers * sum(1 + turn % 3 for turn in range(each))
    for reader in readers:
        assert await reader == everything


async def test_N5_whoever_comes_second_waits_until_the_first_has_committed(postgres_url: str) -> None:
    """It could commit first otherwise, and a reader would pass over what comes before it."""
    database = Database.open(postgres_url, SampleRoots()).of("t")
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with database.begin() as session:
        await outbox.append(session, "t", [_told("j/1")])
        second = asyncio.create_task(_keep(database, "j/2"))
        await _keep(database, "k/1", tenant="other")  # nobody else's turn
        while not await session.scalar(waiting):
            assert not second.done(), "it did not wait"
            await asyncio.sleep(0.01)
        async with database.read() as reader:
            assert await outbox.read(reader, "t") == []
    await second
    async with database.read() as reader:
        assert [row.id for row in await outbox.read(reader, "t")] == ["j/1", "j/2"]
    await database.close()


async def test_N5_an_alert_is_told_once_when_raised_and_once_when_taken_up(ready: Database) -> None:
    """By whoever is first, also where several come at once; and nothing of why is told."""

    async def raise_it() -> None:
        async with ready.begin() as session:
            facts = {"occurrence": "mood.1", "response_id": "r1", "rules": ["item9"], "raised_at": NOW}
            await alerts.raise_(session, AlertRow(id="alert_1", tenant="t", journey="j", **facts))

    async def take_up(name: str) -> None:
        async with ready.begin() as session:
            row = await alerts.get(session, "t", "alert_1")
            assert row is not None
            await alerts.acknowledge(session, row, by=name, reason="called", now=NOW)

    await asyncio.gather(*(raise_it() for _ in range(4)))
    await asyncio.gather(*(take_up(f"Dr. {number}") for number in range(4)))
    async with ready.read() as session:
        raised, taken = await outbox.read(session, "t")
    assert (raised.id, raised.type) == ("alert_1/raised", "org.stepwell.alert.raised")
    assert (taken.id, taken.type) == ("alert_1/acknowledged", "org.stepwell.alert.acknowledged")
    whose = {"journey": "j", "client": "ann", "pathway": "tutorial", "version": 1}
    assert raised.data == {**whose, "alert": "alert_1", "occurrence": "mood.1", "response_id": "r1"}
    assert taken.data == {**whose, "alert": "alert_1", "occurrence": "mood.1"}
