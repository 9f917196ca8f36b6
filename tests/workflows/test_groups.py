"""Groups: every member started exactly once, cancelled, resumed, in waves, late."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import SQLModel
from temporalio.testing import ActivityEnvironment

from activities.group import Groups as StartsOfGroups
from engine.base import TenantId
from engine.effects import StartGroup
from engine.steps import step_types
from stepwell import NotFound, Refused
from stepwell.access import Caller
from stepwell.beginning import Beginning
from stepwell.models import BulkJob, Group, JourneyQuery, Waves
from store.groups import Became
from store.tables import ClientGroupRow, ClientRow, GroupMemberRow, JourneyRow
from tests.pathways import document, step
from tests.workflows.house import CARE, House

DATED = document(step("read") + step("before", "deliver: {after: date surgery, offset: -3 days}\nregardless: true"))
TRIAL = document(step("read") + step("write", "required: false"))


async def clients(home: House, number: int) -> list[str]:
    """So many clients, and a pathway for them."""
    await home.stepwell.publish(TRIAL)
    names = [f"c{each}" for each in range(number)]
    for name in names:
        await home.stepwell.add_client(id=name, email=f"{name}@example.org")
    return names


async def finished(home: House, group: str) -> Group:
    """The group once nobody waits, or it is cancelled."""

    async def is_finished() -> Group | None:
        now = await home.stepwell.group(group)
        return now if now.finished_at is not None else None

    found: Group = await home.until(is_finished, "the end of the starts")
    return found


async def test_P5_a_group_cancelled_half_way_and_resumed_starts_each_member_once(home: House) -> None:
    """Sixty begin, it is cancelled in between and begun again; all are started, each on one journey of their own."""
    names = await clients(home, 60)
    group = await home.stepwell.create_group("Spring", "trial", names, per_second=10, request_id="spring")
    same = await home.stepwell.create_group("Spring", "trial", names, per_second=10, request_id="spring")
    assert (same.id, group.waiting, group.started_at) == (group.id, 60, None)
    await home.stepwell.start_group(group.id)

    async def is_under_way() -> bool:
        return (await home.stepwell.group(group.id)).started >= 10

    await home.until(is_under_way, "the first starts")
    await home.stepwell.cancel_group(group.id)
    half = await finished(home, group.id)
    assert 10 <= half.started < 60
    assert half.started + half.waiting == 60
    with pytest.raises(Refused, match="cancelled"):
        await home.stepwell.start_group(group.id)
    await home.stepwell.retry_group(group.id)
    whole = await finished(home, group.id)
    assert (whole.started, whole.waiting, whole.refused, whole.failed) == (60, 0, 0, 0)
    page = await home.stepwell.group_members(group.id, limit=40)
    rest = await home.stepwell.group_members(group.id, limit=40, after=page.next or 0)
    assert [one.client for one in page.items + rest.items] == names
    assert len({one.journey for one in page.items + rest.items}) == 60
    assert len(await home.stepwell.journeys(limit=200)) == 60


async def test_waves_wait_and_late_joiners_follow_the_rule(home: House) -> None:
    """The second wave is a day off: only the first begins. Cancelling takes effect at once; a late joiner need not wait."""
    names = await clients(home, 7)
    waves = Waves(2, timedelta(days=1))
    group = await home.stepwell.create_group("Waves", "trial", names[:4], waves=waves, per_second=50)
    await home.stepwell.start_group(group.id)

    async def has_started(number: int) -> bool:
        return (await home.stepwell.group(group.id)).started == number

    await home.until(lambda: has_started(2), "the first wave")
    await home.stepwell.add_members(group.id, [names[4], names[0]])
    await home.until(lambda: has_started(3), "the late joiner")
    started = await home.stepwell.group_members(group.id, state="started")
    assert [one.client for one in started.items] == ["c0", "c1", "c4"]
    await home.stepwell.cancel_group(group.id)
    assert (await finished(home, group.id)).waiting == 2
    shut = await home.stepwell.create_group("Shut", "trial", names[5:6], late_joiners="closed")
    await home.stepwell.start_group(shut.id)
    with pytest.raises(Refused, match="takes nobody else"):
        await home.stepwell.add_members(shut.id, names[6:])


async def test_P5_a_member_who_is_on_the_pathway_already_is_refused_alone(home: House) -> None:
    """One was entered before: they keep that journey, and nobody else is kept back."""
    names = await clients(home, 3)
    before = await home.stepwell.start("c1", "trial")
    await home.recorded(before.id, "step_delivered")
    group = await home.stepwell.create_group("Mixed", "trial", names)
    await home.stepwell.start_group(group.id)
    done = await finished(home, group.id)
    assert (done.started, done.refused) == (2, 1)
    [refused] = (await home.stepwell.group_members(group.id, state="refused")).items
    assert (refused.client, refused.journey) == ("c1", None)
    assert before.id in (refused.message or "")
    found = await home.stepwell.search(JourneyQuery(group=group.id))
    assert {one.client for one in found.items} == {"c0", "c2"}, "what the group did not start is not of it"
    look = await home.stepwell.preview(JourneyQuery(group=group.id), "pause")
    assert look.journeys == 2


async def test_P5_a_member_whose_row_is_damaged_fails_alone(home: House) -> None:
    """Nobody foresaw it: the others are started, the group comes to its end, and repaired they are started as well."""
    names = await clients(home, 3)
    await _damage(home, ClientRow, ("default", "c1"), quiet_from="25:99", quiet_to="26:00")
    group = await home.stepwell.create_group("Damaged", "trial", names)
    await home.stepwell.start_group(group.id)
    done = await finished(home, group.id)
    assert (done.started, done.failed, done.waiting) == (2, 1, 0)
    [failed] = (await home.stepwell.group_members(group.id, state="failed")).items
    assert (failed.client, (failed.message or "").partition(";")[0]) == ("c1", "ValidationError")
    await _damage(home, ClientRow, ("default", "c1"), quiet_from=None, quiet_to=None)
    await home.stepwell.retry_group(group.id)
    assert (await finished(home, group.id)).started == 3


async def test_P5_what_is_wrong_for_all_is_said_of_each_and_tried_no_more(home: House) -> None:
    """The group's own date cannot be read: whoever needs it fails, a late joiner who does not get it begins."""
    names = await clients(home, 3)
    group = await home.stepwell.create_group("Damaged", "trial", names[:2], late_joiners="from_start")
    await _damage(home, ClientGroupRow, group.id, dates={"surgery": "soon"})
    await home.stepwell.start_group(group.id)
    assert (await finished(home, group.id)).failed == 2
    await home.stepwell.add_members(group.id, names[2:])
    done = await finished(home, group.id)
    assert (done.started, done.failed) == (1, 2)
    failed = (await home.stepwell.group_members(group.id, state="failed")).items
    assert {(one.message or "").partition(";")[0] for one in failed} == {"ValueError"}


