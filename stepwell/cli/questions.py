"""`stepwell question …`: what clients ask about their steps, and what they are answered."""

from typing import Annotated

import typer

from stepwell.cli.output import Json, run, say, show_json, show_table
from stepwell.handle import Stepwell

app = typer.Typer(no_args_is_help=True, help="What clients ask about their steps, and what they are answered.")

Journey = Annotated[str, typer.Argument(help="Its id, or its enrolment key: CLIENT/PATHWAY.", show_default=False)]
Step = Annotated[str, typer.Argument(help="The step as the journey names it, such as diary.3.", show_default=False)]
Id = Annotated[str | None, typer.Option("--id", help="Sending again with the same id says it once.", show_default="a new one")]


@app.command()
def ask(
    journey: Journey, step: Step, text: Annotated[str, typer.Argument(show_default=False)], id: Id = None, json: Json = False
) -> None:
    """Ask the practitioner about a step, as the client; the mail they get carries no word of it."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            answer = await stepwell.ask(journey, step, text, post_id=id)
        show_json(answer) if json else say("asked; see: stepwell question list")

    run(job)


@app.command()
def answer(
    journey: Journey,
    step: Step,
    text: Annotated[str, typer.Argument(show_default=False)],
    by: Annotated[str | None, typer.Option(help="The practitioner's id.", show_default=False)] = None,
    id: Id = None,
    json: Json = False,
) -> None:
    """Answer the client about a step, as the practitioner."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            done = await stepwell.answer(journey, step, text, by=by, post_id=id)
        show_json(done) if json else say("answered; the client gets a mail that an answer is there")

    run(job)


@app.command("list")
def list_(
    journey: Journey,
    step: Annotated[str | None, typer.Argument(help="Only about this step.", show_default="all")] = None,
    json: Json = False,
) -> None:
    """List what was asked and answered, the oldest first."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.thread(journey, step)
        if json:
            show_json(found)
            return
        show_table(
            ("when", "step", "who", "what", "read"),
            [
                (f"{one.at:%Y-%m-%d %H:%M} UTC", one.occurrence, one.role, one.text, "yes" if one.read_at else "")
                for one in found
            ],
            empty="nothing was asked yet",
        )

    run(job)
