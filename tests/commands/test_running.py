"""Commands against a stack that runs: each does its work, with --json for programs and a documented exit code."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.typed import Said, stepwell
from tests.e2e.processes import STEPWELL, Child, environment, free_ports
from tests.pathways import document, step

_QUESTION = """
- id: mood
  type: questionnaire
  title: How are you?
  rationale: why
  instructions: do
  content:
    items: [{id: mood, type: scale, text: How are you?, min: 0, max: 10}]
    outcomes: [mood]
"""
_STEPS = (
    step("a", "window: {finish_by: 5 days}\nreminders: {after: [1 day]}")
    + _QUESTION
    + step("c", "required: false")
    + step("d", "deliver: {after: date surgery, offset: -2 days}\nregardless: true")
    + step("e", "deliver: {after: event operated}\nregardless: true")
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a stack that runs."""
    folder = tmp_path_factory.mktemp("home")
    ports = free_ports()
    up = Child([str(STEPWELL), "up", "--folder", str(folder), "--no-examples", *ports], environment(), folder, "up")
    up.start()
    try:
        up.wait_for("Stepwell is running")
        yield folder
    finally:
        up.stop()


@pytest.fixture(scope="module")
def journey(home: Path) -> str:
    """A client on a pathway of every kind of step."""
    file = home / "trial.yaml"
    file.write_text(document(_STEPS))
    assert stepwell("pathway", "publish", str(file), home=home).code == 0
    assert stepwell("practitioner", "keep", "dr", "--email", "dr@example.org", home=home).code == 0
    added = stepwell("client", "add", "ann", "--email", "ann@example.org", "--practitioner", "dr", "--json", home=home).data
    assert (added["id"], added["practitioner"]) == ("ann", "dr")
    started = stepwell("journey", "start", "ann", "trial", "--json", home=home).data
    assert started["enrolment_key"] == "ann/trial"
    return str(started["id"])


def test_a_journey_from_the_shell(home: Path, journey: str) -> None:
    """Every verb of a client, a practitioner and a host, and what can be seen afterwards."""

    def do(*words: str) -> Said:
        said = stepwell(*words, home=home)
        assert said.code == 0, said
        return said

    do("journey", "open", journey, "a.1")
    do("journey", "remind", journey, "a.1")
    do("journey", "snooze", "ann/trial", "a.1", "--until", "2099-01-01T09:00Z")
    do("journey", "extend", "ann/trial", "a.1", "--until", "2099-01-01T09:00Z", "--reason", "on holiday")
    do("journey", "pause", journey, "--reason", "on holiday")
    do("journey", "resume", journey)
    do("journey", "respond", journey, "a.1", "--id", "first")
    assert "a.1 is done" in do("journey", "respond", journey, "a.1", "--id", "first").out, "the same id is the same response"
    do("journey", "respond", journey, "mood.1", "mood=7")
    do("journey", "skip", journey, "c.1", "--obstacle", "no_time")
    do("journey", "reopen", journey, "mood.1", "--reason", "asked for more")
    do("journey", "excuse", journey, "mood.1", "--reason", "said it in the session")
    do("journey", "date", journey, "surgery", "2099-02-03")
    do("journey", "release", journey, "d.1", "--reason", "wants to read ahead")
    do("journey", "event", journey, "operated")
    do("client", "zone", "ann", "America/New_York")
    do("client", "quiet-hours", "ann", "22:00-07:30")
    assert do("client", "opt-out", "ann", "email", "--json").data["opted_out"] == ["email"]
    assert do("client", "opt-out", "ann", "--json").data["opted_out"] == []
    states = {one["id"]: one["state"] for one in _json(home, "journey", "show", journey)["journey"]["occurrences"]}
    assert states == {"a.1": "completed", "mood.1": "excused", "c.1": "skipped", "d.1": "open", "e.1": "open"}
    kinds = [one["kind"] for one in _json(home, "journey", "history", journey)]
    assert {"journey_paused", "journey_resumed", "reminders_snoozed", "date_set", "host_event_received"} <= set(kinds)
    assert [one["occurrence"] for one in _json(home, "client", "to-do", "ann")] == ["d.1", "e.1"]
    assert _json(home, "journey", "forecast", journey)["items"] == []
    known = _json(home, "client", "show", "ann")["client"]
    assert (known["zone"], known["quiet_hours"]) == ("America/New_York", ["22:00", "07:30"])
    do("journey", "stop", journey, "--reason", "moved away")
    assert [one["status"] for one in _json(home, "journey", "list", "--client", "ann")] == ["stopped"]
    assert _json(home, "verify") == []


