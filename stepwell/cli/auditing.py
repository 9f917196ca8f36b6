"""`stepwell audit …`: who did or saw what, and whether that was changed since."""

from typing import Annotated

import typer

from stepwell.cli.output import Json, err, run, say, show_json, show_table
from stepwell.handle import Stepwell

app = typer.Typer(no_args_is_help=True, help="Read the audit, and check that nobody has changed it.")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most, the latest first.")] = 50,
    before: Annotated[int | None, typer.Option(help="Go on from this number.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """List who did or saw what, and why, the latest first; never what was in it."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.audit(limit=limit, before=before)
        if json:
            show_json(found)
            return
        show_table(
            ("number", "at (UTC)", "who", "what", "of", "why"),
            [(one.number, f"{one.at:%Y-%m-%d %H:%M:%S}", one.actor, one.action, one.object, one.reason or "") for one in found],
            empty="nothing was noted yet",
        )

    run(job)


@app.command()
def verify(
    noted: Annotated[
        str | None, typer.Option(help="The head of an earlier check: is everything up to it still there?", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Go through every entry: none was changed, and none is missing between two.

    Note the head that it shows somewhere else, and give it the next time with --noted: only so is found out whether the
    last entries were taken away. Exit code 1 where something is wrong.
    """

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.verify_audit(noted=noted)
        if json:
            show_json(found)
        elif found.holds:
            say(f"{found.entries:,} entries, none changed, none missing between two\nhead {found.head or 'none yet'}")
        if found.broken_at is not None:
            err.print(f"[red]entry {found.broken_at} is not what was appended, or does not follow the one before it[/]")
        if found.is_noted is False:
            err.print("[red]the hash that was noted is not in it: entries were taken away, or it is from elsewhere[/]")
        if not found.holds:
            raise typer.Exit(1)

    run(job)
