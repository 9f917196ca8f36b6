"""`stepwell client …`: the people on pathways."""

import json as json_module
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from stepwell.cli.output import Json, out, run, say, show_json, show_table
from stepwell.handle import Stepwell
from stepwell.models import DeletionReason

app = typer.Typer(no_args_is_help=True, help="The people on pathways.")

Id = Annotated[str, typer.Argument(help="The client's id.", show_default=False)]


@app.command()
def add(
    id: Annotated[str | None, typer.Argument(help="An id of your own, no name.", show_default="a new one")] = None,
    name: Annotated[str, typer.Option(help="How mails address them.")] = "",
    email: Annotated[str | None, typer.Option(help="Where mails go.", show_default="no mail")] = None,
    language: Annotated[str, typer.Option(help="en, de, fr, es or nl.")] = "en",
    zone: Annotated[str | None, typer.Option(help="Their zone, such as Europe/London.", show_default="the pathway's")] = None,
    quiet: Annotated[
        str | None, typer.Option(help="Their quiet hours, such as 22:00-07:30.", show_default="the pathway's")
    ] = None,
    practitioner: Annotated[str | None, typer.Option(help="Who looks after them.", show_default="nobody")] = None,
    json: Json = False,
) -> None:
    """Add a client."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            client = await stepwell.add_client(
                id=id,
                display_name=name,
                email=email,
                language=language,
                zone=zone,
                quiet_hours=_hours(quiet) if quiet else None,
                practitioner=practitioner,
            )
        show_json(client) if json else say(f"added client [bold]{client.id}[/]")

    run(job)


@app.command()
def show(client: Id, json: Json = False) -> None:
    """Show a client."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.client(client)
            on = await stepwell.journeys(client=client)
        if json:
            show_json({"client": found, "journeys": on})
            return
        show_table(
            ("", ""),
            [
                ("id", found.id),
                ("language", found.language),
                ("zone", found.zone or "the pathway's"),
                ("quiet hours", "-".join(found.quiet_hours) if found.quiet_hours else "the pathway's"),
                ("reached by", ", ".join(one.kind for one in found.channels if one.kind not in found.opted_out)),
                ("practitioner", found.practitioner),
            ],
            empty="",
        )
        out.print()
        show_table(
            ("journey", "pathway", "status"),
            [(one.id, f"{one.pathway} v{one.version}", one.status) for one in on],
            empty="on no pathway yet; try: stepwell journey start CLIENT PATHWAY",
        )

    run(job)


@app.command()
def delete(
    client: Id,
    reason: Annotated[str, typer.Option(help=f"A code, for it is kept: {', '.join(get_args(DeletionReason))}.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Stop everything of a client at once and erase it, for good."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            if not yes:
                found = await stepwell.deletion_preview(client)
                rows = sum(found.rows.values())
                say(f"{client}: {found.journeys} journeys, {found.running} of them running, {rows} rows in the store")
                typer.confirm("Erase all of it, for good?", abort=True)
            deletion = await stepwell.delete_client(client, reason=cast(DeletionReason, reason))
        if json:
            show_json(deletion)
        else:
            say(f"deletion [bold]{deletion.id}[/] has begun; see: stepwell client deletion {deletion.id}")

    run(job)


@app.command()
def deletion(
    deletion: Annotated[str, typer.Argument(help="Its id.", show_default=False)],
    json: Json = False,
) -> None:
    """Show how far a deletion is; later, its receipt."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.deletion(deletion)
        if json:
            show_json(found)
            return
        shown = found.model_dump(exclude={"id"})
        show_table(("", ""), [(name.replace("_", " "), str(value or "")) for name, value in shown.items()], empty="")

    run(job)


@app.command("list")
def list_(json: Json = False) -> None:
    """List the clients."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.clients(limit=1000)
        if json:
            show_json(found)
        else:
            rows = [(one.id, one.language, one.zone, f"{one.created_at:%Y-%m-%d}") for one in found]
            show_table(("client", "language", "zone", "since"), rows, empty="no client yet; try: stepwell client add")

    run(job)


@app.command("to-do")
def to_do(client: Id, json: Json = False) -> None:
    """Show what is open for a client, across pathways, as the client may see it."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            items = await stepwell.to_do(client)
        if json:
            show_json(items)
            return
        show_table(
            ("journey", "step", "type", "title", "effort", "since"),
            [
                (
                    one.journey,
                    one.occurrence,
                    one.type,
                    one.title,
                    one.effort,
                    f"{one.delivered_at:%Y-%m-%d %H:%M} UTC" if one.delivered_at else "",
                )
                for one in items
            ],
            empty="nothing is open",
        )

    run(job)


@app.command()
def zone(
    client: Id,
    zone: Annotated[str, typer.Argument(help="Such as America/New_York.", show_default=False)],
) -> None:
    """Move a client to another zone; what is not delivered is planned again at once."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            told = await stepwell.change_zone(client, zone)
        say(f"{client} is in {zone} now; {told} running journeys were told")

    run(job)


@app.command("quiet-hours")
def quiet_hours(
    client: Id,
    hours: Annotated[str, typer.Argument(help="Such as 22:00-07:30, or pathway for the pathway's.", show_default=False)],
) -> None:
    """Give a client quiet hours of their own; what is not delivered is planned again at once."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            told = await stepwell.change_quiet_hours(client, None if hours == "pathway" else _hours(hours))
        say(
            f"{client} has quiet hours {hours if hours != 'pathway' else 'of the pathway'} now; {told} running journeys were told"
        )

    run(job)


@app.command("opt-out")
def opt_out(
    client: Id,
    channels: Annotated[list[str], typer.Argument(help="Such as email; none: they take every channel again.")] = [],
    json: Json = False,
) -> None:
    """Note which channels a client wants no message by; their to-do list goes on."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.opt_out(client, channels)
        refused = ", ".join(found.opted_out)
        words = f"{client} wants no message by {refused}" if refused else f"{client} takes every channel"
        show_json(found) if json else say(words)

    run(job)


def _hours(text: str) -> tuple[str, str]:
    start, _, end = text.partition("-")
    return start.strip(), end.strip()


@app.command()
def export(
    client: Id,
    file: Annotated[Path | None, typer.Option("--out", help="Where the JSON goes.", show_default="the terminal")] = None,
) -> None:
    """Write everything a client may have of what is kept about them, as JSON."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            taken = await stepwell.export(client)
        if file is None:
            show_json(taken)
            return
        file.write_text(json_module.dumps(taken, indent=2, ensure_ascii=False, default=str), encoding="utf-8")
        say(f"written to {file}")

    run(job)


@app.command()
def assign(
    client: Id,
    step: Annotated[str, typer.Argument(help="A step of the library, such as gad7.", show_default=False)],
    practitioner: Annotated[str | None, typer.Option(help="Who looks after it.", show_default="the client's")] = None,
    json: Json = False,
) -> None:
    """Give a client one step of the library by itself."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            journey = await stepwell.assign(client, step, practitioner=practitioner)
        show_json(journey) if json else say(f"assigned {step} as journey [bold]{journey.id}[/]")

    run(job)
