"""One client's mails across their journeys, live: capped, merged, held; each workflow's clock is moved on in step with the others."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from engine.calendar import wall
from engine.zones import zone_of
from stepwell import Forbidden, Refused
from stepwell.access import Caller
from stepwell.caughtmail import CaughtMail, read_mails
from stepwell.models import ClientChanges
from stepwell.watchman import wake_owners
from store import clients, contacts
from store.contacts import owner_of
from tests.pathways import document, step
from tests.workflows.house import House
from tests.workflows.test_step_types_live import ALERTS, RISKY

LONDON = zone_of("Europe/London")


class Months:
    """A client's journeys and the owner of their mails, at one and the same instant after every move."""

    def __init__(self, home: House, client: str, journeys: list[str]) -> None:
        self._home = home
        self._owner = owner_of("default", client)
        self._journeys = journeys
        self._seen: set[str] = set()
        self.mails: list[tuple[datetime, CaughtMail]] = []
        """Every mail, with the wall time up to which everybody had come when it arrived."""

    async def to(self, instant: datetime) -> list[CaughtMail]:
        """Move everybody on to an instant, the journeys first; the mails that came of it."""
        for journey in self._journeys:
            await self._move(journey, instant)
        for _ in range(10):  # what it sends may change what it waits for, and each of its looks comes to rest first
            if not await self._is_running() or not await self._move_owner(instant):
                break
        fresh = [mail for mail in read_mails(self._home.mail.folder) if mail.file not in self._seen]
        self._seen |= {mail.file for mail in fresh}
        self.mails += [(wall(instant, LONDON), mail) for mail in fresh]
        return fresh

    async def _move(self, workflow: str, instant: datetime) -> bool:
        await self._home.idle(workflow)
        left = instant - await self._home.now(workflow)
        if left > timedelta(0):
            await self._home.pass_time(workflow, left)
            await self._home.idle(workflow)
        return left > timedelta(0)

    async def _move_owner(self, instant: datetime) -> bool:
        """False: it is there already, or has come to its end meanwhile."""
        try:
            return await self._move(self._owner, instant)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return False

    async def _is_running(self) -> bool:
        try:
            found = await self._home.client.get_workflow_handle(self._owner).describe()
        except RPCError:
            return False
        return found.status == WorkflowExecutionStatus.RUNNING


def daily(name: str, at: str, days: int, more: str = "") -> str:
    """A pathway with a step each day at a wall time, open for two days, and whatever else."""
    repeated = f"deliver: {{after: journey.started, offset: 1 day, at: '{at}'}}\nrepeat: {{every: 1 day, count: {days}, overlap: true}}"
    text = document(step(name, f"{repeated}\nwindow: {{finish_by: 40 hours}}\non_expiry: continue") + more)
    return text.replace("pathway: trial", f"pathway: {name}")


async def on_both(home: House, first: str, second: str, **more: object) -> list[str]:
    """Put Ada on two pathways."""
    await home.stepwell.add_client(id="ada", display_name="Ada", email="ada@example.org", zone="Europe/London", **more)  # type: ignore[arg-type]
    journeys = []
    for source in (first, second):
        version = await home.stepwell.publish(source)
        journeys.append((await home.stepwell.start("ada", version.pathway)).id)
    for journey in journeys:
        await home.recorded(journey, "journey_started")
    return journeys


def london(day: date, hour: str) -> datetime:
    """A wall time in London."""
    return datetime.combine(day, time.fromisoformat(hour)).replace(tzinfo=LONDON).astimezone(UTC)


