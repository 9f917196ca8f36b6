"""Rules G1 to G4, G11 and G12: what waits for what, and how a journey completes."""

import pytest

from tests.engine.driver import Run, step


def test_G1_a_step_waits_for_every_earlier_required_step() -> None:
    """Not only for the one before it."""
    run = Run(step("a"), step("b", "journey.started", regardless=True), step("c", "journey.started"))
    run.respond("b")
    assert [run.state(name) for name in "abc"] == ["open", "completed", "waiting"]
    run.respond("a")
    assert run.state("c") == "open"


def test_G1_regardless_is_delivered_at_its_time() -> None:
    """A fixed interval does not ask whether the steps before are done."""
    run = Run(step("a"), step("b", "previous.delivered", "7 days", regardless=True), step("c", "previous.completed"))
    run.until("2026-03-20 00:00")
    assert (run.delivered("b"), run.state("c")) == ("2026-03-09 09:00", "waiting")


def test_G1_excused_and_not_applicable_open_the_gate() -> None:
    """Both satisfy it."""
    run = Run(step("a"), step("b", when="done.a && false", facts={"done.a": "bool"}), step("c"))
    run.excuse("a")
    assert [run.state(name) for name in "abc"] == ["excused", "not_applicable", "open"]


def test_D7_G2_an_optional_step_never_holds_anyone_up() -> None:
    """It counts as passed when delivered, and what follows comes with it."""
    run = Run(step("a", required=False), step("b"), step("c", required=False), step("d"))
    assert [run.state(name) for name in "abcd"] == ["open", "open", "waiting", "waiting"]
    run.respond("b")
    assert [run.state(name) for name in "abcd"] == ["open", "completed", "open", "open"]


def test_G2_an_optional_step_that_does_not_apply_is_passed_too() -> None:
    """Settled without ever having been delivered counts as well."""
    run = Run(step("a", required=False, when="false"), step("b", "previous.completed", "1 day")).until("2026-03-04 00:00")
    assert run.delivered("b") == "2026-03-03 09:00"


def test_G3_steps_delivered_together_are_open_together() -> None:
    """In one turn, in one message, and answered in any order."""
    run = Run(*(step(name, "journey.started", regardless=True) for name in "abc"))
    assert {run.state(name) for name in "abc"} == {"open"}
    assert [effect.occurrences for effect in run.effects] == [("a.1", "b.1", "c.1")]
    assert all(run.respond(name).accepted for name in "bca")
    assert run.status == "completed"


def test_G4_needs_all() -> None:
    """A list waits for all of it, and for nothing else."""
    run = Run(
        step("a"),
        step("b"),
        step("x", "journey.started", regardless=True),
        step("c", "journey.started", needs=["a", "x"]),
    )
    assert run.respond("x").accepted
    assert run.state("c") == "waiting"
    run.respond("a")
    assert (run.state("b"), run.state("c")) == ("open", "open")


def test_G4_needs_any_two_of_three() -> None:
    """So many are enough."""
    three = [step(name, "journey.started", regardless=True) for name in "abc"]
    run = Run(*three, step("d", "journey.started", needs=(2, "abc")))
    run.respond("c")
    assert run.state("d") == "waiting"
    run.respond("a")
    assert run.state("d") == "open"


def test_G4_an_optional_step_counts_when_satisfied_a_required_one_when_passed() -> None:
    """Delivered is not enough for an optional one; expired and continued is for a required one."""
    run = Run(
        step("a", required=False),
        step("b", on_expiry="continue", window={"finish_by": "1 day"}),
        step("c", "journey.started", needs=["a"]),
        step("d", "journey.started", needs=["b"]),
    )
    run.until("2026-03-04 00:00")
    assert (run.state("c"), run.state("d")) == ("waiting", "open")
    run.respond("a")
    assert run.state("c") == "open"


def test_G4_what_can_no_longer_be_met_does_not_apply() -> None:
    """Where too many needed optional steps have ended otherwise, the step is left out, and says why."""
    optional = [step(name, "journey.started", required=False) for name in "abc"]
    run = Run(*optional, step("d", "journey.started", needs=(2, "abc")))
    run.skip("a")
    assert run.state("d") == "waiting"
    run.skip("b")
    assert run.state("d") == "not_applicable"
    assert run.happened("step_not_applicable")[0].why == "needs"


