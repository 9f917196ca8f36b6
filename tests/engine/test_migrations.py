"""Rules E1 to E3: a running journey moves to another version; nothing is delivered again."""

from typing import Any

import pytest

from engine.deviations import DropStep, ShiftStep
from engine.durations import Offset
from engine.messages import By, Migrate, Respond
from tests.engine.driver import Run, added, pathway, step


def _deliveries(run: Run) -> list[str]:
    return [event.occurrence for event in run.happened("step_delivered")]


V1 = (step("a"), step("b", offset="2 days"), step("c", offset="3 days"), step("d", offset="1 day"))


def _at_b() -> Run:
    """`a` is done, `b` open, `c` and `d` not reached."""
    run = Run(*V1)
    run.respond("a")
    return run.until("2026-03-04 10:00")


# What the edit table says: done, open, waiting on it, not reached


def test_E1_what_is_not_reached_follows_the_new_version() -> None:
    """Another time, another order, a step more, a step less."""
    run = _at_b()
    answer = run.migrate(step("a"), step("b", offset="2 days"), step("d", offset="5 days"), step("new", offset="1 day"))
    assert answer.accepted
    moved = {(one.occurrence, one.is_new, one.is_gone) for one in answer.moved if one.what == "delivery"}
    assert moved == {("d.1", False, False), ("new.1", True, False), ("c.1", False, True)}
    run.respond("b")
    assert run.planned("d") == "2026-03-09 10:00"
    assert (run.journey.version, run.journey.migrations) == (2, 1)


def test_E3_what_is_done_or_open_is_not_delivered_again() -> None:
    """Whatever the new version says of its time."""
    run = _at_b()
    run.migrate(step("a", offset="9 days"), step("b", offset="9 days"), step("c"), step("d"))
    run.respond("b")
    run.until("2026-05-01 00:00")
    assert _deliveries(run) == ["a.1", "b.1", "c.1"]
    assert run.occurrence("a").response_id == "a-r"


def test_E2_a_wait_that_has_begun_keeps_what_remains() -> None:
    """Nobody who was promised Saturday waits longer because somebody else will."""
    run = _at_b()
    run.respond("b")
    run.until("2026-03-05 10:00")
    assert run.planned("c") == "2026-03-07 10:00"
    answer = run.migrate(V1[0], V1[1], step("c", offset="9 days"), V1[3])
    assert run.planned("c") == "2026-03-07 10:00"
    assert answer.moved == ()


def test_E2_a_wait_that_has_begun_begins_anew_where_it_is_to() -> None:
    """By the new rule, from the migration on."""
    run = _at_b()
    run.respond("b")
    run.until("2026-03-05 10:00")
    run.migrate(V1[0], V1[1], step("c", offset="9 days"), V1[3], waits="restart")
    assert run.planned("c") == "2026-03-14 10:00"
    other = _at_b()
    other.respond("b")
    other.until("2026-03-05 10:00")
    other.migrate(V1[0], V1[1], step("c", offset="9 days"), V1[3], waits_of={"c": "restart"})
    assert other.planned("c") == "2026-03-14 10:00"


def test_E2_a_date_is_no_wait_and_moves_with_the_version() -> None:
    """Two days before surgery becomes three days before."""
    run = Run(step("a", "date surgery", "-2 days"), dates={"surgery": "2026-03-20"})
    run.migrate(step("a", "date surgery", "-3 days"))
    assert run.planned("a") == "2026-03-17 00:00"


def test_E2_an_open_step_keeps_its_closing_or_begins_anew() -> None:
    """The window that was promised, or the new one from now."""
    before = step("a", window={"finish_by": "5 days"})
    after = step("a", window={"finish_by": "9 days"})
    run = Run(before).until("2026-03-04 09:00")
    run.migrate(after)
    assert run.closes("a") == "2026-03-07 09:00"
    other = Run(before).until("2026-03-04 09:00")
    other.migrate(after, waits="restart")
    assert other.closes("a") == "2026-03-13 09:00"


def test_E2_an_open_step_gets_the_new_reminders_and_none_that_lies_behind() -> None:
    """Those ahead come; a reminder already on its way has lost its meaning."""
    run = Run(step("a", reminders={"offsets": ["1 day", "6 days"]})).until("2026-03-05 09:00")
    assert len(run.reminders("a")) == 1
    generation = run.occurrence("a").generation
    run.migrate(step("a", reminders={"offsets": ["2 days", "4 days", "8 days"]}))
    assert run.occurrence("a").generation == generation + 1
    run.until("2026-03-30 09:00")
    assert run.reminders("a") == ["2026-03-03 09:00", "2026-03-06 09:00", "2026-03-10 09:00"]