async def test_T4_a_date_of_a_group_is_told_to_who_runs_and_kept_for_who_comes(home: House) -> None:
    """Moved, asked for again without undoing anything, and taken away; a late joiner begins with what it is by then."""
    names = await clients(home, 4)
    await home.stepwell.publish(DATED)
    group = await home.stepwell.create_group("Dated", "trial", names[:3], dates={"surgery": date(2031, 1, 10)})
    await home.stepwell.start_group(group.id)
    await finished(home, group.id)
    assert await _surgeries(home, group.id) == {"c0": "2031-01-10", "c1": "2031-01-10", "c2": "2031-01-10"}
    moved = await home.stepwell.set_group_date(group.id, "surgery", date(2031, 2, 10), request_id="one")
    assert (moved.journeys, moved.date_name) == (3, "surgery")
    assert (await _carried_out(home, moved.id)).done == 3
    late = await home.stepwell.set_group_date(group.id, "surgery", date(2031, 3, 10))
    assert (await _carried_out(home, late.id)).done == 3
    assert (await home.stepwell.set_group_date(group.id, "surgery", date(2031, 2, 10), request_id="one")).id == moved.id
    assert (await home.stepwell.group(group.id)).dates == {"surgery": "2031-03-10"}
    await home.stepwell.add_members(group.id, names[3:])
    await finished(home, group.id)
    assert await _surgeries(home, group.id) == dict.fromkeys(names, "2031-03-10")
    gone = await home.stepwell.set_group_date(group.id, "surgery", None)
    assert (await _carried_out(home, gone.id)).done == 4
    assert await _surgeries(home, group.id) == dict.fromkeys(names)
    assert (await home.stepwell.group(group.id)).dates == {}
    with pytest.raises(Refused, match="zone"):
        await home.stepwell.set_group_date(group.id, "surgery", datetime(2031, 1, 1, 10, 0))


