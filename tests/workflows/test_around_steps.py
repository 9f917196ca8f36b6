"""What people do around their steps: ask, read, share, rate, tailor, look back, take their record with them."""

import json
from datetime import timedelta

import pytest

from stepwell import Refused
from stepwell.caughtmail import read_mails
from stepwell.takeaway import page_of
from tests.pathways import document, step
from tests.workflows.house import House
from tests.workflows.test_journeys import enter

NOTE = """
- id: {name}
  type: questionnaire
  title: {name}
  rationale: why
  instructions: do
  kind: self_assessment
  visibility: {visibility}
  content: {{items: [{{id: words, type: text, text: Words}}]}}
"""


def note(name: str, visibility: str = "client_and_practitioner") -> str:
    """A step that takes words, for whoever may read them."""
    return NOTE.format(name=name, visibility=visibility)


async def _mails(home: House, to: str, count: int) -> list[str]:
    async def enough() -> list[str] | None:
        found = [f"{mail.subject}\n{mail.text}" for mail in read_mails(home.mail.folder) if mail.to == to]
        return found if len(found) >= count else None

    found: list[str] = await home.until(enough, f"{count} mails to {to}")
    return found


async def test_D16_a_question_goes_to_the_practitioner_and_the_mail_carries_no_word_of_it(home: House) -> None:
    """And back: the answer is read where the client is known, the mail only says that it is there."""
    await home.stepwell.keep_practitioner("dr", display_name="Dr. Eva", email="eva@example.org")
    journey = await enter(home, document(step("a") + step("b")), practitioner="dr")
    await home.recorded(journey, "step_delivered")
    await home.stepwell.ask(journey, "a.1", "Is CANARY normal?", post_id="p1")
    await home.stepwell.ask(journey, "a.1", "Is CANARY normal?", post_id="p1")
    with pytest.raises(Refused, match="used for something else"):
        await home.stepwell.ask(journey, "a.1", "Something else", post_id="p1")
    (told,) = await _mails(home, "eva@example.org", 1)
    assert "CANARY" not in told
    await home.stepwell.answer(journey, "a.1", "Yes, CANARY is.", by="dr")
    answered = (await _mails(home, "ada@example.org", 2))[-1]
    assert answered.startswith("Your practitioner has answered your question")
    assert "CANARY" not in answered
    await home.stepwell.mark_read(journey, "a.1", reader="client")
    thread = await home.stepwell.thread(journey, "a.1")
    assert [(one.role, one.text, one.read_at is not None) for one in thread] == [
        ("client", "Is CANARY normal?", False),
        ("practitioner", "Yes, CANARY is.", True),
    ]
    assert "CANARY" not in str(await home.stepwell.history(journey))


async def test_V1_D9_a_client_decides_who_reads_and_may_take_it_back_until_it_is_read(home: House) -> None:
    """`client_only` never, `client_decides` while shared; what was read stays read."""
    journey = await enter(home, document(note("mine", "client_only") + note("maybe", "client_decides") + note("ours")))
    for name in ("mine", "maybe", "ours"):
        await home.stepwell.respond(journey, f"{name}.1", {"answers": {"words": f"{name} words"}})
    stepwell = home.stepwell

    async def read() -> list[str]:
        found = [one for name in ("mine", "maybe", "ours") for one in await stepwell.responses(journey, f"{name}.1")]
        return [one.payload["answers"]["words"] for one in found]

    assert await read() == ["ours words"]
    assert await stepwell.share(journey, "maybe.1") == 1
    assert await stepwell.withdraw(journey, "maybe.1") == 1
    assert await read() == ["ours words"]
    await stepwell.share(journey, "maybe.1")
    assert await read() == ["maybe words", "ours words"]
    assert await stepwell.withdraw(journey, "maybe.1") == 0
    assert await read() == ["maybe words", "ours words"]
    for name in ("mine", "ours"):
        with pytest.raises(Refused, match="settled by its pathway"):
            await stepwell.share(journey, f"{name}.1")
    own = [one for name in ("mine", "maybe") for one in await stepwell.responses(journey, f"{name}.1", reader="client")]
    assert [one.is_intact for one in own] == [True, True]


