"""One action on many journeys: previewed, carried out once each, cancelled, tried again."""

from datetime import UTC, datetime

import pytest
from temporalio.testing import ActivityEnvironment

from activities.bulk import Actions, Bulk, Outcome
from engine.base import TenantId
from engine.effects import CarryOut
from engine.steps import step_types
from stepwell import NotFound, Refused
from stepwell.access import Caller
from stepwell.acting import Acting
from stepwell.caughtmail import read_mails
from stepwell.models import BulkAction, BulkJob, JourneyQuery
from store import bulk
from store.search import Filters
from store.tables import BulkItemRow, BulkJobRow
from tests.pathways import document, step
from tests.workflows.house import CARE, House

TRIAL = document(step("read") + step("write", "required: false"))
ALL = JourneyQuery(pathway="trial")
TASK = """
- id: chart
  type: host_task
  title: Chart
  content: {task: chart, patience: 2 minutes}
"""


async def many(home: House, number: int, source: str = TRIAL) -> list[str]:
    """So many clients on one pathway, each with its first step open."""
    await home.stepwell.publish(source)
    journeys = []
    for each in range(number):
        await home.stepwell.add_client(id=f"c{each}", email=f"c{each}@example.org")
        journeys.append((await home.stepwell.start(f"c{each}", "trial")).id)
    for journey in journeys:
        await home.recorded(journey, "step_delivered")
    return journeys


async def finished(home: House, job: BulkJob) -> BulkJob:
    """The job once nothing of it is left to do."""

    async def is_finished() -> BulkJob | None:
        now = await home.stepwell.bulk_job(job.id)
        return now if now.finished_at is not None else None

    found: BulkJob = await home.until(is_finished, "the end of the job")
    return found


async def kinds(home: House, journey: str, kind: str) -> int:
    """How many events of a kind a journey has."""
    return sum(event.kind == kind for event in await home.stepwell.history(journey))


async def test_a_preview_says_what_then_happens(home: House) -> None:
    """Some are paused already: so many are ready, so many refused and why, and exactly that comes of it, by whoever began it."""
    journeys = await many(home, 6)
    await home.stepwell.pause(journeys[0], reason="ill")
    await home.stepwell.stop(journeys[1], reason="moved")
    look = await home.stepwell.preview(ALL, "pause")
    assert (look.journeys, look.ready, look.refused) == (6, 4, {"journey_over": 1, "not_active": 1})
    assert {line.id for line in look.sample} == set(journeys)
    operator = home.stepwell.called_by(Caller(tenant="default", kind="operator", id="olga"))
    job = await finished(home, await operator.start_bulk(ALL, "pause", reason="holidays"))
    assert (job.done, job.refused, job.failed, job.waiting) == (4, 2, 0, 0)
    paused = [one for one in await home.stepwell.history(journeys[2]) if one.kind == "journey_paused"]
    assert [(one.by.role, one.by.id, one.reason) for one in paused] == [("operator", "olga", "holidays")]
    refused = await home.stepwell.bulk_items(job.id, state="refused")
    assert {one.journey for one in refused.items} == set(journeys[:2])
    assert all("rule" in (one.message or "") for one in refused.items)
    back = await finished(home, await home.stepwell.start_bulk(journeys[2:], "resume"))
    assert back.done == 4
    assert await home.stepwell.verify() == []


async def test_all_open_steps_are_reminded_of(home: House) -> None:
    """One mail a journey, whatever is open; a journey with nothing open is refused."""
    journeys = await many(home, 3)
    await home.stepwell.excuse(journeys[0], "read.1", reason="done elsewhere")
    await home.stepwell.excuse(journeys[0], "write.1", reason="done elsewhere")
    await home.closed(journeys[0])
    job = await finished(home, await home.stepwell.start_bulk(journeys, "remind"))
    assert (job.done, job.refused) == (2, 1)
    for journey in journeys[1:]:
        await home.recorded(journey, "reminder_due")
        await home.idle(journey)
    reminded = [mail for mail in read_mails(home.mail.folder) if "reminder" in mail.subject.lower()]
    assert len(reminded) == 2


async def test_the_same_request_is_the_same_job(home: House) -> None:
    """A page that is sent twice begins one job; another person's request of that name is another."""
    journeys = await many(home, 2)
    first = await home.stepwell.start_bulk(ALL, "pause", reason="a", request_id="r")
    again = await home.stepwell.start_bulk(ALL, "pause", reason="a", request_id="r")
    assert first.id == again.id
    assert (await finished(home, first)).done == 2
    assert [await kinds(home, journey, "journey_paused") for journey in journeys] == [1, 1]
    assert len(await home.stepwell.bulk_jobs()) == 1
    host = home.stepwell.called_by(Caller(tenant="default", kind="host"))
    other = await finished(home, await host.start_bulk(ALL, "resume", request_id="r"))
    assert other.id != first.id


class Killed(BaseException):
    """What no handler of errors takes."""


