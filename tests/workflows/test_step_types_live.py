"""Step types that need more than an answer, on a real server, store, mail server and host."""

from datetime import timedelta
from typing import Any

import pytest

from engine.messages import By
from engine.steps import step_types
from stepwell import Refused, Unavailable, watchman
from stepwell.caughtmail import read_mails
from tests.pathways import document, step
from tests.workflows.house import House
from tests.workflows.test_journeys import enter

_CLIENT = By(role="client")

MENU = """
- id: menu
  type: choice
  title: Menu
  rationale: why
  instructions: do
  content:
    at_most: 2
    options:
      - {value: walk, label: A walk, opens: [walking]}
      - {value: call, label: A call, opens: [calling]}
      - {value: rest, label: Rest}
"""


async def test_D32_what_was_picked_comes_and_the_rest_does_not(home: House) -> None:
    """A menu opens its steps, and no others."""
    journey = await enter(home, document(MENU + step("walking") + step("calling") + step("end")))
    await home.recorded(journey, "step_delivered")
    await home.stepwell.respond(journey, "menu.1", {"picked": ["call", "rest"]})
    await home.recorded(journey, "step_not_applicable")
    open_now = await home.stepwell.to_do("c1")
    assert [item.occurrence for item in open_now] == ["calling.1"]
    assert await home.stepwell.verify() == []


HOST_TASK = """
- id: kit
  type: host_task
  title: Kit
  content: {task: order_kit, data: {size: small}, answers: {tracked: bool}, patience: 2 minutes}
"""


async def test_a_host_is_asked_by_a_signed_request_and_answers(home: House) -> None:
    """Thin: ids and facts of the pathway. Its answer is a response, and goes to conditions."""
    tracked = step("track", "when: outcomes.kit.tracked")
    journey = await enter(home, document(HOST_TASK + tracked + step("end")))

    async def asked() -> list[dict[str, Any]]:
        return home.host.asked

    (request,) = await home.until(asked, "the request")
    expected = {"journey": journey, "client": "c1", "occurrence": "kit.1", "task": "order_kit", "data": {"size": "small"}}
    assert request["type"] == "host_task.asked"
    assert expected.items() <= request["data"].items()
    with pytest.raises(Refused, match="for the host"):
        await home.stepwell.respond(journey, "kit.1", {"answers": {"tracked": True}}, by=_CLIENT)
    await home.stepwell.respond(journey, "kit.1", {"answers": {"tracked": True}})
    await home.recorded(journey, "step_delivered", 2)
    assert [item.occurrence for item in await home.stepwell.to_do("c1")] == ["track.1"]


async def test_G12_a_host_that_fails_holds_the_journey_until_it_is_tried_again(home: House) -> None:
    """The failure is there for operators and the practitioner; a retry asks again under a new key."""
    home.host.status = 410
    journey = await enter(home, document(HOST_TASK + step("end")))
    await home.recorded(journey, "task_held")
    assert (await home.stepwell.journeys(held=True))[0].id == journey
    home.host.status = 204
    before = set(home.host.ids)
    await home.stepwell.retry(journey, "kit.1")

    async def asked_again() -> set[str]:
        return set(home.host.ids) - before

    assert await home.until(asked_again, "the second request") == {f"{journey}/kit.1/call_host/2"}
    assert (await home.stepwell.journeys(held=True)) == []
    await home.stepwell.respond(journey, "kit.1", {"answers": {"tracked": False}})
    assert await home.stepwell.verify() == []


OTHER = """
pathway: sleep
title: Sleep
quiet_hours: none
steps:
  - id: hours
    type: questionnaire
    title: Hours
    rationale: why
    instructions: do
    content:
      items: [{id: slept, type: number, whole: true, text: Hours, min: 0, max: 24}]
      score: {method: sum}
"""
SUB = """
- id: sleep
  type: pathway
  title: Sleep
  content: {pathway: sleep, hands_back: [{name: hours, from: hours.score, type: int}]}
"""


