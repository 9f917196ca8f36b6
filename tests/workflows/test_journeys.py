"""A journey from its start to its end, on a real server, store and mail server."""

import asyncio
from datetime import date, timedelta

import pytest

from stepwell import NotFound, Refused
from stepwell.caughtmail import read_mails
from tests.pathways import EXAMPLES, document, step
from tests.workflows.house import House

TUTORIAL = (EXAMPLES / "tutorial.yaml").read_text()


async def enter(home: House, source: str, name: str = "c1", **more: object) -> str:
    """Publish, add a client, start."""
    version = await home.stepwell.publish(source)
    await home.stepwell.add_client(id=name, display_name="Ada", email="ada@example.org", zone="Europe/London")
    return (await home.stepwell.start(name, version.pathway, **more)).id  # type: ignore[arg-type]


async def test_a_journey_runs_to_its_end(home: House) -> None:
    """Delivered, answered, conditioned, reminded, mailed, recorded, completed: and everything agrees afterwards."""
    journey = await enter(home, TUTORIAL)
    await home.recorded(journey, "step_delivered")
    await home.stepwell.respond(journey, "welcome.1", {"understood": True})
    await home.pass_time(journey, timedelta(seconds=61))
    await home.recorded(journey, "reminder_due")
    await home.stepwell.respond(journey, "mood.1", {"answers": {"mood": 2}})
    assert (await home.stepwell.to_do("c1"))[0].occurrence
    await home.pass_time(journey, timedelta(seconds=61))
    await home.recorded(journey, "step_delivered", 4)
    await home.stepwell.respond(journey, "low.1")
    await home.stepwell.respond(journey, "goodbye.1")
    await home.closed(journey)
    detail = await home.stepwell.journey(journey)
    assert detail.status == "completed"
    assert [one.state for one in detail.occurrences] == ["completed"] * 4
    subjects = [mail.subject for mail in read_mails(home.mail.folder)]
    assert subjects.count("A reminder: something is still waiting for you") == 1
    assert len(subjects) == 5
    assert await home.stepwell.verify() == []
    done = await home.stepwell.adherence(journey)
    assert (done.required.offered, done.required.completed) == (3, 3)


async def test_D1_D14_six_weeks_of_homework(home: House) -> None:
    """The main job: a real pathway, six weeks, every step delivered at its local time, and a review in the middle."""
    await home.stepwell.keep_practitioner("dr", email="grey@example.org")
    journey = await enter(home, (EXAMPLES / "depression-homework.yaml").read_text(), practitioner="dr")
    answers = {f"q{number}": "several_days" for number in range(1, 9)} | {"q9": "not_at_all"}
    payloads: dict[str, dict[str, object]] = {
        "why": {"understood": True},
        "phq9_start": {"answers": answers},
        "phq9_week3": {"answers": answers},
        "phq9_end": {"answers": answers},
        "activity_log": {"answers": {"did": "walked", "mood": 5}},
        "task": {"answers": {"what": "walk", "times": 2, "before": 3, "after": 6}},
        "thoughts": {"answers": {"situation": "a", "thought": "b", "belief": 8, "other": "c", "belief_after": 4}},
        "plan_ahead": {"answers": {"signs": "a", "helps": "b"}},
        "review": {"comment": "Well done"},
    }
    for _ in range(60):
        state = await home.stepwell.state(journey)
        for occurrence in state.occurrences.values():
            if occurrence.state == "open":
                await home.stepwell.respond(journey, occurrence.id, payloads.get(occurrence.step, {}))
        if (await home.stepwell.state(journey)).status == "completed":
            break
        await home.pass_time(journey, timedelta(days=1))
    await home.closed(journey)
    history = await home.recorded(journey, "journey_completed")
    delivered = [event for event in history if event.kind == "step_delivered"]
    assert len(delivered) == 18
    assert [event.at.hour for event in delivered if event.step == "activity_log"] == [18] * 7
    assert 42 <= (history[-1].at - history[0].at).days <= 45
    assert await home.stepwell.verify() == []


async def test_G9_one_submission_sent_five_times_at_once_is_one(home: House) -> None:
    """However often and however parallel it is sent, it counts once and every sender hears the same."""
    journey = await enter(home, document(step("a") + step("b")))
    answers = await asyncio.gather(*(home.stepwell.respond(journey, "a.1", submission_id="one") for _ in range(5)))
    assert len({answer.seq for answer in answers}) == 1
    history = await home.recorded(journey, "step_completed")
    assert sum(event.kind == "step_completed" for event in history) == 1


