"""Questions, ratings and tailored words: kept once, in order, and never written over without a trace."""

import asyncio
from datetime import timedelta

import pytest

from store import posts
from store.database import Database
from store.responses import DifferentSubmission
from store.tables import PostRow, RatingRow
from tests.store.seeds import NOW


def _post(name: str = "p1", **more: object) -> PostRow:
    fields = {"journey": "j", "occurrence": "mood.1", "role": "client", "text": "Où ça ? 🙂\nAnd then?", "at": NOW}
    return PostRow(tenant="t", id=name, **(fields | more))


async def _keep(database: Database, *rows: PostRow) -> None:
    for row in rows:
        async with database.begin() as session:
            await posts.keep(session, row)


async def test_D16_a_question_is_kept_once_and_reads_back_as_written(ready: Database) -> None:
    """Sent again, also at the same moment, it is one; with other words it is refused."""
    await asyncio.gather(*(_keep(ready, _post()) for _ in range(4)))
    with pytest.raises(DifferentSubmission, match="used for something else"):
        await _keep(ready, _post(text="Other"))
    async with ready.read() as session:
        assert [row.text for row in await posts.thread(session, "j")] == ["Où ça ? 🙂\nAnd then?"]


async def test_a_thread_is_read_in_order_and_by_the_other_side(ready: Database) -> None:
    """Reading marks what the other side wrote, once."""
    later = NOW + timedelta(minutes=1)
    await _keep(ready, _post("z"), _post("a", at=later, role="practitioner"), _post("b", occurrence="mood.2"))
    for now in (later, later + timedelta(hours=1)):
        async with ready.begin() as session:
            await posts.mark_read(session, "j", "mood.1", not_by="client", now=now)
    async with ready.read() as session:
        thread = await posts.thread(session, "j", "mood.1")
    assert [(row.id, row.read_at) for row in thread] == [("z", None), ("a", later)]


async def test_a_rating_takes_the_place_of_the_one_before(ready: Database) -> None:
    """Of the same measure of the same step, and of no other."""
    for measure, value in (("helpfulness", 1), ("effort", 2), ("helpfulness", 4)):
        async with ready.begin() as session:
            await posts.rate(session, RatingRow(journey="j", occurrence="mood.1", measure=measure, value=value, at=NOW))
    async with ready.read() as session:
        assert [(row.measure, row.value) for row in await posts.ratings(session, "j")] == [("effort", 2), ("helpfulness", 4)]


async def test_D31_every_change_of_words_is_numbered_and_stays(ready: Database) -> None:
    """Also those of the same moment."""

    async def change(number: int) -> None:
        async with ready.begin() as session:
            await posts.tailor(session, "j", "mood", {"message": f"{number}"}, by="dr", reason="because", now=NOW)

    await asyncio.gather(*(change(number) for number in range(5)))
    async with ready.read() as session:
        found = await posts.tailorings(session, "j")
    assert [row.number for row in found] == [1, 2, 3, 4, 5]
    assert {row.words["message"] for row in found} == {"0", "1", "2", "3", "4"}
