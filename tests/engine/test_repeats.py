"""Rule T11: steps that come again."""

from datetime import UTC, date, datetime, timedelta

from tests.engine.driver import Run, step


def _all(run: Run, name: str) -> list[str | None]:
    return [run.shown(event.at) for event in run.happened("step_delivered") if event.step == name]


def test_T11_every_day_so_many_times_at_the_same_wall_time() -> None:
    """Counted from the first, over a clock change too."""
    diary = step("diary", at="20:00", repeat={"every": "1 day", "count": 4}, on_expiry="continue")
    run = Run(diary, start="2026-03-27 09:00").until("2026-04-10 00:00")
    assert _all(run, "diary") == [f"2026-03-{day} 20:00" for day in (27, 28, 29, 30)]


def test_T11_elapsed_intervals_are_elapsed() -> None:
    """Every twelve hours is every twelve hours, whatever the clocks do."""
    run = Run(step("a", repeat={"every": "12 hours", "count": 4}, on_expiry="continue"), start="2026-03-28 12:00")
    run.until("2026-04-10 00:00")
    assert _all(run, "a") == ["2026-03-28 12:00", "2026-03-29 00:00", "2026-03-29 13:00", "2026-03-30 01:00"]


def test_T11_a_count_a_last_day_or_a_length_ends_it() -> None:
    """Whichever of them the step gives."""
    for repeat, last in (
        ({"every": "1 day", "count": 3}, "2026-03-04 09:00"),
        ({"every": "1 day", "until": date(2026, 3, 5)}, "2026-03-05 09:00"),
        ({"every": "1 day", "lasting": "2 weeks"}, "2026-03-15 09:00"),
        ({"rrule": "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=5"}, "2026-03-16 09:00"),
    ):
        run = Run(step("a", repeat=repeat, on_expiry="continue")).until("2026-05-01 00:00")
        assert _all(run, "a")[-1] == last
        assert run.status == "completed"


def test_T11_months_end_on_their_last_day_without_drifting() -> None:
    """The 31st, the 28th, the 31st again."""
    run = Run(step("a", repeat={"every": "1 month", "count": 3}, on_expiry="continue"), start="2026-01-31 09:00")
    run.until("2026-06-01 00:00")
    assert _all(run, "a") == ["2026-01-31 09:00", "2026-02-28 09:00", "2026-03-31 09:00"]


def test_T11_an_occurrence_closes_when_the_next_is_due() -> None:
    """Never two open together unless the step says so; the last closes an interval later."""
    run = Run(step("a", repeat={"every": "1 day", "count": 2}, on_expiry="continue"))
    assert run.closes("a.1") == "2026-03-03 09:00"
    run.until("2026-03-03 09:00")
    assert (run.state("a.1"), run.state("a.2"), run.closes("a.2")) == ("expired", "open", "2026-03-04 09:00")


def test_T11_overlap_leaves_them_open_together() -> None:
    """With `overlap` the older ones stay answerable."""
    run = Run(step("a", repeat={"every": "1 day", "count": 3, "overlap": True})).until("2026-03-05 00:00")
    assert [run.state(f"a.{n}") for n in (1, 2, 3)] == ["open"] * 3


def test_T11_the_last_of_an_rrule_closes_when_the_next_one_would_be() -> None:
    """As long as the rule would have taken to the next."""
    run = Run(step("a", repeat={"rrule": "FREQ=WEEKLY;BYDAY=MO,TH", "count": 2}, on_expiry="continue")).until(
        "2026-03-05 12:00"
    )
    assert run.closes("a.2") == "2026-03-09 09:00"
    ended = Run(step("a", repeat={"rrule": "FREQ=DAILY;COUNT=2"}, on_expiry="continue")).until("2026-03-03 12:00")
    assert ended.closes("a.2") == "2026-03-04 09:00"


def test_T11_one_whose_whole_window_passed_in_an_outage_expires_undelivered() -> None:
    """Only the one that is still in its time is delivered, the rest are seen to be missed."""
    run = Run(step("a", repeat={"every": "1 day", "count": 5}, on_expiry="continue")).outage("2026-03-05 12:00")
    assert [run.state(f"a.{n}") for n in (1, 2, 3, 4)] == ["expired", "expired", "expired", "open"]
    assert [run.delivered(f"a.{n}") for n in (1, 2, 3, 4)] == ["2026-03-02 09:00", None, None, "2026-03-05 12:00"]
    assert run.closes("a.4") == "2026-03-06 09:00"


def test_T11_a_required_repeated_step_passes_with_its_last_an_optional_one_with_its_first() -> None:
    """What follows waits for the whole series, or for its beginning."""
    for required, delivered in ((True, "2026-03-04 10:00"), (False, "2026-03-02 09:00")):
        run = Run(step("a", repeat={"every": "1 day", "count": 3}, required=required), step("b"))
        for n in (1, 2, 3):
            run.until(f"2026-03-0{n + 1} 10:00").respond(f"a.{n}")
        assert run.delivered("b") == delivered


def test_T11_a_zone_change_keeps_the_wall_time_of_the_rest() -> None:
    """Eight in the evening stays eight in the evening, where the client is now."""
    run = Run(step("a", at="20:00", repeat={"every": "1 day", "count": 3}, on_expiry="continue")).until("2026-03-02 21:00")
    run.facts(zone="America/New_York")
    assert [item.at for item in run.plan.items if item.what == "delivery"] == [
        datetime(2026, 3, 4, 1, tzinfo=UTC),
        datetime(2026, 3, 5, 1, tzinfo=UTC),
    ]


def test_T11_every_one_is_drawn_anew_in_its_window() -> None:
    """Each occurrence has its own draw, recorded, and the plan already knows it."""
    run = Run(
        step(
            "a", "journey.started", "1 day", between="09:00-12:00", repeat={"every": "1 day", "count": 6}, on_expiry="continue"
        )
    )
    planned = [run.shown(item.at) for item in run.plan.items if item.what == "delivery"]
    run.until("2026-03-20 00:00")
    assert _all(run, "a") == planned
    times = [(shown or "")[11:] for shown in planned]
    assert len(set(times)) == 6
    assert all("09:00" <= one < "12:00" for one in times)
    assert all("probability 1/10800" in event.reason.window for event in run.happened("step_delivered"))


def test_T11_a_first_one_released_early_moves_none_of_the_others() -> None:
    """The diary planned for the evenings stays in the evenings."""
    run = Run(step("a", "journey.started", "1 day", at="20:00", repeat={"every": "1 day", "count": 3}, on_expiry="continue"))
    run.until("2026-03-02 14:30").release("a")
    run.until("2026-03-10 00:00")
    assert _all(run, "a") == ["2026-03-02 14:30", "2026-03-04 20:00", "2026-03-05 20:00"]
    assert run.shown(run.occurrence("a.1").settled_at) == "2026-03-04 20:00"


def test_T11_the_window_of_an_occurrence_may_be_shorter_than_its_interval() -> None:
    """The earliest limit closes it."""
    run = Run(step("a", repeat={"every": "1 day", "count": 2}, window={"finish_by": "3 hours"}, on_expiry="continue"))
    run.until(run.now + timedelta(hours=4))
    assert run.shown(run.occurrence("a.1").settled_at) == "2026-03-02 12:00"
