"""Every action says what it will change, and then that is what changes; refusals are said before and after."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.base import StepId
from engine.deviations import DropStep, MoveStep, RestoreStep, ShiftStep
from engine.durations import Offset
from engine.messages import ChangePlan
from stepwell.console.actions import ACTIONS
from stepwell.models import Foreseen
from tests.console.desk import Console

FAR = "2031-01-05"
_KEY = re.compile(r'name="message_id" value="([^"]+)"')


async def _prepare(console: Console, journey: str, name: str) -> dict[str, str]:
    """Bring the journey to where the action makes sense; the fields of its form."""
    stepwell, home = console.stepwell, console.home
    fields = {"occurrence": "note.1"}
    match name:
        case "release":
            await stepwell.excuse(journey, "note.1", reason="to go on")
            await stepwell.excuse(journey, "secret.1", reason="to go on")
            fields = {"occurrence": "before.1"}
        case "reopen":
            await stepwell.excuse(journey, "note.1", reason="to go on")
        case "extend":
            fields["until"] = f"{FAR}T10:00"
        case "pause":
            fields = {"mode": "freeze"}
        case "resume":
            await stepwell.pause(journey, reason="a holiday")
            fields = {}
        case "stop":
            fields = {}
        case "drop":
            fields = {"occurrence": "after.1"}
        case "restore":
            await stepwell.drop_step(journey, "after", reason="not now")
            fields = {"occurrence": "after.1"}
        case "shift_step":
            await stepwell.set_date(journey, "surgery", datetime.fromisoformat(FAR).date())
            fields = {"occurrence": "after.1", "shift": "2 days"}
        case "move_step":
            await stepwell.set_date(journey, "surgery", datetime.fromisoformat(FAR).date())
            fields = {"occurrence": "after.1", "after": "note"}
        case "shift":
            await stepwell.excuse(journey, "note.1", reason="to go on")
            await stepwell.excuse(journey, "secret.1", reason="to go on")
            fields = {"name": "surgery", "value": FAR}
    await home.idle(journey)
    return fields


@pytest.mark.parametrize("name", [one for one in ACTIONS if one != "retry"])
async def test_what_was_foreseen_is_what_happens(console: Console, name: str) -> None:
    """States, status, messages and the plan afterwards are those that the page had shown before it was done."""
    journey = await console.troubled()
    fields = await _prepare(console, journey, name)
    someone, address = await console.operator(), f"/journeys/{journey}/do/{name}"
    shown = await someone.get(f"{address}?{'&'.join(f'{key}={value}' for key, value in fields.items())}")
    assert shown.status_code == 200
    assert "What it would change" in shown.text
    seen = await _foresee(console, journey, name, fields)
    assert seen.accepted
    assert not seen.is_nothing
    before = len(await console.stepwell.history(journey))
    done = await someone.post(address, {**fields, "reason": "agreed by telephone", "message_id": _key(shown.text)})
    assert (done.status_code, done.headers["location"]) == (303, f"/console/journeys/{journey}?done={name}")
    await console.home.idle(journey)
    detail = await console.stepwell.journey(journey)
    states = {one.id: one.state for one in detail.occurrences}
    assert detail.status == seen.status_after
    assert detail.held == seen.held_after
    assert {one.occurrence: states[one.occurrence] for one in seen.states} == {one.occurrence: one.after for one in seen.states}
    if detail.status in ("active", "paused"):
        plan = {(one.what, one.occurrence): one.at for one in (await console.stepwell.forecast(journey)).items}
        for change in seen.plan:
            assert ((change.what, change.occurrence) in plan) is not change.is_gone
            assert _is_near(plan.get((change.what, change.occurrence)), change.after)
    if name == "remind":  # what is sent is sent by the journey itself; that it was asked for is what stays
        assert [one.asked for one in await console.stepwell.history(journey) if one.kind == "reminder_due"] == [True]
        return
    new = [event for event in await console.stepwell.history(journey) if event.seq > before and event.by.role == "operator"]
    assert [event.by.id for event in new] == ["olga"] * len(new)
    assert new


def _is_near(at: datetime | None, foreseen: datetime | None) -> bool:
    """The same, but for the moments between looking and doing."""
    return at == foreseen or (at is not None and foreseen is not None and abs(at - foreseen) < timedelta(minutes=1))


async def _foresee(console: Console, journey: str, name: str, fields: dict[str, str]) -> Foreseen:
    facts: dict[str, Any] = dict(fields)
    if ACTIONS[name].kind is ChangePlan:
        deviations: dict[str, Any] = {
            "drop": DropStep(step=StepId("after")),
            "restore": RestoreStep(step=StepId("after")),
            "shift_step": ShiftStep(step=StepId("after"), by=Offset(days=2)),
            "move_step": MoveStep(step=StepId("after"), after=StepId("note")),
        }
        facts = {"deviation": deviations[name]}
    if "until" in facts:
        facts["until"] = datetime.fromisoformat(f"{facts['until']}:00+00:00")  # the client's zone, in winter
    if "value" in facts:
        facts["value"] = datetime.fromisoformat(facts["value"]).date()
    return await console.stepwell.foresee(journey, ACTIONS[name].kind, **facts)


def _key(html: str) -> str:
    found = _KEY.search(html)
    assert found, "the form has no message id"
    return found.group(1)


async def test_foreseeing_does_nothing(console: Console) -> None:
    """The journey is asked, and not told."""
    journey = await console.troubled()
    before = await console.home.idle(journey)
    someone = await console.operator()
    for name in ("stop", "pause?mode=freeze", "excuse?occurrence=note.1"):
        assert (await someone.get(f"/journeys/{journey}/do/{name}")).status_code == 200
    assert await console.home.idle(journey) == before
    assert (await console.stepwell.journey(journey)).status == "active"


async def test_a_refusal_is_foreseen_and_a_refused_action_says_so(console: Console) -> None:
    """With the rule that refuses, before and after; nothing is done."""
    journey = await console.troubled()
    someone, address = await console.operator(), f"/journeys/{journey}/do/reopen"
    shown = await someone.get(f"{address}?occurrence=note.1")
    assert "It would be refused" in shown.text
    seen = await console.stepwell.foresee(journey, ACTIONS["reopen"].kind, occurrence="note.1")
    assert (seen.accepted, seen.states, seen.plan) == (False, (), ())
    done = await someone.post(address, {"occurrence": "note.1", "reason": "to see", "message_id": "msg_1"})
    assert done.status_code == 409
    assert f"(rule {seen.rule})" in done.text


@pytest.mark.parametrize("name", [name for name, one in ACTIONS.items() if one.has_reason])
async def test_without_a_reason_nothing_is_done_where_the_rules_want_one(console: Console, name: str) -> None:
    """Spaces are no reason; what was filled in stays in the form."""
    journey = await console.troubled()
    fields = await _prepare(console, journey, name)
    someone = await console.operator()
    before = len(await console.stepwell.history(journey))
    answer = await someone.post(f"/journeys/{journey}/do/{name}", {**fields, "reason": "   "})
    assert answer.status_code == 409
    assert "say why" in answer.text
    assert len(await console.stepwell.history(journey)) == before


async def test_sent_twice_it_is_done_once(console: Console) -> None:
    """A double click is one click."""
    journey = await console.troubled()
    await console.home.idle(journey)
    someone, address = await console.operator(), f"/journeys/{journey}/do/excuse"
    fields = {"occurrence": "note.1", "reason": "agreed", "message_id": "msg_once"}
    assert [(await someone.post(address, fields)).status_code for _ in range(2)] == [303, 303]
    assert [event.kind for event in await console.stepwell.history(journey)].count("step_excused") == 1


@pytest.mark.parametrize("given", [{"until": "tomorrow"}, {"until": ""}], ids=["words", "nothing"])
async def test_an_instant_that_cannot_be_read_is_said(console: Console, given: dict[str, str]) -> None:
    """In the form, not as a fault."""
    journey = await console.troubled()
    someone = await console.operator()
    answer = await someone.post(f"/journeys/{journey}/do/extend", {"occurrence": "note.1", "reason": "x", **given})
    assert answer.status_code == 409
    assert "year-month-day" in answer.text


async def test_a_workflow_that_was_ended_from_outside_is_seen(console: Console) -> None:
    """Although it still answers questions; and the page says what the store knows."""
    journey = await console.troubled()
    await console.home.idle(journey)
    someone = await console.operator()
    await console.home.client.get_workflow_handle(journey).terminate("a test")
    page = await someone.get(f"/journeys/{journey}?ahead=true")
    assert page.status_code == 200
    assert "the workflow is terminated while the journey is active" in page.text
    assert "note.1" in page.text