async def test_refusals_name_their_rule_and_leave_no_trace(home: House) -> None:
    """A refused message adds nothing to Temporal's history, and no response stays behind."""
    journey = await enter(home, document(step("a") + step("b")))
    await home.recorded(journey, "step_delivered")
    length = await home.idle(journey)
    refusals = []
    for job in (
        home.stepwell.respond(journey, "b.1"),
        home.stepwell.skip(journey, "a.1"),
        home.stepwell.resume(journey),
        home.stepwell.snooze(journey, "a.1", (await home.stepwell.state(journey)).started_at),
    ):
        with pytest.raises(Refused) as refused:
            await job
        refusals.append((refused.value.rule, refused.value.code))
    assert refusals == [("G10", "not_delivered"), ("G8", "required"), ("P2", "not_paused"), ("R5", "in_the_past")]
    assert await home.idle(journey) == length
    await home.stepwell.respond(journey, "a.1")
    await home.recorded(journey, "step_delivered", 2)
    assert await home.stepwell.responses(journey, "b.1") == []
    with pytest.raises(NotFound, match=r"no\.1 is no step"):
        await home.stepwell.respond(journey, "no.1")
    with pytest.raises(NotFound):
        await home.stepwell.respond("jou_nobody", "a.1")


async def test_P5_entering_again(home: House) -> None:
    """One key, one journey: twice at once is one start; reject, use, restart and parallel do what they say."""
    journey = await enter(home, document(step("a")))
    same = await asyncio.gather(*(home.stepwell.start("c1", "trial", request_id="r", enrolment_key="k") for _ in range(5)))
    assert len({one.id for one in same}) == 1
    await home.recorded(journey, "step_delivered")
    with pytest.raises(Refused) as refused:
        await home.stepwell.start("c1", "trial")
    assert refused.value.rule == "P5"
    assert (await home.stepwell.start("c1", "trial", again="use_existing")).id == journey
    second = await home.stepwell.start("c1", "trial", again="parallel")
    assert second.id != journey
    third = await home.stepwell.start("c1", "trial", again="restart")
    await home.recorded(second.id, "journey_stopped")
    await home.closed(second.id)
    assert third.attempt == 3
    await home.recorded(third.id, "step_delivered")
    with pytest.raises(Refused) as over:
        await home.stepwell.respond(second.id, "a.1")
    assert over.value.code == "journey_over"


async def test_everything_people_can_do_reaches_the_journey(home: House) -> None:
    """Each verb of the handle does its work: open, remind, snooze, extend, excuse, release, re-open, pause, date, zone, event, stop."""
    source = document(
        step("a", "window: {finish_by: 3 days}\nreminders: {every: 1 day}")
        + step("b", "required: false\ndeliver: {after: date visit, offset: 1 day, at: '09:00'}\nregardless: true")
        + step("c", "deliver: {after: event called}\nregardless: true")
        + step("d", "deliver: {after: journey.started, offset: 30 days}\nregardless: true")
    )
    journey = await enter(home, source)
    start = await home.now(journey)
    door = home.stepwell
    await door.open(journey, "a.1")
    await door.remind_now(journey, "a.1")
    await door.remind_now(journey, "a.1")
    await door.snooze(journey, "a.1", start + timedelta(days=2))
    await door.extend(journey, "a.1", start + timedelta(days=9), reason="holiday")
    await door.set_date(journey, "visit", date(2031, 1, 1))
    assert await door.change_zone("c1", "America/New_York") == 1
    assert await door.change_quiet_hours("c1", ("23:00", "06:00")) == 1
    await door.host_event(journey, "called")
    await door.release(journey, "d.1", reason="asked for it")
    await door.excuse(journey, "a.1", reason="ill")
    await door.reopen(journey, "a.1", reason="well again")
    await door.pause(journey, reason="holiday")
    with pytest.raises(Refused, match="paused"):
        await door.remind_now(journey, "a.1")
    await door.resume(journey)
    forecast = await door.forecast(journey)
    assert any(item.step == "b" and item.at is not None for item in forecast.items)
    await door.stop(journey, reason="moved away")
    await home.closed(journey)
    kinds = [event.kind for event in await home.recorded(journey, "journey_stopped")]
    for kind in (
        "step_started",
        "reminder_due",
        "reminders_snoozed",
        "step_extended",
        "date_set",
        "client_facts_set",
        "host_event_received",
        "step_released",
        "step_excused",
        "step_reopened",
        "journey_paused",
        "journey_resumed",
        "step_cancelled",
    ):
        assert kind in kinds, kind
    assert kinds.count("reminder_due") == 1
    assert await door.verify() == []
