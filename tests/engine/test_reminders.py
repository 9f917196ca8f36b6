"""Rules R1 to R7: reminders, and telling the practitioner."""

import pytest

from engine.base import EffectId
from engine.effects import fall_back
from engine.messages import NotificationFailed
from tests.engine.driver import Run, step


def _remind(*offsets: str, **fields: object) -> dict[str, object]:
    return {"offsets": offsets, **fields}


def test_R1_a_list_of_offsets_from_the_delivery() -> None:
    """In order, whatever the order they are written in; calendar offsets at the wall time given."""
    run = Run(step("a", reminders=_remind("3 days", "4 hours", "1 day", at="10:30"))).until("2026-03-20 00:00")
    assert run.reminders() == ["2026-03-02 13:00", "2026-03-03 10:30", "2026-03-05 10:30"]


def test_R1_every_so_often_up_to_a_maximum() -> None:
    """Three by default's default, five here."""
    run = Run(step("a", reminders={"every": "2 days", "maximum": 5}), start="2026-03-27 09:00").until("2026-04-20 00:00")
    assert run.reminders() == [f"2026-{day} 09:00" for day in ("03-29", "03-31", "04-02", "04-04", "04-06")]


def test_R1_from_the_due_instant_before_the_hold() -> None:
    """Quiet hours hold the delivery, not the base."""
    run = Run(step("a", reminders=_remind("1 day", base="due")), start="2026-03-02 20:00", quiet="19:00-08:00")
    run.until("2026-03-20 00:00")
    assert (run.delivered("a"), run.reminders()) == ("2026-03-03 08:00", ["2026-03-04 08:00"])


def test_R1_a_reminder_overtaken_by_the_held_delivery_is_none() -> None:
    """Nobody gets the step and its reminder in the same minute."""
    run = Run(step("a", reminders=_remind("2 hours", base="due")), start="2026-03-02 22:00", quiet="21:00-08:00")
    run.until("2026-03-20 00:00")
    assert run.reminders() == []


def test_R1_before_the_closing_whatever_closes_it_now() -> None:
    """Counted from start-by until started, then from what closes it next, and from an extension."""
    reminders = _remind("-2 hours", base="closing")
    never = Run(step("a", window={"start_by": "1 day", "finish_by": "3 days"}, reminders=reminders)).until("2026-03-20 00:00")
    assert never.reminders() == ["2026-03-03 07:00"]
    begun = Run(step("a", window={"start_by": "1 day", "finish_by": "3 days"}, reminders=reminders))
    begun.open("a")
    assert begun.until("2026-03-20 00:00").reminders() == ["2026-03-05 07:00"]
    extended = Run(step("a", window={"finish_by": "1 day"}, reminders=reminders))
    extended.extend("a", "2026-03-10 09:00")
    assert extended.until("2026-03-20 00:00").reminders() == ["2026-03-10 07:00"]


def test_R1_none_at_or_after_closing() -> None:
    """Not at the very instant, not when quiet hours would hold it beyond."""
    run = Run(step("a", window={"finish_by": "1 day"}, reminders=_remind("1 day", "2 days"))).until("2026-03-20 00:00")
    assert run.reminders() == []
    held = Run(step("a", window={"finish_by": "22 hours"}, reminders=_remind("14 hours")), quiet="21:00-08:00")
    assert held.until("2026-03-20 00:00").reminders() == []


def test_R1_several_due_at_once_after_an_outage_are_one() -> None:
    """One message, none for the missed ones, and the later ones as planned."""
    run = Run(step("a", reminders=_remind("1 day", "2 days", "5 days"))).outage("2026-03-05 12:00")
    assert run.reminders() == ["2026-03-05 12:00"]
    assert run.until("2026-03-20 00:00").reminders() == ["2026-03-05 12:00", "2026-03-07 09:00"]


def test_R1_quiet_hours_hold_a_reminder() -> None:
    """To their end; two held together are one."""
    run = Run(step("a", reminders=_remind("13 hours", "20 hours")), quiet="21:00-08:00").until("2026-03-20 00:00")
    assert run.reminders() == ["2026-03-03 08:00"]