async def test_another_pathway_is_a_step_and_hands_back_what_came_of_it(home: House) -> None:
    """A journey of its own for the same client; its end completes the step, its outcome goes to conditions."""
    await home.stepwell.publish(OTHER)
    tired = step("tired", "when: outcomes.sleep.hours < 6")
    journey = await enter(home, document(SUB + tired + step("end")))

    async def child() -> list[Any]:
        return await home.stepwell.journeys(pathway="sleep", status="active")

    (other,) = await home.until(child, "the other journey")
    assert other.client == "c1"
    await home.recorded(other.id, "step_delivered")
    await home.stepwell.respond(other.id, "hours.1", {"answers": {"slept": 5}})
    await home.closed(other.id)
    await home.recorded(journey, "step_delivered", 2)
    assert [item.occurrence for item in await home.stepwell.to_do("c1")] == ["tired.1"]
    assert (await home.stepwell.state(journey)).outcomes["sleep"] == {"hours": 5}  # type: ignore[index]
    assert await home.stepwell.verify() == []


async def test_a_step_that_is_a_journey_is_stopped_with_its_parent_and_holds_it_where_it_is_stopped(home: House) -> None:
    """Downwards: nothing runs on unseen. Upwards: the parent's place is kept, visibly."""
    await home.stepwell.publish(OTHER)
    journey = await enter(home, document(SUB + step("end")))

    async def running() -> list[Any]:
        return await home.stepwell.journeys(pathway="sleep", status="active")

    (other,) = await home.until(running, "the other journey")
    await home.stepwell.stop(other.id, reason="wrong one")
    await home.recorded(journey, "task_held")
    await home.stepwell.retry(journey, "sleep.1")
    (second,) = await home.until(running, "the second journey")
    await home.stepwell.stop(journey, reason="moved away")
    await home.closed(second.id)
    await home.closed(journey)
    assert {one.status for one in await home.stepwell.journeys(pathway="sleep")} == {"stopped"}
    assert await home.stepwell.verify() == []


APPOINTMENT = """
- id: session
  type: appointment
  title: Session
  content: {date: first, place: Room 4}
  reminders: {from: date first, after: [-1 day]}
"""


async def test_an_appointment_is_booked_moved_and_attended(home: House) -> None:
    """The client is told, reminded before the date that counts, and the practitioner says how it went."""
    journey = await enter(home, document(APPOINTMENT + step("after")))
    await home.recorded(journey, "step_delivered")
    now = await home.now(journey)
    await home.stepwell.book(journey, "session.1", now + timedelta(days=2))
    await home.stepwell.book(journey, "session.1", now + timedelta(days=9))
    await home.pass_time(journey, timedelta(days=7, hours=23))
    assert not [event for event in await home.stepwell.history(journey) if event.kind == "reminder_due"]
    await home.pass_time(journey, timedelta(hours=2))
    await home.recorded(journey, "reminder_due")
    (shown,) = await home.stepwell.to_do("c1")
    assert (shown.occurrence, shown.yours) == ("session.1", False)
    await home.stepwell.respond(journey, "session.1", {"attended": True})
    await home.recorded(journey, "step_delivered", 2)
    assert await home.stepwell.verify() == []


RISKY = """
- id: mood
  type: questionnaire
  title: Mood
  rationale: why
  instructions: do
  reminders: {every: 1 day}
  content:
    items:
      - {id: thoughts, type: scale, text: Thoughts, min: 0, max: 3, risk: {name: thoughts, at_least: 1}}
"""
ALERTS = "alerts: {every: 30 minutes, ladder: [{after: 1 hour, to: on_call}]}"


async def _at_risk(home: House) -> str:
    await home.stepwell.keep_practitioner("dr", display_name="Dr. Eva", email="eva@example.org")
    source = document(RISKY + step("later", "reminders: {every: 1 day}"), ALERTS)
    return await enter(home, source, practitioner="dr")


async def _alarms(home: House, count: int) -> list[str]:
    async def enough() -> list[str] | None:
        found = [mail.to for mail in read_mails(home.mail.folder) if mail.subject == "An alert needs you now"]
        return found if len(found) >= count else None

    found: list[str] = await home.until(enough, f"{count} alarms")
    return found


