"""Recording: every event once, in order, and the read model up to it, or nothing at all."""

import asyncio

import pytest
from sqlalchemy import func
from sqlmodel import select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.recorder import Recorder
from engine.base import OccurrenceId, StepId
from engine.effects import Record, RecordResult
from engine.events import Event, StepCompleted
from engine.view import fold
from stepwell.mailcatcher import MailCatcher
from store import events, journeys, outbox, projection, responses
from store.database import Database, StoreUnavailable
from store.tables import EventRow, PractitionerRow, ResponseRow
from tests.activities.practice import Practice
from tests.keys import SampleRoots
from tests.pathways import document, step
from tests.postgres import Postgres
from tests.store.happenings import lived
from tests.store.seeds import NOW, add_journey

STORY = lived(0).events
WALK = OccurrenceId("walk.1")
REVIEWED = document(
    step("walk")
    + """\
- id: check
  type: review
  title: Look at it
  rationale: why
  instructions: do
  deliver: {after: journey.started}
  regardless: true
  content: {prompt: Look}
"""
)


def _batch(first: int, last: int, journey: str = "j", tenant: str = "t") -> Record:
    """The story's events from one number to another."""
    happened = tuple(STORY[first - 1 : last])
    return Record.model_validate(
        {"id": f"{journey}/record/{first}-{last}", "tenant": tenant, "journey": journey, "events": happened}
    )


async def _record(database: Database, effect: Record) -> RecordResult:
    return await ActivityEnvironment().run(Recorder(database).record, effect)


async def _begin(database: Database) -> None:
    async with database.begin() as session:
        await add_journey(session, id="j")


async def _holds(database: Database, happened: list[Event]) -> None:
    """The store holds these events, and its read model is the fold of them."""
    async with database.read() as session:
        assert await events.read(session, "j") == happened
        row = await journeys.get(session, "t", "j")
        assert row is not None
        assert await projection.read(session, row) == fold(happened)
        assert row.seq == len(happened)


async def test_recording_twice_is_recording_once(database: Database) -> None:
    """The second answers what the first did."""
    await _begin(database)
    results = [await _record(database, _batch(1, 9)) for _ in range(2)]
    assert results == [RecordResult(seq=9)] * 2
    await _holds(database, STORY[:9])


async def test_batches_may_overlap(database: Database) -> None:
    """A run that makes way hands the next one what it had not heard back of; only the new part is added."""
    await _begin(database)
    for first, last, expected in ((1, 5, 5), (3, 12, 12), (2, 4, 12), (1, 12, 12), (12, 20, 20)):
        assert (await _record(database, _batch(first, last))).seq == expected
    await _holds(database, STORY[:20])


async def test_a_gap_is_refused_until_it_is_filled(database: Database) -> None:
    """Nothing of the batch is kept; afterwards the same batch is welcome."""
    await _begin(database)
    await _record(database, _batch(1, 4))
    with pytest.raises(ApplicationError, match="event 7 came before event 5") as refused:
        await _record(database, _batch(7, 9))
    assert (refused.value.type, refused.value.non_retryable) == ("Gap", False)
    await _holds(database, STORY[:4])
    await _record(database, _batch(5, 6))
    await _record(database, _batch(7, 9))
    await _holds(database, STORY[:9])


async def test_two_recorders_with_the_same_batch_at_once_record_it_once(database: Database) -> None:
    """A recording given up as lost may still be at work beside its own retry."""
    await _begin(database)
    results = await asyncio.gather(*(_record(database, _batch(1, 20)) for _ in range(2)))
    assert results == [RecordResult(seq=20)] * 2
    await _holds(database, STORY[:20])


async def test_eight_recorders_with_overlapping_batches_leave_one_history(database: Database) -> None:
    """Whichever comes first; who came too early is told so."""
    await _begin(database)
    batches = [_batch(first, last) for first, last in ((1, 6), (1, 12), (4, 9), (7, 20), (1, 3), (13, 20), (1, 20), (10, 15))]
    done = await asyncio.gather(*(_record(database, batch) for batch in batches), return_exceptions=True)
    assert {one.type for one in done if isinstance(one, ApplicationError)} <= {"Gap"}
    assert all(isinstance(one, RecordResult | ApplicationError) for one in done)
    await _holds(database, STORY[:20])


@pytest.mark.parametrize(("journey", "tenant"), [("unknown", "t"), ("j", "other")])
async def test_an_unknown_journey_is_refused_until_it_is_known(database: Database, journey: str, tenant: str) -> None:
    """Another tenant's is unknown too."""
    await _begin(database)
    with pytest.raises(ApplicationError, match=f"journey {journey} is not in the store yet") as refused:
        await _record(database, _batch(1, 2, journey, tenant))
    assert (refused.value.type, refused.value.non_retryable) == ("UnknownJourney", False)
    await _holds(database, [])


async def test_what_fails_half_way_leaves_nothing(database: Database) -> None:
    """An event that the read model cannot follow takes the whole batch with it."""
    await _begin(database)
    await _record(database, _batch(1, 2))
    broken = _batch(3, 6)
    swapped = (*broken.events[:2], broken.events[3], broken.events[2])
    with pytest.raises(ValueError, match="does not follow"):
        await _record(database, broken.changed(events=swapped))
    await _holds(database, STORY[:2])


