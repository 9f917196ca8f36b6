"""What the durable shell promises: nothing lost over rotation, outages and cancellation, and nothing private in sight."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client

from activities.recorder import Recorder
from engine.effects import Record, RecordResult
from engine.messages import By, Respond
from stepwell import Refused
from stepwell.caughtmail import read_mails
from stepwell.messenger import submit
from store.database import StoreUnavailable
from tests.pathways import document, step
from tests.workflows.house import House, house
from tests.workflows.test_journeys import enter

DAILY = document(step("diary", "repeat: {every: 1 hour, count: 30}\non_expiry: continue"))


async def runs_of(client: Client, journey: str) -> list[str]:
    """The runs of a journey, by continue-as-new."""
    handle = client.get_workflow_handle(journey)
    found = []
    run: str | None = (await handle.describe()).run_id
    while run:
        found.append(run)
        first = await anext(aiter(client.get_workflow_handle(journey, run_id=run).fetch_history_events(page_size=1)))
        run = first.workflow_execution_started_event_attributes.continued_execution_run_id
    return found


async def test_continue_as_new_loses_nothing(home: House) -> None:
    """Thirty entries over many runs: each delivered once, mailed once, recorded once; a repeated id still has its first answer."""
    home.stepwell.rotate_at = 40
    journey = await enter(home, DAILY)
    first = await home.stepwell.respond(journey, "diary.1", submission_id="first")
    for number in range(2, 31):
        await home.pass_time(journey, timedelta(hours=1))
        await home.recorded(journey, "step_delivered", number)
        await home.stepwell.respond(journey, f"diary.{number}", submission_id=f"s{number}")
        if number == 20:
            message = Respond(id="first", by=By(role="client"), occurrence="diary.1", response_id="first")  # type: ignore[arg-type]
            assert (await submit(home.client, journey, message)).seq == first.seq
    await home.closed(journey)
    history = await home.recorded(journey, "journey_completed")
    assert [event.seq for event in history] == list(range(1, len(history) + 1))
    assert sum(event.kind == "step_delivered" for event in history) == 30
    assert sum(event.kind == "step_completed" for event in history) == 30
    assert len(await runs_of(home.client, journey)) >= 4
    ids = [mail.message_id for mail in read_mails(home.mail.folder)]
    assert len(ids) == len(set(ids))
    assert await home.stepwell.verify() == []


async def test_continue_as_new_under_fire(home: House) -> None:
    """Many senders at once while runs follow each other: every message answered once, none lost."""
    home.stepwell.rotate_at = 30
    steps = "".join(step(f"s{number}", "regardless: true\ndeliver: {after: journey.started}") for number in range(24))
    journey = await enter(home, document(steps))
    await asyncio.gather(
        *(home.stepwell.respond(journey, f"s{number}.1", submission_id=f"sub{number}") for number in range(24))
    )
    await home.closed(journey)
    history = await home.recorded(journey, "journey_completed")
    assert sorted(event.response_id or "" for event in history if event.kind == "step_completed") == sorted(
        f"sub{number}" for number in range(24)
    )
    assert await home.stepwell.verify() == []


class _Outage:
    """The real recorder, with a store that can be away."""

    def __init__(self) -> None:
        self.is_away = False
        self.refused = 0
        self.recorder: Recorder | None = None

    @activity.defn(name="record")
    async def record(self, effect: Record) -> RecordResult:
        if self.is_away or self.recorder is None:
            self.refused += 1
            raise StoreUnavailable("away")
        return await self.recorder.record(effect)


async def test_journeys_go_on_while_recording_waits_for_the_store(tmp_path: Path) -> None:
    """Delivery, answers and reminders continue; the events come to the store afterwards, all of them, in order."""
    outage = _Outage()
    async with house(tmp_path, records=[outage.record]) as home:
        outage.recorder = Recorder(home.database)
        journey = await enter(home, document(step("a", "reminders: {every: 1 hour, max: 3}") + step("b")))
        await home.recorded(journey, "step_delivered")
        outage.is_away = True
        await home.pass_time(journey, timedelta(minutes=61))
        await home.stepwell.respond(journey, "a.1")
        await home.until(lambda: _mails(home, 3), "the mails")
        assert (await home.stepwell.state(journey)).occurrences["b.1"].state == "open"  # type: ignore[index]
        assert len(await home.stepwell.history(journey)) == 2, "the store is away, so nothing can have come to it"
        assert outage.refused
        outage.is_away = False
        history = await home.recorded(journey, "step_delivered", 2)
        assert [event.kind for event in history] == [
            "journey_started",
            "step_delivered",
            "reminder_due",
            "step_completed",
            "step_delivered",
        ]
        assert await home.stepwell.verify() == []


async def _mails(home: House, count: int) -> bool:
    return len(read_mails(home.mail.folder)) >= count


async def test_N3_a_refused_mail_falls_back_and_never_holds_the_journey(home: House) -> None:
    """A mailbox that is gone is a line in the ledger; the to-do list takes over, and the journey goes on."""
    home.mail.manner = "refuse"
    journey = await enter(home, document(step("a") + step("b")))

    async def fallen_back() -> bool:
        return {one.channel for one in await home.stepwell.notifications(journey) if one.accepted_at} == {"in_app"}

    await home.until(fallen_back, "the fall-back")
    ledger = [one for one in await home.stepwell.notifications(journey) if one.recipient == "client"]
    assert [(one.channel, one.failed is not None) for one in ledger] == [("email", True), ("in_app", False)]
    told = await home.recorded(journey, "practitioner_told")
    assert [event.why for event in told if event.kind == "practitioner_told"] == ["not reached"]
    await home.stepwell.respond(journey, "a.1")
    await home.recorded(journey, "step_delivered", 2)


async def test_N3_a_practitioner_nobody_named_is_a_visible_failure(home: House) -> None:
    """An escalation that reaches nobody is an event an operator can see, not silence."""
    journey = await enter(home, document(step("a", "window: {finish_by: 1 day}")))
    await home.pass_time(journey, timedelta(days=1, minutes=1))
    history = await home.recorded(journey, "notification_given_up")
    assert any(event.kind == "step_expired" and event.holds for event in history)
    assert (await home.stepwell.journeys(held=True))[0].id == journey


async def test_G12_a_cancelled_workflow_stops_the_journey_visibly(home: House) -> None:
    """Cancelling in Temporal's UI is a stop with a reason, recorded like any other."""
    journey = await enter(home, document(step("a")))
    await home.recorded(journey, "step_delivered")
    await home.client.get_workflow_handle(journey).cancel()
    history = await home.recorded(journey, "journey_stopped")
    assert "cancelled in Temporal" in history[-1].reason  # type: ignore[union-attr]
    await home.closed(journey)
    assert (await home.stepwell.journey(journey)).status == "stopped"


