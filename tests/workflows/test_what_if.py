"""Journeys lived on a real server, tried again: on their own version they are what the store holds."""

import re
from datetime import timedelta

import pytest

from engine.base import StepId
from stepwell import NotFound, Refused
from stepwell.access import Caller, process
from stepwell.errors import DefinitionError
from stepwell.whatif.reenacting import Policy
from tests.pathways import EXAMPLES, document, step
from tests.workflows.house import House

REMINDED = "window: {finish_by: 5 days}\nreminders: {after: [1 day, 2 days]}"
TRIAL = document(step("a", REMINDED) + step("b") + step("c", "deliver: {after: b.completed, offset: 1 day}"))


async def enter(home: House, source: str, name: str, **more: object) -> str:
    """Publish, add a client, start."""
    version = await home.stepwell.publish(source)
    await home.stepwell.add_client(id=name, display_name="Ada", email="ada@example.org", zone="Europe/London")
    journey = (await home.stepwell.start(name, version.pathway, **more)).id  # type: ignore[arg-type]
    await home.recorded(journey, "step_delivered")
    return journey


async def live(home: House, name: str, **more: object) -> str:
    """Reminded once, paused for a day, moved to another zone, answered, completed."""
    journey = await enter(home, TRIAL, name, **more)
    await home.pass_time(journey, timedelta(hours=25))
    await home.recorded(journey, "reminder_due")
    await home.stepwell.respond(journey, "a.1", {"understood": True})
    await home.stepwell.pause(journey, reason="away")
    await home.pass_time(journey, timedelta(days=1))
    await home.stepwell.resume(journey)
    await home.stepwell.change_zone(name, "Europe/Paris")
    await home.stepwell.respond(journey, "b.1")
    await home.pass_time(journey, timedelta(days=1, hours=1))
    await home.recorded(journey, "step_delivered", 3)
    await home.stepwell.respond(journey, "c.1")
    await home.closed(journey)
    await home.recorded(journey, "journey_completed")
    return journey


async def test_journeys_lived_on_a_server_are_what_was_recorded(home: House) -> None:
    """Against their own version nothing differs; against a draft what it changes, and nothing else."""
    journey = await live(home, "c1")
    same = await home.stepwell.what_if("trial", version=1)
    assert (same.replayed, same.left_out) == (1, 0), same.left_out_examples
    assert same.before == same.after
    assert (same.before.completed, same.before.reminders, same.before.contacts) == (1, 1, 4)
    await home.stepwell.save_draft("trial", TRIAL.replace("[1 day, 2 days]", "[2 hours, 1 day]"))
    draft = await home.stepwell.what_if("trial")
    assert draft.against == "the draft"
    assert draft.after.completed == 1
    one = await home.stepwell.what_if_journey(journey)
    assert {"a.1", "b.1"} <= {shifted.occurrence for shifted in one.journeys[0].shifted}


async def test_six_weeks_of_homework_are_what_was_recorded(home: House) -> None:
    """A real pathway with conditions on what was declared, repeats, windows and a review."""
    await home.stepwell.keep_practitioner("dr", email="grey@example.org")
    text = (EXAMPLES / "depression-homework.yaml").read_text()
    source = re.sub("(?m)^quiet_hours: .*\n", "", text) + "\nquiet_hours: none\n"  # it may be night
    journey = await enter(home, source, "c1", practitioner="dr")
    answers = {f"q{number}": "several_days" for number in range(1, 9)} | {"q9": "not_at_all"}
    payloads: dict[str, dict[str, object]] = {
        "why": {"understood": True},
        "phq9_start": {"answers": answers},
        "phq9_week3": {"answers": answers},
        "activity_log": {"answers": {"did": "walked", "mood": 5}},
        "task": {"answers": {"what": "walk", "times": 2, "before": 3, "after": 6}},
        "review": {"comment": "Well done"},
    }
    for _ in range(30):
        state = await home.stepwell.state(journey)
        for occurrence in state.occurrences.values():
            if occurrence.state == "open" and occurrence.step in payloads and occurrence.number % 3:
                await home.stepwell.respond(journey, occurrence.id, payloads[occurrence.step])
        await home.pass_time(journey, timedelta(days=1))
    await home.stepwell.stop(journey, reason="moved away")
    await home.closed(journey)
    await home.recorded(journey, "journey_stopped")
    found = await home.stepwell.what_if("depression-homework", version=1)
    assert (found.replayed, found.left_out) == (1, 0), found.left_out_examples
    assert found.before == found.after
    assert found.before.deliveries > 10


async def test_a_journey_on_its_way_is_tried_as_far_as_it_has_come(home: House) -> None:
    """Only where it is asked for; and on a version without the step, what is open there is not."""
    await enter(home, TRIAL, "c1")
    assert (await home.stepwell.what_if("trial", version=1)).replayed == 0
    found = await home.stepwell.what_if("trial", version=1, running=True)
    assert (found.replayed, found.before.deliveries, found.before == found.after) == (1, 1, True)


async def test_E2_a_renamed_step_is_matched_with_its_old_name(home: House) -> None:
    """Lived on a server, tried on a version that calls it otherwise; names that fit nothing are refused."""
    await live(home, "c1")
    source = document(step("first", REMINDED) + step("b") + step("c", "deliver: {after: b.completed, offset: 1 day}"))
    found = await home.stepwell.what_if("trial", source=source, policy=Policy(renamed={StepId("a"): StepId("first")}))
    assert (found.replayed, found.without_evidence, found.before == found.after) == (1, 0, True)
    for names, said in (
        ({"a": "nothing"}, "no step of the draft"),
        ({"b": "first"}, "a step of the draft too"),
        ({"a": "first", "x": "first"}, "cannot become one"),
    ):
        with pytest.raises(Refused, match=said):
            await home.stepwell.what_if("trial", source=source, policy=Policy.model_validate({"renamed": names}))


async def test_who_may_try_what(home: House) -> None:
    """A practitioner their own clients' journeys; a client nothing; a draft with errors nobody."""
    await home.stepwell.keep_practitioner("dr")
    journey = await live(home, "c1", practitioner="dr")
    theirs = home.stepwell.called_by(Caller("default", "practitioner", "dr"))
    other = home.stepwell.called_by(Caller("default", "practitioner", "other"))
    assert (await theirs.what_if("trial", version=1)).replayed == 1
    assert (await other.what_if("trial", version=1)).replayed == 0
    with pytest.raises(NotFound):
        await other.what_if_journey(journey, version=1)
    stranger = home.stepwell.called_by(process("elsewhere"))
    with pytest.raises(NotFound):
        await stranger.what_if("trial", version=1)
    with pytest.raises(DefinitionError):
        await home.stepwell.what_if("trial", source="pathway: trial")
    with pytest.raises(Refused, match="between 1 and"):
        await home.stepwell.what_if("trial", version=1, limit=0)
