"""Rules P1 to P3: pausing, going on, stopping."""

from datetime import date

import pytest

from tests.engine.driver import Run, step


def test_P1_freeze_leaves_what_remained() -> None:
    """A day and a half were left to the delivery, two days to the closing: so they are afterwards."""
    run = Run(step("a", window={"finish_by": "3 days"}, regardless=True), step("b", "a.delivered", "60 hours", regardless=True))
    run.until("2026-03-03 09:00").pause()
    assert run.turn.wake_at is None
    run.until("2026-03-13 09:00").resume()
    assert run.closes("a") == "2026-03-15 09:00"
    run.until("2026-03-14 20:59")
    assert run.state("b") == "waiting"
    assert run.until("2026-03-14 21:00").state("b") == "open"


def test_P1_freeze_moves_forward_to_the_wall_time() -> None:
    """A nine o'clock step stays a nine o'clock step."""
    run = Run(step("a", offset="5 days", at="09:00")).until("2026-03-04 12:00")
    run.pause()
    run.until("2026-03-06 15:00").resume()
    assert run.shown(run.turn.wake_at) == "2026-03-10 09:00"


def test_P1_a_freeze_moves_no_dates() -> None:
    """The operation is when it is; a fixed date too, and what repeats from them."""
    run = Run(
        step("a", "date surgery", "-1 day", at="09:00"),
        step("b", "2026-03-20", regardless=True, repeat={"every": "1 day", "count": 2}, required=False),
        dates={"surgery": date(2026, 3, 20)},
    )
    run.pause()
    run.until("2026-03-10 12:00").resume()
    run.until("2026-03-30 00:00")
    assert (run.delivered("a"), run.delivered("b.1"), run.delivered("b.2")) == (
        "2026-03-19 09:00",
        "2026-03-20 00:00",
        "2026-03-21 00:00",
    )


def test_P1_a_freeze_moves_the_rest_of_a_series() -> None:
    """Twice paused is twice moved, and the wall time stays."""
    run = Run(step("a", at="20:00", repeat={"every": "1 day", "count": 4}, on_expiry="continue")).until("2026-03-03 21:00")
    run.pause()
    run.until("2026-03-05 21:00").resume()
    run.until("2026-03-06 21:00").pause()
    run.until("2026-03-07 22:00").resume()
    run.until("2026-03-20 00:00")
    assert [run.delivered(f"a.{n}") for n in (1, 2, 3, 4)] == [
        "2026-03-02 20:00",
        "2026-03-03 20:00",
        "2026-03-06 20:00",
        "2026-03-09 20:00",
    ]


def test_P1_calendar_leaves_the_dates_where_they_are() -> None:
    """Deliveries and deadlines come when they were going to, or at the resume."""
    run = Run(step("a", window={"finish_by": "3 days"}, regardless=True), step("b", "a.delivered", "9 days", regardless=True))
    run.pause("calendar")
    run.until("2026-03-09 09:00")
    assert (run.state("a"), run.told()) == ("open", [])
    run.resume()
    assert (run.state("a"), run.told()) == ("expired", [("practitioner", "2026-03-09 09:00")])
    assert run.shown(run.turn.wake_at) == "2026-03-11 09:00"


@pytest.mark.parametrize("mode", ["freeze", "calendar"])
def test_P1_nothing_is_delivered_reminded_closed_or_told_meanwhile(mode: str) -> None:
    """Not by ticks, not by anybody's message."""
    reminders = {"offsets": ["1 day"]}
    run = Run(
        step("a", window={"finish_by": "3 days"}, reminders=reminders, escalation=[{"after": "1 day"}]),
        step("b", "a.delivered", "1 day", regardless=True),
        step("c"),
    )
    run.pause(mode)
    effects = len(run.effects)
    run.outage("2026-03-10 09:00")
    run.release("c")
    assert run.respond("a").accepted
    assert (len(run.effects), run.state("b"), run.state("c"), run.turn.wake_at) == (effects, "waiting", "waiting", None)
    assert all(item.at is None for item in run.plan.items)


def test_P1_an_answer_during_a_freeze_is_not_late() -> None:
    """The deadline was frozen too; in a calendar pause it was not."""
    for mode, late in (("freeze", False), ("calendar", True)):
        run = Run(step("a", window={"finish_by": "1 day"}))
        run.pause(mode)
        run.until("2026-03-10 09:00").respond("a")
        assert run.occurrence("a").late is late


def test_P1_what_starts_to_count_during_a_freeze_keeps_its_whole_length() -> None:
    """Answered in the pause, three days after is three days after the resume; re-opened, the whole window."""
    run = Run(step("a", window={"finish_by": "2 days"}), step("b", offset="3 days"))
    run.pause()
    run.until("2026-03-05 09:00").respond("a")
    run.until("2026-03-06 09:00").reopen("a")
    run.until("2026-03-06 21:00").resume()
    assert run.closes("a") == "2026-03-08 21:00"
    answered = Run(step("a"), step("b", offset="3 days"))
    answered.pause()
    answered.until("2026-03-05 09:00").respond("a")
    answered.until("2026-03-06 21:00").resume()
    assert answered.shown(answered.turn.wake_at) == "2026-03-09 21:00"


