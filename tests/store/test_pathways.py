"""Published pathways are numbered without gaps and never change."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from engine.contents import Contents
from engine.publishing import compile_pathway
from engine.structure import Structure
from store import pathways
from store.database import Database
from store.tables import PathwayVersionRow
from tests.pathways import document, step
from tests.store.seeds import NOW, publish_example


async def _publish(database: Database, source: str, tenant: str = "t", *, days: int = 0) -> tuple[PathwayVersionRow, bool]:
    mark = pathways.fingerprint(source, {})
    now = NOW + timedelta(days=days)
    async with database.of(tenant).begin() as session:
        return await pathways.publish(
            session, tenant, "trial", source, mark, lambda number: compile_pathway(source, number), now
        )


def _source(word: str) -> str:
    return document(step("hello", body=word))


async def test_the_same_source_is_the_same_version(database: Database) -> None:
    """Publishing again changes nothing, not even the date."""
    first, is_new = await _publish(database, _source("one"))
    again, is_new_again = await _publish(database, _source("one"), days=1)
    assert (is_new, is_new_again) == (True, False)
    assert again.model_dump() == first.model_dump()
    assert again.published_at == NOW


async def test_another_source_is_the_next_version(database: Database) -> None:
    """Back to an older text is a new version too: what counts is the latest."""
    numbers = [(await _publish(database, _source(word)))[0].number for word in ("one", "two", "one")]
    assert numbers == [1, 2, 3]


async def test_D11_a_published_version_stays_as_it_was(database: Database) -> None:
    """Whatever is published afterwards."""
    first, _ = await _publish(database, _source("one"))
    await _publish(database, _source("two"))
    async with database.read() as session:
        kept = await pathways.get(session, "t", "trial", 1)
        latest = await pathways.get(session, "t", "trial")
    assert kept is not None
    assert latest is not None
    assert kept.model_dump() == first.model_dump()
    assert (latest.number, latest.source) == (2, _source("two"))


async def test_a_number_is_given_once(database: Database) -> None:
    """Also where somebody forgets to take turns, the table refuses the second."""
    row, _ = await _publish(database, _source("one"))
    with pytest.raises(IntegrityError):
        async with database.begin() as session:
            session.add(PathwayVersionRow(**row.model_dump()))


@pytest.mark.parametrize("name", ["tutorial", "couple-communication", "depression-homework", "gratitude-letter", "surgery"])
async def test_structure_and_contents_read_back_equal(database: Database, name: str) -> None:
    """What the journey pins is what was compiled, with its own number in it."""
    async with database.begin() as session:
        row = await publish_example(session, name)
    async with database.read() as session:
        kept = await pathways.get(session, "t", name)
    assert kept is not None
    published = compile_pathway(row.source, 1)
    assert Structure.model_validate(kept.structure) == published.structure
    assert Contents.model_validate(kept.contents) == published.contents


async def test_eight_who_publish_the_same_at_once_make_one_version(database: Database) -> None:
    """One of them is told that it is new."""
    done = await asyncio.gather(*(_publish(database, _source("one")) for _ in range(8)))
    assert [row.number for row, _ in done] == [1] * 8
    assert sorted(is_new for _, is_new in done) == [False] * 7 + [True]


async def test_eight_who_publish_differently_at_once_get_consecutive_numbers(database: Database) -> None:
    """None is lost, none is skipped, and each structure knows its own number."""
    done = await asyncio.gather(*(_publish(database, _source(f"w{number}")) for number in range(8)))
    assert sorted(row.number for row, _ in done) == list(range(1, 9))
    assert all(is_new for _, is_new in done)
    for row, _ in done:
        assert row.structure["version"] == row.contents["version"] == row.number


async def test_tenants_number_for_themselves(database: Database) -> None:
    """One tenant's second version is no business of another's first."""
    await _publish(database, _source("one"))
    await _publish(database, _source("two"))
    theirs, _ = await _publish(database, _source("one"), "other")
    assert theirs.number == 1
    async with database.read() as session:
        assert await pathways.get(session, "third", "trial") is None
    async with database.of("other").read() as session:
        assert await pathways.get(session, "other", "trial", 2) is None


async def test_the_list_shows_the_latest_of_every_pathway_by_name(database: Database) -> None:
    """And nothing of another tenant's."""
    await _publish(database, _source("one"))
    await _publish(database, _source("two"))
    async with database.begin() as session:
        await publish_example(session, "surgery")
    async with database.of("other").begin() as session:
        await publish_example(session, "gratitude-letter", "other")
    async with database.read() as session:
        assert [(row.pathway, row.number) for row in await pathways.find(session, "t")] == [("surgery", 1), ("trial", 2)]
        assert await pathways.find(session, "third") == []


async def test_a_draft_is_kept_as_it_is(database: Database) -> None:
    """Right or wrong, in any script; the last one stands."""
    drafts = ["steps: [", "titre: Où ça ? 🙂\n\tnot yaml: {"]
    for source in drafts:
        async with database.begin() as session:
            await pathways.save_draft(session, "t", "trial", source, NOW)
        async with database.read() as session:
            kept = await pathways.get_draft(session, "t", "trial")
            assert await pathways.get_draft(session, "other", "trial") is None
            assert await pathways.get(session, "t", "trial") is None
        assert kept is not None
        assert kept.source == source


async def test_eight_who_save_one_new_draft_at_once_all_may(database: Database) -> None:
    """Nobody's browser tab gets an error for being second."""

    async def save(number: int) -> None:
        async with database.begin() as session:
            await pathways.save_draft(session, "t", "trial", f"draft {number}", NOW)

    await asyncio.gather(*(save(number) for number in range(8)))
    async with database.read() as session:
        kept = await pathways.get_draft(session, "t", "trial")
    assert kept is not None
    assert kept.source.startswith("draft ")


async def test_a_library_step_may_change_and_has_its_tenant(database: Database) -> None:
    """The last one stands, as it was written."""
    for title in ("Breathe", "Breathe slowly"):
        async with database.begin() as session:
            await pathways.keep_library_step(
                session, "t", "breathe", {"type": "message", "title": {"en": title, "de": "Atmen"}}, NOW
            )
    async with database.of("other").begin() as session:
        await pathways.keep_library_step(session, "other", "walk", {"type": "message"}, NOW)
    async with database.read() as session:
        ours = {"breathe": {"type": "message", "title": {"en": "Breathe slowly", "de": "Atmen"}}}
        assert await pathways.library(session, "t") == ours
        assert await pathways.library(session, "third") == {}
    async with database.of("other").read() as session:
        assert await pathways.library(session, "other") == {"walk": {"type": "message"}}


def test_a_changed_library_step_makes_the_same_text_another_version() -> None:
    """The order in which the library is read does not."""
    one, two = {"a": {"x": 1}, "b": {"y": 2}}, {"b": {"y": 2}, "a": {"x": 1}}
    assert pathways.fingerprint("text", one) == pathways.fingerprint("text", two)
    assert pathways.fingerprint("text", one) != pathways.fingerprint("text", {"a": {"x": 2}, "b": {"y": 2}})
    assert pathways.fingerprint("text", one) != pathways.fingerprint("other", one)