async def test_V4_operators_see_where_a_journey_is_and_nothing_private(home: House) -> None:
    """Summary, details, search attributes and activity names say state and next instant; canaries appear nowhere."""
    source = document(
        step("a", "reminders: {every: 1 day}")
        .replace("title: a", "title: CanaryTitle")
        .replace("body: Hello", "body: CanaryBody")
        + "- {id: q, type: questionnaire, title: CanaryAsk, regardless: true, deliver: {after: journey.started},"
        + " content: {items: [{id: t, type: text, text: CanaryItem}]}}\n"
        + step("b"),
    ).replace("title: Trial", "title: CanaryPathway")
    version = await home.stepwell.publish(source)
    await home.stepwell.add_client(id="c1", display_name="CanaryName", email="canary@example.org")
    journey = (await home.stepwell.start("c1", version.pathway)).id
    await home.recorded(journey, "step_delivered", 2)
    await home.stepwell.respond(journey, "q.1", {"answers": {"t": "CanaryAnswer"}})
    await home.recorded(journey, "step_completed")
    await home.idle(journey)
    handle = home.client.get_workflow_handle(journey)
    description = await handle.describe()
    attributes = {
        pair.key.name: pair.value for pair in description.typed_search_attributes if pair.key.name.startswith("Stepwell")
    }
    assert attributes["StepwellState"] == "active"
    assert attributes["StepwellPathway"] == "trial"
    assert attributes["StepwellVersion"] == 1
    assert attributes["StepwellTenant"] == "default"
    assert attributes["StepwellNextDue"] == (await home.stepwell.forecast(journey)).wake_at
    assert await description.static_summary() == "trial v1"
    metadata = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    assert "open: a.1" in metadata.current_details
    everything = str(description.raw_description) + str(metadata) + (await handle.fetch_history()).to_json()
    plain = everything + _decoded(everything)
    for canary in (
        "CanaryTitle",
        "CanaryBody",
        "CanaryAsk",
        "CanaryItem",
        "CanaryPathway",
        "CanaryName",
        "CanaryAnswer",
        "canary@",
    ):
        assert canary not in plain, canary
    assert "a.1" in plain


def _decoded(history: str) -> str:
    """The payloads of a history, readable."""
    import base64
    import re

    return " ".join(base64.b64decode(found).decode(errors="replace") for found in re.findall(r'"data": "([^"]+)"', history))


@pytest.mark.parametrize("ending", ["completed", "stopped", "ended"])
async def test_the_workflow_ends_with_the_journey(home: House, ending: str) -> None:
    """Every ending closes the workflow and says so in its search attribute."""
    journey = await enter(home, document(step("a", "window: {finish_by: 2 days}\non_expiry: end")))
    await home.recorded(journey, "step_delivered")
    jobs: dict[str, Callable[[], Any]] = {
        "completed": lambda: home.stepwell.respond(journey, "a.1"),
        "stopped": lambda: home.stepwell.stop(journey, reason="moved"),
        "ended": lambda: home.pass_time(journey, timedelta(days=3)),
    }
    await jobs[ending]()
    await home.closed(journey)
    description = await home.client.get_workflow_handle(journey).describe()
    state = next(pair.value for pair in description.typed_search_attributes if pair.key.name == "StepwellState")
    assert state == ending
    assert (await home.stepwell.journey(journey)).status == ending
    with pytest.raises(Refused):
        await home.stepwell.pause(journey, reason="late")
