"""The page on FHIR holds, word for word; and what the commands say beside it."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.typed import stepwell
from tests.e2e.console import Command, commands_of
from tests.e2e.processes import ROOT, STEPWELL, Child, environment, free_ports

PAGE = ROOT / "docs" / "how-to" / "fhir.md"
DOCUMENTS = Path(__file__).parent / "documents"


def _block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    return found.group(1)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The folder of a stack that runs."""
    ports = free_ports()
    up = Child([str(STEPWELL), "up", "--folder", str(tmp_path), "--no-examples", *ports], environment(), tmp_path, "up")
    up.start()
    try:
        up.wait_for("Stepwell is running")
        yield tmp_path
    finally:
        up.stop()


def _run(command: Command, home: Path) -> None:
    """Run it in this process until it prints what the page says; what does more than look is run once."""
    give_up_at = time.monotonic() + 60
    while True:
        said = stepwell(*command.words.split()[1:], home=home)
        assert said.code == 0, said
        if command.is_met_by(said.out + said.err):
            return
        assert command.only_looks, f"{command}\n{said}"
        assert time.monotonic() < give_up_at, f"{command}\n{said}"
        time.sleep(0.2)


def test_every_command_of_the_page_does_what_it_says(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Import, validate, publish, answer, export; and the draft is the one that is shown."""
    monkeypatch.chdir(home)
    Path("sleep.json").write_text(_block("json"))
    commands = commands_of(PAGE)
    assert len(commands) == 8
    for command in commands:
        if command.words.startswith("stepwell pathway publish"):  # the page is read by day, its test runs at night too
            draft = Path("sleep.yaml").read_text()
            assert draft == _block("yaml")
            Path("sleep.yaml").write_text(draft.replace("steps:", "quiet_hours: none\nsteps:"))
        _run(command, home)
    bundle = json.loads(Path("ben.json").read_text())
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert sorted(kinds) == ["CarePlan", "Questionnaire", "QuestionnaireResponse", "Task"]
    later = stepwell("fhir", "export", "ben/sleep", "--release", "r5", home=home)
    assert later.data["entry"][0]["resource"]["status"] == "completed"
    assert "plannedActivityReference" in later.out
    assert stepwell("fhir", "export", "nobody/sleep", home=home).code == 4


def test_the_draft_goes_to_standard_output_and_the_report_beside_it() -> None:
    """So that a pipe gets the pathway alone."""
    said = stepwell("fhir", "import", str(DOCUMENTS / "two-weeks.json"))
    assert said.code == 0
    assert said.out.startswith("# Drafted from FHIR R4: Questionnaire/two-weeks\n")
    assert "danger to life" in said.err
    assert "danger to life" not in said.out


def test_a_program_gets_everything_as_json() -> None:
    """The draft, the report, the findings; several files are one import."""
    files = [str(DOCUMENTS / "two-weeks.json"), str(DOCUMENTS / "conditions.json")]
    data = stepwell("fhir", "import", *files, "--json", "--release", "R4B").data
    assert set(data) == {"pathway", "release", "notes", "findings"}
    assert data["release"] == "R4"
    assert {note["document"] for note in data["notes"]} == {"Questionnaire/two-weeks", "Questionnaire"}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["import", "no-such.json"], 2, "cannot be read"),
        (["import", str(DOCUMENTS / "README.md")], 5, "is no JSON"),
        (["import", str(DOCUMENTS / "conditions.json"), "--release", "R3"], 2, "is no release"),
        (["import", str(DOCUMENTS / "sleep-plan.json"), str(DOCUMENTS / "visits-r5.json")], 5, "import one at a time"),
        (["import", str(DOCUMENTS / "conditions.json"), "--out", "/no/such/folder/x"], 2, "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(words: list[str], code: int, says: str) -> None:
    """With the documented exit code."""
    said = stepwell("fhir", *words)
    assert (said.code, says in said.err) == (code, True), said
