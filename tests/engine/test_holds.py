"""Rules T8 to T10: drawn instants, quiet hours, deliveries that come too late."""

from datetime import UTC, datetime, time, timedelta

import pytest

from engine.journey import Journey
from engine.schedule import draw_of
from tests.engine.driver import Run, step


def test_T8_between_is_drawn_in_the_window_and_recorded_with_its_probability() -> None:
    """The instant lies in the window, to the second, the same for ever, and says how likely it was."""
    steps = [step(f"s{n}", "journey.started", "1 day", between="09:00-12:00", regardless=True) for n in range(40)]
    run = Run(*steps).until("2026-03-04 00:00")
    drawn = [run.delivered(one["id"]) or "" for one in steps]
    assert all("2026-03-03 09:00" <= one < "2026-03-03 12:00" for one in drawn)
    assert len(set(drawn)) > 35
    assert run.happened("step_delivered")[0].reason.window.endswith("probability 1/10800 a second")
    again = Run(*steps).until("2026-03-04 00:00")
    assert [again.delivered(one["id"]) for one in steps] == drawn


def test_T8_the_draw_is_a_pure_function_of_journey_and_occurrence() -> None:
    """Another journey or another occurrence draws another instant; the draws are even."""
    journey = Run(step("a")).journey
    other = journey.model_copy(update={"id": "k"})
    assert draw_of(journey, "a.1") == draw_of(Journey.model_validate_json(journey.model_dump_json()), "a.1")
    assert len({draw_of(journey, "a.1"), draw_of(journey, "a.2"), draw_of(other, "a.1")}) == 3
    draws = [draw_of(journey, f"a.{number}") for number in range(2000)]
    assert all(0 <= draw < 1 for draw in draws)
    assert [sum(n / 10 <= draw < (n + 1) / 10 for draw in draws) > 150 for n in range(10)] == [True] * 10


@pytest.mark.parametrize(
    ("start", "earliest", "latest"),
    [
        ("2026-03-02 07:00", "2026-03-02 09:00", "2026-03-02 12:00"),
        ("2026-03-02 11:00", "2026-03-02 11:00", "2026-03-02 12:00"),
        ("2026-03-02 12:00", "2026-03-03 09:00", "2026-03-03 12:00"),
    ],
)
def test_T8_without_a_calendar_offset_the_first_window_that_has_not_ended(start: str, earliest: str, latest: str) -> None:
    """Drawn from the part of the window that is not before the anchor."""
    run = Run(*(step(f"s{n}", "journey.started", between="09:00-12:00", regardless=True) for n in range(20)), start=start)
    run.until("2026-03-05 00:00")
    assert all(earliest <= (run.delivered(one.id) or "") < latest for one in run.structure.steps)


@pytest.mark.parametrize(
    ("start", "delivered"),
    [
        ("2026-03-02 20:59", "2026-03-02 20:59"),
        ("2026-03-02 21:00", "2026-03-03 08:00"),
        ("2026-03-02 23:30", "2026-03-03 08:00"),
        ("2026-03-03 02:00", "2026-03-03 08:00"),
        ("2026-03-03 07:59", "2026-03-03 08:00"),
        ("2026-03-03 08:00", "2026-03-03 08:00"),
    ],
)
def test_T9_quiet_hours_hold_a_delivery_to_their_end(start: str, delivered: str) -> None:
    """They may wrap midnight, their start is in, their end is out, and the held instant is "delivered"."""
    run = Run(step("a"), start=start, quiet="21:00-08:00").until("2026-03-03 09:00")
    assert run.delivered("a") == delivered
    assert run.happened("step_delivered")[0].reason.hold == ("quiet hours" if start != delivered else None)


def test_T9_the_held_instant_anchors_what_follows() -> None:
    """Two hours after the delivery is two hours after the end of the quiet hours."""
    run = Run(
        step("a"), step("b", "previous.delivered", "2 hours", regardless=True), start="2026-03-02 22:00", quiet="21:00-08:00"
    )
    run.until("2026-03-04 00:00")
    assert run.delivered("b") == "2026-03-03 10:00"


def test_T9_the_clients_own_quiet_hours_win_and_can_be_given_up() -> None:
    """The client's, else the pathway's; back to the pathway's on request."""
    run = Run(step("a", offset="12 hours"), start="2026-03-02 08:00", quiet="21:00-08:00", client_quiet="19:00-06:00")
    assert run.shown(run.turn.wake_at) == "2026-03-03 06:00"
    run.facts(quiet="pathway")
    assert run.shown(run.turn.wake_at) == "2026-03-02 20:00"
    assert run.facts(quiet="08:00-07:59").rule == "T9"


