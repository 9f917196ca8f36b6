"""`stepwell alert …`: answers that met a risk rule, until somebody takes them up."""

from typing import Annotated

import typer

from stepwell.cli.output import Json, run, say, show_json, show_table
from stepwell.handle import Stepwell

app = typer.Typer(no_args_is_help=True, help="Answers that met a risk rule, until somebody takes them up.")


@app.command("list")
def list_(
    all: Annotated[bool, typer.Option("--all", help="Those that were taken up too.")] = False, json: Json = False
) -> None:
    """List what nobody has taken up yet, the oldest first."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.alerts(all=all)
        if json:
            show_json(found)
            return
        show_table(
            ("alert", "raised", "journey", "step", "rules", "taken up by"),
            [
                (
                    one.id,
                    f"{one.raised_at:%Y-%m-%d %H:%M} UTC",
                    one.journey,
                    one.occurrence,
                    ", ".join(one.rules),
                    one.acknowledged_by,
                )
                for one in found
            ],
            empty="nothing waits to be taken up",
        )

    run(job)


@app.command()
def show(alert: Annotated[str, typer.Argument(help="The alert.", show_default=False)], json: Json = False) -> None:
    """Show the answer that raised an alert, also where the journey refused it."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.alarming_response(alert)
        if json:
            show_json(found)
            return
        show_table(
            ("", ""),
            [
                ("step", found.occurrence),
                ("answer", found.payload),
                ("taken by the journey", "yes" if found.accepted_at else "no: it was too late, or given twice"),
            ],
            empty="",
        )

    run(job)


@app.command()
def acknowledge(
    alert: Annotated[str, typer.Argument(help="The alert.", show_default=False)],
    by: Annotated[str, typer.Option(help="Your name.", show_default=False)],
    reason: Annotated[str, typer.Option(help="What was done; kept with the alert.", show_default=False)],
    json: Json = False,
) -> None:
    """Take an alert up: it is not repeated any more, and the journey's reminders go on."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            taken = await stepwell.acknowledge(alert, by=by, reason=reason)
        show_json(taken) if json else say(f"{alert} is taken up by {taken.acknowledged_by}")

    run(job)
