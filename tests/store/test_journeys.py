"""Journeys as hosts list them, and one writer at a time for each."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from store import clients, journeys, responses
from store.database import Database
from store.sealing import KeyDestroyed
from store.tables import OccurrenceRow, ResponseRow
from tests.keys import SampleRoots
from tests.store.seeds import NOW, add_journey, client_row, journey_row


async def _add(database: Database, *rows: dict[str, Any]) -> None:
    for row in rows:
        async with database.of(row.get("tenant", "t")).begin() as session:
            await add_journey(session, **row)


def _occurrence(journey: str, name: str, state: str = "open", delivered: datetime | None = NOW) -> OccurrenceRow:
    return OccurrenceRow(journey=journey, id=name, step=name.partition(".")[0], state=state, delivered_at=delivered)


async def test_a_journey_of_another_tenant_is_not_there(database: Database) -> None:
    """Neither to look at nor to take."""
    await _add(database, {"id": "j"}, {"id": "k", "tenant": "other"})
    async with database.begin() as session:
        assert await journeys.get(session, "t", "k") is None
        assert await journeys.take(session, "t", "k") is None
        assert await journeys.take(session, "t", "unknown") is None
        mine = await journeys.take(session, "t", "j")
    assert mine is not None
    assert mine.id == "j"


async def test_a_journey_needs_its_client(database: Database) -> None:
    """Of the same tenant: there are no orphans."""
    async with database.of("other").begin() as session:
        await clients.add(session, client_row(tenant="other"))
    with pytest.raises(KeyDestroyed, match="the client is gone"):
        async with database.begin() as session:
            await journeys.add(session, journey_row())


async def test_P5_an_attempt_of_an_enrolment_is_given_once(database: Database) -> None:
    """The table itself refuses the second, and lists the latest first."""
    await _add(database, {"enrolment_key": "key", "attempt": 1}, {"enrolment_key": "key", "attempt": 2})
    with pytest.raises(IntegrityError):
        await _add(database, {"enrolment_key": "key", "attempt": 2})
    await _add(database, {"enrolment_key": "key", "attempt": 2, "tenant": "other"})
    async with database.read() as session:
        assert [row.attempt for row in await journeys.enrolled(session, "t", "key")] == [2, 1]


async def test_find_fits_all_that_is_asked_for(database: Database) -> None:
    """Each question alone and all together; never another tenant's."""
    await _add(
        database,
        {"id": "j1", "status": "active", "pathway": "a"},
        {"id": "j2", "status": "active", "pathway": "b", "held": True},
        {"id": "j3", "status": "paused", "pathway": "a", "client": "bob"},
        {"id": "j4", "status": "active", "pathway": "a", "tenant": "other"},
    )

    async def found(**asked: Any) -> list[str]:
        async with database.read() as session:
            return [row.id for row in await journeys.find(session, "t", **asked)]

    assert await found() == ["j1", "j2", "j3"]
    assert await found(status="active") == ["j1", "j2"]
    assert await found(pathway="a") == ["j1", "j3"]
    assert await found(client="bob") == ["j3"]
    assert await found(held=True) == ["j2"]
    assert await found(held=False) == ["j1", "j3"]
    assert await found(status="active", pathway="a", client="ann", held=False) == ["j1"]
    assert await found(status="stopped") == []
    assert await found(limit=2) == ["j1", "j2"]
    assert await found(limit=2, after="j2") == ["j3"]


async def test_journeys_are_counted_by_their_status(database: Database) -> None:
    """Of this tenant; a status that nobody is in is not named."""
    await _add(database, *({"status": status} for status in ("active", "active", "paused")), {"tenant": "other"})
    async with database.read() as session:
        assert await journeys.count(session, "t") == {"active": 2, "paused": 1}
        assert await journeys.count(session, "third") == {}


async def test_what_is_open_for_a_client_comes_across_pathways_oldest_first(database: Database) -> None:
    """Opened or started; settled steps, other clients and other tenants are not in it."""
    hour = timedelta(hours=1)
    await _add(database, {"id": "j1"}, {"id": "j2"}, {"id": "bobs", "client": "bob"}, {"id": "theirs", "tenant": "other"})
    async with database.begin() as session:
        session.add_all(
            [
                _occurrence("j1", "late.1", delivered=NOW + 2 * hour),
                _occurrence("j1", "early.1", "started"),
                _occurrence("j2", "between.1", delivered=NOW + hour),
                _occurrence("j2", "done.1", "completed"),
                _occurrence("j2", "never.1", "waiting", None),
                _occurrence("bobs", "other.1"),
            ]
        )
    async with database.of("other").begin() as session:
        session.add(_occurrence("theirs", "other.1"))
    async with database.read() as session:
        found = await journeys.open_steps(session, "t", "ann")
        assert [(journey.id, step.id) for journey, step, *_ in found] == [
            ("j1", "early.1"),
            ("j2", "between.1"),
            ("j1", "late.1"),
        ]
        assert [step.id for step in await journeys.occurrences(session, "j2")] == ["done.1", "between.1", "never.1"]


async def test_who_takes_a_journey_has_it_alone(database: Database) -> None:
    """Ten who read, add one and write lose nothing."""
    await _add(database, {"id": "j"})

    async def add_one() -> None:
        async with database.begin() as session:
            row = await journeys.take(session, "t", "j")
            assert row is not None
            seen = row.seq
            await asyncio.sleep(0)
            row.seq = seen + 1

    await asyncio.gather(*(add_one() for _ in range(10)))
    async with database.read() as session:
        row = await journeys.get(session, "t", "j")
    assert row is not None
    assert row.seq == 10


async def test_a_response_need_not_wait_for_whoever_has_the_journey(postgres_url: str) -> None:
    """Answers are kept while a long history is being recorded; SQLite has one writer anyway."""
    database = Database.open(postgres_url, SampleRoots()).of("t")
    await _add(database, {"id": "j"})
    answer = ResponseRow(
        tenant="t",
        id="r1",
        journey="j",
        occurrence="a.1",
        by_role="client",
        payload={},
        outcome={},
        visibility="client_only",
        received_at=NOW,
    )
    async with asyncio.timeout(20), database.begin() as recording:
        await journeys.take(recording, "t", "j")
        async with database.begin() as answering:
            await responses.keep(answering, answer)
    await database.close()
