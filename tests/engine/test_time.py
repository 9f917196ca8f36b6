"""Rules T1 to T7 and T12: anchors, lengths, wall times and zones."""

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.advance import StartFacts
from engine.base import ClientId, JourneyId, TenantId
from engine.calendar import from_wall, is_known_country
from engine.zones import UnknownZone, zone_of
from tests.engine.driver import Run, step


def _after_delivery(offset: str, start: str, zone: str = "Europe/London", **timing: object) -> str | None:
    """The local instant at which a step so long after another's delivery comes."""
    run = Run(step("a"), step("b", "a.delivered", offset, regardless=True, **timing), start=start, zone=zone)
    run.until(run.now + timedelta(days=400))
    return run.delivered("b")


def test_T1_days_keep_the_wall_time_over_a_clock_change() -> None:
    """Three days later is the same local time, 71 hours later in spring and 73 in autumn."""
    assert _after_delivery("3 days", "2026-03-28 09:00") == "2026-03-31 09:00"
    assert _after_delivery("3 days", "2026-10-23 09:00") == "2026-10-26 09:00"


def test_T1_hours_are_elapsed_time() -> None:
    """72 hours over a spring change are ten in the morning, over an autumn one eight."""
    assert _after_delivery("72 hours", "2026-03-28 09:00") == "2026-03-31 10:00"
    assert _after_delivery("72 hours", "2026-10-23 09:00") == "2026-10-26 08:00"


def test_T1_the_calendar_part_of_a_mixed_length_goes_first() -> None:
    """A day and two hours from Saturday 23:30 is Sunday 23:30 and then two elapsed hours."""
    assert _after_delivery("1 day 2 hours", "2026-03-27 23:30") == "2026-03-29 02:30"


def test_T2_spring_forward_gap() -> None:
    """A local time that does not exist becomes the first instant after the gap."""
    assert _after_delivery("1 day", "2026-03-28 01:30") == "2026-03-29 02:00"
    assert _after_delivery("1 day", "2026-10-03 02:10", zone="Australia/Lord_Howe") == "2026-10-04 02:30"


def test_T2_autumn_fold_is_the_first_of_the_two() -> None:
    """Half past one comes twice on that Sunday; the step comes at the first."""
    run = Run(step("a"), step("b", "a.delivered", "1 day", regardless=True), start="2026-10-24 01:30").until("2026-10-26 00:00")
    assert run.occurrence("b").delivered_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_T2_short_months_end_on_their_last_day() -> None:
    """A month after the 31st of January is the 28th of February."""
    assert _after_delivery("1 month", "2026-01-31 10:00") == "2026-02-28 10:00"


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_T2_every_local_minute_of_a_year_has_one_instant(zone: str) -> None:
    """A wall time becomes an instant that shows it, or the first one after a gap; the earlier of two."""
    local, end = datetime(2026, 1, 1), datetime(2027, 1, 1)
    while local < end:
        instant = from_wall(local, zone_of(zone))
        shown = instant.astimezone(zone_of(zone)).replace(tzinfo=None)
        if shown != local:
            before = (instant - timedelta(microseconds=1)).astimezone(zone_of(zone)).replace(tzinfo=None)
            assert before < local < shown
        local += timedelta(minutes=30)


def test_T3_the_clients_zone_wins_over_the_pathways() -> None:
    """Nine o'clock is nine o'clock where the client is; without a zone of theirs, the pathway's."""
    steps = step("a", "journey.started", "1 day", at="09:00")
    away = Run(steps, client_zone="America/New_York", start="2026-03-02 12:00").until("2026-03-04 00:00")
    assert away.occurrence("a").delivered_at == datetime(2026, 3, 3, 14, tzinfo=UTC)
    home = Run(steps, start="2026-03-02 12:00").until("2026-03-04 00:00")
    assert home.occurrence("a").delivered_at == datetime(2026, 3, 3, 9, tzinfo=UTC)


