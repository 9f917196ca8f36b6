"""Rules G6 to G10: windows, late answers, who may do what, submissions that come twice, host events."""

from typing import Any

import pytest

from engine.messages import By, Respond, Role
from tests.engine.driver import Run, step

WINDOW = {"start_by": "1 day", "finish_by": "3 days", "inactivity": "12 hours"}


def test_G6_while_open_start_by_and_finish_by_count() -> None:
    """The earliest of the two; never started is expired."""
    run = Run(step("a", window=WINDOW)).until("2026-03-10 00:00")
    assert (run.state("a"), run.shown(run.occurrence("a").settled_at)) == ("expired", "2026-03-03 09:00")


def test_G6_once_started_finish_by_and_inactivity_count() -> None:
    """Every sign of work moves the inactivity limit, never beyond finish-by; not finished is abandoned."""
    run = Run(step("a", window=WINDOW)).until("2026-03-03 08:00")
    run.open("a")
    assert run.closes("a") == "2026-03-03 20:00"
    run.until("2026-03-03 19:00").open("a")
    assert run.closes("a") == "2026-03-04 07:00"
    run.until("2026-03-04 06:00").open("a")
    run.until("2026-03-04 17:00").open("a")
    run.until("2026-03-05 04:00").open("a")
    assert run.closes("a") == "2026-03-05 09:00"
    run.until("2026-03-10 00:00")
    assert (run.state("a"), run.shown(run.occurrence("a").settled_at)) == ("abandoned", "2026-03-05 09:00")


@pytest.mark.parametrize(
    ("on_expiry", "status", "following"),
    [("hold", "active", "waiting"), ("continue", "active", "open"), ("end", "ended", "waiting")],
)
def test_G6_on_expiry_of_a_required_step(on_expiry: str, status: str, following: str) -> None:
    """It holds and the practitioner is told, it goes on, or the journey ends and what is open is cancelled."""
    run = Run(
        step("x", regardless=True),
        step("a", "journey.started", window={"finish_by": "1 day"}, on_expiry=on_expiry, regardless=True),
        step("b", needs=["a"]),
    ).until("2026-03-04 00:00")
    assert (run.status, run.state("b")) == (status, following)
    assert run.state("x") == ("cancelled" if on_expiry == "end" else "open")
    assert run.told() == ([("practitioner", "2026-03-03 09:00")] if on_expiry == "hold" else [])


def test_G6_an_optional_step_simply_closes() -> None:
    """Whatever its `on_expiry` says, and nobody is told."""
    run = Run(step("a", required=False, window={"finish_by": "1 day"}, on_expiry="end"), step("b")).until("2026-03-04 00:00")
    assert (run.state("a"), run.status, run.told()) == ("expired", "active", [])


@pytest.mark.parametrize(
    ("late", "was_started", "accepted"),
    [
        ("accept_late", False, True),
        ("accept_if_started", False, False),
        ("accept_if_started", True, True),
        ("reject", True, False),
    ],
)
def test_G7_a_response_after_closing(late: str, was_started: bool, accepted: bool) -> None:
    """Accepted late and marked so, or refused; accepted it satisfies the held gate."""
    run = Run(step("a", window={"finish_by": "1 day"}, late=late), step("b"))
    if was_started:
        run.open("a")
    answer = run.until("2026-03-04 09:00").respond("a")
    assert answer.accepted == accepted
    if accepted:
        assert (run.state("a"), run.occurrence("a").late, run.state("b")) == ("completed", True, "open")
    else:
        assert (answer.rule, run.state("b")) == ("G7", "waiting")


def test_G7_in_time_is_not_late() -> None:
    """Answered a minute before closing, after a late wake-up even."""
    run = Run(step("a", window={"finish_by": "1 day"})).until("2026-03-03 08:59")
    run.respond("a")
    assert run.occurrence("a").late is False


def test_G7_an_answer_between_closing_and_a_late_wake_up_is_late() -> None:
    """What was due is settled first, so both orders give the same result."""
    run = Run(step("a", window={"finish_by": "1 day"}))
    run.now = run.instant("2026-03-03 12:00")
    run.respond("a")
    assert (run.state("a"), run.occurrence("a").late) == ("completed", True)
    assert len(run.happened("step_expired")) == 1


def test_G8_only_a_client_skips_and_only_an_optional_step() -> None:
    """A host may pass it on; a practitioner excuses instead."""
    run = Run(step("a", required=False), step("b", required=False), step("c"))
    assert run.skip("a", by="practitioner").rule == "G8"
    assert run.skip("c").code == "required"
    assert run.skip("a").accepted
    assert run.skip("b", by="host").accepted
    assert (run.state("a"), run.state("b")) == ("skipped", "skipped")