def _json(home: Path, *words: str) -> Any:
    said = stepwell(*words, "--json", home=home)
    assert said.code == 0, said
    return said.data


def test_lists_are_there_for_people_and_for_programs(home: Path, journey: str) -> None:
    """The same things as lines with tabs, and as JSON."""
    for words, name in (
        (("journey", "list"), journey),
        (("client", "list"), "ann"),
        (("pathway", "list"), "trial"),
        (("pathway", "show", "trial"), "mood"),
        (("mail", "list"), "ann@example.org"),
    ):
        plain, data = stepwell(*words, home=home), stepwell(*words, "--json", home=home)
        assert (plain.code, data.code) == (0, 0)
        assert name in plain.out
        assert name in json.dumps(data.data)


def test_publishing_the_same_text_twice_is_one_version(home: Path, journey: str) -> None:
    """And another text is the next."""
    file = home / "trial.yaml"
    same = stepwell("pathway", "publish", str(file), "--json", home=home).data
    assert (same["number"], same["is_new"]) == (1, False)
    file.write_text(document(_STEPS, "practitioner_notes: changed"))
    changed = stepwell("pathway", "publish", str(file), "--json", home=home).data
    assert (changed["number"], changed["is_new"]) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("journey", "show", "nobody/nothing"), 4, "there is no journey nobody/nothing; see: stepwell journey list"),
        (("client", "show", "nobody"), 4, "there is no client nobody"),
        (("pathway", "show", "trial", "--version", "9"), 4, "trial version 9"),
        (("mail", "show", "999"), 4, "stepwell mail list"),
        (("journey", "start", "nobody", "trial"), 4, "add them first"),
        (("journey", "start", "ann", "trail"), 4, "no pathway trail is published"),
        (("client", "add", "ann"), 3, "there is a client ann already"),
        (("client", "add", "zoe", "--zone", "Mars/Base"), 3, "T3"),
        (("client", "add", "zoe", "--quiet", "late"), 3, "21:00 and 08:00"),
        (("client", "quiet-hours", "ann", "07:00-06:00"), 3, "20 hours at most"),
        (("client", "opt-out", "ann", "pigeon"), 3, "pigeon"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_refusals_have_their_exit_code_and_say_what_to_do(
    home: Path, journey: str, words: tuple[str, ...], code: int, complaint: str
) -> None:
    """3 refused by a rule, 4 not found; on standard error, without a traceback."""
    said = stepwell(*words, home=home)
    assert said.code == code, said
    assert complaint in said.err
    assert said.out == ""


def test_a_rule_that_refuses_is_named(home: Path, journey: str) -> None:
    """And an answer that does not fit is exit code 5, with everything that is wrong."""
    assert stepwell("client", "add", "eve", home=home).code == 0
    assert stepwell("journey", "start", "eve", "trial", home=home).code == 0
    early = stepwell("journey", "respond", "eve/trial", "mood.1", "mood=3", home=home)
    assert (early.code, "(rule G10)" in early.err) == (3, True)
    again = stepwell("journey", "start", "eve", "trial", home=home)
    assert (again.code, "(rule P5)" in again.err, "use_existing" in again.err) == (3, True, True)
    empty = stepwell("journey", "excuse", "eve/trial", "a.1", "--reason", "", home=home)
    assert (empty.code, "reason" in empty.err) == (3, True)
    stepwell("journey", "respond", "eve/trial", "a.1", home=home)
    wrong = stepwell("journey", "respond", "eve/trial", "mood.1", "mood=12", "smell=3", home=home)
    assert (wrong.code, "mood" in wrong.err, "smell" in wrong.err) == (5, True, True)


_SECOND = _STEPS.replace(step("c", "required: false"), "") + step("f", "deliver: {offset: 2 days}")


def test_E4_a_plan_is_changed_from_the_shell_and_says_what_moved(home: Path, journey: str) -> None:
    """In the client's zone; wrong usage is exit code 2, a refusal 3, a step that is wrong 5."""
    assert stepwell("client", "add", "paula", "--zone", "Europe/Berlin", home=home).code == 0
    started = stepwell("journey", "start", "paula", "trial", "--version", "1", home=home)
    assert started.code == 0, started
    set_ = stepwell("journey", "date", "paula/trial", "surgery", "2099-02-03", home=home)
    assert "delivery\td.1\tnobody knows\tSun 2099-02-01 00:00" in set_.out
    shifted = stepwell("plan", "shift", "paula/trial", "d", "--by=-1 day", "--reason", "earlier", home=home)
    assert "delivery\td.1\tSun 2099-02-01 00:00\tSat 2099-01-31 00:00" in shifted.out
    assert stepwell("plan", "drop", "paula/trial", "c", "--reason", "not for her", home=home).code == 0
    assert stepwell("plan", "restore", "paula/trial", "c", "--reason", "for her", home=home).code == 0
    assert stepwell("plan", "move", "paula/trial", "e", "--after", "a", "--reason", "sooner", home=home).code == 0
    file = home / "extra.yaml"
    file.write_text(step("extra"))
    added = stepwell(
        "plan", "add", "paula/trial", "--after", "a", "--file", str(file), "--reason", "asked", "--json", home=home
    )
    assert [one["occurrence"] for one in added.data["moved"] if one["is_new"]] == ["extra.1"], added
    assert stepwell("plan", "add", "paula/trial", "--after", "a", "--reason", "r", home=home).code == 2
    refused = stepwell("plan", "drop", "paula/trial", "a", "--reason", "r", home=home)
    assert (refused.code, "(rule E4)" in refused.err) == (3, True)
    file.write_text(step("other").replace("type: message", "type: mesage"))
    wrong = stepwell("plan", "add", "paula/trial", "--after", "a", "--file", str(file), "--reason", "r", home=home)
    assert (wrong.code, "did you mean 'message'?" in wrong.err) == (5, True)


def test_E1_journeys_move_to_another_version_from_the_shell(home: Path, journey: str) -> None:
    """One that is looked at first; then many: proposed, shown, and applied to one of them."""
    for name in ("mia", "max"):
        assert stepwell("client", "add", name, home=home).code == 0
        assert stepwell("journey", "start", name, "trial", "--version", "1", home=home).code == 0
    file = home / "next.yaml"
    file.write_text(document(_SECOND))
    to = str(stepwell("pathway", "publish", str(file), "--json", home=home).data["number"])
    seen = stepwell("migration", "look", "mia/trial", "--to", to, home=home)
    assert ("gains\tf" in seen.out, "loses\tc" in seen.out) == (True, True), seen
    moved = stepwell("migration", "move", "mia/trial", "--to", to, "--reason", "better", home=home)
    assert "the journey goes on by version" in moved.out, moved
    again = stepwell("migration", "move", "mia/trial", "--to", to, "--reason", "better", home=home)
    assert (again.code, "(rule E1)" in again.err) == (3, True)
    running = [one["id"] for one in _json(home, "journey", "list", "--client", "max")]
    proposed = stepwell(
        "migration", "propose", "--to", to, "--journey", running[0], "--reason", "better", "--json", home=home
    ).data
    ready = _until(home, proposed["id"], "ready")
    assert [one["step"] for one in ready["items"][0]["difference"]["gains"]] == ["f"]
    assert stepwell("migration", "apply", proposed["id"], home=home).code == 2
    assert stepwell("migration", "apply", proposed["id"], running[0], home=home).code == 0
    _until(home, proposed["id"], "done")
    assert _json(home, "journey", "show", "max/trial")["journey"]["version"] == int(to)
    assert _json(home, "verify") == []


def _until(home: Path, job: str, state: str) -> Any:
    for _ in range(300):
        shown = _json(home, "migration", "show", job)
        if [one["state"] for one in shown["items"]] == [state]:
            return shown
        time.sleep(0.1)
    raise AssertionError(shown)


def test_P5_a_group_from_the_shell(home: Path, journey: str, tmp_path: Path) -> None:
    """Made of arguments and a file, started, watched to its end; late joiners, members, and all of them paused and stopped."""
    names = [f"g{each}" for each in range(5)]
    for name in (*names, "late"):
        assert stepwell("client", "add", name, home=home).code == 0
    listed = tmp_path / "clients.txt"
    listed.write_text("g1\n\n g2 \ng3\ng4\n")
    words = ("group", "create", "Spring", "trial", "g0", "g1", "--file", str(listed), "--version", "1", "--id", "spring")
    made = stepwell(*words, "--json", home=home).data
    assert (made["waiting"], made["version"], made["started_at"]) == (5, 1, None)
    assert stepwell(*words, "--json", home=home).data["id"] == made["id"]
    group = made["id"]
    assert "5 waiting" in stepwell("group", "start", group, home=home).out
    assert "finished: 5 started" in stepwell("group", "show", group, "--watch", home=home).out
    assert "1 came" in stepwell("group", "add", group, "late", "g0", home=home).out
    assert stepwell("group", "show", group, "--watch", "--json", home=home).data["started"] == 6
    page = _json(home, "group", "members", group, "--state", "started", "--limit", "4")
    rest = _json(home, "group", "members", group, "--after", str(page["next"]))
    members = page["items"] + rest["items"]
    assert [(one["client"], one["is_late"]) for one in members] == [*((name, False) for name in names), ("late", True)]
    assert f"{group}\tSpring\ttrial v1\t6\tfinished\t6" in stepwell("group", "list", home=home).out
    assert "6 done" in stepwell("group", "date", group, "surgery", "2031-05-01", home=home).out
    assert _json(home, "group", "show", group)["dates"] == {"surgery": "2031-05-01"}
    assert "2031-04-29" in stepwell("journey", "forecast", members[0]["journey"], home=home).out
    paused = stepwell("group", "pause", group, "--reason", "a holiday", "--json", home=home).data
    assert (paused["done"], paused["refused"]) == (6, 0)
    assert {one["status"] for one in _group_journeys(home, members)} == {"paused"}
    assert "6 done" in stepwell("group", "resume", group, home=home).out
    assert "6 done" in stepwell("group", "stop", group, "--reason", "the course is over", home=home).out
    assert {one["status"] for one in _group_journeys(home, members)} == {"stopped"}


def _group_journeys(home: Path, members: list[Any]) -> list[Any]:
    return [_json(home, "journey", "show", one["journey"])["journey"] for one in members]


def test_a_group_in_waves_is_cancelled_and_gone_on_with(home: Path, journey: str) -> None:
    """The second wave is a day off."""
    for name in ("w0", "w1"):
        assert stepwell("client", "add", name, home=home).code == 0
    assert stepwell("group", "create", "W", "trial", "w0", "--wave-size", "1", home=home).code == 2
    waves = ("--wave-size", "1", "--wave-every", "1 day")
    group = stepwell("group", "create", "W", "trial", "w0", "w1", *waves, "--json", home=home).data["id"]
    assert stepwell("group", "start", group, home=home).code == 0
    for _ in range(300):
        if _json(home, "group", "show", group)["started"] == 1:
            break
        time.sleep(0.1)
    cancelled = stepwell("group", "cancel", group, home=home)
    assert "cancelled: 1 waiting, 1 started" in cancelled.out
    refused = stepwell("group", "start", group, home=home)
    assert (refused.code, "retry it to go on" in refused.err) == (3, True)
    assert _json(home, "group", "retry", group)["cancelled_at"] is None
    assert stepwell("group", "show", "none", home=home).code == 4
