"""Which mails about a plan would be held (rule R4): what is said for certain is what the owner of the mails then does."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.base import OccurrenceId, StepId
from engine.contacts import Rules, Waiting, decide
from engine.mails_ahead import MailAhead, MailsNow, mails_ahead
from engine.structure import Structure, TimeWindow
from engine.turn import Plan, Planned
from engine.zones import zone_of
from tests.engine.driver import pathway, step

LONDON = zone_of("Europe/London")
STRUCTURE: Structure = pathway(step("read"), step("alarming", urgent=True), step("theirs", actor="practitioner"))
EVENING = TimeWindow(start=time(17), end=time(19))


def at(text: str) -> datetime:
    """A wall time in London."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def planned(
    text: str | datetime, *, what: str = "delivery", of: str = "read", number: int = 1, certain: bool = True
) -> Planned:
    """Something of a plan."""
    when = at(text) if isinstance(text, str) else text
    facts = {"what": what, "step": StepId(of), "occurrence": OccurrenceId(f"{of}.{number}"), "at": when, "certain": certain}
    return Planned.model_validate(facts)


def ahead(
    items: Sequence[Planned], *, sent: Sequence[str] = (), has_alert: bool = False, gone: bool = False, **rules: Any
) -> list[str]:
    """What would be held, in short."""
    now = MailsNow(Rules(LONDON, **rules), [at(one) for one in sent], has_alert, gone)
    return [_short(one) for one in mails_ahead(STRUCTURE, Plan(items=tuple(items)), now)]


def _short(one: MailAhead) -> str:
    until = f" {one.until.astimezone(LONDON):%d %H:%M}" if one.until else ""
    return f"{one.what} {one.occurrence} {'' if one.certain else 'may '}{one.why}{until}"


def test_R4_what_is_known_is_said_for_certain() -> None:
    """A snooze, a preferred time, quiet hours, and a day that is full already."""
    morning = [planned("2026-03-24 09:00")]
    assert ahead(morning) == []
    assert ahead(morning, snoozed_until=at("2026-03-25 08:00")) == ["delivery read.1 snoozed 25 08:00"]
    assert ahead(morning, preferred=EVENING) == ["delivery read.1 preferred 24 17:00"]
    assert ahead(morning, quiet=TimeWindow(start=time(8), end=time(10))) == ["delivery read.1 quiet 24 10:00"]
    assert ahead(morning, sent=["2026-03-24 07:00"], a_day=1) == ["delivery read.1 day 25 09:00"]
    assert ahead(morning, sent=["2026-03-23 07:00"], a_week=1) == ["delivery read.1 week 30 09:00"]


def test_R4_what_hangs_on_what_is_not_known_may_be() -> None:
    """On a step that may come later, on mails that are only planned, on what somebody may lift by then."""
    two = [planned("2026-03-24 09:00"), planned("2026-03-24 12:00", number=2)]
    assert ahead(two, a_day=1) == ["delivery read.2 may day 25 12:00"]
    assert ahead([planned("2026-03-24 09:00", certain=False)], preferred=EVENING) == ["delivery read.1 may preferred 24 17:00"]
    assert ahead(two[:1], is_held=True) == ["delivery read.1 may by_hand"]


def test_R5_R8_what_would_not_be_sent_at_all() -> None:
    """An opt-out, also of what is urgent; automatic reminders while an alert stands."""
    items = [planned("2026-03-24 09:00", of="alarming"), planned("2026-03-25 09:00", what="reminder")]
    assert ahead(items, gone=True) == ["delivery alarming.1 opted_out", "reminder read.1 opted_out"]
    assert ahead(items, has_alert=True) == ["reminder read.1 may alert"]


def test_R4_urgent_ones_and_other_peoples_are_not_held() -> None:
    """Nor is what is no mail at all: a closing, and what nobody knows the time of. What comes together is one mail."""
    items = [
        planned("2026-03-24 09:00", of="alarming"),
        planned("2026-03-24 10:00", of="theirs"),
        planned("2026-03-24 11:00", what="closing"),
    ]
    assert ahead(items, snoozed_until=at("2026-03-25 08:00"), preferred=EVENING, is_held=True) == []
    together = [planned("2026-03-24 09:00"), planned("2026-03-24 09:00", number=2)]
    assert ahead(together, a_day=1) == []


def test_R4_the_evening_before_and_the_limit_go_together() -> None:
    """Three mornings and one mail a day in the evening: each comes on its own evening, none is put off twice."""
    days = [planned(f"2026-03-{day} 09:00", number=day) for day in (24, 25, 26)]
    noon = planned("2026-03-24 12:00", number=9)
    assert ahead([days[0], noon], preferred=EVENING, a_day=1) == [
        "delivery read.24 preferred 24 17:00",
        "delivery read.9 preferred 24 17:00",
    ]
    assert ahead(days, preferred=EVENING, a_day=1) == [f"delivery read.{day} preferred {day} 17:00" for day in (24, 25, 26)]


@given(
    minutes=st.lists(st.integers(0, 6 * 24 * 60), min_size=1, max_size=8, unique=True),
    preferred=st.sampled_from([None, EVENING, TimeWindow(start=time(22), end=time(2))]),
    quiet=st.sampled_from([None, TimeWindow(start=time(21), end=time(8))]),
    snooze=st.sampled_from([None, 30, 50]),
)
def test_R4_what_is_certain_comes_true(
    minutes: list[int], preferred: TimeWindow | None, quiet: TimeWindow | None, snooze: int | None
) -> None:
    """Lived minute by minute by the rules of whoever sends: each mail goes at the instant that was said, or at once."""
    begin = at("2026-03-23 00:00")
    snoozed = begin + timedelta(hours=snooze) if snooze else None
    rules = Rules(LONDON, preferred=preferred, quiet=quiet, snoozed_until=snoozed)
    items = [planned(begin + timedelta(minutes=one), number=number) for number, one in enumerate(sorted(minutes), 1)]
    said = mails_ahead(STRUCTURE, Plan(items=tuple(items)), MailsNow(rules, ()))
    assert all(one.certain for one in said)
    until = {one.occurrence: one.until for one in said}
    for item in items:
        assert item.at is not None
        assert _sent_at(item.at, rules) == (until.get(item.occurrence) or item.at)


def _sent_at(wanted: datetime, rules: Rules) -> datetime:
    """When the owner lets it go, looking whenever it was told to look."""
    now = wanted
    while True:
        decision = decide([Waiting("one", "delivered", wanted)], (), rules, now)
        if decision.now:
            return now
        assert decision.look_at is not None
        assert decision.look_at > now
        now = decision.look_at


def test_an_unknown_purpose_is_no_mail() -> None:
    """What the journey tells the practitioner is not the client's."""
    assert ahead([planned("2026-03-24 09:00", what="escalation")], gone=True) == []