def test_P1_reminders_move_with_a_freeze() -> None:
    """The same distance to the delivery, without the pause."""
    run = Run(step("a", reminders={"offsets": ["2 days", "4 days"]})).until("2026-03-03 09:00")
    run.pause()
    run.until("2026-03-10 09:00").resume()
    run.until("2026-03-30 00:00")
    assert run.reminders() == ["2026-03-11 09:00", "2026-03-13 09:00"]


def test_P1_only_an_active_journey_is_paused_and_only_a_paused_one_resumed() -> None:
    """Anything else is refused."""
    run = Run(step("a"))
    assert run.resume().rule == "P2"
    run.pause()
    assert run.pause().code == "not_active"


def _three_fell_due(gap: str = "1 hour") -> Run:
    run = Run(
        *(
            step(name, "journey.started", days, regardless=True)
            for name, days in (("a", "1 day"), ("b", "2 days"), ("c", "3 days"))
        ),
        release_gap=gap,
        quiet="21:00-08:00",
    )
    run.pause("calendar")
    return run


def test_P2_what_fell_due_is_released_one_by_one() -> None:
    """The earliest first, a gap apart, and the reason says why; the rest of the plan is not held up."""
    run = _three_fell_due().until("2026-03-10 12:00")
    run.resume()
    run.until("2026-03-12 00:00")
    assert [run.delivered(name) for name in "abc"] == ["2026-03-10 12:00", "2026-03-10 13:00", "2026-03-10 14:00"]
    assert run.happened("step_delivered")[1].reason.hold == "released one by one after a pause"


def test_P2_resumed_in_quiet_hours_they_begin_at_their_end() -> None:
    """One at eight, one at nine, one at ten."""
    run = _three_fell_due().until("2026-03-10 22:00")
    run.resume()
    run.until("2026-03-12 00:00")
    assert [run.delivered(name) for name in "abc"] == ["2026-03-11 08:00", "2026-03-11 09:00", "2026-03-11 10:00"]


def test_P2_a_second_pause_makes_no_burst_of_the_rest() -> None:
    """What the first pause held back is still released one by one after the second."""
    run = _three_fell_due("6 hours").until("2026-03-10 12:00")
    run.resume()
    run.until("2026-03-10 13:00").pause("calendar")
    run.until("2026-03-10 14:00").resume()
    run.until("2026-03-12 12:00")
    assert [run.delivered(name) for name in "abc"] == ["2026-03-10 12:00", "2026-03-10 18:00", "2026-03-11 08:00"]


def test_P2_what_quiet_hours_held_when_the_pause_began_is_no_burst_either() -> None:
    """Due before the pause, held into it."""
    run = Run(*(step(name, "journey.started", "13 hours", regardless=True) for name in "ab"), quiet="21:00-08:00").until(
        "2026-03-02 23:00"
    )
    run.pause("calendar")
    run.until("2026-03-05 12:00").resume()
    run.until("2026-03-06 12:00")
    assert [run.delivered(name) for name in "ab"] == ["2026-03-05 12:00", "2026-03-05 13:00"]


def test_P2_missed_reminders_are_one_after_a_calendar_pause() -> None:
    """Not one for each day away."""
    run = Run(step("a", reminders={"every": "1 day", "maximum": 5}))
    run.pause("calendar")
    run.until("2026-03-05 12:00").resume()
    run.until("2026-03-20 00:00")
    assert run.reminders() == ["2026-03-05 12:00", "2026-03-06 09:00", "2026-03-07 09:00"]


def test_P3_stop_cancels_what_is_open_and_is_final() -> None:
    """Who and why are kept; nothing happens afterwards."""
    run = Run(step("a", reminders={"offsets": ["1 day"]}), step("b"), step("c", offset="1 day", regardless=True))
    run.respond("a")
    assert run.stop().accepted
    assert (run.status, run.state("a"), run.state("b"), run.state("c")) == ("stopped", "completed", "cancelled", "waiting")
    stopped = run.happened("journey_stopped")[0]
    assert (stopped.reason, stopped.by.role) == ("moved away", "practitioner")
    assert (run.turn.wake_at, run.resume().code, run.respond("b").code) == (None, "journey_over", "journey_over")
    assert run.plan.items == ()


def test_P3_a_client_does_not_stop_the_journey() -> None:
    """A practitioner, an operator or the host does."""
    run = Run(step("a"))
    assert run.stop(by="client").rule == "G8"
    assert run.status == "active"


def test_P3_a_paused_journey_can_be_stopped() -> None:
    """Stopping never has to wait."""
    run = Run(step("a"))
    run.pause()
    assert run.stop().accepted
    assert run.state("a") == "cancelled"
