"""Rule G12 for what steps have done: tasks, step types that are not installed, journeys that are steps of others."""

from typing import Any

import pytest

from engine.advance import StartFacts, begin
from engine.base import ClientId, JourneyId, OccurrenceId, TenantId
from engine.journey import Parent
from tests.engine.driver import Run, pathway, step

TASK: dict[str, Any] = {"activity": "order", "completes": True, "patience": "2 hours", "details": {"task": "kit"}}


def _task(**more: Any) -> dict[str, Any]:
    return step("kit", type="host_task", actor="host", task={**TASK, **more}, outcomes=(("sent", "bool"),))


def test_a_task_is_asked_for_when_its_step_is_delivered_and_completes_it() -> None:
    """Once, under a key of its own, with what it is to know."""
    run = Run(step("a"), _task(), step("b"))
    assert run.asked == []
    run.respond("a")
    (effect,) = run.asked
    assert (effect.id, effect.activity, effect.run, effect.details) == ("j/kit.1/order/1", "order", 1, {"task": "kit"})
    run.done("kit", sent=True, unknown=1)
    assert (run.state("kit"), run.state("b")) == ("completed", "open")
    assert run.journey.outcomes["kit"] == {"sent": True}  # type: ignore[index]
    assert run.done("kit", sent=False).accepted  # a late second result changes nothing
    assert run.journey.outcomes["kit"] == {"sent": True}  # type: ignore[index]


def test_G12_a_failed_task_holds_visibly_and_can_be_tried_again() -> None:
    """The practitioner is told; the next run has its own key; an answer to the first run does not fail the second."""
    run = Run(_task(), step("b"))
    run.failed("kit", "the host answers 500")
    assert run.journey.is_held
    assert run.told() == [("practitioner", "2026-03-02 09:00")]
    assert run.happened("task_held")[0].reason == "the host answers 500"
    run.retry("kit")
    assert not run.journey.is_held
    assert [effect.run for effect in run.asked] == [1, 2]
    assert run.retry("kit").code == "still_trying"
    run.done("kit", sent=True)
    assert run.state("b") == "open"


def test_G12_a_held_task_can_be_excused_or_answered() -> None:
    """Either lets the journey go on, and nothing is held any more."""
    for act in ("excuse", "respond"):
        run = Run(_task(completes=False), step("b"))
        run.failed("kit")
        assert getattr(run, act)("kit", by="host").accepted
        assert (run.state("b"), run.journey.is_held) == ("open", False)


def test_a_task_is_undone_where_its_step_is_excused_or_the_journey_stops() -> None:
    """Only where it says how, and only once begun."""
    excused = Run(_task(undo="cancel"), step("b"))
    excused.excuse("kit")
    stopped = Run(_task(undo="cancel"))
    stopped.stop()
    plain = Run(_task())
    plain.stop()
    for run in (excused, stopped):
        assert [(one.activity, one.undoes, one.gives_up) for one in run.asked] == [
            ("order", False, False),
            ("cancel", True, False),
        ]
    assert [one.activity for one in plain.asked] == ["order"]


def test_G12_a_step_of_a_package_comes_only_where_the_package_is() -> None:
    """Asked before the delivery; there: delivered at once."""
    run = Run(step("breathe", type="breathing", is_foreign=True), step("b"))
    assert run.state("breathe") == "waiting"
    assert run.waits_for("breathe") == "the step type breathing to be installed"
    assert [one.activity for one in run.asked] == ["find_step_type"]
    run.type_answered("breathe", is_there=True)
    assert (run.state("breathe"), run.journey.is_held) == ("open", False)


def test_G12_a_missing_package_holds_visibly_until_it_is_back() -> None:
    """Nothing is lost: the practitioner is told once, and the step comes as soon as the package is found."""
    run = Run(step("breathe", type="breathing", is_foreign=True), step("b"))
    run.type_answered("breathe", is_there=False)
    assert run.journey.is_held
    assert run.told() == [("practitioner", "2026-03-02 09:00")]
    assert [one.activity for one in run.asked] == ["find_step_type", "await_step_type"]
    run.until("2026-03-09 09:00")
    assert run.state("breathe") == "waiting"
    run.type_answered("breathe", is_there=True)
    assert (run.delivered("breathe"), run.journey.is_held) == ("2026-03-09 09:00", False)


def test_G12_a_step_whose_package_is_missing_can_be_excused() -> None:
    """A practitioner need not wait for an operator."""
    run = Run(step("breathe", type="breathing", is_foreign=True), step("b"))
    run.type_answered("breathe", is_there=False)
    run.excuse("breathe")
    assert (run.state("b"), run.journey.is_held) == ("open", False)
    assert run.type_answered("breathe", is_there=True).accepted
    assert run.state("breathe") == "excused"


def test_a_condition_is_asked_before_the_package_is() -> None:
    """A step that does not apply needs no package."""
    run = Run(step("breathe", type="breathing", is_foreign=True, when="false"), step("b"))
    assert (run.state("breathe"), run.asked) == ("not_applicable", [])


@pytest.mark.parametrize("ends", ["completed", "stopped", "ended"])
def test_a_journey_that_is_a_step_of_another_hands_back_how_it_ended(ends: str) -> None:
    """Its status, and the outcomes that were asked for and are known."""
    parent = Parent(
        journey=JourneyId("p"), occurrence=OccurrenceId("sub.2"), run=3, hands_back={"score": "q.score", "x": "q.x"}
    )
    run = Run(step("q", outcomes=(("score", "int"),)), step("z", window={"finish_by": "1 day"}, on_expiry="end"))
    run.turn = run.turn._replace(journey=run.journey.changed(parent=parent))
    run.respond("q", score=7)
    if ends == "stopped":
        run.stop()
    elif ends == "completed":
        run.respond("z")
    run.until("2026-04-01 09:00")
    (effect,) = run.asked
    assert run.status == ends
    assert (effect.activity, effect.journey, effect.occurrence, effect.run) == ("hand_back", "p", "sub.2", 3)
    assert (effect.details["status"], effect.outcome) == (ends, {"score": 7})


def test_the_parent_is_known_from_the_start() -> None:
    """It comes with the facts of the client."""
    parent = Parent(journey=JourneyId("p"), occurrence=OccurrenceId("sub.1"), run=1)
    facts = StartFacts(journey=JourneyId("j"), tenant=TenantId("t"), client=ClientId("c"), parent=parent)
    assert begin(pathway(step("a")), facts, Run(step("a")).now).journey.parent == parent