def test_E2_a_series_keeps_its_rhythm_or_begins_anew() -> None:
    """Every day becomes every two days."""
    before = step("diary", offset="1 hour", repeat={"every": "1 day", "count": 6, "overlap": True})
    after = step("diary", offset="1 hour", repeat={"every": "2 days", "count": 6, "overlap": True})
    run = Run(before).until("2026-03-04 12:00")
    run.migrate(after)
    assert [run.planned(f"diary.{number}") for number in (4, 5)] == ["2026-03-05 10:00", "2026-03-06 10:00"]
    other = Run(before).until("2026-03-04 12:00")
    other.migrate(after, waits="restart")
    assert [other.planned(f"diary.{number}") for number in (4, 5, 6)] == [
        "2026-03-06 10:00",
        "2026-03-08 10:00",
        "2026-03-10 10:00",
    ]
    other.until("2026-04-01 00:00")
    assert _deliveries(other) == [f"diary.{number}" for number in range(1, 7)]


def test_E2_a_step_that_is_done_does_not_come_back_because_it_repeats_now() -> None:
    """Done is untouched."""
    run = Run(step("a"), step("b", offset="2 days"))
    run.respond("a")
    run.migrate(step("a", repeat={"every": "1 day", "count": 5}), step("b", offset="2 days"), waits="restart")
    run.until("2026-03-20 00:00")
    assert _deliveries(run) == ["a.1", "b.1"]


def test_E2_an_open_wait_keeps_its_time() -> None:
    """What completes by itself does so when it would have."""
    before, after = step("rest", completes_on={"offset": "5 days"}), step("rest", completes_on={"offset": "2 days"})
    run = Run(before, step("b")).until("2026-03-06 09:00")
    run.migrate(after, step("b"))
    run.until("2026-03-30 00:00")
    assert run.delivered("b") == "2026-03-07 09:00"


# Removed, renamed


def test_E2_removing_an_open_step_is_refused_unless_said() -> None:
    """Nothing is changed, and the answer says which step."""
    run = _at_b()
    before = run.journey
    answer = run.migrate(V1[0], step("c"), V1[3])
    assert (answer.rule, answer.code) == ("E2", "open_step_removed")
    assert "b.1" in answer.message
    assert run.journey == before


def test_E2_an_open_step_that_is_gone_is_cancelled() -> None:
    """It stays to be read, and what follows goes on."""
    run = _at_b()
    assert run.migrate(V1[0], step("c"), V1[3], cancel=["b"]).accepted
    assert (run.state("b"), run.state("c")) == ("cancelled", "open")
    assert run.journey.retired == {"b": 1}
    assert run.structure.by_id["b"].type == "message"
    run.respond("c")
    run.until("2026-03-10 00:00")
    run.respond("d")
    assert run.status == "completed"


def test_E2_an_open_step_that_is_gone_is_redirected() -> None:
    """The other step comes at once, whatever its time says."""
    run = _at_b()
    run.migrate(V1[0], step("better", offset="30 days"), V1[2], redirect={"b": "better"})
    assert (run.state("b"), run.state("better")) == ("cancelled", "open")
    assert run.delivered("better") == "2026-03-04 10:00"


def test_E2_a_held_step_that_is_gone_is_like_an_open_one() -> None:
    """It kept the journey waiting: somebody has to say what becomes of it."""
    run = Run(step("a", window={"finish_by": "1 day"}), step("b")).until("2026-03-05 09:00")
    assert run.journey.is_held
    assert run.migrate(step("b")).code == "open_step_removed"
    assert run.migrate(step("b"), cancel=["a"]).accepted
    assert (run.journey.is_held, run.state("b")) == (False, "open")


def test_E2_a_renamed_step_is_the_same_step() -> None:
    """Done stays done, open stays open; the old name still finds it."""
    run = _at_b()
    run.migrate(step("intro"), step("work", offset="2 days"), V1[2], V1[3], renamed={"a": "intro", "b": "work"})
    assert (run.state("intro"), run.state("work")) == ("completed", "open")
    assert run.respond("b", "late page").accepted
    assert run.state("work") == "completed"
    run.until("2026-04-01 00:00")
    assert _deliveries(run) == ["a.1", "b.1", "c.1"]


def test_E2_outcomes_go_with_the_new_name() -> None:
    """So that conditions of the new version find them."""
    run = Run(step("mood", outcomes=[["score", "int"]]), step("b", offset="2 days"))
    run.respond("mood", score=12)
    facts = {"outcomes.phq.score": "int"}
    run.migrate(
        step("phq", outcomes=[["score", "int"]]),
        step("b", offset="2 days", when="outcomes.phq.score > 10", facts=facts),
        renamed={"mood": "phq"},
    )
    run.until("2026-03-20 00:00")
    assert run.state("b") == "open"


def test_E2_the_type_of_an_open_step_cannot_change_under_the_client() -> None:
    """What is on their screen would not fit any more."""
    run = _at_b()
    answer = run.migrate(V1[0], step("b", type="diary"), V1[2], V1[3])
    assert (answer.rule, answer.code) == ("E2", "type_changed")
    run.respond("b")
    assert run.migrate(V1[0], step("b", type="diary"), V1[2], V1[3]).accepted


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"cancel": ["zz"]}, "zz is no step of the version that is left"),
        ({"renamed": {"b": "zz"}}, "zz is no step of version 2"),
        ({"renamed": {"a": "d"}}, "a is a step of both versions"),
        ({"redirect": {"b": "zz"}}, "zz is no step of version 2"),
        ({"waits_of": {"zz": "keep"}}, "zz is no step of version 2"),
    ],
)
def test_E2_a_slip_in_the_mapping_is_refused(mapping: dict[str, Any], words: str) -> None:
    """With every name that is wrong."""
    answer = _at_b().migrate(*V1, **mapping)
    assert (answer.rule, answer.code) == ("E2", "wrong_mapping")
    assert words in answer.message


