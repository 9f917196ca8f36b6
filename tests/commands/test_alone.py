"""Commands that need nothing running: check, look ahead, simulate; and what every command does with wrong words."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

from stepwell.cli import app
from tests.commands.typed import stepwell
from tests.e2e.processes import STEPWELL, environment
from tests.keys import made_in
from tests.pathways import EXAMPLES, document, step

TUTORIAL = str(EXAMPLES / "tutorial.yaml")


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from _commands(one, (*path, name))


ALL = list(_commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_teaches(words: tuple[str, ...]) -> None:
    """Every command says what it does, and every argument and option what it means."""
    said = stepwell(*words, "--help")
    assert said.code == 0
    command = typer.main.get_command(app)
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name not in ("install_completion", "show_completion", "limit"):
            assert parameter.help, parameter.name


def test_a_mistyped_command_gets_a_suggestion() -> None:
    """Exit code 2, and the word that was meant."""
    said = stepwell("journy")
    assert said.code == 2
    assert "journey" in said.err


def test_validate_says_everything_at_once(tmp_path: Path) -> None:
    """Exit code 5, all findings with their lines; with --json the same for programs."""
    file = tmp_path / "wrong.yaml"
    file.write_text(document(step("a", "requird: true") + step("a") + step("b", "when: outcomes.a.mood > 3")))
    said = stepwell("pathway", "validate", str(file))
    assert said.code == 5
    assert said.out.count("error ") == 3
    assert re.search(r"line \d+, step a", said.out)
    data = stepwell("pathway", "validate", str(file), "--json").data
    assert data["publishable"] is False
    assert {one["code"] for one in data["findings"] if one["severity"] == "error"} == {
        "unknown-field",
        "duplicate-id",
        "condition",
    }


def test_validate_of_what_is_right() -> None:
    """Exit code 0 and one line."""
    said = stepwell("pathway", "validate", TUTORIAL)
    assert (said.code, said.out.count("\n")) == (0, 1)


def test_schema_is_a_json_schema() -> None:
    """With every step type's content in it."""
    schema = stepwell("pathway", "schema").data
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "questionnaire" in json.dumps(schema)


def test_forecast_shows_a_calendar_with_reasons() -> None:
    """One line a thing, times in the client's zone."""
    file = str(EXAMPLES / "surgery.yaml")
    said = stepwell(
        "pathway", "forecast", file, "--start", "2026-03-02", "--date", "surgery=2026-04-01", "--zone", "Europe/Berlin"
    )
    assert said.code == 0
    assert "date surgery" in said.out
    known = stepwell("pathway", "forecast", file, "--start", "2026-03-02", "--date", "surgery=2026-04-01", "--json").data
    assert all(item["reason"] for item in known["items"] if item["what"] == "delivery" and item["at"])
    unknown = stepwell("pathway", "forecast", file, "--start", "2026-03-02")
    assert "waits for" in unknown.out


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("pathway", "validate", "nothing.yaml"), 2, "nothing.yaml cannot be read"),
        (("pathway", "forecast", TUTORIAL, "--start", "tomorrow"), 2, "write it like 2026-12-01"),
        (("pathway", "forecast", TUTORIAL, "--zone", "Europe/Lodnon"), 2, "Europe/London"),
        (("simulate", TUTORIAL, "--behaviour", "lazy"), 2, "forgetful"),
        (("simulate", TUTORIAL, "--clients", "0"), 2, "clients"),
        (("journey", "list", "--status", "activ"), 2, "active"),
        (("journey", "start", "a", "b", "--again", "sometimes"), 2, "restart"),
        (("journey", "snooze", "j", "a.1", "--until", "2026-12-01T18:00"), 2, "has no zone"),
        (("journey", "respond", "j", "a.1", "mood"), 2, "write item=value"),
        (("journey", "respond", "j", "a.1", "--file", "missing.json"), 2, "missing.json cannot be read"),
        (("journey", "list"), 6, "start everything with 'stepwell up'"),
        (("mail", "list"), 6, "stepwell up"),
        (("worker",), 6, "stepwell up"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else str(value),
)
def test_wrong_words_are_answered_with_what_to_do(words: tuple[str, ...], code: int, complaint: str) -> None:
    """No traceback, the documented exit code, and the next move."""
    said = stepwell(*words)
    assert said.code == code
    assert complaint in " ".join(said.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("STEPWELL_SMTP_SECURITY", "ssl", "starttls"),
        ("STEPWELL_LOG_LEVEL", "loud", "DEBUG"),
        ("STEPWELL_SMTP_PORT", "many", "integer"),
        ("STEPWELL_STAFF", "nobody", "role=address"),
        ("STEPWELL_DATABASE", "mysql://host/name", "mysql is not supported"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, name: str, value: str, complaint: str) -> None:
    """By the name it is set under, with what it may be."""
    made_in(tmp_path / "keys")
    around = {"STEPWELL_DATABASE": "sqlite:////tmp/none.db", "STEPWELL_KEYS": str(tmp_path / "keys")}
    said = stepwell("journey", "list", **(around | {name: value}))
    assert said.code == 6
    assert complaint.lower() in said.err.lower()


def test_the_same_seed_gives_the_same_bytes() -> None:
    """In processes of their own, whose hashes differ."""
    words = [str(STEPWELL), "simulate", TUTORIAL, "--clients", "20", "--seed", "3", "--start", "2026-03-02", "--json"]
    outputs = {
        subprocess.run(words, env={**environment(), "PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
    assert json.loads(outputs.pop())["clients"] == 20
    other = subprocess.run([*words, "--seed", "4"], env=environment(), capture_output=True, check=True).stdout
    assert json.loads(other)["seed"] == 4


def test_piped_output_is_plain() -> None:
    """No colours, no boxes, one line a row, columns between tabs."""
    done = subprocess.run(
        [str(STEPWELL), "simulate", TUTORIAL, "--clients", "3"], env=environment(), text=True, capture_output=True, check=True
    )
    assert "\x1b" not in done.stdout + done.stderr
    assert "welcome\t3\t" in done.stdout


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_a_terminal_gets_a_table_and_colours() -> None:
    """The same figures for people."""
    ours, theirs = os.openpty()
    words = [str(STEPWELL), "simulate", TUTORIAL, "--clients", "3"]
    with subprocess.Popen(words, env=environment() | {"TERM": "xterm"}, stdout=theirs, stderr=subprocess.DEVNULL) as process:
        os.close(theirs)
        text = ""
        while True:
            try:
                read = os.read(ours, 4096)
            except OSError:  # the other side is closed
                break
            if not read:
                break
            text += read.decode()
        os.close(ours)
        assert process.wait() == 0
    assert "\x1b[" in text
    assert "welcome" in text
