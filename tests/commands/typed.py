"""Commands as they are typed, run in this process; output as it is when piped."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from stepwell.cli import app


class Said(NamedTuple):
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Its output as JSON."""
        return json.loads(self.out)


def stepwell(*words: str, home: Path | None = None, given: str | None = None, **environment: str) -> Said:
    """Run `stepwell …` with a home of its own, so that no stack of the machine's user is found."""
    surroundings: dict[str, str | None] = {"STEPWELL_HOME": str(home or "/nowhere"), "COLUMNS": "200", **environment}
    done = CliRunner().invoke(app, list(words), env=surroundings, input=given)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stdout, done.stderr)