@pytest.mark.parametrize("action", ["pause", "stop", "remind"])
async def test_what_a_dead_worker_did_is_not_done_again(home: House, action: BulkAction) -> None:
    """It dies between doing and saying so: whoever takes over finds it done, once."""
    journeys = await many(home, 3)
    acting = Acting(home.database, home.client, step_types(), CARE)
    died: set[str] = set()

    class Dying:
        """Acts, and dies before it can say so, once for each journey."""

        async def act(self, job: BulkJobRow, item: BulkItemRow) -> Outcome:
            outcome = await acting.act(job, item)
            if item.journey not in died:
                died.add(item.journey)
                raise Killed
            return outcome

    job = await not_begun(home, action)
    while not await carry_out(home, job, Dying()):
        pass
    assert died == set(journeys)
    known = await home.stepwell.bulk_job(job.id)
    assert (known.done, known.refused, known.failed) == (3, 0, 0)
    kind = {"pause": "journey_paused", "stop": "journey_stopped", "remind": "reminder_due"}[action]
    for journey in journeys:
        await home.recorded(journey, kind)
        if action != "stop":
            await home.idle(journey)
        assert await kinds(home, journey, kind) == 1


async def not_begun(home: House, action: BulkAction) -> BulkJobRow:
    """A job on every journey, that nobody carries out."""
    row = BulkJobRow(
        id="bulk_x",
        tenant="default",
        action=action,
        arguments={"reason": "why", "mode": "freeze"},
        by_role="operator",
        by_id="olga",
        created_at=datetime.now(UTC),
    )
    async with home.database.begin() as session:
        await bulk.add(session, row, [Filters()])
    return row


async def carry_out(home: House, job: BulkJobRow, actions: Actions) -> bool:
    """Do some of a job here; whether that was all of it."""
    activity = Bulk(home.database, actions, per_second=1000)
    is_finished = False
    try:
        done = await ActivityEnvironment().run(activity.carry_out, CarryOut(tenant=TenantId("default"), job=job.id))
        is_finished = done.is_finished
    except* Killed:
        pass
    return is_finished


async def test_what_failed_is_tried_again_by_itself(home: House) -> None:
    """One journey that cannot be acted on keeps no other back; once it can, nothing else is done twice."""
    journeys = await many(home, 3)
    acting = Acting(home.database, home.client, step_types(), CARE)

    class Broken:
        """Fails for one journey."""

        async def act(self, job: BulkJobRow, item: BulkItemRow) -> Outcome:
            assert item.journey != journeys[1]
            return await acting.act(job, item)

    job = await not_begun(home, "pause")
    assert await carry_out(home, job, Broken())
    assert [one.journey for one in (await home.stepwell.bulk_items(job.id, state="failed")).items] == [journeys[1]]
    assert (await finished(home, await home.stepwell.retry_bulk(job.id))).done == 3
    assert [await kinds(home, journey, "journey_paused") for journey in journeys] == [1, 1, 1]
    assert (await home.stepwell.retry_bulk(job.id)).done == 3


async def test_failed_tasks_are_tried_again(home: House) -> None:
    """Only journeys whose task failed are ready; each task is asked for once more."""
    home.host.status = 410
    (journey,) = await many(home, 1, document(TASK))
    await home.recorded(journey, "task_held")
    look = await home.stepwell.preview(ALL, "retry")
    assert (look.ready, look.refused) == (1, {})
    home.host.status = 204
    job = await finished(home, await home.stepwell.start_bulk(ALL, "retry"))
    assert job.done == 1
    await home.recorded(journey, "task_started", 2)
    assert (await home.stepwell.preview(ALL, "retry")).refused == {"no_task": 1}


async def test_nothing_more_is_begun_once_cancelled(home: House) -> None:
    """What is left stays as it was, and may be gone on with."""
    journeys = await many(home, 2)
    job = await not_begun(home, "pause")
    await home.stepwell.cancel_bulk(job.id)
    assert await carry_out(home, job, Acting(home.database, home.client, step_types(), CARE))
    known = await home.stepwell.bulk_job(job.id)
    assert (known.waiting, known.done) == (2, 0)
    assert known.cancelled_at is not None
    assert known.finished_at is not None
    assert (await finished(home, await home.stepwell.retry_bulk(job.id))).done == 2
    assert [await kinds(home, journey, "journey_paused") for journey in journeys] == [1, 1]


async def test_nobody_acts_on_journeys_that_are_not_theirs(home: House) -> None:
    """A practitioner's search finds their own; another's id is not there, and neither is another's job."""
    await home.stepwell.keep_practitioner("dr", email="dr@example.org")
    await home.stepwell.keep_practitioner("mo", email="mo@example.org")
    journeys = await many(home, 2)
    await home.stepwell.add_client(id="own", practitioner="dr")
    own = (await home.stepwell.start("own", "trial")).id
    await home.recorded(own, "step_delivered")
    doctor = home.stepwell.called_by(Caller(tenant="default", kind="practitioner", id="dr"))
    assert (await doctor.preview(ALL, "pause")).journeys == 1
    with pytest.raises(NotFound, match="1 of these journeys"):
        await doctor.start_bulk([own, journeys[0]], "pause", reason="a")
    with pytest.raises(Refused, match="needs a reason"):
        await doctor.start_bulk([own], "stop", reason=" ")
    job = await finished(home, await doctor.start_bulk(ALL, "pause", reason="a"))
    assert (job.by_role, job.by_id, job.journeys) == ("practitioner", "dr", 1)
    other = home.stepwell.called_by(Caller(tenant="default", kind="practitioner", id="mo"))
    assert await other.bulk_jobs() == []
    with pytest.raises(NotFound):
        await other.cancel_bulk(job.id)
