"""`stepwell doctor`: look at everything that Stepwell stands on."""

import typer

from stepwell.cli.output import Exit, Json, escape, run, say, show_json
from stepwell.doctor import Check, State, examine

_MARKS: dict[State, str] = {
    "well": "[green]well[/]    ",
    "warning": "[yellow]warning[/] ",
    "wrong": "[bold red]wrong[/]   ",
    "not looked at": "[dim]skipped[/] ",
}


def doctor(json: Json = False) -> None:
    """Check settings, keys, store, clock, Temporal, its namespace and queues, versions, mail and step types.

    Says of each what is wrong and what to do. Nothing is changed and no mail is sent. Exit code 1 where something is wrong.
    """

    async def job() -> None:
        checks: list[Check] = []
        async for check in examine():
            checks.append(check)
            if not json:
                _show(check)
        if json:
            show_json(checks)
        wrong = sum(one.state == "wrong" for one in checks)
        if not json:
            say("")
            say(f"{len(checks)} looked at, {wrong} wrong" if wrong else f"{len(checks)} looked at, nothing is wrong")
        if wrong:
            raise typer.Exit(Exit.FAILED)

    run(job)


def _show(check: Check) -> None:
    say(f"{_MARKS[check.state]} [bold]{check.of}[/]: {escape(check.says)}")
    if check.do:
        say(f"         [green]→[/] {escape(check.do)}")
