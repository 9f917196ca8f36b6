"""One client's mails across their journeys, live: capped, merged, held; each workflow's clock is moved on in step with the others."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError

from engine.calendar import wall
from engine.zones import zone_of
from stepwell.mailcatcher import CaughtMail, read_mails
from stepwell.models import ClientChanges
from store.contacts import owner_of
from tests.pathways import document, step
from tests.workflows.house import House

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
            if not await self._is_running() or not await self._move(self._owner, instant):
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
