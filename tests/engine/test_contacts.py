"""How often one client is written to (rule R4): caps, merging, order, preferred time, snooze and holds; any day, any zone."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.agenda import TOGETHER
from engine.calendar import hold_quiet, wall
from engine.contacts import Decision, Rules, Waiting, decide, next_preferred
from engine.structure import TimeWindow
from engine.zones import zone_of

LONDON = zone_of("Europe/London")
ZONES = ("Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC")
MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
"""The Monday before London's clocks go forward."""


def at(text: str) -> datetime:
    """A wall time in London."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def message(name: str, text: str, **more: Any) -> Waiting:
    """A message that wants to go out at a wall time in London."""
    return Waiting(name, more.pop("purpose", "delivered"), at(text), **more)


def window(text: str) -> TimeWindow:
    """Two wall times."""
    start, end = text.split("-")
    return TimeWindow(start=time.fromisoformat(start), end=time.fromisoformat(end))


def held(decision: Decision) -> dict[str, tuple[str, str]]:
    """What waits: why, and until which wall time in London."""
    return {
        name: (hold.kind, f"{wall(hold.until, LONDON):%m-%d %H:%M}" if hold.until else "")
        for name, hold in decision.held.items()
    }


def test_R4_the_second_of_a_day_comes_tomorrow_at_its_own_time() -> None:
    """A cap of one: what has no room today comes on the next day, when it would have come."""
    decision = decide(
        [message("b", "2026-03-24 14:30")], [at("2026-03-24 09:00")], Rules(LONDON, a_day=1), at("2026-03-24 14:30")
    )
    assert decision.now == ()
    assert held(decision) == {"b": ("day", "03-25 14:30")}
    assert decision.look_at == at("2026-03-25 14:30")


def test_R4_a_week_is_monday_to_sunday_of_the_client() -> None:
    """Two this week already: Monday. Last Sunday's mails are of another week."""
    rules = Rules(LONDON, a_week=2)
    full = [at("2026-03-24 09:00"), at("2026-03-27 09:00")]
    assert held(decide([message("c", "2026-03-29 10:00")], full, rules, at("2026-03-29 10:00"))) == {
        "c": ("week", "03-30 10:00")
    }
    before = [at("2026-03-22 09:00"), at("2026-03-22 23:59")]
    assert decide([message("c", "2026-03-23 10:00")], before, rules, at("2026-03-23 10:00")).now == ("c",)


def test_R4_a_day_is_the_clients_own() -> None:
    """Half past eleven at night in London is another day than an hour later, whatever day it is in UTC."""
    rules = Rules(LONDON, a_day=1)
    sent = [at("2026-06-01 23:30")]  # 22:30 in UTC
    assert decide([message("b", "2026-06-02 00:30")], sent, rules, at("2026-06-02 00:30")).now == ("b",)


def test_R4_what_falls_together_is_one_and_the_first_waits_for_it() -> None:
    """Five minutes after the first all of them go, with those that came meanwhile."""
    rules = Rules(LONDON, together=TOGETHER)
    first, second = message("a", "2026-03-24 09:00"), message("b", "2026-03-24 09:03")
    assert held(decide([first], [], rules, at("2026-03-24 09:00"))) == {"a": ("together", "03-24 09:05")}
    assert decide([first, second], [], rules, at("2026-03-24 09:05")).now == ("a", "b")


def test_R4_nobody_waits_for_company_until_it_is_too_late() -> None:
    """A step that closes in three minutes is told of now."""
    rules = Rules(LONDON, together=TOGETHER)
    soon = message("a", "2026-03-24 09:00", closes_at=at("2026-03-24 09:03"))
    assert decide([soon], [], rules, at("2026-03-24 09:00")).now == ("a",)


def test_R4_urgent_goes_at_once_and_counts() -> None:
    """Whatever the day has seen, whatever hour it is, whatever the client or somebody else holds."""
    rules = Rules(
        LONDON,
        a_day=1,
        quiet=window("22:00-07:00"),
        preferred=window("17:00-20:00"),
        snoozed_until=at("2026-04-01 00:00"),
        is_held=True,
    )
    urgent = message("u", "2026-03-24 23:00", is_urgent=True)
    assert decide([urgent], [at("2026-03-24 09:00")] * 3, rules, at("2026-03-24 23:00")).now == ("u",)
    later = decide([message("b", "2026-03-24 12:00")], [at("2026-03-24 11:00")], Rules(LONDON, a_day=1), at("2026-03-24 12:00"))
    assert held(later) == {"b": ("day", "03-25 12:00")}


