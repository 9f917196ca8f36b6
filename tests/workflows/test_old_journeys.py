"""Journeys that are old: years of daily steps and reminders, in as many runs as it takes, each of them short and light."""

import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from temporalio.client import WorkflowExecutionStatus

from engine.advance import StartFacts, advance, begin
from engine.base import ClientId, JourneyId, MessageId, TenantId, occurrence_id
from engine.events import Event
from engine.journey import Journey
from engine.messages import HostEvent, Tick
from engine.publishing import compile_pathway
from engine.structure import Structure
from stepwell.caughtmail import read_mails
from stepwell.messenger import submit
from tests.pathways import document, step
from tests.workflows.house import House
from tests.workflows.test_journeys import enter
from tests.workflows.test_shell import runs_of
from workflows.inputs import JourneyInput
from workflows.journey import JourneyWorkflow
from workflows.names import JOURNEYS

DAYS = int(os.environ.get("OLD_DAYS", "60"))
SUGGESTED = 4096
"""Events of one run after which the server asks for the next."""


def _daily(days: int, name: str, more: str) -> str:
    return step(name, f"repeat: {{every: 1 day, count: {days}}}\non_expiry: continue\n{more}")


async def _longest_run(home: House, journey: str) -> int:
    lengths = []
    for run in await runs_of(home.client, journey):
        described = await home.client.get_workflow_handle(journey, run_id=run).describe()
        assert described.status in (WorkflowExecutionStatus.CONTINUED_AS_NEW, WorkflowExecutionStatus.RUNNING)
        lengths.append(described.history_length)
    assert len(lengths) > 1, "too young to mean anything"
    return max(lengths)


async def test_RT16_a_step_and_a_reminder_every_day_for_years(home: House) -> None:
    """Every one is given and mailed once, in runs of no great length; two years of them with OLD_DAYS=730."""
    daily = _daily(DAYS, "diary", "reminders: {after: [6 hours]}")
    source = document(daily + step("end", "regardless: true\ndeliver: {offset: 30 days}"))
    for client in ("c1", "c2", "c3", "c4"):
        journey = await enter(home, source, client)
        history = await _lived(home, journey)
        if not _slept(history):
            break
    assert [one.seq for one in history] == list(range(1, len(history) + 1))
    given = [one.occurrence for one in history if one.kind == "step_delivered"]
    assert given[:DAYS] == [f"diary.{number}" for number in range(1, DAYS + 1)]
    assert await _longest_run(home, journey) < SUGGESTED // 2
    ids = [mail.message_id for mail in read_mails(home.mail.folder)]
    assert len(ids) == len(set(ids))
    assert await home.stepwell.verify() == []


async def _lived(home: House, journey: str) -> list[Event]:
    """All its days."""
    ends_at = await home.now(journey) + timedelta(days=DAYS)
    while (left := ends_at - await home.now(journey)) > timedelta(0):  # a move ends early where a run does
        await home.idle(journey)
        await home.pass_time(journey, left)
    return await home.recorded(journey, "step_expired", DAYS - 1)


def _slept(history: list[Event]) -> bool:
    """Whether days went by at once: the virtual clock runs on while a new run has no timer yet, which no real one does."""
    moments = [one.at for one in history]
    return max(later - before for before, later in pairwise(moments)) > timedelta(days=1, hours=1)


def _grown_old(structure: Structure, journey: str) -> Journey:
    """As it is after 998 days, each like the second: living them would take minutes."""
    facts = StartFacts(journey=JourneyId(journey), tenant=TenantId("default"), client=ClientId("c1"))
    begun = begin(structure, facts, datetime.now(UTC) - timedelta(days=998, hours=-1)).journey
    lived = begun
    for days in range(1, 4):
        lived = advance(structure, lived, Tick(id=MessageId(f"t{days}")), begun.started_at + timedelta(days=days)).journey
    days_alike = {
        occurrence_id(one.step, number): one.changed(id=occurrence_id(one.step, number), number=number)
        for one in lived.occurrences.values()
        if one.number == 2
        for number in range(3, 999)
    }
    return lived.changed(occurrences={**lived.occurrences, **days_alike}, reached={one.id: 998 for one in structure.steps})


async def test_RT16_a_journey_is_handed_on_however_much_has_happened_in_it(home: House) -> None:
    """Five steps a day for nearly three years are more than Temporal takes in one piece, as they stand: it goes on all the same."""
    at_once = "regardless: true\ndeliver: {after: journey.started}"
    source = document("".join(_daily(1000, f"d{number}", at_once) for number in range(5)))
    structure = compile_pathway(source).structure
    journey = await enter(home, document(step("only")))
    await home.recorded(journey, "step_delivered")
    await home.client.get_workflow_handle(journey).terminate()  # its place is taken by one that has lived long
    old = _grown_old(structure, journey)
    given = JourneyInput(structure=structure, journey=old, rotate_at=40)
    assert len(given.model_dump_json()) > 2 * 1024 * 1024, len(given.model_dump_json())
    await home.client.start_workflow(JourneyWorkflow.run, given, id=journey, task_queue=JOURNEYS)
    for number in range(30):
        await submit(home.client, journey, HostEvent(id=MessageId(f"m{number}"), name="seen"))
    assert await _longest_run(home, journey) < SUGGESTED
    assert len((await home.stepwell.state(journey)).occurrences) >= 4990
