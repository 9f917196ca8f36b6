"""Responses: an answer once given is kept once, as it was given (rule G9)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import select

from store import responses
from store.database import Database
from store.responses import DifferentSubmission
from store.tables import ResponseRow
from tests.store.seeds import NOW, add_journey


def _response(name: str = "r1", **more: Any) -> ResponseRow:
    fields: dict[str, Any] = {
        "journey": "j",
        "occurrence": "mood.1",
        "by_role": "client",
        "payload": {"answers": {"mood": 4, "why": "rain"}},
        "outcome": {"mood": 4},
        "visibility": "client_and_practitioner",
        "received_at": NOW,
    }
    return ResponseRow(tenant="t", id=name, **(fields | more))


async def _keep(database: Database, row: ResponseRow) -> ResponseRow:
    async with database.begin() as session:
        return await responses.keep(session, row)


async def _count(database: Database) -> int:
    async with database.read() as session:
        return int(await session.scalar(select(func.count()).select_from(ResponseRow)) or 0)


async def test_a_response_reads_back_as_written(ready: Database) -> None:
    """Numbers stay numbers, nothing stays nothing, and words keep every character."""
    answers = {
        "n": 4,
        "x": 0.1,
        "big": 2**53 + 1,
        "yes": True,
        "no": None,
        "many": ["b", "a"],
        "words": 'Où ça ? 🙂\n\t"\\ \u0000',
    }
    await _keep(ready, _response(payload={"answers": answers}, outcome={}))
    async with ready.read() as session:
        kept = await responses.get(session, "t", "r1")
        assert await responses.get(session, "other", "r1") is None
    assert kept is not None
    assert kept.payload == {"answers": answers}
    assert list(kept.payload["answers"]) == list(answers)
    assert (kept.received_at, kept.accepted_at) == (NOW, None)


async def test_G9_the_same_submission_twice_is_one(ready: Database) -> None:
    """The second is given the first: also its time."""
    first = await _keep(ready, _response())
    again = await _keep(ready, _response(received_at=NOW + timedelta(hours=1)))
    assert again.model_dump() == first.model_dump()
    assert await _count(ready) == 1


async def test_G9_ten_of_the_same_at_once_are_one(ready: Database) -> None:
    """And all ten are given the same."""
    kept = await asyncio.gather(*(_keep(ready, _response(received_at=NOW + timedelta(seconds=number))) for number in range(10)))
    assert len({row.received_at for row in kept}) == 1
    assert await _count(ready) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"payload": {"answers": {"mood": 5, "why": "rain"}}},
        {"payload": {"answers": {"mood": 4, "why": "Rain"}}},
        {"occurrence": "mood.2"},
        {"journey": "k"},
    ],
    ids=["another answer", "another letter", "another occurrence", "another journey"],
)
async def test_G9_an_id_used_for_something_else_is_refused(ready: Database, other: dict[str, Any]) -> None:
    """The first stays; the words hold the id and nothing of either answer (rule V4)."""
    await _keep(ready, _response())
    with pytest.raises(DifferentSubmission, match="r1") as refused:
        await _keep(ready, _response(**other))
    assert "ain" not in str(refused.value)
    async with ready.read() as session:
        kept = await responses.get(session, "t", "r1")
    assert kept is not None
    assert kept.payload == _response().payload


async def test_G9_of_ten_different_ones_at_once_under_one_id_one_is_kept(ready: Database) -> None:
    """The nine others are refused, not lost in silence."""
    done = await asyncio.gather(
        *(_keep(ready, _response(payload={"n": number})) for number in range(10)), return_exceptions=True
    )
    assert [type(one) for one in done if not isinstance(one, ResponseRow)] == [DifferentSubmission] * 9
    assert await _count(ready) == 1


async def test_another_tenant_may_use_the_same_id(ready: Database) -> None:
    """Ids are the sender's to choose, and senders do not know of each other."""
    async with ready.of("other").begin() as session:
        await add_journey(session, "other", id="theirs")
    await _keep(ready, _response())
    async with ready.of("other").begin() as session:
        theirs = _response(journey="theirs", payload={"n": 1})
        theirs.tenant = "other"
        await responses.keep(session, theirs)
    assert await _count(ready.of_every_tenant()) == 2


async def test_a_refused_response_is_forgotten_and_may_come_again(ready: Database) -> None:
    """Under the same id, with the same or other words."""
    await _keep(ready, _response())
    async with ready.begin() as session:
        await responses.forget_refused(session, "other", "r1")
    assert await _count(ready) == 1
    async with ready.begin() as session:
        await responses.forget_refused(session, "t", "r1")
    assert await _count(ready) == 0
    await _keep(ready, _response(payload={"n": 2}))


async def test_an_accepted_response_is_never_forgotten(ready: Database) -> None:
    """A refusal that comes late, of a repeated try, does not take it away."""
    await _keep(ready, _response())
    async with ready.begin() as session:
        await responses.mark_accepted(session, "t", {"r1": NOW})
    async with ready.begin() as session:
        await responses.forget_refused(session, "t", "r1")
    assert await _count(ready) == 1


async def test_the_first_acceptance_counts(ready: Database) -> None:
    """Recording again does not move it; unknown ids and other tenants change nothing."""
    await _keep(ready, _response())
    for tenant, accepted in (("other", {"r1": NOW}), ("t", {"unknown": NOW})):
        async with ready.begin() as session:
            await responses.mark_accepted(session, tenant, accepted)
    async with ready.read() as session:
        assert await responses.of_occurrence(session, "j", "mood.1") == []
    for minutes in (1, 2):
        async with ready.begin() as session:
            await responses.mark_accepted(session, "t", {"r1": NOW + timedelta(minutes=minutes)})
    async with ready.read() as session:
        kept = await responses.get(session, "t", "r1")
    assert kept is not None
    assert kept.accepted_at == NOW + timedelta(minutes=1)


async def test_the_answers_to_an_occurrence_are_the_accepted_ones_in_their_order(ready: Database) -> None:
    """Revisions follow what they revise."""
    for name, minutes in (("late", 9), ("early", 1), ("refused", None)):
        await _keep(ready, _response(name))
        if minutes is not None:
            async with ready.begin() as session:
                await responses.mark_accepted(session, "t", {name: NOW + timedelta(minutes=minutes)})
    await _keep(ready, _response("elsewhere", occurrence="mood.2", accepted_at=NOW))
    await _keep(ready, _response("of k", journey="k", accepted_at=NOW))
    async with ready.read() as session:
        assert [row.id for row in await responses.of_occurrence(session, "j", "mood.1")] == ["early", "late"]
