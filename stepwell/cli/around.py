"""More of `stepwell journey …`: appointments, failed tasks, ratings, words for one client alone."""

from typing import Annotated

import typer

from engine.zones import zone_of
from stepwell.cli.journeys import Journey, MessageId, Reason, Step, instant, tell
from stepwell.cli.output import Json, local, run, say, show_json, show_table
from stepwell.handle import Stepwell


def book(
    journey: Journey,
    step: Step,
    at: Annotated[str, typer.Argument(help="An instant such as 2026-12-01T18:00+00:00.", show_default=False)],
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Book an appointment, or move it; what counts from its date is planned again at once."""
    when = instant(at)
    tell(json, f"{step} is booked for {when}", lambda stepwell: stepwell.book(journey, step, when, message_id=id))


def retry(journey: Journey, step: Step, id: MessageId = None, json: Json = False) -> None:
    """Have the failed task of a step tried again."""
    tell(json, f"the task of {step} is tried again", lambda stepwell: stepwell.retry(journey, step, message_id=id))


def rate(
    journey: Journey,
    step: Step,
    measure: Annotated[str, typer.Argument(help="helpfulness, time, frequency, effort, value or benefit.", show_default=False)],
    value: Annotated[int, typer.Argument(help="From 0 to 4.", show_default=False)],
    json: Json = False,
) -> None:
    """Say how a step was, as the client."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            rating = await stepwell.rate(journey, step, measure, value)
        show_json(rating) if json else say(f"{measure} of {step}: {value} of 4")

    run(job)


def tailor(
    journey: Journey,
    step: Annotated[str, typer.Argument(help="The step's own id, such as diary.", show_default=False)],
    reason: Reason,
    title: Annotated[str | None, typer.Option(help="Another title.", show_default=False)] = None,
    rationale: Annotated[str | None, typer.Option(help="Another rationale.", show_default=False)] = None,
    instructions: Annotated[str | None, typer.Option(help="Other instructions.", show_default=False)] = None,
    message: Annotated[str | None, typer.Option(help="A message to this client alone.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Change what this one client reads around a step; every change stays on record."""
    given = {"client_title": title, "rationale": rationale, "instructions": instructions, "message": message}
    words = {name: text for name, text in given.items() if text is not None}

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            change = await stepwell.tailor(journey, step, words, reason=reason)
        show_json(change) if json else say(f"changed {', '.join(words)} of {step} for this client")

    run(job)


def coming(journey: Journey, json: Json = False) -> None:
    """Show what is still to come as the client may hear of it, in their language."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.coming(journey)
            zone = zone_of((await stepwell.state(journey)).zone)
        if json:
            show_json(found)
            return
        show_table(
            ("when", "step", "title", "what it will be"),
            [
                (
                    f"{local(one.at, zone)}{'' if one.is_certain else ', at the earliest'}" if one.at else "—",
                    one.occurrence,
                    one.title,
                    one.words,
                )
                for one in found
            ],
            empty="nothing is still to come",
        )

    run(job)


COMMANDS = (book, coming, retry, rate, tailor)