async def test_a_store_that_is_away_says_so_and_nothing_is_half_written(postgres: Postgres) -> None:
    """The activity is tried again until it is back; then everything is there, once."""
    url = await postgres.fresh()
    database = Database.open(url, SampleRoots()).of("t")
    await _begin(database)
    await _record(database, _batch(1, 4))
    postgres.stop()
    try:
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="does not answer"):
                await _record(database, _batch(5, 12))
    finally:
        postgres.start()
    await _holds(database, STORY[:4])
    await _record(database, _batch(5, 12))
    await _holds(database, STORY[:12])
    await database.close()
    await postgres.drop(url)


async def test_recordings_while_the_store_goes_down_are_whole_or_not_there(postgres: Postgres) -> None:
    """Whatever had been answered is kept, and no batch in part."""
    url = await postgres.fresh()
    database = Database.open(url, SampleRoots()).of("t")
    await _begin(database)
    recordings = asyncio.gather(*(_record(database, _batch(1, last)) for last in (4, 8, 12, 16, 20)), return_exceptions=True)
    await asyncio.sleep(0)
    try:
        await asyncio.to_thread(postgres.stop)
        done = await recordings
    finally:
        postgres.start()
    answered = max((one.seq for one in done if isinstance(one, RecordResult)), default=0)
    async with database.read() as session:
        kept = await session.scalar(select(func.count()).select_from(EventRow)) or 0
    assert kept >= answered
    assert kept in (0, 4, 8, 12, 16, 20)
    await _holds(database, STORY[:kept])
    await database.close()
    await postgres.drop(url)


async def test_a_response_is_accepted_when_its_event_is_recorded(practice: Practice) -> None:
    """Not before, and at the instant of the event."""
    answer = ResponseRow(
        tenant="t",
        id="of walk.1",
        journey="jou_1",
        occurrence="walk.1",
        by_role="client",
        payload={},
        outcome={},
        visibility="client_only",
        received_at=NOW,
    )
    async with practice.database.begin() as session:
        await responses.keep(session, answer)
    await practice.says("open_step", occurrence="walk.1")
    async with practice.database.read() as session:
        assert await responses.of_occurrence(session, "jou_1", "walk.1") == []
    await practice.answers("walk.1")
    async with practice.database.read() as session:
        accepted = await responses.of_occurrence(session, "jou_1", "walk.1")
    assert [row.accepted_at for row in accepted] == [practice.turn.events[0].at]


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("client", {"kind": "respond", "response_id": "r1"}),
        ("host", {"kind": "respond", "response_id": "r1"}),
        ("practitioner", {"kind": "excuse_step", "reason": "agreed"}),
    ],
)
async def test_N2_what_the_client_did_marks_what_they_were_told(practice: Practice, role: str, words: dict[str, str]) -> None:
    """A host speaks for the client; what a practitioner does is not the client's doing."""
    effect = practice.wanted("delivered")
    await practice.send(effect)
    await practice.says(**words, role=role, occurrence="walk.1")
    row = await practice.row(effect)
    assert (row.acted_at is not None) == (row.seen_at is not None) == (role != "practitioner")


async def test_N2_what_the_practitioner_did_marks_what_they_were_told(database: Database, mail: MailCatcher) -> None:
    """A review is theirs to do; the client's messages are not marked by it, nor theirs by the client."""
    practice = Practice(database, mail)
    await practice.hire(PractitionerRow(tenant="t", id="eva", email="eva@practice.example", created_at=NOW))
    await practice.open(REVIEWED, practitioner="eva")
    theirs, clients_own = practice.wanted("delivered", "practitioner"), practice.wanted("delivered")
    for effect in (theirs, clients_own):
        assert (await practice.send(effect)).status == "accepted"
    await practice.answers("walk.1")
    assert (await practice.row(theirs)).acted_at is None
    acted_at = (await practice.row(clients_own)).acted_at
    await practice.pass_time(hours=1)
    await practice.says("respond", "practitioner", occurrence="check.1", response_id="r1")
    assert (await practice.row(theirs)).acted_at == practice.now
    assert (await practice.row(clients_own)).acted_at == acted_at


async def test_N2_nobody_has_seen_what_completed_by_itself(practice: Practice) -> None:
    """The engine completes waits; that is no sign of anybody."""
    effect = practice.wanted("delivered")
    await practice.send(effect)
    completed = StepCompleted(seq=practice.turn.journey.seq + 1, at=practice.now, occurrence=WALK, step=StepId("walk"))
    assert completed.by.role == "engine"
    await practice.record(completed)
    row = await practice.row(effect)
    assert (row.seen_at, row.acted_at) == (None, None)


async def test_N5_hosts_hear_of_what_was_recorded_once_and_by_its_number(practice: Practice) -> None:
    """In one transaction with the event: what was recorded twice is told once."""
    await practice.says("open_step", occurrence="walk.1")
    await practice.record(*practice.turn.events)
    async with practice.database.read() as session:
        history = await events.read(session, "jou_1")
        rows = await outbox.read(session, "t")
    assert [row.id for row in rows] == [f"jou_1/{event.seq}" for event in history]
    assert [row.seq for row in rows] == list(range(1, len(history) + 1))
    whose = {"journey": "jou_1", "client": "ann", "pathway": "trial", "version": 1}
    opened = {**whose, "by": "client", "occurrence": "walk.1", "step": "walk"}
    assert opened.items() <= rows[-1].data.items()
    assert rows[-1].type == "org.stepwell.step.started"
