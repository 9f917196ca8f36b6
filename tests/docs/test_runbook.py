"""What the runbook has somebody type in a bad hour is there."""

import re
from pathlib import Path

import typer.main
from typer.core import TyperGroup

from stepwell.cli import app

_PAGE = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()


def test_every_command_of_the_runbook_is_one() -> None:
    """With its subcommand and each of its options."""
    commands = set(re.findall(r"`(?:\$ )?(stepwell [^`\n]+)`|^\$ (stepwell .+)$", _PAGE, re.MULTILINE))
    typed = sorted(one or other for one, other in commands)
    assert len(typed) > 8
    assert [line for line in typed if not _is_known(line.split()[1:])] == []
    assert not _is_known(["journey", "search", "--failed"]), "it is able to find one that is none"


def _is_known(words: list[str]) -> bool:
    group = typer.main.get_command(app)
    while isinstance(group, TyperGroup) and words and words[0] in group.commands:
        group = group.commands[words.pop(0)]
    options = {name for parameter in group.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return not isinstance(group, TyperGroup) and all(word in options for word in words if word.startswith("--"))