def test_T3_an_unknown_zone_is_refused() -> None:
    """A zone nobody knows is refused in the middle and at the start, and the journey is unharmed."""
    run = Run(step("a"))
    answer = run.facts(zone="Mars/Olympus")
    assert (answer.accepted, answer.code) == (False, "unknown_zone")
    with pytest.raises(UnknownZone):
        Run(step("a"), client_zone="../etc/passwd")


def test_T3_a_zone_change_plans_what_is_undelivered_again() -> None:
    """Travelling west moves the next morning's step to the new morning."""
    run = Run(step("a", "journey.started", "2 days", at="09:00"), start="2026-03-02 12:00")
    run.facts(zone="America/New_York")
    assert run.turn.wake_at == datetime(2026, 3, 4, 14, tzinfo=UTC)


def test_T3_delivered_steps_and_their_deadlines_never_move() -> None:
    """What the client has is not taken back, and closes when it was going to."""
    run = Run(step("a", window={"finish_by": "2 days"}), start="2026-03-02 12:00")
    before = run.occurrence("a")
    run.facts(zone="Pacific/Auckland")
    assert run.occurrence("a") == before
    assert run.closes("a") == "2026-03-04 12:00"


def test_T3_what_a_zone_change_puts_into_the_past_is_delivered_once_at_once() -> None:
    """Travelling east past nine o'clock delivers the nine o'clock step now, and lateness does not count against it."""
    late = {"over": "10 minutes", "then": "skip"}
    run = Run(step("a", "journey.started", "1 day", at="09:00", max_lateness=late), start="2026-03-02 12:00")
    run.until("2026-03-03 06:00").facts(zone="Asia/Tokyo")
    assert run.delivered("a") == "2026-03-03 06:00"
    run.facts(zone="America/New_York")
    run.until("2026-03-10 00:00")
    assert len(run.happened("step_delivered")) == 1


def test_D6_T4_every_anchor() -> None:
    """Each kind of anchor gives the instant it names."""
    run = Run(
        step("first", "previous.completed", "1 hour"),
        step("second", "previous.delivered", "1 hour", regardless=True),
        step("third", "previous.completed", "1 hour", regardless=True),
        step("fourth", "first.completed", "3 hours", regardless=True),
        step("fifth", "first.delivered", "1 day", regardless=True),
        step("sixth", "date surgery", "-3 days", at="08:00", regardless=True),
        step("seventh", "event discharged", "2 hours", regardless=True),
        step("eighth", "2026-03-20", regardless=True),
        step("ninth", "journey.started", "5 days", regardless=True),
    )
    run.until("2026-03-02 12:00").respond("first")
    run.until("2026-03-02 13:00").respond("second")
    run.set_date("surgery", "2026-03-12")
    run.until("2026-03-05 10:00").host_event("discharged")
    run.until("2026-03-25 00:00")
    assert [run.delivered(one.id) for one in run.structure.steps] == [
        "2026-03-02 10:00",
        "2026-03-02 11:00",
        "2026-03-02 14:00",
        "2026-03-02 15:00",
        "2026-03-03 10:00",
        "2026-03-09 08:00",
        "2026-03-05 12:00",
        "2026-03-20 00:00",
        "2026-03-07 09:00",
    ]


def test_T4_a_missing_anchor_waits_and_says_for_what() -> None:
    """Nothing is delivered, and the plan names the date, the event or the step that is missing, and what is behind it."""
    run = Run(
        step("a", "date surgery"),
        step("b", "event discharged", regardless=True),
        step("c", "a.completed", regardless=True),
        step("d"),
    ).until("2026-06-01 00:00")
    assert [run.waits_for(name) for name in "abcd"] == [
        "date surgery",
        "event discharged",
        "a.completed",
        "earlier required steps",
    ]
    assert run.turn.wake_at is None
    assert run.status == "active"