@pytest.mark.parametrize("what", ["respond", "excuse", "pause", "stop", "snooze", "expire"])
def test_R2_whatever_settles_pauses_or_ends_silences_also_what_is_on_its_way(what: str) -> None:
    """No reminder afterwards, and a later generation than the one that the message carries."""
    run = Run(step("a", window={"finish_by": "3 days"}, reminders=_remind("1 day", "2 days")), step("b"))
    run.until("2026-03-03 09:30")
    on_its_way = run.effects[-1].generations[0]
    match what:
        case "pause" | "stop":
            getattr(run, what)()
        case "snooze":
            run.snooze("a", "2026-03-04 20:00")
        case "expire":
            run.until("2026-03-05 09:00")
        case _:
            getattr(run, what)("a")
    assert run.occurrence("a").generation > on_its_way
    run.until("2026-03-20 00:00")
    expected = {"snooze": ["2026-03-03 09:00", "2026-03-04 20:00"], "expire": ["2026-03-03 09:00", "2026-03-04 09:00"]}
    assert run.reminders("a") == expected.get(what, ["2026-03-03 09:00"])


def test_R3_a_reminder_carries_no_words() -> None:
    """Ids only: the text is made when it is sent."""
    run = Run(step("a", reminders=_remind("1 day"))).until("2026-03-03 10:00")
    assert not {"title", "text", "body", "subject", "language", "name"} & set(type(run.effects[-1]).model_fields)


def test_R4_reminders_within_five_minutes_of_the_first_are_one_message() -> None:
    """Sent at the instant of the last of them; the one after that is its own."""
    steps = [
        step(name, "journey.started", regardless=True, reminders=_remind(f"{minutes} minutes"))
        for name, minutes in (("a", 60), ("b", 63), ("c", 65), ("d", 66))
    ]
    run = Run(*steps).until("2026-03-03 00:00")
    assert [(effect.occurrences, run.shown(effect.intended_at)) for effect in run.effects[1:]] == [
        (("a.1", "b.1", "c.1"), "2026-03-02 10:05"),
        (("d.1",), "2026-03-02 10:06"),
    ]
    assert [run.occurrence(name).messages_sent for name in "abcd"] == [1, 1, 1, 1]


def test_R4_what_happens_meanwhile_does_not_put_the_first_off() -> None:
    """A message between the first and the last neither splits nor delays the group."""
    steps = [
        step(name, "journey.started", regardless=True, reminders=_remind(f"{minutes} minutes"))
        for name, minutes in (("a", 60), ("b", 64), ("c", 67))
    ]
    run = Run(*steps).until("2026-03-02 10:02")
    run.host_event("whatever")
    run.until("2026-03-03 00:00")
    assert [run.reminders(name) for name in "abc"] == [["2026-03-02 10:04"], ["2026-03-02 10:04"], ["2026-03-02 10:07"]]


def test_R4_a_reminder_never_waits_for_another_beyond_its_own_closing() -> None:
    """Then it goes alone."""
    run = Run(
        step("a", window={"finish_by": "62 minutes"}, reminders=_remind("60 minutes"), regardless=True),
        step("b", "journey.started", reminders=_remind("64 minutes"), regardless=True),
    ).until("2026-03-03 00:00")
    assert (run.reminders("a"), run.reminders("b")) == (["2026-03-02 10:00"], ["2026-03-02 10:04"])


def test_R5_a_snooze_holds_the_reminders_before_it_and_makes_them_one() -> None:
    """Those after it stay."""
    run = Run(step("a", reminders=_remind("1 day", "2 days", "5 days")))
    assert run.snooze("a", "2026-03-05 18:00").accepted
    run.until("2026-03-20 00:00")
    assert run.reminders() == ["2026-03-05 18:00", "2026-03-07 09:00"]
    assert run.snooze("a", "2026-03-01 18:00").rule == "R5"


def test_R6_a_rung_so_long_after_the_last_planned_reminder() -> None:
    """Each rung by its own length, to its own recipient; answering in time tells nobody."""
    ladder = [{"after": "1 day"}, {"after": "3 days", "to": "supervisor"}]
    run = Run(step("a", reminders=_remind("1 day", "2 days"), escalation=ladder)).until("2026-03-20 00:00")
    assert run.told() == [("practitioner", "2026-03-05 09:00"), ("supervisor", "2026-03-07 09:00")]
    quick = Run(step("a", reminders=_remind("1 day", "2 days"), escalation=ladder)).until("2026-03-04 10:00")
    quick.respond("a")
    assert quick.until("2026-03-20 00:00").told() == []


def test_R6_without_reminders_the_ladder_counts_from_the_closing() -> None:
    """At the closing at once, since it holds, and then by the ladder."""
    run = Run(step("a", window={"finish_by": "1 day"}, escalation=[{"after": "2 days", "to": "supervisor"}]))
    run.until("2026-03-20 00:00")
    assert run.told() == [("practitioner", "2026-03-03 09:00"), ("supervisor", "2026-03-05 09:00")]


