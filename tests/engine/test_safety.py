"""Rule R8, reviews that ask for more (D30), and questions (D16), as far as the journey is concerned."""

from datetime import timedelta

from engine.alarm import next_round_at, rungs_reached, told
from engine.messages import AnswerQuestion, AskQuestion, By
from engine.structure import Alerts
from engine.zones import zone_of
from tests.engine.driver import Run, step

DAILY = {"offsets": ("1 day", "2 days", "3 days", "4 days")}


def test_R8_automatic_reminders_are_held_while_an_alert_is_open() -> None:
    """Those of every step, those on their way too; afterwards they go on, and none is made up for."""
    run = Run(step("a", reminders=DAILY), step("b", after="journey.started", regardless=True, reminders=DAILY))
    run.until("2026-03-03 09:00")
    generation = run.occurrence("a").generation
    run.risk("a")
    assert run.occurrence("a").generation == generation + 1
    run.until("2026-03-05 12:00")
    assert run.reminders() == ["2026-03-03 09:00"]
    run.acknowledge()
    run.until("2026-03-20 09:00")
    assert run.reminders() == ["2026-03-03 09:00", "2026-03-06 09:00"]


def test_R8_a_practitioners_own_reminder_is_not_held() -> None:
    """Only what the plan sends by itself is."""
    run = Run(step("a", reminders=DAILY))
    run.risk("a")
    run.remind("a")
    assert run.reminders() == ["2026-03-02 09:00"]


def test_R8_every_alert_has_to_be_acknowledged_and_not_by_the_client() -> None:
    """Two alerts: one of them keeps the reminders held. Twice the same is one."""
    run = Run(step("a", reminders=DAILY))
    run.risk("a", "one")
    run.risk("a", "one")
    run.risk("a", "two")
    assert len(run.happened("risk_raised")) == 2
    assert run.acknowledge("one", by="client").code == "not_yours"
    run.acknowledge("one")
    run.until("2026-03-03 12:00")
    assert run.reminders() == []
    run.acknowledge("two")
    assert run.acknowledge("two").accepted
    run.until("2026-03-04 12:00")
    assert run.reminders() == ["2026-03-04 09:00"]


def test_R8_an_alert_climbs_and_repeats() -> None:
    """At once to the first; again every half hour; the next rung at its own time; who was told is told again."""
    alerts = Alerts.model_validate(
        {
            "rungs": [
                {"after": "0", "to": "practitioner"},
                {"after": "45 minutes", "to": "on_call"},
                {"after": "1 day", "to": "head"},
            ],
            "every": "30 minutes",
        }
    )
    raised_at = Run(step("a")).now
    utc = zone_of("UTC")
    now, rounds = raised_at, []
    for _ in range(5):
        rungs = rungs_reached(alerts, raised_at, now, utc)
        rounds.append(((now - raised_at) // timedelta(minutes=1), told(alerts, rungs)))
        now = next_round_at(alerts, raised_at, rungs, now, utc)
    both = ("practitioner", "on_call")
    assert rounds == [(0, ("practitioner",)), (30, ("practitioner",)), (45, both), (75, both), (105, both)]
    assert rungs_reached(alerts, raised_at, raised_at + timedelta(days=1), utc) == 3


def test_D30_a_review_that_asks_for_more_opens_again_what_it_looked_at() -> None:
    """The journey holds at the review; what was asked for comes; the practitioner is told, and the client goes on after."""
    run = Run(step("a"), step("review", type="review", actor="practitioner", looks_at=("a",), reminders=DAILY), step("b"))
    run.respond("a")
    run.until("2026-03-02 12:00")
    assert run.ask_more("review", "a").accepted
    assert (run.state("a"), run.state("review"), run.state("b")) == ("open", "open", "waiting")
    run.until("2026-03-10 12:00")
    assert run.reminders("review") == []
    run.respond("a", "better")
    assert run.happened("review_returned")[0].occurrence == "review.1"
    assert run.notes[-1].purpose == "returned"
    run.until("2026-03-11 12:00")
    assert run.reminders("review") == ["2026-03-11 12:00"]
    run.respond("review", by="practitioner")
    assert run.state("b") == "open"


def test_D30_more_is_asked_only_of_what_came_and_was_looked_at() -> None:
    """Refused with the reason, the journey unharmed."""
    review = step("review", type="review", actor="practitioner", looks_at=("a", "c"))
    run = Run(step("a"), step("b", required=False), step("c", required=False, when="false"), review)
    run.respond("a")
    assert run.ask_more("review", "b").code == "not_reviewed"
    assert run.ask_more("review", "c").code == "not_reviewed"
    assert run.ask_more("review", "a").accepted
    assert run.ask_more("review", "a").code == "not_settled"


def test_D30_a_review_may_be_given_although_more_was_asked() -> None:
    """The practitioner changes their mind: the client goes on once what is open again is done or excused."""
    run = Run(step("a"), step("review", type="review", actor="practitioner", looks_at=("a",)), step("b"))
    run.respond("a")
    run.ask_more("review", "a")
    assert run.respond("review", "fine", by="practitioner").accepted
    assert run.state("b") == "waiting"
    run.excuse("a")
    assert (run.state("b"), run.happened("review_returned")) == ("open", [])


def test_D16_a_question_is_told_to_the_practitioner_and_its_answer_to_the_client() -> None:
    """Ids only; about a step that was delivered."""
    run = Run(step("a"), step("b"))
    ask = AskQuestion(id=run._id(), by=By(role="client"), occurrence="a.1", question="q1")  # type: ignore[arg-type]
    assert run.send(ask).accepted
    answer = AnswerQuestion(id=run._id(), by=By(role="practitioner"), occurrence="a.1", answer="p1")  # type: ignore[arg-type]
    assert run.send(answer).accepted
    assert [(one.purpose, one.to) for one in run.notes[1:]] == [("question", "practitioner"), ("answer", "client")]
    early = AskQuestion(id=run._id(), by=By(role="client"), occurrence="b.1", question="q2")  # type: ignore[arg-type]
    assert run.send(early).code == "not_delivered"
