"""The example that holds every type of step, lived from its first day to its last."""

from datetime import timedelta
from typing import Any

from engine.steps import BUILT_IN
from stepwell import Stepwell
from tests.pathways import EXAMPLES, example
from tests.workflows.house import House

ANSWERS: dict[str, dict[str, Any]] = {
    "welcome": {"understood": True, "tried": True},
    "first_session": {"attended": True},
    "life": {"ratings": {"health": 6, "friends": 7, "work": 5, "rest": 8}},
    "menu": {"picked": ["walk", "letter"]},
    "walk": {"understood": True},
    "log": {"entries": [{"at": "19:30", "answers": {"moment": "A bird", "moved": True}}]},
    "book": {"answers": {"booked": True}},
    "mood": {"answers": {f"q{number}": "not_at_all" for number in range(1, 8)}},
    "look": {"praise": "Well done.", "comment": "See you next week."},
    "promise_kept": {"answers": {"kept": 8}},
}


def test_the_tour_has_every_type_of_step() -> None:
    """Whoever looks for an example finds one."""
    assert {one.type for one in example("tour").contents.steps.values()} == {one.name for one in BUILT_IN}


async def test_the_tour_is_walked_to_its_end(home: House) -> None:
    """Every type live: answered, decided, opened, handed back, timed out, followed up on the day that was named."""
    stepwell = home.stepwell
    for name in ("gratitude-letter", "tour"):
        await stepwell.publish((EXAMPLES / f"{name}.yaml").read_text())
    await stepwell.keep_practitioner("dr", display_name="Dr Grey", email="grey@example.org")
    await stepwell.add_client(id="ada", display_name="Ada", email="ada@example.org", zone="Europe/London")
    journey = (await stepwell.start("ada", "tour", practitioner="dr")).id
    now = await home.now(journey)
    await home.pass_time(journey, timedelta(hours=(12 - now.hour) % 24))  # a day's steps past noon miss no evening of the diary
    await stepwell.set_date(journey, "first_session", await home.now(journey) + timedelta(days=3))
    for _ in range(60):
        await home.idle(journey)
        await _answer_everything(home, journey)
        if (await stepwell.journey(journey)).status == "completed":
            break
        for running in await stepwell.journeys(client="ada", status="active"):
            await home.pass_time(running.id, timedelta(days=1))
    detail = await stepwell.journey(journey)
    states = {one.id: one.state for one in detail.occurrences}
    assert detail.status == "completed"
    assert states.pop("breathe.1") == states.pop("called.1") == "not_applicable"
    assert {name: state for name, state in states.items() if state != "completed"} == {}
    assert len([name for name in states if name.startswith("log.")]) == 7
    facts = (await stepwell.state(journey)).outcomes
    assert (facts["fork"], facts["pause"]) == ({"way": "otherwise"}, {"timed_out": False})  # type: ignore[index]
    assert [stage.share for stage in await stepwell.stages(journey)] == [1.0, 1.0, 1.0]
    assert "<svg" in (await stepwell.picture(journey, "life") or "")
    assert "| 3 |" in await stepwell.report(journey, "log")
    assert await stepwell.verify() == []


async def _answer_everything(home: House, journey: str) -> None:
    stepwell = home.stepwell
    for summary in await stepwell.journeys(client="ada", status="active"):
        await home.idle(summary.id)
        for one in (await stepwell.journey(summary.id)).occurrences:
            if one.state in ("open", "started"):
                await _answer(stepwell, home, summary.id, one.id, one.step)


async def _answer(stepwell: Stepwell, home: House, journey: str, occurrence: str, step: str) -> None:
    match step:
        case "pause":
            await stepwell.host_event(journey, "called")
        case "promise":
            prefill = {item.step: item.prefill for item in await stepwell.to_do("ada")}["promise"]
            until = (await home.now(journey) + timedelta(days=21)).date().isoformat()
            signed = {"name": "Ada", "goal": "One good thing a day", "reasons": ["I want to"], "signature": "Ada"}
            await stepwell.respond(journey, occurrence, {"wording": prefill["wording"], **signed, "until": until})
        case "letter":  # a step of both: in the tour it is the other pathway, which its own journey completes
            if (await stepwell.journey(journey)).pathway == "gratitude-letter":
                await stepwell.respond(journey, occurrence, {"answers": {"to": "My aunt", "letter": "Thank you.", "after": 9}})
        case _:
            await stepwell.respond(journey, occurrence, ANSWERS[step])
