"""`stepwell work …`: what was assigned and what became of it. Figures of work, never of people."""

from datetime import datetime
from typing import Annotated

import typer

from engine.measures import CAVEAT
from stepwell.cli.journeys import instant
from stepwell.cli.output import Json, run, say, show_json, show_table
from stepwell.handle import Stepwell

app = typer.Typer(no_args_is_help=True, help="What was assigned, and what became of it.")

Journey = Annotated[str, typer.Argument(help="Its id, or its enrolment key: CLIENT/PATHWAY.", show_default=False)]
Client = Annotated[str | None, typer.Option(help="Only of this client.", show_default="all")]


def _share(value: float | None) -> str:
    return "no figure" if value is None else f"{value:.0%}"


def _instant(text: str | None) -> datetime | None:
    return instant(text) if text else None


@app.command()
def compliance(
    client: Client = None,
    pathway: Annotated[str | None, typer.Option(help="Only on this pathway.", show_default="all")] = None,
    since: Annotated[str | None, typer.Option(help="What was due from this instant on.", show_default="always")] = None,
    until: Annotated[str | None, typer.Option(help="What was due before this instant.", show_default="now")] = None,
    by: Annotated[str | None, typer.Option(help="client, step, kind or pathway.", show_default="all in one")] = None,
    json: Json = False,
) -> None:
    """Show the share of assigned work that was done."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.compliance(
                client=client, pathway=pathway, since=_instant(since), until=_instant(until), by=by
            )
        if json:
            show_json(found)
            return
        show_table(
            (by or "", "assigned", "done", "share", "on time", "optional done"),
            [
                (
                    name,
                    one.assigned,
                    one.completed,
                    _share(one.compliance),
                    _share(one.on_time),
                    f"{one.optional_completed} of {one.optional_assigned}",
                )
                for name, one in found.items()
            ],
            empty="nothing was assigned yet",
        )
        say(f"[dim]{CAVEAT}[/]")

    run(job)


@app.command()
def unfinished(
    practitioner: Annotated[str | None, typer.Option(help="Only of their journeys.", show_default="all")] = None,
    json: Json = False,
) -> None:
    """List what clients have left open or let pass, the longest first."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.unfinished(practitioner=practitioner)
        if json:
            show_json(found)
            return
        show_table(
            ("client", "journey", "step", "state", "since", "reminders"),
            [
                (
                    one.client,
                    one.journey,
                    one.occurrence,
                    f"{one.state}, holds the journey" if one.holds else one.state,
                    f"{one.since:%Y-%m-%d %H:%M} UTC",
                    one.reminders,
                )
                for one in found
            ],
            empty="nothing is left undone",
        )

    run(job)


@app.command()
def log(journey: Journey, json: Json = False) -> None:
    """Show what was given from one attended session to the next, and what became of it."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.session_log(journey)
        if json:
            show_json(found)
            return
        show_table(
            ("since", "step", "title", "given", "became"),
            [
                (
                    one.session or "the start",
                    entry.occurrence,
                    entry.title,
                    f"{entry.delivered_at:%Y-%m-%d %H:%M} UTC",
                    f"{entry.state}, late" if entry.late else entry.state,
                )
                for one in found
                for entry in one.entries
            ],
            empty="nothing was given yet",
        )

    run(job)


@app.command()
def stages(journey: Journey, json: Json = False) -> None:
    """Show how far the client has come in each part of the pathway."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.stages(journey)
        if json:
            show_json(found)
            return
        show_table(
            ("stage", "done", "of", "share"),
            [(one.title, one.done, one.of, _share(one.share)) for one in found],
            empty="the pathway has no stages",
        )

    run(job)
