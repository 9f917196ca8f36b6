"""`stepwell plan …`: change the plan of one client alone."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.loading import load
from stepwell.cli.journeys import Journey, MessageId, Reason, tell
from stepwell.cli.output import Json
from stepwell.cli.pathways import read_file

app = typer.Typer(
    no_args_is_help=True,
    help="""Change the plan of one client alone: steps that have not come yet.

    See what is planned with 'stepwell journey forecast'. What is changed is kept when the journey moves to another version.""",
)
Step = Annotated[str, typer.Argument(help="The step's id in the pathway, such as diary.", show_default=False)]


@app.command()
def drop(journey: Journey, step: Step, reason: Reason, id: MessageId = None, json: Json = False) -> None:
    """Leave a step out: when its turn comes it does not apply. What repeats comes no more."""
    words = f"{step} is left out for this client"
    tell(json, words, lambda stepwell: stepwell.drop_step(journey, step, reason=reason, message_id=id), moves=journey)


@app.command()
def restore(journey: Journey, step: Step, reason: Reason, id: MessageId = None, json: Json = False) -> None:
    """Take a step back in that was left out."""
    words = f"{step} comes again"
    tell(json, words, lambda stepwell: stepwell.restore_step(journey, step, reason=reason, message_id=id), moves=journey)


@app.command()
def shift(
    journey: Journey,
    step: Step,
    reason: Reason,
    by: Annotated[str | None, typer.Option(help="A length, such as '3 days' or '-1 week'.", show_default=False)] = None,
    to: Annotated[str | None, typer.Option(help="A local day of the client's: 2026-12-24.", show_default=False)] = None,
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Let a step come later or sooner, or on a day; what hangs on it follows."""
    try:
        day = date.fromisoformat(to) if to else None
    except ValueError:
        raise typer.BadParameter(f"{to!r} is no day; write it like 2026-12-24") from None
    facts: dict[str, Any] = {"by_length": by, "to_day": day, "reason": reason, "message_id": id}
    tell(json, f"{step} is shifted", lambda stepwell: stepwell.shift_step(journey, step, **facts), moves=journey)


@app.command()
def move(
    journey: Journey,
    step: Step,
    reason: Reason,
    after: Annotated[str | None, typer.Option(help="The step it comes behind.", show_default="the beginning")] = None,
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Put a step behind another one."""
    facts: dict[str, Any] = {"after": after, "reason": reason, "message_id": id}
    words = f"{step} comes behind {after}" if after else f"{step} comes first"
    tell(json, words, lambda stepwell: stepwell.move_step(journey, step, **facts), moves=journey)


@app.command()
def add(
    journey: Journey,
    reason: Reason,
    after: Annotated[str, typer.Option(help="The step it comes behind.", show_default=False)],
    file: Annotated[
        Path | None,
        typer.Option(help="A step as it is written in a pathway, in YAML; - for standard input.", show_default=False),
    ] = None,
    use: Annotated[str | None, typer.Option(help="The name of a library step instead.", show_default=False)] = None,
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Give this client a step that their pathway has not."""
    if (file is None) == (use is None):
        raise typer.BadParameter("name a step with --use, or give a file with --file: one of the two")
    written: Any = {"use": use}
    if file is not None:
        written = load(typer.get_text_stream("stdin").read() if str(file) == "-" else read_file(file)).value
    if isinstance(written, list) and len(written) == 1:
        written = written[0]
    if not isinstance(written, dict):
        raise typer.BadParameter("the file must hold one step: its id, type, title and what else a pathway would say of it")
    facts: dict[str, Any] = {"after": after, "reason": reason, "message_id": id}
    name = written.get("id") or written.get("use")
    tell(json, f"{name} is added", lambda stepwell: stepwell.add_step(journey, written, **facts), moves=journey)