def test_T4_a_moved_anchor_moves_the_step_earlier_and_later() -> None:
    """A date put off delays the step; one brought forward hurries it; one taken away lets it wait."""
    run = Run(step("a", "date surgery", "-1 day", at="09:00"), dates={"surgery": date(2026, 3, 20)})
    assert run.shown(run.turn.wake_at) == "2026-03-19 09:00"
    run.set_date("surgery", "2026-03-25")
    assert run.shown(run.turn.wake_at) == "2026-03-24 09:00"
    run.set_date("surgery", "2026-03-10")
    assert run.shown(run.turn.wake_at) == "2026-03-09 09:00"
    run.set_date("surgery", None)
    assert run.turn.wake_at is None
    run.set_date("surgery", "2026-03-01")
    assert run.delivered("a") == "2026-03-02 09:00"


def test_T4_a_date_with_a_time_is_that_instant_without_one_local_midnight() -> None:
    """An appointment at 14:30 is 14:30; a birthday begins at midnight."""
    run = Run(
        step("a", "date visit", "-2 hours"),
        step("b", "date birthday", regardless=True),
        dates={"visit": datetime(2026, 6, 3, 13, 30, tzinfo=UTC), "birthday": date(2026, 6, 5)},
    ).until("2026-07-01 00:00")
    assert [run.delivered(name) for name in "ab"] == ["2026-06-03 12:30", "2026-06-05 00:00"]


def test_T4_previous_completed_is_when_an_optional_step_was_delivered() -> None:
    """What follows an optional step follows its delivery; what follows its completion by name waits for that."""
    run = Run(
        step("a", required=False), step("b", "previous.completed", "1 day"), step("c", "a.completed", "1 day", regardless=True)
    ).until("2026-03-04 12:00")
    assert (run.delivered("b"), run.delivered("c")) == ("2026-03-03 09:00", None)
    run.skip("a")
    run.until("2026-03-08 00:00")
    assert run.delivered("c") == "2026-03-05 12:00"


@pytest.mark.parametrize("way", ["excused", "does not apply"])
def test_T4_a_step_that_was_never_delivered_anchors_by_its_end(way: str) -> None:
    """What counts from the delivery of a step that never came does not wait for ever."""
    condition = {"when": "false"} if way == "does not apply" else {"offset": "5 days"}
    run = Run(step("a", **condition), step("b", "previous.delivered", "1 day"))
    if way == "excused":
        run.excuse("a")
    run.until("2026-03-05 00:00")
    assert run.delivered("b") == "2026-03-03 09:00"


def test_T4_an_event_anchors_by_its_first_arrival() -> None:
    """A repeated event moves nothing."""
    run = Run(step("a", "event discharged", "2 days"))
    run.host_event("discharged")
    run.until("2026-03-03 09:00").host_event("discharged")
    run.until("2026-03-10 00:00")
    assert run.delivered("a") == "2026-03-04 09:00"


def test_T4_a_repeated_step_anchors_by_its_first_delivery_and_its_last_completion() -> None:
    """`delivered` is the first diary's, `completed` the last one's."""
    run = Run(
        step("diary", repeat={"every": "1 day", "count": 2}),
        step("b", "diary.delivered", "1 hour", regardless=True),
        step("c", "diary.completed", "1 hour", regardless=True),
    )
    run.respond("diary.1")
    assert run.until("2026-03-03 11:00").delivered("c") is None
    run.respond("diary.2")
    run.until("2026-03-04 00:00")
    assert (run.delivered("b"), run.delivered("c")) == ("2026-03-02 10:00", "2026-03-03 12:00")


@pytest.mark.parametrize(
    ("past", "delivered", "state"),
    [("now", "2026-03-10 15:00", "open"), ("next_slot", "2026-03-11 09:00", "open"), ("skip", None, "not_applicable")],
)
def test_T5_an_instant_already_past_when_the_date_becomes_known(past: str, delivered: str | None, state: str) -> None:
    """It is delivered now, at the next slot, or left out, as the step says."""
    run = Run(step("a", "date surgery", "-2 days", at="09:00", past=past)).until("2026-03-10 15:00")
    run.set_date("surgery", "2026-03-11")
    run.until("2026-03-20 00:00")
    assert (run.delivered("a"), run.state("a")) == (delivered, state)


