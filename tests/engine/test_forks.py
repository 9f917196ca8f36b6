"""Steps that decide, wait, open others, set dates, and are told to somebody else than who completes them."""

from typing import Any

import pytest

from engine.conditions import compile_condition
from tests.engine.driver import Run, step

SCORE: dict[str, Any] = {"outcomes.q.score": "int"}


def _fork(*ways: tuple[str, str], **fields: Any) -> dict[str, Any]:
    conditions = tuple((name, compile_condition(source, SCORE)) for name, source in ways)
    return step("fork", type="branch", actor="host", ways=conditions, outcomes=(("way", "string"),), **fields)


def _on(way: str) -> dict[str, Any]:
    return {"when": f"outcomes.fork.way == '{way}'", "facts": {"outcomes.fork.way": "string"}}


@pytest.mark.parametrize(("score", "came"), [(17, "high"), (12, "middle"), (3, "rest")])
def test_a_fork_takes_the_first_way_that_is_true(score: int, came: str) -> None:
    """At once, without anybody; the steps of the other ways do not apply."""
    run = Run(
        step("q", outcomes=(("score", "int"),)),
        _fork(("high", "outcomes.q.score >= 15"), ("middle", "outcomes.q.score >= 10")),
        step("high", **_on("high")),
        step("middle", **_on("middle")),
        step("rest", **_on("otherwise")),
    )
    run.respond("q", score=score)
    assert run.state("fork") == "completed"
    assert run.notes[1:] == [] or run.notes[-1].occurrences == (f"{came}.1",)
    for name in ("high", "middle", "rest"):
        run.respond(name)
        assert run.state(name) == ("completed" if name == came else "not_applicable")
    assert run.status == "completed"
    assert f"outcomes.q.score = {score}" in run.happened("step_completed")[1].why


def test_a_fork_waits_for_its_own_time_and_takes_no_response() -> None:
    """It is a step like others: anchored, delayed, conditioned."""
    run = Run(step("q", outcomes=(("score", "int"),)), _fork(("any", "true"), offset="2 days"), step("b"))
    run.respond("q", score=1)
    assert run.state("fork") == "waiting"
    run.until("2026-03-04 09:00")
    assert run.state("fork") == "completed"
    assert run.respond("fork").code == "not_answerable"


@pytest.mark.parametrize(
    ("waits", "done_at"),
    [
        ({"offset": "3 days"}, "2026-03-05 09:00"),
        ({"at": "07:00:00"}, "2026-03-03 07:00"),
        ({"offset": "1 day", "at": "18:30:00"}, "2026-03-03 18:30"),
    ],
)
def test_a_wait_for_a_time_alone(waits: dict[str, Any], done_at: str) -> None:
    """Counted from when it began, at the wall time, in the client's zone."""
    run = Run(step("w", type="wait", actor="host", completes_on=waits), step("next"))
    run.until("2026-04-01 09:00")
    assert run.delivered("next") == done_at


def test_a_wait_that_times_out_says_so() -> None:
    """What it waited for in time: false. Not in time: true, and what comes later is not used up by it."""
    waits = {"event": "called", "timeout": "2 days"}
    behind = {"when": "outcomes.w.timed_out", "facts": {"outcomes.w.timed_out": "bool"}}
    wait = step("w", type="wait", actor="host", completes_on=waits, outcomes=(("timed_out", "bool"),))
    late = Run(wait, step("nudge", **behind)).until("2026-03-04 08:59")
    assert late.state("w") == "open"
    late.until("2026-03-04 09:00")
    assert (late.state("w"), late.delivered("nudge")) == ("completed", "2026-03-04 09:00")
    assert late.host_event("called").accepted
    in_time = Run(wait, step("nudge", **behind)).until("2026-03-03 12:00")
    in_time.host_event("called")
    assert (in_time.state("w"), in_time.state("nudge"), in_time.status) == ("completed", "not_applicable", "completed")


def test_P1_a_freeze_moves_the_time_out_on() -> None:
    """What remained still remains."""
    wait = step("w", type="wait", actor="host", completes_on={"event": "called", "timeout": "2 days"})
    run = Run(wait, step("next")).until("2026-03-03 09:00")
    run.pause()
    run.until("2026-03-10 09:00")
    run.resume()
    run.until("2026-03-30 09:00")
    assert run.delivered("next") == "2026-03-11 09:00"


def test_T4_an_outcome_sets_a_client_date() -> None:
    """The day a contract names is the day its follow-up comes; a revised response moves it."""
    run = Run(
        step("contract", outcomes=(("until", "string"),), dates=(("due", "until"),), revisable=True),
        step("follow_up", after="date due", offset="1 day", at="10:00:00"),
    )
    run.respond("contract", until="2026-03-20")
    assert run.happened("date_set")[0].name == "due"
    run.respond("contract", "again", until="2026-03-25")
    run.until("2026-04-01 00:00")
    assert run.delivered("follow_up") == "2026-03-26 10:00"


def test_an_appointment_is_told_to_the_client_and_completed_by_the_practitioner() -> None:
    """Reminded before its date, moved with it, and what hangs on it moves too."""
    run = Run(
        step(
            "session",
            type="appointment",
            actor="practitioner",
            told="client",
            outcomes=(("attended", "bool"),),
            reminders={"base": "date", "date": "first", "offsets": ("-1 day", "-2 hours")},
        ),
        step("prepare", after="date first", offset="-3 days", regardless=True, required=False),
    )
    assert run.notes[0].to == "client"
    run.set_date("first", "2026-03-20")
    run.until("2026-03-19 12:00")
    assert (run.reminders("session"), run.delivered("prepare")) == (["2026-03-19 00:00"], "2026-03-17 00:00")
    run.set_date("first", "2026-03-30")
    run.until("2026-03-31 12:00")
    assert run.reminders("session") == ["2026-03-19 00:00", "2026-03-29 00:00", "2026-03-29 22:00"]
    assert run.respond("session", attended=True).code == "not_yours"
    assert run.respond("session", by="practitioner", attended=False).accepted
    assert run.journey.outcomes["session"] == {"attended": False}  # type: ignore[index]