def test_R4_a_mail_that_goes_anyway_takes_along_what_only_the_budget_holds() -> None:
    """So that nothing starves behind urgent ones, and the client gets no mail more; the urgent one stands first."""
    rules = Rules(LONDON, a_day=1, together=TOGETHER)
    waiting = [message("old", "2026-03-24 09:00"), message("u", "2026-03-25 08:00", is_urgent=True)]
    decision = decide(waiting, [at("2026-03-24 08:00")], rules, at("2026-03-25 08:00"))
    assert decision.now == ("u", "old")
    snoozed = decide(waiting, [], rules._replace(snoozed_until=at("2026-03-26 00:00")), at("2026-03-25 08:00"))
    assert (snoozed.now, held(snoozed)) == (("u",), {"old": ("snoozed", "03-26 00:00")})


def test_R4_the_order_is_by_urgency() -> None:
    """Urgent, what was asked for, what closes soonest, the oldest."""
    waiting = [
        message("old", "2026-03-24 08:00"),
        message("closing", "2026-03-24 08:30", closes_at=at("2026-03-24 18:00")),
        message("answer", "2026-03-24 08:40", purpose="answer"),
        message("urgent", "2026-03-24 08:50", is_urgent=True),
        message("reminder", "2026-03-24 08:10", purpose="reminder"),
    ]
    decision = decide(waiting, [], Rules(LONDON), at("2026-03-24 09:00"))
    assert decision.now == ("urgent", "answer", "closing", "old", "reminder")


def test_R5_outside_the_preferred_time_they_wait_for_its_next_beginning() -> None:
    """In it they come at once; it may wrap midnight; and the one of tomorrow counts tomorrow's budget."""
    rules = Rules(LONDON, preferred=window("17:00-20:00"))
    assert held(decide([message("a", "2026-03-24 09:00")], [], rules, at("2026-03-24 09:00"))) == {
        "a": ("preferred", "03-24 17:00")
    }
    assert held(decide([message("a", "2026-03-24 20:00")], [], rules, at("2026-03-24 20:00"))) == {
        "a": ("preferred", "03-25 17:00")
    }
    assert decide([message("a", "2026-03-24 19:59")], [], rules, at("2026-03-24 19:59")).now == ("a",)
    night = Rules(LONDON, preferred=window("22:00-01:00"))
    assert decide([message("a", "2026-03-24 00:30")], [], night, at("2026-03-24 00:30")).now == ("a",)
    full = decide([message("a", "2026-03-24 09:00")], [at("2026-03-24 08:00")], rules._replace(a_day=1), at("2026-03-24 09:00"))
    assert held(full) == {"a": ("preferred", "03-25 17:00")}


def test_R5_a_preferred_time_that_is_all_quiet_counts_for_nothing() -> None:
    """Quiet hours win, or nothing would ever come."""
    rules = Rules(LONDON, quiet=window("21:00-08:00"), preferred=window("22:00-06:00"))
    assert decide([message("a", "2026-03-24 09:00")], [], rules, at("2026-03-24 09:00")).now == ("a",)
    reaching = rules._replace(preferred=window("06:00-09:00"))
    found = held(decide([message("a", "2026-03-24 10:00")], [], reaching, at("2026-03-24 10:00")))
    assert found == {"a": ("quiet", "03-25 08:00")}


def test_R5_a_snooze_holds_everything_that_is_not_urgent() -> None:
    """The client's own wish holds a practitioner's answer too; nothing else does."""
    rules = Rules(LONDON, a_day=1, preferred=window("17:00-20:00"), is_held=True)
    answer = message("a", "2026-03-24 09:00", purpose="answer")
    assert decide([answer], [at("2026-03-24 08:00")], rules, at("2026-03-24 09:00")).now == ("a",)
    asleep = rules._replace(snoozed_until=at("2026-03-30 06:00"))
    assert held(decide([answer], [], asleep, at("2026-03-24 09:00"))) == {"a": ("snoozed", "03-30 06:00")}


def test_R8_a_hold_by_hand_ends_only_by_hand() -> None:
    """No instant to look again at: somebody has to lift it."""
    decision = decide([message("a", "2026-03-24 09:00")], [], Rules(LONDON, is_held=True), at("2026-03-24 09:00"))
    assert (decision.now, held(decision), decision.look_at) == ((), {"a": ("by_hand", "")}, None)


# Any month of any client