async def test_D30_D34_a_client_rates_what_a_step_was_worth(home: House) -> None:
    """The latest rating of a measure counts; nothing outside its scale."""
    journey = await enter(home, document(step("a") + step("b")))
    await home.stepwell.respond(journey, "a.1")
    await home.stepwell.rate(journey, "a.1", "helpfulness", 2)
    await home.stepwell.rate(journey, "a.1", "helpfulness", 4)
    await home.stepwell.rate(journey, "a.1", "effort", 1)
    assert [(one.measure, one.value) for one in await home.stepwell.ratings(journey)] == [("effort", 1), ("helpfulness", 4)]
    for measure, value in (("helpfulness", 5), ("helpfulness", -1), ("weather", 1), ("effort", True)):
        with pytest.raises(Refused, match="a rating is one of"):
            await home.stepwell.rate(journey, "a.1", measure, value)


async def test_D17_D31_words_for_one_client_alone_stay_on_record(home: House) -> None:
    """A personal message and other instructions, in the to-do list at once; every change with who and why."""
    journey = await enter(home, document(step("a")))
    await home.recorded(journey, "step_delivered")
    change = {"instructions": "Only half of it.", "message": "Thinking of you, {{name}}."}
    await home.stepwell.tailor(journey, "a", change, reason="too much at once", by="dr")
    (shown,) = await home.stepwell.to_do("c1")
    assert (shown.instructions, shown.message, shown.rationale) == ("Only half of it.", "Thinking of you, Ada.", "why")
    await home.stepwell.tailor(journey, "a", {"instructions": None}, reason="well again", by="dr")
    (shown,) = await home.stepwell.to_do("c1")
    assert (shown.instructions, shown.message) == ("do", "Thinking of you, Ada.")
    assert [(one.number, one.by_id, one.reason) for one in await home.stepwell.tailorings(journey)] == [
        (1, "dr", "too much at once"),
        (2, "dr", "well again"),
    ]
    with pytest.raises(Refused, match="can be changed for one client"):
        await home.stepwell.tailor(journey, "a", {"practitioner_notes": "x"}, reason="r")


async def test_D28_an_obstacle_is_a_code_from_the_taxonomy(home: House) -> None:
    """On skipping, and with a late answer; free text is none."""
    journey = await enter(home, document(step("a", "required: false") + step("b")))
    await home.recorded(journey, "step_delivered", 2)
    with pytest.raises(Refused, match="is no obstacle"):
        await home.stepwell.skip(journey, "a.1", obstacle="my dog ate it")
    await home.stepwell.skip(journey, "a.1", obstacle="no_time")
    await home.stepwell.respond(journey, "b.1", obstacle="unclear")
    events = {event.kind: event for event in await home.recorded(journey, "step_completed")}
    assert (events["step_skipped"].obstacle, events["step_completed"].obstacle) == ("no_time", "unclear")  # type: ignore[union-attr]


SESSION = """
- id: {name}
  type: appointment
  title: {name}
  content: {{date: {name}}}
"""


async def test_D15_D24_D33_D37_the_log_since_the_last_session_and_what_was_done(home: House) -> None:
    """What was given between sessions that took place; compliance by kind and step, excused work counted for nobody."""
    source = document(note("first") + SESSION.format(name="session") + note("second") + note("third") + step("end"))
    journey = await enter(home, source)
    await home.stepwell.respond(journey, "first.1", {"answers": {"words": "x"}})
    await home.stepwell.respond(journey, "session.1", {"attended": True})
    await home.stepwell.respond(journey, "second.1", {"answers": {"words": "x"}})
    await home.stepwell.excuse(journey, "third.1", reason="not needed")
    await home.recorded(journey, "step_delivered", 5)
    log = await home.stepwell.session_log(journey)
    assert [(one.session, [entry.occurrence for entry in one.entries]) for one in log] == [
        (None, ["first.1"]),
        ("session.1", ["second.1", "third.1", "end.1"]),
    ]
    until = await home.now(journey) + timedelta(days=1)
    whole = (await home.stepwell.compliance(client="c1", until=until))["all"]
    assert (whole.assigned, whole.completed, whole.compliance, whole.on_time) == (3, 2, 2 / 3, 1.0)
    by_kind = await home.stepwell.compliance(by="kind", until=until)
    assert {name: one.compliance for name, one in by_kind.items()} == {"none": 0.0, "self_assessment": 1.0}
    assert set(await home.stepwell.compliance(by="step", until=until)) == {
        f"trial/{name}" for name in ("first", "second", "third", "end")
    }
    with pytest.raises(Refused, match="figures come by"):
        await home.stepwell.compliance(by="weather")
    (left,) = await home.stepwell.unfinished()
    assert (left.occurrence, left.state) == ("end.1", "open")


