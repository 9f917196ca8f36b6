"""Whether words are a command of ours: read as the command line reads them, and not run."""

from collections.abc import Sequence
from typing import Any

import typer

from stepwell.cli import app


def read(words: Sequence[str]) -> str:
    """The command that these words mean. Raises a usage error where they mean none."""
    command: Any = typer.main.get_command(app)  # of classes that typer keeps to itself
    rest, name = list(words), ""
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(command.context_class(command), rest)
    command.make_context(name, rest)
    return name