async def test_R4_one_contact_a_day_over_thirty_days_of_two_pathways(home: House) -> None:
    """Two steps each day, and an urgent one now and then: never two other mails on a local day, nothing urgent is held."""
    urgent_on = (5, 12, 20)
    urgent = "".join(
        step(
            f"now{day}",
            f"deliver: {{after: journey.started, offset: {day} days, at: '18:00'}}\nregardless: true\nurgent: true\nrequired: false",
        )
        for day in urgent_on
    )
    journeys = await on_both(home, daily("morning", "09:00", 30), daily("evening", "15:00", 30, urgent))
    await home.stepwell.change_client("ada", ClientChanges(contacts_a_day=1))
    months = Months(home, "ada", journeys)
    today = wall(await home.now(journeys[0]), LONDON).date()
    told_at_once = []
    for number in range(1, 31):
        day = today + timedelta(days=number)
        for hour in ("09:10", "15:10"):
            await months.to(london(day, hour))
        if number in urgent_on and await months.to(london(day, "18:01")):
            told_at_once.append(number)
    usual = [(at.date(), mail) for at, mail in months.mails if at.hour != 18]
    assert told_at_once == [*urgent_on], "nothing urgent is held"
    assert max(Counter(day for day, _ in usual).values()) == 1
    assert len({day for day, _ in usual}) >= 29, "a cap of one is one, not none"
    assert len({mail.message_id for _, mail in months.mails}) == len(months.mails)
    ledger = [line for journey in journeys for line in await home.stepwell.notifications(journey) if line.channel == "email"]
    assert all(
        line.accepted_at or line.skipped
        for line in ledger
        if line.purpose == "delivered" and line.intended_at < london(today + timedelta(days=29), "00:00")
    )
    assert any(line.merged_into for line in ledger)
    assert {line.message_id for line in ledger if line.accepted_at} == {mail.message_id for _, mail in months.mails}
    assert await home.stepwell.verify() == []


REMINDED = "reminders: {every: 2 hours, max: 5}"


async def mails(home: House, count: int) -> list[CaughtMail]:
    """Wait for so many, and have no more."""

    async def enough() -> list[CaughtMail] | None:
        found = read_mails(home.mail.folder)
        return found if len(found) >= count else None

    found: list[CaughtMail] = await home.until(enough, f"{count} mails")
    assert len(found) == count
    return found


async def test_R8_an_alert_on_one_journey_holds_the_reminders_of_every_other(home: House) -> None:
    """Also of one that starts meanwhile; taken up, they go on, and what was held is not made up for."""
    await home.stepwell.keep_practitioner("eva", display_name="Dr. Eva", email="eva@example.org")
    quiet, late = (document(step(name, REMINDED)).replace("pathway: trial", f"pathway: {name}") for name in ("quiet", "late"))
    risky, other = await on_both(
        home, document(RISKY + step("after"), ALERTS).replace("pathway: trial", "pathway: risky"), quiet, practitioner="eva"
    )
    await home.stepwell.respond(risky, "mood.1", {"answers": {"thoughts": 1}})
    (alert,) = await home.stepwell.alerts()
    version = await home.stepwell.publish(late)
    third = (await home.stepwell.start("ada", version.pathway)).id
    journeys = [risky, other, third]
    months = Months(home, "ada", journeys)
    await home.recorded(third, "step_delivered")
    now = max([await home.now(one) for one in journeys])
    await months.to(now + timedelta(hours=5))
    for journey in (other, third):
        await home.recorded(journey, "reminder_due", 2)
    subjects = [mail.subject for mail in read_mails(home.mail.folder) if mail.to == "ada@example.org"]
    assert subjects
    assert set(subjects) == {"Something new is waiting for you"}
    ledger = [line for one in (other, third) for line in await home.stepwell.notifications(one) if line.purpose == "reminder"]
    assert len(ledger) == 4
    assert {line.skipped for line in ledger} == {"an alert about the client is not acknowledged"}
    assert (await home.stepwell.contacts("ada")).alerts == (alert.id,)
    await home.stepwell.acknowledge(alert.id, by="Dr. Eva", reason="called, is safe")
    await months.to(now + timedelta(hours=6, minutes=30))
    reminded = [mail for mail in read_mails(home.mail.folder) if "reminder" in mail.subject.lower()]
    assert len(reminded) == 1, "of both journeys as one"
    assert "2 steps are open." in reminded[0].text


