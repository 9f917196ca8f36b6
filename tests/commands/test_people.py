"""Commands around steps, against a stack that runs: alerts, questions, responses, figures, drafts, exports."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.typed import Said, stepwell
from tests.e2e.processes import STEPWELL, Child, environment, free_ports

PATHWAY = """
pathway: care
title: Care
quiet_hours: none
alerts: {to: practitioner}
tags: {audience: [adults]}
stages: [{id: one, title: Part one}]
steps:
  - id: mood
    type: questionnaire
    stage: one
    title: Mood
    rationale: why
    instructions: do
    visibility: client_and_practitioner
    content: {items: [{id: thoughts, type: scale, text: Thoughts, min: 0, max: 3, risk: {name: thoughts, above: 0}}]}
  - {id: session, type: appointment, title: Session, content: {date: session}}
  - id: wheel
    type: rating_wheel
    stage: one
    title: Wheel
    rationale: why
    instructions: do
    visibility: client_decides
    content: {prompt: Rate, domains: [{id: a, label: A}, {id: b, label: B}]}
  - {id: end, type: message, title: End, rationale: why, instructions: do, content: {body: End}}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a stack that runs, with a client on a pathway."""
    folder = tmp_path_factory.mktemp("home")
    ports = free_ports()
    texts = {"crisis_text": '{"en": "Call 112.", "de": "112 rufen."}', "notice_text": "Nobody watches at night."}
    up = Child([str(STEPWELL), "up", "--folder", str(folder), "--no-examples", *ports], environment(**texts), folder, "up")
    up.start()
    try:
        up.wait_for("Stepwell is running")
        (folder / "care.yaml").write_text(PATHWAY)
        for words in (
            ("pathway", "publish", str(folder / "care.yaml")),
            ("practitioner", "keep", "dr", "--email", "dr@example.org"),
            ("client", "add", "ann", "--practitioner", "dr"),
            ("journey", "start", "ann", "care"),
        ):
            assert stepwell(*words, home=folder).code == 0
        yield folder
    finally:
        up.stop()


def test_a_pathway_from_its_alert_to_its_figures(home: Path) -> None:
    """Each command does its work, and says what it did."""

    def typed(*words: str, code: int = 0) -> Said:
        said = stepwell(*words, home=home)
        assert said.code == code, said.err
        return said

    assert "Call 112." in typed("journey", "respond", "ann/care", "mood.1", "thoughts=1").out
    (alert,) = typed("alert", "list", "--json").data
    assert alert["rules"] == ["thoughts"]
    assert typed("alert", "show", alert["id"], "--json").data["payload"]["answers"] == {"thoughts": 1}
    typed("alert", "show", "nothing", code=4)
    typed("alert", "acknowledge", alert["id"], "--by", "  ", "--reason", "x", code=3)
    typed("alert", "acknowledge", "nothing", "--by", "Dr", "--reason", "called", code=4)
    assert "taken up by Dr" in typed("alert", "acknowledge", alert["id"], "--by", "Dr", "--reason", "called").out
    assert typed("alert", "list", "--json").data == []
    assert len(typed("alert", "list", "--all", "--json").data) == 1
    assert "Call 112." in typed("journey", "respond", "ann/care", "mood.1", "thoughts=2", code=3).err

    (wheel, end) = typed("journey", "coming", "ann/care", "--json").data
    assert (wheel["title"], wheel["words"], wheel["is_certain"]) == ("Wheel", "You will rate 2 areas of your life.", False)
    assert end["occurrence"] == "end.1"

    assert "is booked" in typed("journey", "book", "ann/care", "session.1", "2030-01-02T10:00+00:00").out
    typed("journey", "book", "ann/care", "mood.1", "2030-01-02T10:00+00:00", code=3)
    (home / "attended.json").write_text('{"attended": true}')
    typed("journey", "respond", "ann/care", "session.1", "--file", str(home / "attended.json"))
    (home / "wheel.json").write_text('{"ratings": {"a": 3, "b": 9}}')
    typed("journey", "respond", "ann/care", "wheel.1", "--file", str(home / "wheel.json"))

    assert typed("response", "list", "ann/care", "wheel.1", "--json").data == []
    assert typed("response", "share", "ann/care", "wheel.1").out == "shared 1\n"
    assert typed("response", "withdraw", "ann/care", "wheel.1").out == "taken back 1\n"
    (own,) = typed("response", "list", "ann/care", "wheel.1", "--as-client", "--json").data
    assert (own["payload"]["ratings"], own["is_intact"]) == ({"a": 3, "b": 9}, True)
    typed("response", "picture", "ann/care", "wheel", "--as-client", "--out", str(home / "wheel.svg"))
    assert (home / "wheel.svg").read_text().startswith("<svg")
    assert "| A |" in typed("response", "report", "ann/care", "wheel", "--as-client").out

    assert "asked" in typed("question", "ask", "ann/care", "mood.1", "Is that normal?").out
    assert "answered" in typed("question", "answer", "ann/care", "mood.1", "Yes.", "--by", "dr").out
    assert [one["text"] for one in typed("question", "list", "ann/care", "--json").data] == ["Is that normal?", "Yes."]

    typed("journey", "rate", "ann/care", "mood.1", "helpfulness", "3")
    typed("journey", "rate", "ann/care", "mood.1", "weather", "3", code=3)
    typed("journey", "tailor", "ann/care", "end", "--message", "Well done.", "--reason", "she asked")
    assert typed("client", "to-do", "ann", "--json").data[0]["message"] == "Well done."
    typed("journey", "retry", "ann/care", "end.1", code=3)
    assert typed("journey", "coming", "ann/care", "--json").data == []

    figures = typed("work", "compliance", "--by", "client", "--until", "2031-01-01T00:00Z", "--json").data
    assert (figures["ann"]["completed"], figures["ann"]["assigned"]) == (2, 3)
    assert "a share of much can be low" in typed("work", "compliance").out
    typed("work", "compliance", "--by", "weather", code=3)
    assert [one["occurrence"] for one in typed("work", "unfinished", "--json").data] == ["end.1"]
    assert [one["session"] for one in typed("work", "log", "ann/care", "--json").data] == [None, "session.1"]
    assert typed("work", "stages", "ann/care", "--json").data[0]["share"] == 1.0
    typed("client", "export", "ann", "--out", str(home / "ann.json"))
    assert "Is that normal?" in (home / "ann.json").read_text()
    assert "assigned gad7" in typed("client", "assign", "ann", "gad7").out


def test_drafts_are_made_of_pathways(home: Path) -> None:
    """Copied, combined, put into another order, printed, published."""

    def typed(*words: str, code: int = 0) -> Said:
        said = stepwell(*words, home=home)
        assert said.code == code, said.err
        return said

    typed("draft", "copy", "care", "care-2", "--title", "Care, again")
    typed("draft", "reorder", "care-2", "session", "mood", "wheel", "end")
    typed("draft", "reorder", "care-2", "session", code=3)
    typed("draft", "combine", "both", "care", "care", "--title", "Both", code=0)
    typed("draft", "show", "nothing", code=4)
    (home / "care-2.yaml").write_text(typed("draft", "show", "care-2").out)
    typed("pathway", "publish", str(home / "care-2.yaml"))
    found = typed("pathway", "list", "--tag", "audience:adults", "--json").data
    assert {one["pathway"] for one in found} >= {"care", "care-2"}


def test_P4_a_client_is_deleted(home: Path) -> None:
    """Not without being asked; then at once refused to begin anything, and soon gone."""

    def typed(*words: str, code: int = 0) -> Said:
        said = stepwell(*words, home=home)
        assert said.code == code, said.err
        return said

    typed("client", "add", "gone")
    typed("journey", "start", "gone", "care", "--practitioner", "dr")
    typed("client", "delete", "gone", "--reason", "asked", code=1)  # nobody answers the question
    typed("client", "delete", "gone", "--reason", "because Ann wants it", "--yes", code=3)
    begun = typed("client", "delete", "gone", "--reason", "asked", "--yes", "--json").data
    give_up_at = time.monotonic() + 120
    while typed("client", "deletion", begun["id"], "--json").data["erased_at"] is None:
        assert time.monotonic() < give_up_at, "it was not erased"
    assert "gone" in typed("client", "deletion", begun["id"]).out
    typed("client", "show", "gone", code=4)
    assert typed("journey", "list", "--json").data != []


def test_why_a_client_had_no_mail(home: Path) -> None:
    """Limits, wishes and a hold are set, shown with what waits, and taken back; what cannot be is refused."""

    def typed(*words: str, code: int = 0) -> Said:
        said = stepwell(*words, home=home)
        assert said.code == code, said.err
        return said

    typed("client", "add", "bea", "--email", "bea@example.org", "--zone", "Europe/London", "--practitioner", "dr")
    typed("client", "limit", "bea", "--day", "1", "--week", "3")
    typed("client", "limit", "bea", "--day", "none")
    typed("client", "limit", "bea", "--day", "nine", code=2)
    typed("client", "preferred-time", "bea", "17:00-20:00")
    typed("client", "preferred-time", "bea", "17:00-17:00", code=3)
    typed("client", "snooze", "bea", "2031-01-01T09:00+00:00")
    typed("client", "hold", "bea", "--by", " ", "--reason", "x", code=3)
    typed("client", "lift-hold", "bea", "--by", "Dr", "--reason", "x", code=3)
    typed("client", "hold", "bea", "--by", "Dr Grey", "--reason", "in hospital")
    typed("client", "hold", "nobody", "--by", "Dr Grey", "--reason", "x", code=4)
    typed("journey", "start", "bea", "care")
    give_up_at = time.monotonic() + 60
    while not typed("client", "contacts", "bea", "--json").data["waiting"]:
        assert time.monotonic() < give_up_at
        time.sleep(0.2)
    seen = typed("client", "contacts", "bea", "--json").data
    assert (seen["a_day"], seen["a_week"], seen["preferred_time"]) == (None, 3, ["17:00", "20:00"])
    assert (seen["held_by"], seen["held_reason"]) == ("Dr Grey", "in hospital")
    shown = typed("client", "contacts", "bea").out
    for words in (
        "0, no limit",
        "0 of 3",
        "17:00-20:00",
        "by Dr Grey: in hospital",
        "until lifted",
        "somebody holds the client's mails",
    ):
        assert words in shown
    assert "mail may wait: somebody holds the client's mails" in typed("journey", "forecast", "bea/care").out
    assert {one["why"] for one in typed("journey", "forecast", "bea/care", "--json").data["mails"]} == {"by_hand"}
    typed("client", "lift-hold", "bea", "--by", "Dr Grey", "--reason", "at home")
    typed("client", "snooze", "bea", "off")
    typed("client", "preferred-time", "bea", "any")
    while (seen := typed("client", "contacts", "bea", "--json").data)["waiting"]:
        assert time.monotonic() < give_up_at
        time.sleep(0.2)
    assert (seen["today"], seen["waiting"], seen["held_since"]) == (1, [], None)
    assert seen["latest"][0]["accepted_at"]
