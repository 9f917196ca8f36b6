"""What the command line prints: tables and colours on a terminal, plain text when piped, JSON when asked."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from engine.calendar import wall
from engine.findings import Finding
from stepwell import logs
from stepwell.errors import DefinitionError, InvalidResponse, NotFound, NotRunning, Refused, StepwellError, Unavailable

out = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
err = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


class Exit(IntEnum):
    """The exit codes, documented in docs/command-line.md."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    NOT_FOUND = 4
    INVALID = 5
    UNAVAILABLE = 6


def run(job: Callable[[], Coroutine[Any, Any, None]], *, on: Callable[[], asyncio.AbstractEventLoop] | None = None) -> None:
    """Run one command to its end; what Stepwell raises on purpose becomes a line and an exit code. `on` makes another loop."""

    async def whole() -> None:
        try:
            await job()
        finally:
            await asyncio.sleep(0.05)  # without it, a short process may die as it closes its connection (sdk-python#300)

    logs.hush_core()
    try:
        with asyncio.Runner(loop_factory=on) as runner:
            runner.run(whole())
    except (StepwellError, DefinitionError, InvalidResponse) as error:
        fail(error)


def fail(error: Exception) -> NoReturn:
    """Say what is wrong and end with the code for it."""
    if isinstance(error, DefinitionError):
        for finding in error.findings:
            show_finding(finding, err)
    else:
        err.print(f"[bold red]error:[/] {escape(str(error))}")
    if isinstance(error, StepwellError):
        show_crisis_text(error.crisis_text, err)
    raise typer.Exit(_code(error))


def _code(error: Exception) -> Exit:
    match error:
        case Refused():
            return Exit.REFUSED
        case NotFound():
            return Exit.NOT_FOUND
        case DefinitionError() | InvalidResponse():
            return Exit.INVALID
        case Unavailable() | NotRunning():
            return Exit.UNAVAILABLE
        case _:
            return Exit.FAILED


def show_crisis_text(text: str, console: Console = out) -> None:
    """What somebody in a crisis is to see at once, where there is anything."""
    if text:
        console.print(f"[bold yellow]{escape(text)}[/]")


def show_finding(finding: Finding, console: Console = out) -> None:
    """One finding: where, what, and what to do."""
    colour = "red" if finding.severity == "error" else "yellow"
    where = ", ".join(
        part
        for part in (f"line {finding.line}" if finding.line else "", f"step {finding.step}" if finding.step else "")
        if part
    )
    console.print(f"[bold {colour}]{finding.severity}[/] [dim]{finding.code}[/] {escape(where)}")
    console.print(f"  {escape(finding.message)}")
    if finding.suggestion:
        console.print(f"  [green]→[/] {escape(finding.suggestion)}")


def show_json(value: Any) -> None:
    """Print as JSON, models and all, keys as they are."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False, default=str))


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str, title: str | None = None) -> None:
    """A table on a terminal, tab-separated lines when piped."""
    lines = [[("" if cell is None else str(cell)) for cell in row] for row in rows]
    if not out.is_terminal:
        for line in ([*columns], *lines):
            print("\t".join(cell.replace("\n", " ") for cell in line))
        return
    if not lines:
        out.print(f"[dim]{empty}[/]")
        return
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in lines:
        table.add_row(*(escape(cell) for cell in line))
    out.print(table)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, gone at the end; call what it yields with how much is done."""
    bar = Progress(
        TextColumn(what), BarColumn(), MofNCompleteColumn(), console=err, transient=True, disable=not err.is_terminal
    )
    with bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.update(task, completed=done)


def local(instant: datetime, zone: ZoneInfo) -> str:
    """An instant as a clock in that zone shows it."""
    return f"{wall(instant, zone):%a %Y-%m-%d %H:%M}"


def say(words: str) -> None:
    """One line for people."""
    out.print(words)


def escape(text: str) -> str:
    """As it stands: brackets are no markup."""
    return text.replace("[", r"\[")