@pytest.mark.parametrize("value", [date(2031, 2, 10), None])
async def test_T4_a_date_that_changes_while_a_batch_is_started_reaches_all_of_it(home: House, value: date | None) -> None:
    """They are entered with the old one, and no journey of the group is known yet when the new one is told."""
    names = await clients(home, 3)
    await home.stepwell.publish(DATED)
    group = await home.stepwell.create_group("Dated", "trial", names, dates={"surgery": date(2031, 1, 10)})
    async with home.database.begin() as session:
        row = await session.get(ClientGroupRow, group.id)
        assert row is not None
        row.started_at = datetime.now(UTC)  # nobody but this test starts them
        session.add(row)
    beginning = Beginning(home.database, home.client, step_types(), CARE)
    told: list[BulkJob] = []

    class Overtaken:
        """Starts a batch, and before that is said somebody moves the date."""

        async def start(self, row: ClientGroupRow, members: Sequence[GroupMemberRow]) -> list[Became]:
            became = await beginning.start(row, members)
            if not told:
                told.append(await home.stepwell.set_group_date(row.id, "surgery", value))
            return became

    wanted = StartGroup(tenant=TenantId("default"), group=group.id)
    done = await ActivityEnvironment().run(StartsOfGroups(home.database, Overtaken()).start_some, wanted)
    assert (done.is_finished, told[0].journeys) == (True, 0)
    assert (await home.stepwell.group(group.id)).started == 3
    assert await _surgeries(home, group.id) == dict.fromkeys(names, value.isoformat() if value else None)


async def _carried_out(home: House, job: str) -> BulkJob:
    async def is_done() -> BulkJob | None:
        now = await home.stepwell.bulk_job(job)
        return now if now.finished_at is not None else None

    found: BulkJob = await home.until(is_done, "the end of the job")
    return found


async def _surgeries(home: House, group: str) -> dict[str, str | None]:
    """The date that each member's journey counts with, once it is recorded."""
    found: dict[str, str | None] = {}
    for one in (await home.stepwell.group_members(group)).items:
        assert one.journey is not None
        await home.idle(one.journey)
        async with home.database.read() as session:
            row = await session.get(JourneyRow, one.journey)
        assert row is not None
        found[one.client] = row.dates.get("surgery")
    return found


async def _damage(home: House, table: type[SQLModel], key: object, **values: object) -> None:
    """Write what no use case would."""
    async with home.stepwell.database.begin() as session:
        row = await session.get(table, key)
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


async def test_a_group_is_nobody_elses(home: House) -> None:
    """A practitioner neither sees another's group nor puts clients in who are not theirs."""
    names = await clients(home, 2)
    await home.stepwell.keep_practitioner("paula", email="paula@example.org")
    paula = home.stepwell.called_by(Caller(tenant="default", kind="practitioner", id="paula"))
    group = await home.stepwell.create_group("Host's", "trial", names)
    with pytest.raises(NotFound):
        await paula.group(group.id)
    with pytest.raises(NotFound):
        await paula.create_group("Hers", "trial", names)
    assert await paula.groups() == []