async def test_R8_an_alert_is_told_at_once_repeats_and_climbs_until_it_is_taken_up(home: House) -> None:
    """With the answer kept, the crisis text returned, and the reminders held meanwhile."""
    journey = await _at_risk(home)
    await home.recorded(journey, "step_delivered")
    taken = await home.stepwell.respond(journey, "mood.1", {"answers": {"thoughts": 1}})
    assert taken.crisis_text == "Call 112."
    assert await _alarms(home, 1) == ["eva@example.org"]
    (alert,) = await home.stepwell.alerts()
    assert (alert.journey, alert.rules) == (journey, ("thoughts",))
    await home.pass_time(alert.id, timedelta(minutes=31))
    assert await _alarms(home, 2) == ["eva@example.org"] * 2
    await home.pass_time(alert.id, timedelta(minutes=31))
    assert sorted(await _alarms(home, 4)) == ["duty@example.org", *["eva@example.org"] * 3]
    await home.pass_time(journey, timedelta(days=2))
    assert not [event for event in await home.stepwell.history(journey) if event.kind == "reminder_due"]
    taken_up = await home.stepwell.acknowledge(alert.id, by="Dr. Eva", reason="called, is safe")
    assert taken_up.acknowledged_by == "Dr. Eva"
    await home.closed(alert.id)
    assert await home.stepwell.alerts() == []
    await home.pass_time(journey, timedelta(days=1))
    await home.recorded(journey, "reminder_due")
    assert await home.stepwell.verify() == []


async def test_R8_an_alert_goes_on_when_its_journey_is_stopped(home: House) -> None:
    """Nobody gets rid of an alert by stopping the journey."""
    journey = await _at_risk(home)
    await home.recorded(journey, "step_delivered")
    await home.stepwell.respond(journey, "mood.1", {"answers": {"thoughts": 3}})
    await home.stepwell.stop(journey, reason="moved away")
    await home.closed(journey)
    (alert,) = await home.stepwell.alerts()
    await _alarms(home, 1)
    await home.pass_time(alert.id, timedelta(minutes=31))
    await _alarms(home, 2)
    await home.stepwell.acknowledge(alert.id, by="Dr. Eva", reason="called")
    await home.closed(alert.id)


async def test_R8_a_refused_answer_raises_its_alert_all_the_same(home: House) -> None:
    """Too late, or given twice: what it says about the client is not lost; the error carries the crisis text."""
    journey = await _at_risk(home)
    await home.recorded(journey, "step_delivered")
    await home.stepwell.respond(journey, "mood.1", {"answers": {"thoughts": 0}})
    with pytest.raises(Refused) as refused:
        await home.stepwell.respond(journey, "mood.1", {"answers": {"thoughts": 2}})
    assert (refused.value.rule, refused.value.crisis_text) == ("G9", "Call 112.")
    await _alarms(home, 1)
    assert len(await home.stepwell.alerts()) == 1


async def test_R8_nobody_is_asked_about_risk_where_nobody_would_hear(home: House) -> None:
    """A client without a practitioner who can be reached is not entered."""
    version = await home.stepwell.publish(document(RISKY, ALERTS))
    await home.stepwell.add_client(id="c9")
    with pytest.raises(Refused, match="no practitioner with an address"):
        await home.stepwell.start("c9", version.pathway)
    assert await home.stepwell.journeys(client="c9") == []


async def test_R8_what_could_not_be_told_is_told_as_soon_as_it_can_be(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporal was away as the answer came: it is kept with its alert, the client is told what to do, and a worker sees to it."""
    journey = await _at_risk(home)
    await home.recorded(journey, "step_delivered")

    async def away(*_: object) -> None:
        raise Unavailable("nobody is told yet")

    with monkeypatch.context() as patch:
        patch.setattr(home.stepwell, "_start_alarm", away)
        with pytest.raises(Unavailable) as failed:
            await home.stepwell.respond(journey, "mood.1", {"answers": {"thoughts": 3}}, submission_id="s1")
    assert failed.value.crisis_text == "Call 112."
    assert [one.response_id for one in await home.stepwell.alerts()] == ["s1"]
    monkeypatch.setattr(watchman, "_GRACE", timedelta(0))
    assert await watchman.look(home.database, home.client, step_types()) == 1
    await _alarms(home, 1)
    assert await watchman.look(home.database, home.client, step_types()) == 0
    await home.stepwell.respond(journey, "mood.1", {"answers": {"thoughts": 3}}, submission_id="s1")
    await home.recorded(journey, "step_completed")
    assert len(await home.stepwell.alerts()) == 1
