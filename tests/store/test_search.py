"""Searching journeys: every filter, every order, pages that stay what they are, on both databases."""

import random
from datetime import timedelta
from typing import Any

import pytest

from stepwell import Refused
from stepwell.models import JourneyQuery
from store.database import Database
from store.tables import JourneyRow, OccurrenceRow
from tests.store.doors import door
from tests.store.seeds import NOW, add_journey, client_row, publish_example

MINUTE = timedelta(minutes=1)
SORTS = ("newest", "oldest", "overdue", "failed", "client")


async def listed(database: Database, limit: int = 7, between: Any = None, **query: Any) -> list[str]:
    """The ids of a search, page by page; `between` is done after each page."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = await door(database).search(JourneyQuery(**query), limit=limit, after=after)
        found += [line.id for line in page.items]
        after = page.next
        if after is None:
            return found
        if between is not None:
            await between()


async def many(database: Database, number: int = 40) -> list[JourneyRow]:
    """Journeys of several clients, many begun at the same instant, some owing, some failed."""
    async with database.begin() as session:
        return [
            await add_journey(
                session,
                client=f"c{each % 7}",
                status="active",
                created_at=NOW + each // 3 * MINUTE,
                owed_since=NOW - each // 5 * MINUTE if each % 2 else None,
                failed_at=NOW + each // 4 * MINUTE if each % 3 else None,
            )
            for each in range(number)
        ]


_KEYS: dict[str, Any] = {
    "newest": lambda row: row.created_at,
    "oldest": lambda row: row.created_at,
    "overdue": lambda row: row.owed_since,
    "failed": lambda row: row.failed_at,
    "client": lambda row: row.client,
}


@pytest.mark.parametrize("sort", SORTS)
async def test_pages_hold_everything_once_and_in_order(database: Database, sort: Any) -> None:
    """Also where many share an instant; what has no place in an order is not listed, and not counted."""
    rows = await many(database)
    key = _KEYS[sort]
    expected = sorted((row for row in rows if key(row) is not None), key=lambda row: (key(row), row.id))
    if sort in ("newest", "failed"):
        expected.reverse()
    assert await listed(database, sort=sort) == [row.id for row in expected]
    assert (await door(database).count(JourneyQuery(sort=sort))).number == len(expected)


@pytest.mark.parametrize("sort", SORTS)
async def test_pages_stay_stable_while_rows_come_and_change(database: Database, sort: Any) -> None:
    """Whatever is added, moved or ended between two pages: a journey that does not change is on exactly one of them."""
    rows = await many(database)
    chance = random.Random(1)
    changing = {row.id for row in chance.sample(rows, 15)}
    still = [row.id for row in rows if _KEYS[sort](row) is not None and row.id not in changing]

    async def meanwhile() -> None:
        async with database.begin() as session:
            for name in chance.sample(sorted(changing), 5):
                row = await session.get_one(JourneyRow, name)
                row.owed_since = chance.choice([None, NOW - chance.randrange(9) * MINUTE])
                row.failed_at = chance.choice([None, NOW + chance.randrange(9) * MINUTE])
            for _ in range(3):
                when = NOW + chance.randrange(-9, 30) * MINUTE
                await add_journey(session, client=f"c{chance.randrange(9)}", created_at=when, owed_since=when, failed_at=when)

    found = await listed(database, sort=sort, between=meanwhile)
    assert sorted(one for one in found if one in set(still)) == sorted(still)


async def test_every_filter_finds_what_it_says(database: Database) -> None:
    """One by one, and all of them at once."""
    async with database.begin() as session:
        await publish_example(session, "tutorial")
        session.add(client_row("bob", practitioner="dr"))
        await session.flush()
        a = await add_journey(session, id="jou_a", status="active", held=True, enrolment_key="ann/tutorial")
        b = await add_journey(session, id="jou_b", client="bob", status="paused", version=2, failed_at=NOW)
        c = await add_journey(session, id="jou_c%x", status="stopped", pathway="other", practitioner="dr")
        d = await add_journey(session, id="jou_d", status="active", owed_since=NOW - timedelta(days=4))
        session.add(OccurrenceRow(journey=a.id, id="x.1", step="x", state="open"))
        session.add(OccurrenceRow(journey=a.id, id="y.1", step="y", state="started"))
        session.add(OccurrenceRow(journey=a.id, id="z.1", step="z", state="completed"))
    async with database.of("u").begin() as session:
        await add_journey(session, id="jou_z", tenant="u")
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({}, {a.id, b.id, c.id, d.id}),
        ({"text": "jou_c%"}, {c.id}),
        ({"text": "jou_"}, {a.id, b.id, c.id, d.id}),
        ({"text": "ann/t"}, {a.id}),
        ({"text": "bo"}, {b.id}),
        ({"text": "BO"}, set()),
        ({"text": "ou_"}, set()),
        ({"client": "bob"}, {b.id}),
        ({"pathway": "other"}, {c.id}),
        ({"pathway": "tutorial", "version": 2}, {b.id}),
        ({"statuses": ("paused", "stopped")}, {b.id, c.id}),
        ({"held": True}, {a.id}),
        ({"failed_since": NOW}, {b.id}),
        ({"failed_since": NOW + MINUTE}, set()),
        ({"overdue_days": 3}, {d.id}),
        ({"overdue_days": 36_000}, set()),
        ({"practitioner": "dr"}, {b.id, c.id}),
        ({"tag": "nothing"}, set()),
        ({"tag": "function:training"}, {a.id, b.id, d.id}),
        ({"tag": "function:training", "pathway": "other"}, set()),
        ({"client": "bob", "statuses": ("paused",), "version": 2, "failed_since": NOW, "practitioner": "dr"}, {b.id}),
    ]
    for query, expected in cases:
        assert set(await listed(database, **query)) == expected, query
        assert (await door(database).count(JourneyQuery(**query))).number == len(expected), query
    (line,) = (await door(database).search(JourneyQuery(held=True))).items
    assert line.open_steps == 2
    theirs = door(database, kind="practitioner", id="dr")
    assert {one.id for one in (await theirs.search(JourneyQuery())).items} == {b.id, c.id}
    assert (await theirs.search(JourneyQuery(practitioner="other"))).items == ()


async def test_a_cursor_is_of_its_own_search(database: Database) -> None:
    """Of another order or other filters, or of nothing: refused, never a page of something else."""
    await many(database)
    first = await door(database).search(JourneyQuery(sort="oldest"), limit=5)
    assert first.next is not None
    for query, cursor in (
        (JourneyQuery(sort="newest"), first.next),
        (JourneyQuery(sort="client"), first.next),
        (JourneyQuery(sort="oldest", held=False), first.next),
        (JourneyQuery(sort="oldest"), "x"),
        (JourneyQuery(sort="oldest"), "W10"),
        (JourneyQuery(sort="oldest"), "é"),
    ):
        with pytest.raises(Refused, match="cursor"):
            await door(database).search(query, limit=5, after=cursor)
