"""`stepwell response …`: what came back, for whoever may read it."""

from pathlib import Path
from typing import Annotated

import typer

from stepwell.cli.output import Json, run, say, show_json, show_table
from stepwell.desk import Side
from stepwell.handle import Stepwell

app = typer.Typer(no_args_is_help=True, help="What came back, for whoever may read it.")

Journey = Annotated[str, typer.Argument(help="Its id, or its enrolment key: CLIENT/PATHWAY.", show_default=False)]
Step = Annotated[str, typer.Argument(help="The step as the journey names it, such as diary.3.", show_default=False)]
Name = Annotated[str, typer.Argument(help="The step's own id, such as diary.", show_default=False)]
AsClient = Annotated[bool, typer.Option("--as-client", help="As the client, who may read all of their own.")]


def _side(as_client: bool) -> Side:
    return "client" if as_client else "practitioner"


@app.command("list")
def list_(journey: Journey, step: Step, as_client: AsClient = False, json: Json = False) -> None:
    """Show what was answered, as the practitioner unless said otherwise; that they have read it is noted."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.responses(journey, step, reader=_side(as_client))
        if json:
            show_json(found)
            return
        show_table(
            ("when", "by", "what", "as it was kept"),
            [
                (
                    f"{one.accepted_at:%Y-%m-%d %H:%M} UTC" if one.accepted_at else "",
                    one.by_role,
                    one.payload,
                    "yes" if one.is_intact else "NO: it was changed in the store",
                )
                for one in found
            ],
            empty="nothing that may be read here",
        )

    run(job)


@app.command()
def share(journey: Journey, step: Step) -> None:
    """Let the practitioner read it, as the client, where that is theirs to decide."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            number = await stepwell.share(journey, step)
        say(f"shared {number}")

    run(job)


@app.command()
def withdraw(journey: Journey, step: Step) -> None:
    """Take the sharing back for what the practitioner has not read yet."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            number = await stepwell.withdraw(journey, step)
        say(f"taken back {number}")

    run(job)


@app.command()
def report(journey: Journey, step: Name, as_client: AsClient = False) -> None:
    """Say what the answers to a step come to so far, such as progress towards a goal; in Markdown."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            text = await stepwell.report(journey, step, reader=_side(as_client))
        say(text or "there is nothing to sum up")

    run(job)


@app.command()
def picture(
    journey: Journey,
    step: Name,
    out: Annotated[Path, typer.Option(help="Where the SVG goes.", show_default=False)],
    as_client: AsClient = False,
) -> None:
    """Draw the answers to a step, such as a rating wheel against the one before."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            drawn = await stepwell.picture(journey, step, reader=_side(as_client))
        if drawn is None:
            say("there is nothing to draw")
            return
        out.write_text(drawn, encoding="utf-8")
        say(f"drawn into {out}")

    run(job)