async def test_R8_a_hold_by_hand_waits_for_a_named_person_to_lift_it(home: House) -> None:
    """Nothing that is not urgent for days, whatever journey it is of; lifted, what still means something comes as one mail."""
    first, second = (document(step(name)).replace("pathway: trial", f"pathway: {name}") for name in ("one", "two"))
    await home.stepwell.add_client(id="ada", display_name="Ada", email="ada@example.org", zone="Europe/London")
    with pytest.raises(Refused, match="named person"):
        await home.stepwell.hold_contacts("ada", reason="admitted to hospital")
    await home.stepwell.hold_contacts("ada", reason="admitted to hospital", by="Dr. Eva")
    journeys = []
    for source in (first, second):
        version = await home.stepwell.publish(source)
        journeys.append((await home.stepwell.start("ada", version.pathway)).id)
    for journey in journeys:
        await home.recorded(journey, "step_delivered")
        await home.idle(journey)
    seen = await home.stepwell.contacts("ada")
    assert [(one.until, one.why) for one in seen.waiting] == [(None, "somebody holds the client's mails")] * 2
    assert len(await home.stepwell.to_do("ada")) == 2, "what is there is there (rule N3)"
    assert read_mails(home.mail.folder) == []
    with pytest.raises(Refused, match="say why"):
        await home.stepwell.lift_hold("ada", reason=" ", by="Dr. Eva")
    await home.stepwell.lift_hold("ada", reason="at home again", by="Dr. Eva")
    months = Months(home, "ada", journeys)
    await months.to(max([await home.now(one) for one in journeys]) + timedelta(minutes=6))
    (mail,) = await mails(home, 1)
    assert "2 steps are open." in mail.text
    entries = [(one.action, one.actor, one.reason) for one in await home.stepwell.audit() if "held" in one.action]
    assert entries == [
        ("contacts no longer held", "process:Dr. Eva", "at home again"),
        ("contacts held", "process:Dr. Eva", "admitted to hospital"),
    ]


async def test_R4_a_forecast_says_which_mails_would_wait_and_they_do(home: House) -> None:
    """What is planned for the morning is there in the morning; its mail comes in the evening, as the forecast had said."""
    await home.stepwell.add_client(id="ada", email="ada@example.org", zone="Europe/London")
    await home.stepwell.change_client("ada", ClientChanges(preferred_time=("17:00", "19:00")))
    version = await home.stepwell.publish(daily("morning", "09:00", 2))
    journey = (await home.stepwell.start("ada", version.pathway)).id
    await home.recorded(journey, "journey_started")
    tomorrow = wall(await home.now(journey), LONDON).date() + timedelta(days=1)
    first, second = (await home.stepwell.forecast(journey)).mails
    assert (first.occurrence, first.at, first.until) == ("morning.1", london(tomorrow, "09:00"), london(tomorrow, "17:00"))
    assert (first.why, first.certain, second.certain) == ("preferred", True, False)
    months = Months(home, "ada", [journey])
    assert await months.to(london(tomorrow, "16:50")) == []
    assert [one.occurrence for one in await home.stepwell.to_do("ada")] == ["morning.1"]
    assert len(await months.to(london(tomorrow, "17:01"))) == 1
    await home.stepwell.hold_contacts("ada", reason="in hospital", by="dr-grey")
    (held,) = (await home.stepwell.forecast(journey)).mails
    assert (held.occurrence, held.why, held.until, held.certain) == ("morning.2", "by_hand", None, False)


async def test_R5_a_snooze_of_all_and_a_preferred_time_end_when_the_client_says_so(home: House) -> None:
    """Nothing before the snooze ends; taken back, it comes at once."""
    until = datetime.now(UTC) + timedelta(days=3)
    await home.stepwell.add_client(id="ada", email="ada@example.org", zone="Europe/London")
    client = home.stepwell.called_by(Caller(tenant="default", kind="client", id="ada"))
    await client.change_client("ada", ClientChanges(snoozed_until=until))
    version = await home.stepwell.publish(document(step("read")))
    journey = (await home.stepwell.start("ada", version.pathway)).id
    await home.recorded(journey, "step_delivered")
    await home.idle(journey)
    await home.idle(owner_of("default", "ada"))
    (waiting,) = (await client.contacts("ada")).waiting
    assert (waiting.until, waiting.why) == (until, "the client wants no mail before then")
    assert read_mails(home.mail.folder) == []
    await client.change_client("ada", ClientChanges(snoozed_until=None))
    months = Months(home, "ada", [journey])
    await months.to(await home.now(journey) + timedelta(minutes=6))
    await mails(home, 1)
    with pytest.raises(Forbidden, match="contacts_a_day"):
        await client.change_client("ada", ClientChanges(contacts_a_day=1))
    with pytest.raises(Forbidden):
        await client.hold_contacts("ada", reason="x", by="y")