def test_R6_a_rung_with_a_calendar_moves_to_a_working_day() -> None:
    """Saturday's becomes Monday's."""
    ladder = [{"after": "1 day", "calendar": "GB"}]
    run = Run(step("a", reminders=_remind("4 days"), escalation=ladder)).until("2026-03-20 00:00")
    assert run.told() == [("practitioner", "2026-03-09 09:00")]


def test_R6_quiet_hours_are_the_clients_not_the_practitioners() -> None:
    """What the practitioner is told is not held."""
    run = Run(step("a", window={"finish_by": "13 hours"}), quiet="21:00-08:00").until("2026-03-20 00:00")
    assert run.told() == [("practitioner", "2026-03-02 22:00")]


def test_R7_a_reminder_on_request_and_twice_within_the_cool_down_is_one() -> None:
    """Both are accepted; one is sent; after the cool-down another."""
    run = Run(step("a", reminders=_remind("1 day")))
    assert run.remind("a").accepted
    assert run.until("2026-03-02 09:59").remind("a").accepted
    run.until("2026-03-02 10:00").remind("a")
    run.until("2026-03-20 00:00")
    assert run.reminders() == ["2026-03-02 09:00", "2026-03-02 10:00", "2026-03-03 09:00"]
    assert [event.asked for event in run.happened("reminder_due")] == [True, True, False]


def test_R7_a_planned_reminder_starts_no_cool_down() -> None:
    """Asked for shortly after one by the plan, it is sent."""
    run = Run(step("a", reminders=_remind("1 day"))).until("2026-03-03 09:10")
    run.remind("a")
    assert run.reminders() == ["2026-03-03 09:00", "2026-03-03 09:10"]


def test_R7_in_quiet_hours_it_waits_for_their_end() -> None:
    """With a planned one for the same instant it is one message; closing before that silences it."""
    run = Run(step("a", reminders=_remind("13 hours")), quiet="21:00-08:00").until("2026-03-02 21:30")
    run.remind("a")
    assert run.reminders() == []
    assert run.until("2026-03-20 00:00").reminders() == ["2026-03-03 08:00"]
    closing = Run(step("a", window={"finish_by": "20 hours"}), quiet="21:00-08:00").until("2026-03-02 22:00")
    closing.remind("a")
    assert closing.outage("2026-03-03 09:00").reminders() == []


def test_R7_what_is_not_open_is_not_reminded_of() -> None:
    """Not delivered, settled, paused."""
    run = Run(step("a"), step("b"))
    assert run.remind("b").code == "not_delivered"
    run.respond("a")
    assert run.remind("a").code == "not_open"
    run.pause()
    assert run.remind("b").rule == "P1"


def test_N1_every_message_has_its_own_key_and_every_channel_too() -> None:
    """Journey, occurrence, purpose, ordinal; a fall-back is another message by another channel."""
    run = Run(step("a", reminders=_remind("1 day", "2 days"))).until("2026-03-20 00:00")
    assert [effect.id for effect in run.effects] == ["j/a.1/delivered/0", "j/a.1/reminder/1", "j/a.1/reminder/2"]
    second = fall_back(run.effects[0])
    assert [(second.id, second.channel), (fall_back(second).id, fall_back(second).channel)] == [
        ("j/a.1/delivered/0/1", 1),
        ("j/a.1/delivered/0/2", 2),
    ]


def test_N3_a_message_that_reached_nobody_is_visible_and_the_practitioner_is_told() -> None:
    """The journey goes on; an unknown occurrence harms nothing."""
    run = Run(step("a"))
    for number, occurrences in enumerate((("a.1",), ("zz.1",), ())):
        assert run.send(
            NotificationFailed.model_validate(
                {"id": f"f{number}", "effect": EffectId("x"), "occurrences": occurrences, "reason": "mailbox full"}
            )
        ).accepted
    assert [to for to, _ in run.told()] == ["practitioner"]
    assert len(run.happened("notification_given_up")) == 3
    assert run.state("a") == "open"


def test_D41_so_many_left_undone_in_a_row_are_told_once() -> None:
    """Skipped ones count, an answer begins anew, and what is not the client's does not count."""
    again = {"repeat": {"every": "1 day", "count": 8}, "on_expiry": "continue"}
    run = Run(step("a", **again), missed_in_a_row=3)
    run.until("2026-03-04 12:00").respond("a.3")
    assert run.told() == []
    run.until("2026-03-20 00:00")
    assert run.told() == [("practitioner", "2026-03-08 09:00")]
    assert run.happened("practitioner_told")[0].why == "3 missed in a row"
