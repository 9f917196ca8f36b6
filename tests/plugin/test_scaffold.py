"""`stepwell step-type new` writes a package that keeps every rule from the first moment, or says why it does not."""

import subprocess
import sys
from pathlib import Path

import pytest

from stepwell.scaffold import Refusal, write_package
from tests.commands.typed import stepwell
from tests.e2e.processes import ROOT, environment

RUFF = str(Path(sys.executable).with_name("ruff"))


def _run(folder: Path, *words: str) -> None:
    given = {**environment(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=folder, env=given, text=True, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["mood_check", "x", "twenty_eight_characters_long"])
def test_what_is_written_keeps_every_rule(name: str, tmp_path: Path) -> None:
    """By its own tests, in its own folder, formatted and without a complaint from the linter."""
    said = stepwell("step-type", "new", name, "--into", str(tmp_path))
    assert said.code == 0, said
    (folder,) = tmp_path.iterdir()
    assert folder.name == f"stepwell-{name.replace('_', '-')}"
    assert not [file for file in folder.rglob("*") if file.is_file() and "$" in file.read_text().replace("$ pip", "")]
    _run(folder, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    _run(folder, RUFF, "format", "--check", "--no-cache", ".")
    _run(folder, RUFF, "check", "--no-cache", "--select", "E,F,W,I,B,UP,SIM,RUF", ".")


@pytest.mark.parametrize(
    "name",
    ["", "Mood", "a mood", "_mood", "mood_", "mood__check", "1mood", "../mood", "a-mood", "m" * 29, "m\u202e", "m\n"],
)
def test_a_name_that_cannot_be_is_refused(name: str, tmp_path: Path) -> None:
    """With what a name is made of; nothing is written."""
    with pytest.raises(Refusal, match="small letters, digits and single _"):
        write_package(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    """Two types of one name would keep every worker from starting."""
    said = stepwell("step-type", "new", "message", "--into", str(tmp_path))
    assert (said.code, "stepwell step-type show message" in " ".join(said.err.replace("│", " ").split())) == (2, True)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A folder that is there stays as it is; one that is not has to be made first."""
    folder = write_package("mood", tmp_path)
    (folder / "README.md").write_text("mine")
    with pytest.raises(Refusal, match="is there already"):
        write_package("mood", tmp_path)
    assert (folder / "README.md").read_text() == "mine"
    for place in (tmp_path / "nowhere", folder / "README.md"):
        with pytest.raises(Refusal, match="no folder; make it first"):
            write_package("mood", place)


def test_types_are_listed_and_shown() -> None:
    """For people and for programs."""
    listed = stepwell("step-type", "list")
    assert "message\tstepwell\tRead and acknowledge." in listed.out
    assert {"name": "wait", "package": "stepwell"}.items() <= stepwell("step-type", "list", "--json").data[-1].items()
    shown = stepwell("step-type", "show", "choice")
    assert (shown.code, "| `at_most` |" in shown.out) == (0, True)
    assert stepwell("step-type", "show", "choice", "--json").data["content"]["title"] == "ChoiceContent"
    unknown = stepwell("step-type", "show", "chioce")
    assert (unknown.code, "did you mean 'choice'?" in unknown.err) == (4, True)
