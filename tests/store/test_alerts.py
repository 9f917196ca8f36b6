"""Alerts: there with the answer or not at all, once, until the first who takes them up (rule R8)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from store import alerts, responses
from store.database import Database
from store.tables import AlertRow, ResponseRow
from tests.store.seeds import NOW, add_journey


def _alert(name: str = "alert_1", **more: object) -> AlertRow:
    fields = {"tenant": "t", "journey": "j", "occurrence": "mood.1", "response_id": "r1", "rules": ["item9"], "raised_at": NOW}
    return AlertRow(id=name, **(fields | more))


def _response() -> ResponseRow:
    facts = {"payload": {"a": 1}, "outcome": {}, "visibility": "client_and_practitioner", "received_at": NOW}
    return ResponseRow(tenant="t", id="r1", journey="j", occurrence="mood.1", by_role="client", **facts)


async def test_R8_the_answer_and_its_alert_are_one_transaction(ready: Database) -> None:
    """Where one of them cannot be kept, neither is."""

    async def break_in_between() -> None:
        async with ready.begin() as session:
            await responses.keep(session, _response())
            await alerts.raise_(session, _alert())
            raise RuntimeError("in between")

    with pytest.raises(RuntimeError, match="in between"):
        await break_in_between()
    async with ready.read() as session:
        assert await responses.get(session, "t", "r1") is None
        assert await alerts.get(session, "t", "alert_1") is None


async def test_an_alert_raised_twice_is_one_and_stays_taken_up(ready: Database) -> None:
    """The same submission again, also at the same moment."""

    async def once() -> None:
        async with ready.begin() as session:
            await alerts.raise_(session, _alert())

    await asyncio.gather(*(once() for _ in range(4)))
    async with ready.begin() as session:
        row = await alerts.get(session, "t", "alert_1")
        assert row is not None
        await alerts.acknowledge(session, row, by="Dr. Eva", reason="called", now=NOW + timedelta(hours=1))
    await once()
    async with ready.begin() as session:
        again = await alerts.get(session, "t", "alert_1")
        assert again is not None
        await alerts.acknowledge(session, again, by="Somebody", reason="else", now=NOW + timedelta(hours=2))
    async with ready.read() as session:
        assert await alerts.find(session, "t") == []
        (row,) = await alerts.find(session, "t", only_open=False)
    assert (row.acknowledged_by, row.reason, row.acknowledged_at) == ("Dr. Eva", "called", NOW + timedelta(hours=1))


async def test_alerts_are_found_the_oldest_first_and_by_their_tenant_alone(ready: Database) -> None:
    """Nobody sees, or takes up, those of another practice."""
    async with ready.begin() as session:
        await alerts.raise_(session, _alert("b", raised_at=NOW + timedelta(minutes=1)))
        await alerts.raise_(session, _alert("a", raised_at=NOW + timedelta(minutes=2)))
    async with ready.of("other").begin() as session:
        await add_journey(session, "other", id="theirs")
        await alerts.raise_(session, _alert("c", tenant="other", journey="theirs"))
    async with ready.read() as session:
        assert [row.id for row in await alerts.find(session, "t")] == ["b", "a"]
        assert await alerts.get(session, "t", "c") is None


async def test_what_nobody_was_told_of_is_found_again(ready: Database) -> None:
    """Of every tenant, once it is older than whoever took it needs to tell of it."""
    async with ready.begin() as session:
        await alerts.raise_(session, _alert("old"))
        await alerts.raise_(session, _alert("told", watched_at=NOW))
        await alerts.raise_(session, _alert("young", raised_at=datetime.now(UTC)))
    async with ready.of("other").begin() as session:
        await add_journey(session, "other", id="theirs")
        await alerts.raise_(session, _alert("other", tenant="other", journey="theirs"))
    async with ready.of_every_tenant().read() as session:
        assert {row.id for row in await alerts.unwatched(session, timedelta(minutes=1))} == {"old", "other"}


async def test_RT19_an_alarm_that_never_started_is_found_whatever_clock_raised_it(ready: Database) -> None:
    """From the past, and from the future; one that was raised a moment ago is being told of."""
    now = datetime.now(UTC)
    async with ready.begin() as session:
        for name, ago in (("past", 20), ("fresh", 1), ("future", -3600)):
            await alerts.raise_(session, _alert(name, raised_at=now - timedelta(seconds=ago)))
        found = await alerts.unwatched(session, timedelta(seconds=10))
    assert {one.id for one in found} == {"past", "future"}