@pytest.mark.parametrize("what", ["excuse", "release", "reopen", "remind"])
def test_G8_a_client_does_not_do_what_a_practitioner_does(what: str) -> None:
    """Excusing, releasing, re-opening and reminding are for practitioners, operators and hosts."""
    run = Run(step("a"), step("b"))
    assert getattr(run, what)("b" if what == "release" else "a", by="client").rule == "G8"
    assert run.extend("a", "2026-04-01 00:00", by="client").rule == "G8"


def test_G8_a_review_is_the_practitioners_to_answer() -> None:
    """Each answers their own; a wait is answered by nobody."""
    run = Run(
        step("a", actor="practitioner", regardless=True),
        step("b", "journey.started", regardless=True),
        step("c", "journey.started", actor="host", completes_on={"event": "x"}, regardless=True),
    )
    assert run.respond("a", by="client").code == "not_yours"
    assert run.respond("b", by="practitioner").code == "not_yours"
    assert run.respond("c", by="host").code == "not_answerable"
    assert run.respond("a", by="practitioner").accepted


def test_G8_excuse_satisfies_and_stays_distinguishable() -> None:
    """Waiting, open or expired; the reason is kept, and it is final until re-opened."""
    run = Run(step("a"), step("b", offset="1 day"), step("c"))
    assert run.excuse("a").accepted
    assert run.excuse("b").accepted
    assert (run.state("a"), run.state("b"), run.state("c")) == ("excused", "excused", "open")
    assert run.happened("step_excused")[0].reason == "agreed"
    assert run.excuse("a").code == "already_settled"


def test_G8_release_early_ignores_the_gate_but_not_the_quiet_hours() -> None:
    """At once in the day, at eight in the morning at night; a second release changes nothing."""
    run = Run(step("a"), step("b"), step("c"), quiet="21:00-08:00")
    run.release("b")
    assert (run.state("b"), run.happened("step_delivered")[-1].reason.hold) == ("open", "released early")
    run.until("2026-03-02 22:00").release("c")
    run.release("c")
    run.until("2026-03-03 09:00")
    assert run.delivered("c") == "2026-03-03 08:00"
    assert len(run.happened("step_released")) == 2
    assert run.release("c").code == "already_delivered"


def test_G8_extend_moves_the_closing_and_opens_what_expired() -> None:
    """An open one closes later; an expired one opens again and expires again, never silently."""
    run = Run(step("a", window={"finish_by": "1 day"}), step("b"))
    run.extend("a", "2026-03-05 09:00")
    assert run.closes("a") == "2026-03-05 09:00"
    assert run.extend("a", "2026-03-01 09:00").code == "in_the_past"
    run.until("2026-03-06 09:00")
    assert run.state("a") == "expired"
    run.extend("a", "2026-03-07 09:00")
    assert run.state("a") == "open"
    run.until("2026-03-08 09:00")
    assert run.state("a") == "expired"
    assert [at for _, at in run.told()] == ["2026-03-05 09:00", "2026-03-07 09:00"]


def test_G8_reopen_counts_the_windows_anew() -> None:
    """A settled step is open again, with all its time, and holds up what was not delivered yet."""
    run = Run(step("a", window={"finish_by": "2 days"}), step("b", offset="1 day"))
    run.respond("a")
    run.until("2026-03-02 21:00").reopen("a")
    assert (run.state("a"), run.closes("a")) == ("open", "2026-03-04 21:00")
    run.until("2026-03-04 00:00").respond("a", "second")
    run.until("2026-03-10 00:00")
    assert run.delivered("b") == "2026-03-05 00:00"
    assert run.reopen("b").code == "not_settled"


def test_G8_what_was_delivered_stays_delivered_when_a_step_before_it_is_reopened() -> None:
    """Nobody takes back what the client has."""
    run = Run(step("a"), step("b"))
    run.respond("a")
    run.reopen("a")
    assert (run.state("a"), run.state("b"), run.status) == ("open", "open", "active")
    run.respond("b")
    assert run.status == "active"
    run.respond("a", "second")
    assert run.status == "completed"


def test_G9_the_same_message_twice_gets_the_first_answer() -> None:
    """Nothing happens a second time, and the journey still knows when to wake."""
    run = Run(step("a"), step("b", offset="1 day"))
    message = Respond.model_validate({"id": "once", "by": By(role="client"), "occurrence": "a.1", "response_id": "r1"})
    first = run.send(message)
    turn, events = run.turn, len(run.events)
    assert run.send(message) == first
    assert (run.turn.journey, run.turn.wake_at, len(run.events)) == (turn.journey, turn.wake_at, events)