def test_G4_needs_an_expression() -> None:
    """It opens when the expression becomes true."""
    facts = {"done.a": "bool", "done.b": "bool"}
    run = Run(
        step("a", "journey.started", required=False),
        step("b", "journey.started", required=False),
        step("c", "journey.started", needs="done.a || done.b", facts=facts),
    )
    assert (run.state("c"), run.waits_for("c")) == ("waiting", "done.a || done.b")
    run.respond("b")
    assert run.state("c") == "open"


def test_G4_an_expression_on_the_day_opens_by_itself() -> None:
    """Nothing but time has to pass, over a clock change too."""
    run = Run(
        step("a"),
        step("b", "journey.started", needs="journey.day >= 4", facts={"journey.day": "int"}),
        start="2026-03-27 09:00",
    )
    assert [item for item in run.plan.items if item.certain and item.occurrence == "b.1"] == []
    run.until("2026-04-02 00:00")
    assert run.delivered("b") == "2026-03-30 00:00"


def test_G11_completes_when_every_required_step_has_passed_and_nothing_is_left() -> None:
    """At once, with one event, and nothing happens after it."""
    run = Run(step("a"), step("b", required=False, offset="1 day"))
    run.respond("a")
    assert run.status == "active"
    run.until("2026-03-03 09:00")
    run.respond("b")
    assert (run.status, run.turn.wake_at) == ("completed", None)
    assert len(run.happened("journey_completed")) == 1
    assert (run.respond("a", "again").code, run.pause().code, run.stop().code) == ("journey_over",) * 3


def test_G11_open_optional_steps_linger_and_then_close() -> None:
    """Answerable for the linger, then expired or abandoned, and no message about it."""
    run = Run(step("a", required=False), step("b", required=False), step("c", required=False), step("d"), linger="3 days")
    run.respond("d")
    assert run.status == "completed"
    assert run.shown(run.turn.wake_at) == "2026-03-05 09:00"
    run.open("b")
    assert run.until("2026-03-05 08:59").respond("a").accepted
    run.until("2026-03-06 00:00")
    assert [run.state(name) for name in "abc"] == ["completed", "abandoned", "expired"]
    assert run.respond("c").code == "journey_over"


def test_G11_a_wait_that_lingers_is_still_completed_by_its_event() -> None:
    """Answerable means that too."""
    run = Run(step("a", required=False, actor="host", completes_on={"event": "seen"}), step("b"))
    run.respond("b")
    run.until("2026-03-04 09:00").host_event("seen")
    assert (run.status, run.state("a"), run.turn.wake_at) == ("completed", "completed", None)


def test_G11_an_own_earlier_limit_closes_it_before_the_linger_ends() -> None:
    """The earliest counts here as everywhere."""
    run = Run(step("a", required=False, window={"finish_by": "1 day"}), step("b"))
    run.respond("b")
    assert run.shown(run.turn.wake_at) == "2026-03-03 09:00"


@pytest.mark.parametrize("way_out", ["respond", "excuse", "extend", "reopen"])
def test_G12_a_held_journey_shows_that_it_is_held_and_every_way_out_works(way_out: str) -> None:
    """It stays active, in place, with the practitioner told; nothing ends by itself."""
    run = Run(step("a", window={"finish_by": "1 day"}), step("b")).until("2026-05-01 00:00")
    assert (run.status, run.state("a"), run.state("b"), run.turn.wake_at) == ("active", "expired", "waiting", None)
    assert run.told() == [("practitioner", "2026-03-03 09:00")]
    if way_out == "extend":
        assert run.extend("a", "2026-05-02 00:00").accepted
    else:
        assert getattr(run, way_out)("a").accepted
    if way_out in ("extend", "reopen"):
        assert run.respond("a").accepted
    assert run.state("b") == "open"


def test_G12_the_plan_shows_everything_to_come_behind_a_held_step() -> None:
    """As if the held one were done now: nothing disappears from the forecast."""
    run = Run(step("a", window={"finish_by": "1 day"}), step("b"), step("c", offset="2 days")).until("2026-03-10 12:00")
    ahead = [(item.occurrence, run.shown(item.at), item.certain) for item in run.plan.items if item.what == "delivery"]
    assert ahead == [("b.1", "2026-03-10 12:00", False), ("c.1", "2026-03-12 12:00", False)]