_PURPOSES = st.sampled_from(["delivered", "reminder", "answer"])
_ARRIVALS = st.lists(
    st.tuples(st.integers(0, 30 * 24 * 60), _PURPOSES, st.integers(0, 9).map(lambda one: one == 0)), min_size=1, max_size=60
)
_WINDOWS = st.none() | st.tuples(st.integers(0, 23), st.integers(1, 20)).map(
    lambda one: TimeWindow(start=time(one[0]), end=time((one[0] + one[1]) % 24))
)
_RULES = st.builds(
    Rules,
    zone=st.sampled_from(ZONES).map(zone_of),
    a_day=st.none() | st.integers(1, 3),
    a_week=st.none() | st.integers(1, 6),
    quiet=_WINDOWS,
    preferred=_WINDOWS,
    snoozed_until=st.none() | st.integers(0, 20).map(lambda days: MONDAY + timedelta(days=days, hours=7)),
    is_held=st.just(False),
    together=st.sampled_from([timedelta(), TOGETHER]),
)


def live(arrivals: list[tuple[int, str, bool]], rules: Rules) -> Iterator[tuple[datetime, list[datetime], list[Waiting]]]:
    """Let a client's owner work through a month of messages; each mail with when the ones before it went."""
    coming = sorted(
        (
            Waiting(str(number), purpose, MONDAY + timedelta(minutes=minute), is_urgent=urgent)
            for number, (minute, purpose, urgent) in enumerate(arrivals)
        ),  # type: ignore[arg-type]
        key=lambda one: one.intended_at,
    )
    waiting: list[Waiting] = []
    sent: list[datetime] = []
    look_at: datetime | None = None
    looks = 0
    while coming or look_at is not None:
        now = min(one for one in (coming[0].intended_at if coming else None, look_at) if one is not None)
        while coming and coming[0].intended_at <= now:
            waiting.append(coming.pop(0))
        decision = decide(waiting, sent, rules, now)
        assert decision.look_at is None or decision.look_at > now, "it would look for ever"
        assert {one.id for one in waiting} == {*decision.now, *decision.held}, "every one goes or is held"
        if decision.now:
            by_name = {one.id: one for one in waiting}
            yield now, list(sent), [by_name[name] for name in decision.now]
            sent.append(now)
            waiting = [one for one in waiting if one.id in decision.held]
        look_at = decision.look_at
        looks += 1
        assert looks < 20_000, "it never comes to an end"
    assert not waiting, "something was lost"


@given(_ARRIVALS, _RULES)
def test_R4_no_month_breaks_a_rule_or_loses_a_message(arrivals: list[tuple[int, str, bool]], rules: Rules) -> None:
    """Caps hold on every local day and week, nothing urgent waits, quiet hours and wishes are kept, and everything comes."""
    gone: Counter[str] = Counter()
    for now, sent, mail in live(arrivals, rules):
        gone.update(one.id for one in mail)
        day = wall(now, rules.zone).date()
        week = day - timedelta(days=day.weekday())
        days = Counter(wall(one, rules.zone).date() for one in sent)
        weeks = Counter((local := wall(one, rules.zone).date()) - timedelta(days=local.weekday()) for one in sent)
        passes = [one for one in mail if one.is_urgent or one.purpose == "answer"]
        if not passes:
            assert rules.a_day is None or days[day] < rules.a_day
            assert rules.a_week is None or weeks[week] < rules.a_week
        for one in mail:
            if one.is_urgent:
                assert now == one.intended_at
            elif rules.snoozed_until is not None:
                assert now >= rules.snoozed_until
            if not one.is_urgent and one.purpose != "answer":
                assert hold_quiet(now, rules.quiet, rules.zone) == now
                usable = rules.preferred if rules.quiet is None else None  # with both, the one may swallow the other
                assert next_preferred(now, usable, rules.zone) == now
    assert gone == Counter(str(number) for number in range(len(arrivals)))


@given(_ARRIVALS)
def test_R4_without_any_rule_everything_goes_when_it_is_meant_to(arrivals: list[tuple[int, str, bool]]) -> None:
    """No cap, no wish, nobody else: no message is a moment late."""
    for now, _, mail in live(arrivals, Rules(LONDON)):
        assert all(one.intended_at == now for one in mail)


@pytest.mark.parametrize("zone", ZONES)
def test_R4_two_pathways_and_one_contact_a_day_for_thirty_days(zone: str) -> None:
    """Each pathway has a step a day, one of them urgent now and then: never two others on a local day, nothing urgent held."""
    arrivals = [(day * 1440 + 9 * 60, "delivered", False) for day in range(30)]
    arrivals += [(day * 1440 + 9 * 60 + 180, "delivered", day % 7 == 3) for day in range(30)]
    rules = Rules(zone_of(zone), a_day=1, together=TOGETHER)
    days: Counter[Any] = Counter()
    for now, _, mail in live(arrivals, rules):
        if any(one.is_urgent for one in mail):
            assert all(one.intended_at == now for one in mail if one.is_urgent)
        else:
            days[wall(now, rules.zone).date()] += 1
    assert max(days.values()) == 1
    assert len(days) >= 25