def test_G9_the_same_response_under_another_message_id_is_one_submission() -> None:
    """Also when it comes much later."""
    run = Run(step("a"), step("b"))
    run.respond("a")
    events = len(run.events)
    assert run.until("2026-03-05 09:00").respond("a").accepted
    assert len(run.events) == events


def test_G9_another_submission_to_a_settled_step_is_refused() -> None:
    """Unless its type may be revised, which moves nothing but the response and its outcome."""
    outcomes = (("score", "int"),)
    fixed = Run(step("a", outcomes=outcomes), step("b"))
    fixed.respond("a", score=3)
    assert fixed.respond("a", "other", score=4).rule == "G9"
    assert fixed.journey.outcomes == {"a": {"score": 3}}
    revisable = Run(step("a", revisable=True, outcomes=outcomes), step("b"))
    revisable.respond("a", score=3)
    settled_at = revisable.occurrence("a").settled_at
    assert revisable.until("2026-03-05 09:00").respond("a", "other", score=4).accepted
    assert revisable.journey.outcomes == {"a": {"score": 4}}
    assert (revisable.occurrence("a").settled_at, revisable.occurrence("a").response_id) == (settled_at, "a-other")


def test_G9_a_refusal_changes_nothing_not_even_what_was_due() -> None:
    """The next tick does that; the wake-up stays."""
    run = Run(step("a"), step("b", "a.delivered", "1 day", regardless=True))
    before = run.turn
    run.now = run.instant("2026-03-05 09:00")
    assert run.skip("a").accepted is False
    assert run.turn.journey == before.journey
    assert run.turn.wake_at == run.now
    run.outage("2026-03-05 09:00")
    assert run.state("b") == "open"


def test_G10_a_response_before_delivery_is_refused() -> None:
    """So is one to a step that does not exist, or to a number that does not come."""
    run = Run(step("a"), step("b"), step("c", repeat={"every": "1 day", "count": 2}))
    assert run.respond("b").code == "not_delivered"
    assert run.respond("nonsense").code == "unknown_step"
    assert run.respond("a.2").code == "not_planned"
    assert run.respond("c.2").code == "not_planned"
    assert run.open("b").accepted is False


def _waits(*events: str) -> list[dict[str, Any]]:
    return [step(f"w{n}", actor="host", completes_on={"event": name}) for n, name in enumerate(events)]


def test_G10_an_event_before_its_gate_opens_counts_when_it_opens() -> None:
    """Recorded, kept, and used at once."""
    run = Run(step("a"), *_waits("discharged"), step("b"))
    run.host_event("discharged")
    assert run.state("w0") == "waiting"
    run.respond("a")
    assert (run.state("w0"), run.state("b")) == ("completed", "open")


def test_G10_one_event_completes_one_wait() -> None:
    """The first to be delivered, and only a wait that names it."""
    run = Run(*_waits("visit", "other", "visit"), step("b"))
    run.host_event("visit")
    assert [run.state(f"w{n}") for n in range(3)] == ["completed", "open", "waiting"]
    run.host_event("other")
    assert [run.state(f"w{n}") for n in range(3)] == ["completed", "completed", "open"]
    run.host_event("visit")
    assert run.state("b") == "open"


def test_G10_of_two_open_waits_the_first_delivered_gets_the_event() -> None:
    """Not the first written."""
    waits = _waits("visit", "visit")
    waits[0] |= {"after": "journey.started", "offset": "1 day", "regardless": True}
    waits[1] |= {"after": "journey.started", "regardless": True}
    run = Run(*waits).until("2026-03-04 09:00")
    run.host_event("visit")
    assert (run.state("w0"), run.state("w1")) == ("open", "completed")


@pytest.mark.parametrize("role", ["practitioner", "operator", "host"])
def test_G8_each_of_the_staff_may(role: Role) -> None:
    """Practitioner, operator, or the host for one."""
    run = Run(step("a"), step("b"))
    assert run.excuse("a", by=role).accepted


def test_a_wait_for_a_date_completes_then() -> None:
    """At the date plus its offset, at its wall time."""
    wait = step("w", actor="host", completes_on={"date": "surgery", "offset": "1 day", "at": "09:00"})
    run = Run(wait, step("b"))
    run.set_date("surgery", "2026-03-10")
    run.until("2026-03-20 00:00")
    assert (run.shown(run.occurrence("w").settled_at), run.delivered("b")) == ("2026-03-11 09:00", "2026-03-11 09:00")