async def test_N3_a_journey_hears_from_the_owner_that_its_client_was_not_reached(home: House) -> None:
    """Its step is there all the same, and the practitioner is told: as if its own activity had tried."""
    home.mail.manner = "refuse"
    one, two = (document(step(name)).replace("pathway: trial", f"pathway: {name}") for name in ("one", "two"))
    journeys = await on_both(home, one, two)
    months = Months(home, "ada", journeys)
    await months.to(max([await home.now(journey) for journey in journeys]) + timedelta(minutes=6))
    for journey in journeys:
        history = await home.recorded(journey, "practitioner_told")
        failed = [event.reason for event in history if event.kind == "notification_given_up"]
        assert failed[0] == "email failed; only the to-do list shows it"
        assert [event.why for event in history if event.kind == "practitioner_told"] == ["not reached"]
        assert (await home.stepwell.journey(journey)).occurrences[0].state == "open"
    assert await home.stepwell.verify() == []


async def test_an_owner_that_was_forgotten_is_woken_by_a_worker(home: House) -> None:
    """Whoever handed the mail over died before waking it: the watchman sees that it should have been looked at."""
    await home.stepwell.add_client(id="ada", email="ada@example.org", zone="Europe/London")
    await home.stepwell.hold_contacts("ada", reason="x", by="y")
    version = await home.stepwell.publish(document(step("read")))
    journey = (await home.stepwell.start("ada", version.pathway)).id
    await home.recorded(journey, "step_delivered")
    await home.closed(owner_of("default", "ada"))
    assert await wake_owners(home.database, home.client) == 0, "what waits for somebody is not looked at again and again"
    async with home.database.begin() as session:
        client = await clients.get(session, "default", "ada")
        assert client is not None
        client.held_at = None
        await contacts.look_again(session, "default", "ada", datetime.now(UTC) - timedelta(minutes=2))
    assert await wake_owners(home.database, home.client) == 1
    months = Months(home, "ada", [journey])
    await months.to(await home.now(journey) + timedelta(minutes=6))
    await mails(home, 1)


async def test_P4_the_owner_of_a_clients_mails_goes_with_them(home: House) -> None:
    """It waits for a snooze to end; deleted, it is unknown to Temporal, and what waited is in no table; also at another look."""
    await home.stepwell.add_client(id="ada", email="ada@example.org", zone="Europe/London")
    await home.stepwell.change_client("ada", ClientChanges(snoozed_until=datetime.now(UTC) + timedelta(days=3)))
    version = await home.stepwell.publish(document(step("read")))
    journey = (await home.stepwell.start("ada", version.pathway)).id
    await home.recorded(journey, "step_delivered")
    await home.idle(journey)
    owner = home.client.get_workflow_handle(owner_of("default", "ada"))
    assert (await owner.describe()).status == WorkflowExecutionStatus.RUNNING
    assert (await home.stepwell.deletion_preview("ada")).rows["contact"] == 1
    deletion = await home.stepwell.delete_client("ada", reason="asked")

    async def is_erased() -> bool:
        return (await home.stepwell.deletion(deletion.id)).erased_at is not None

    await home.until(is_erased, "the erasure")
    with pytest.raises(RPCError, match="not found"):
        await owner.describe()
    async with home.database.read() as session:
        assert await contacts.open_of(session, "default", "ada") == []
    assert read_mails(home.mail.folder) == []
    await home.pass_time(deletion.id, timedelta(minutes=3))
    await home.closed(deletion.id)
    assert (await home.stepwell.deletion(deletion.id)).finished_at is not None