@pytest.mark.parametrize(
    ("past", "delivered"), [("now", "2026-03-06 15:00"), ("next_slot", "2026-03-07 09:00"), ("skip", None)]
)
def test_T5_an_instant_already_past_when_the_gate_opens(past: str, delivered: str | None) -> None:
    """The same where the steps before it held it up."""
    run = Run(step("a"), step("b", "previous.delivered", "1 day", at="09:00", past=past)).until("2026-03-06 15:00")
    run.respond("a")
    run.until("2026-03-20 00:00")
    assert run.delivered("b") == delivered
    if past == "skip":
        assert run.happened("step_not_applicable")[0].why == "past"


def test_D42_T6_a_calendar_offset_means_that_wall_time_on_that_day() -> None:
    """Finished Monday 17:30, two days at nine: Wednesday nine o'clock."""
    assert _after_delivery("2 days", "2026-03-02 17:30", at="09:00") == "2026-03-04 09:00"


def test_T6_without_a_calendar_offset_the_first_such_time_not_before() -> None:
    """No offset or an elapsed one: the next nine o'clock, today's included."""
    assert _after_delivery("0", "2026-03-02 17:30", at="09:00") == "2026-03-03 09:00"
    assert _after_delivery("0", "2026-03-02 09:00", at="09:00") == "2026-03-02 09:00"
    assert _after_delivery("2 hours", "2026-03-02 06:30", at="09:00") == "2026-03-02 09:00"
    assert _after_delivery("3 hours", "2026-03-02 06:30", at="09:00") == "2026-03-03 09:00"


def test_T7_on_moves_forward_to_the_next_such_day() -> None:
    """Two days after Monday is Wednesday; where Monday or Friday is asked for, Friday."""
    assert _after_delivery("2 days", "2026-03-02 17:30", on="mon fri") == "2026-03-06 17:30"
    assert _after_delivery("2 days", "2026-03-02 17:30", on="wed", at="10:00") == "2026-03-04 10:00"


def test_T7_calendar_skips_weekends_and_public_holidays() -> None:
    """A day after Maundy Thursday is Tuesday in England: Good Friday, the weekend and Easter Monday are none."""
    assert _after_delivery("1 day", "2026-04-02 09:00", calendar="GB-ENG") == "2026-04-07 09:00"
    assert _after_delivery("1 day", "2026-04-02 09:00", calendar="US", zone="America/New_York") == "2026-04-03 09:00"
    assert not is_known_country("XX")


def test_T12_the_zone_database_is_the_locked_package() -> None:
    """Zones come from the build's own package, whatever the machine has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONTZPATH", "/nowhere")
        assert datetime(2026, 7, 1, tzinfo=zone_of("Europe/Lisbon")).utcoffset() == timedelta(hours=1)
    assert zone_of("Europe/Lisbon") is zone_of("Europe/Lisbon")


def test_time_never_runs_backwards_inside_a_journey() -> None:
    """An earlier `now` counts as the latest one seen."""
    run = Run(step("a"), step("b")).until("2026-03-05 09:00")
    run.respond("a")
    run.now = run.instant("2026-03-01 09:00")
    run.respond("b")
    assert run.shown(run.occurrence("b").settled_at) == "2026-03-05 09:00"


def test_times_are_kept_in_utc_whatever_the_caller_speaks() -> None:
    """A `now` in another zone leaves no trace of it."""
    run = Run(step("a"))
    run.now = datetime(2026, 7, 2, 9, tzinfo=zone_of("America/New_York"))
    run.respond("a")
    assert run.occurrence("a").settled_at == datetime(2026, 7, 2, 13, tzinfo=UTC)
    assert str(run.occurrence("a").settled_at).endswith("+00:00")


def test_start_facts_refuse_quiet_hours_without_an_end() -> None:
    """Quiet hours of more than 20 hours would deliver nothing ever (rule T9)."""
    with pytest.raises(ValueError, match="20 hours"):
        StartFacts.model_validate(
            {"journey": JourneyId("j"), "tenant": TenantId("t"), "client": ClientId("c")}
            | {"quiet_hours": {"start": "08:00", "end": "08:00"}}
        )