async def test_D36_what_the_program_can_show_of_an_assignment(home: House) -> None:
    """A checklist, never a score."""
    with_check = "- {id: a, type: message, title: A, kind: psychoeducation, rationale: r, content: {body: B, check: I see}}"
    journey = await enter(home, document(with_check))
    await home.stepwell.respond(journey, "a.1", {"understood": True})
    shown = await home.stepwell.evidence(journey, "a.1")
    assert shown.model_dump() == {
        "rationale": True,
        "instructions": False,
        "practised": False,
        "understanding": True,
        "specific": False,
        "marked_as_homework": True,
        "written_record": True,
    }


async def test_D43_V3_a_client_takes_everything_with_them_that_is_theirs(home: House) -> None:
    """As JSON and as a page: words, answers, dates, questions; no practitioner's note, no internal title."""
    secret = "client_title: Shown\npractitioner_notes: SECRET note"
    source = document(step("a", secret).replace("title: a", "title: SECRET title") + note("b", "client_only") + step("c"))
    journey = await enter(home, source)
    await home.stepwell.respond(journey, "a.1")
    await home.stepwell.respond(journey, "b.1", {"answers": {"words": "mine"}})
    await home.stepwell.ask(journey, "b.1", "A <b>question</b>")
    taken = await home.stepwell.export("c1")
    for written, found in (
        (json.dumps(taken, default=str), ('"mine"', '"A <b>question</b>"', '"Shown"')),
        (page_of(taken, await home.now(journey)), ("<dd>mine", "A &lt;b&gt;question&lt;/b&gt;", "Shown", "<dt>Words</dt>")),
    ):
        assert "SECRET" not in written
        assert [one for one in found if one not in written] == []
    (only,) = taken["journeys"]
    assert [(one["occurrence"], one["state"], len(one["responses"])) for one in only["steps"]] == [
        ("a.1", "completed", 1),
        ("b.1", "completed", 1),
        ("c.1", "open", 0),
    ]


async def test_D13_D29_a_to_do_list_is_worked_off_when_it_suits(home: House) -> None:
    """With reason, instructions and effort; put off for a while; neither side online at once."""
    both = step("a", "effort: 10 minutes") + step("b", "regardless: true\ndeliver: {after: journey.started}")
    journey = await enter(home, document(both + step("c")))
    await home.recorded(journey, "step_delivered", 2)
    shown = {item.occurrence: item for item in await home.stepwell.to_do("c1")}
    assert (shown["a.1"].rationale, shown["a.1"].instructions, shown["a.1"].effort) == ("why", "do", "10 minutes")
    await home.stepwell.snooze(journey, "a.1", await home.now(journey) + timedelta(hours=5))
    await home.stepwell.respond(journey, "b.1")
    assert [item.occurrence for item in await home.stepwell.to_do("c1")] == ["a.1"]
    await home.pass_time(journey, timedelta(days=3))
    await home.stepwell.respond(journey, "a.1")
    await home.recorded(journey, "step_delivered", 3)
    assert [item.occurrence for item in await home.stepwell.to_do("c1")] == ["c.1"]


_REVIEWED = """
- id: look
  type: review
  title: Look at it
  rationale: why
  content: {prompt: Look, of: [words]}
"""


async def test_D30_a_client_reads_what_a_review_said_that_asked_for_more(home: House) -> None:
    """It is accepted like any other, although its step stays open."""
    journey = await enter(home, document(note("words") + _REVIEWED))
    await home.recorded(journey, "step_delivered")
    await home.stepwell.respond(journey, "words.1", {"answers": {"words": "Well."}})
    await home.recorded(journey, "step_delivered", 2)
    await home.stepwell.respond(journey, "look.1", {"comment": "A little more, please.", "ask_more": ["words"]})
    await home.recorded(journey, "more_asked")
    (said,) = await home.stepwell.responses(journey, "look.1", reader="client")
    assert said.payload["comment"] == "A little more, please."
    assert said.accepted_at is not None
