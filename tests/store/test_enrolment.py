"""Entering a client: one key, one journey, however often and by however many it is asked for (rule P5)."""

import asyncio
from datetime import date

import pytest
import pytest_asyncio

from stepwell.enrolment import Wish, enrol
from stepwell.errors import NotFound, Refused
from stepwell.models import Again
from store import clients, journeys
from store.database import Database
from store.tables import JourneyRow
from tests.store.seeds import NOW, client_row, publish_example, wish

AT_ONCE = 8


@pytest_asyncio.fixture
async def ready(database: Database) -> Database:
    """Ann, and the tutorial."""
    async with database.begin() as session:
        await clients.add(session, client_row())
        await publish_example(session, "tutorial")
    return database


async def _all_at_once(database: Database, wished: Wish) -> list[JourneyRow]:
    return await asyncio.gather(*(enrol(database, wished, NOW) for _ in range(AT_ONCE)))


async def _attempts(database: Database, key: str = "ann/tutorial") -> list[JourneyRow]:
    async with database.read() as session:
        return await journeys.enrolled(session, "t", key)


async def _now_is(database: Database, journey: str, status: str) -> None:
    async with database.begin() as session:
        row = await journeys.take(session, "t", journey)
        assert row is not None
        row.status = status


@pytest.mark.parametrize("again", ["reject", "use_existing", "restart"])
async def test_P5_eight_at_once_are_one_journey(ready: Database, again: Again) -> None:
    """Nobody is refused for pressing the button twice."""
    made = await _all_at_once(ready, wish(again))
    assert len({row.id for row in made}) == 1
    assert [row.attempt for row in await _attempts(ready)] == [1]


async def test_P5_reject_refuses_a_client_who_is_on_it_or_was(ready: Database) -> None:
    """With the journey's id and what to do instead; never with a name."""
    first = await enrol(ready, wish(), NOW)
    for status in ("active", "paused", "completed", "stopped", "ended"):
        await _now_is(ready, first.id, status)
        with pytest.raises(Refused) as refused:
            await enrol(ready, wish(), NOW)
        assert (refused.value.code, refused.value.rule) == ("already_enrolled", "P5")
        assert f"journey {first.id} ({status})" in str(refused.value)
    assert len(await _attempts(ready)) == 1


async def test_P5_a_start_that_was_cut_off_is_taken_up_again(ready: Database) -> None:
    """Reserved and never started: the same call finds the place it had."""
    first = await enrol(ready, wish(), NOW)
    assert (await enrol(ready, wish(), NOW)).id == first.id


@pytest.mark.parametrize("status", ["active", "completed", "stopped"])
async def test_P5_use_existing_gives_the_journey_there_is(ready: Database, status: str) -> None:
    """Running or over."""
    first = await enrol(ready, wish(), NOW)
    await _now_is(ready, first.id, status)
    made = await _all_at_once(ready, wish("use_existing"))
    assert {row.id for row in made} == {first.id}


@pytest.mark.parametrize("status", ["active", "completed", "stopped"])
async def test_P5_restart_makes_one_new_journey(ready: Database, status: str) -> None:
    """Eight at once restart it once; the old one stays in the store."""
    first = await enrol(ready, wish(), NOW)
    await _now_is(ready, first.id, status)
    made = await _all_at_once(ready, wish("restart"))
    assert len({row.id for row in made}) == 1
    assert [(row.attempt, row.id) for row in await _attempts(ready)] == [(2, made[0].id), (1, first.id)]


async def test_P5_parallel_makes_a_journey_each(ready: Database) -> None:
    """Eight at once are eight, numbered without gaps, and nobody is turned away."""
    made = await _all_at_once(ready, wish("parallel"))
    assert len({row.id for row in made}) == AT_ONCE
    assert [row.attempt for row in await _attempts(ready)] == list(range(AT_ONCE, 0, -1))


@pytest.mark.parametrize("again", ["reject", "use_existing", "restart", "parallel"])
async def test_P5_the_same_request_is_the_same_journey(ready: Database, again: Again) -> None:
    """At once, and long after, whatever the wish says and whatever became of the journey."""
    made = await _all_at_once(ready, wish(again, request="req-1"))
    assert len({row.id for row in made}) == 1
    await _now_is(ready, made[0].id, "stopped")
    assert (await enrol(ready, wish(again, request="req-1"), NOW)).id == made[0].id


async def test_P5_an_older_attempt_is_found_by_its_request(ready: Database) -> None:
    """Not only the latest."""
    first = await enrol(ready, wish("parallel", request="req-1"), NOW)
    second = await enrol(ready, wish("parallel", request="req-2"), NOW)
    assert first.id != second.id
    assert (await enrol(ready, wish("parallel", request="req-1"), NOW)).id == first.id


async def test_P5_another_key_is_another_enrolment(ready: Database) -> None:
    """The host chooses what counts as the same."""
    first = await enrol(ready, wish(key="spring"), NOW)
    second = await enrol(ready, wish(key="autumn"), NOW)
    assert first.id != second.id
    assert first.attempt == second.attempt == 1


async def test_P5_tenants_do_not_meet(ready: Database) -> None:
    """The same key in another tenant is somebody else's."""
    await enrol(ready, wish(), NOW)
    with pytest.raises(NotFound, match="no client ann"):
        await enrol(ready.of("other"), wish(tenant="other"), NOW)
    async with ready.of("other").begin() as session:
        await clients.add(session, client_row(tenant="other"))
        await publish_example(session, "tutorial", "other")
    assert (await enrol(ready.of("other"), wish(tenant="other"), NOW)).attempt == 1


@pytest.mark.parametrize(
    ("wished", "words"),
    [
        (wish(client="bob"), "there is no client bob; add them first"),
        (wish(pathway="nothing"), "no pathway nothing is published; see: stepwell pathway list"),
        (wish(version=7), "no pathway tutorial version 7 is published; see: stepwell pathway list"),
    ],
)
async def test_who_or_what_is_missing_is_named_and_nothing_is_reserved(ready: Database, wished: Wish, words: str) -> None:
    """The next try, with what was missing, is the first."""
    with pytest.raises(NotFound) as missing:
        await enrol(ready, wished, NOW)
    assert str(missing.value) == words
    assert await _attempts(ready) == []


async def test_a_journey_pins_the_version_and_the_dates_it_began_with(ready: Database) -> None:
    """What is published afterwards is not for it."""
    made = await enrol(ready, wish(dates={"surgery": date(2026, 4, 1)}, practitioner="eva"), NOW)
    async with ready.read() as session:
        kept = await journeys.get(session, "t", made.id)
    assert kept is not None
    assert (kept.version, kept.dates, kept.practitioner) == (1, {"surgery": "2026-04-01"}, "eva")
    assert (kept.status, kept.created_at) == ("starting", NOW)