def test_T9_urgent_steps_and_what_is_not_the_clients_pass() -> None:
    """An urgent step, a review and a wait come in the middle of the night."""
    run = Run(
        step("a", urgent=True, regardless=True),
        step("b", "journey.started", actor="practitioner", regardless=True),
        step("c", "journey.started", actor="host", regardless=True, completes_on={"event": "x"}),
        start="2026-03-02 23:00",
        quiet="21:00-08:00",
    )
    assert {run.state(name) for name in "abc"} == {"open"}


def test_T9_an_end_in_the_spring_gap_and_an_hour_that_comes_twice() -> None:
    """An end that does not exist is the first instant after the gap; the second pass of an hour is quiet as the first."""
    gap = Run(step("a"), start="2026-03-29 00:30", quiet="21:00-01:30").until("2026-03-30 00:00")
    assert gap.occurrence("a").delivered_at == datetime(2026, 3, 29, 1, tzinfo=UTC)
    fold = Run(step("a", offset="2 hours"), start="2026-10-25 00:10", quiet="23:00-01:30").until("2026-10-26 00:00")
    assert fold.occurrence("a").delivered_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/London", "2026-03-28"),
        ("Europe/London", "2026-10-24"),
        ("America/New_York", "2026-03-07"),
        ("America/New_York", "2026-10-31"),
        ("Australia/Lord_Howe", "2026-04-04"),
        ("Australia/Lord_Howe", "2026-10-03"),
    ],
)
def test_T9_nothing_is_delivered_in_quiet_hours_around_a_clock_change(zone: str, start: str) -> None:
    """A step every half an hour of two days around each change."""
    steps = [step(f"s{n}", "journey.started", f"{n * 30} minutes", regardless=True) for n in range(96)]
    run = Run(*steps, zone=zone, start=f"{start} 00:00", quiet="22:15-02:15", checked=False)
    run.until(run.now + timedelta(days=5))
    for one in run.structure.steps:
        delivered_at = run.occurrence(one.id).delivered_at
        assert delivered_at is not None
        assert time(2, 15) <= delivered_at.astimezone(run.local).time() < time(22, 15)


@pytest.mark.parametrize(
    ("then", "state", "next_state"),
    [("send", "open", "waiting"), ("skip", "expired", "open"), ("ask_operator", "waiting", "waiting")],
)
def test_T10_a_delivery_later_than_the_step_allows(then: str, state: str, next_state: str) -> None:
    """After an outage it is sent, expires, or is parked for an operator."""
    late = {"over": "2 hours", "then": then}
    run = Run(step("a", offset="1 day", max_lateness=late, on_expiry="continue"), step("b")).outage("2026-03-03 12:00")
    assert (run.state("a"), run.state("b")) == (state, next_state)
    assert run.turn.wake_at is None


def test_T10_within_the_limit_it_is_sent() -> None:
    """Two hours late are not later than two hours."""
    late = {"over": "2 hours", "then": "skip"}
    assert Run(step("a", offset="1 day", max_lateness=late)).outage("2026-03-03 11:00").state("a") == "open"


def test_T10_a_parked_step_says_so_and_is_released_or_excused() -> None:
    """The practitioner is told, the plan names the operator, and both ways out work."""
    late = {"over": "2 hours", "then": "ask_operator"}
    for way_out in ("release", "excuse"):
        run = Run(step("a", offset="1 day", max_lateness=late)).outage("2026-03-03 12:00")
        assert run.told() == [("practitioner", "2026-03-03 12:00")]
        assert run.waits_for("a") == "an operator to release or excuse it"
        assert getattr(run, way_out)("a").accepted
        assert run.state("a") == ("open" if way_out == "release" else "excused")


def test_T10_a_required_step_that_holds_tells_the_practitioner() -> None:
    """Too late, expired undelivered, and the journey waits visibly."""
    run = Run(step("a", offset="1 day", max_lateness={"over": "2 hours", "then": "skip"}), step("b")).outage("2026-03-04 00:00")
    assert (run.state("a"), run.state("b"), run.status) == ("expired", "waiting", "active")
    assert run.told() == [("practitioner", "2026-03-04 00:00")]
    assert run.excuse("a").accepted
    assert run.state("b") == "open"


def test_T10_lateness_counts_from_the_end_of_quiet_hours_the_gate_and_the_last_replanning() -> None:
    """None of these is the outage's doing."""
    late = {"over": "1 hour", "then": "skip"}
    quiet = Run(step("a", offset="13 hours", max_lateness=late), quiet="21:00-08:00").until("2026-03-03 09:00")
    assert quiet.delivered("a") == "2026-03-03 08:00"
    gate = Run(step("a"), step("b", "a.delivered", "1 hour", max_lateness=late)).until("2026-03-05 09:00")
    gate.respond("a")
    assert gate.state("b") == "open"
    paused = Run(step("a", offset="1 day", max_lateness=late))
    paused.pause("calendar")
    paused.until("2026-03-09 09:00").resume()
    assert paused.state("a") == "open"