def test_E1_only_to_another_version_of_the_same_pathway_and_as_it_was_seen() -> None:
    """A diff that is out of date is looked at again."""
    run = _at_b()
    assert run.migrate(*V1, version=1).code == "same_version"
    seq = run.journey.seq
    run.open("b")
    assert run.migrate(*V1, expects=seq).code == "moved_on"
    assert run.migrate(*V1, expects=seq + 1).accepted
    over = Run(step("a"), step("b", required=False))
    over.respond("a")
    assert over.migrate(*V1).code == "journey_completed"


def test_E1_a_journey_may_go_back() -> None:
    """To the version it came from: what is retired is a step again."""
    run = _at_b()
    run.migrate(V1[0], step("c"), V1[3], cancel=["b"])
    assert run.migrate(*V1, version=1).accepted
    assert (run.journey.retired, run.journey.version) == ({}, 1)
    run.respond("c")
    run.until("2026-03-30 00:00")
    assert _deliveries(run) == ["a.1", "b.1", "c.1", "d.1"]


def test_E1_a_paused_journey_moves_too() -> None:
    """And goes on by the new version when it is resumed."""
    run = _at_b()
    run.pause()
    run.until("2026-03-06 10:00")
    assert run.migrate(V1[0], V1[1], step("x"), V1[3]).accepted
    run.resume()
    run.respond("b")
    assert run.state("x") == "open"


# Deviations


def test_E4_deviations_are_kept_through_a_migration() -> None:
    """Those that still fit; a shift is not counted twice."""
    run = Run(*V1)
    run.change(ShiftStep(step="c", by=Offset(days=2)))
    run.change(DropStep(step="d"))
    run.respond("a")
    run.until("2026-03-04 09:00")
    run.respond("b")
    assert run.planned("c") == "2026-03-09 09:00"
    run.migrate(V1[0], V1[1], step("c", offset="7 days"), step("e", offset="1 day"))
    assert run.planned("c") == "2026-03-09 09:00"
    assert [one.kind for one in run.journey.deviations] == ["shift"]
    assert run.planned("e") == "2026-03-10 09:00"
    other = Run(*V1)
    other.change(ShiftStep(step="c", by=Offset(days=2)))
    other.migrate(V1[0], V1[1], step("c", offset="7 days"))
    other.respond("a")
    other.until("2026-03-04 09:00")
    other.respond("b")
    assert other.planned("c") == "2026-03-13 09:00"


@pytest.mark.parametrize("has_come", [False, True])
def test_E4_an_added_step_stays_with_its_client(has_come: bool) -> None:
    """Also where it came already; also where the step behind it is gone."""
    run = Run(*V1)
    run.change(added(step("extra"), after="a"))
    if has_come:
        run.respond("a")
    run.migrate(V1[0], step("z", offset="1 day"))
    assert [one.id for one in run.structure.steps] == ["a", "extra", "z"]
    if not has_come:
        run.respond("a")
    assert run.state("extra") == "open"
    run.respond("extra")
    run.until("2026-03-30 00:00")
    assert _deliveries(run) == ["a.1", "extra.1", "z.1"]


def test_E4_an_added_step_goes_with_the_step_it_hangs_on() -> None:
    """Where that came, it is still there to count from; where not, the added step falls away, and the journey says so."""
    run = _at_b()
    run.change(added(step("extra"), after="b"))
    run.migrate(V1[0], step("z"), cancel=["b"])
    assert [one.id for one in run.structure.steps] == ["a", "z", "b", "extra"]
    run.respond("z")
    assert run.state("extra") == "open"
    other = _at_b()
    other.change(added(step("extra"), after="c"))
    other.migrate(*V1[:2])
    assert other.journey.deviations == ()
    assert other.happened("journey_migrated")[0].deviations == 0


def test_E3_a_message_that_was_answered_before_is_answered_the_same_after() -> None:
    """Ids travel with the journey."""
    run = _at_b()
    message = Respond(id="m1", occurrence="b.1", response_id="r9")
    first = run.send(message)
    run.migrate(*V1[:2], step("c2", offset="3 days"))
    again = run.send(message)
    assert (again.accepted, again.seq) == (True, first.seq)


def test_E2_only_the_named_pathway() -> None:
    """Another pathway is another journey."""
    run = _at_b()
    other = pathway(*V1).model_copy(update={"pathway": "other", "version": 2})
    answer = run.send(Migrate(id="x", by=By(role="operator"), structure=other, reason="no"))
    assert answer.code == "other_pathway"
