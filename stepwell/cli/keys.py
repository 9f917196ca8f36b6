"""`stepwell key …`: make, list, rotate and revoke the keys of the HTTP API."""

from datetime import timedelta
from typing import Annotated, get_args

import typer

from stepwell.access import KINDS, SCOPES, Kind, Scope
from stepwell.cli.output import Json, err, run, say, show_json, show_table
from stepwell.handle import Stepwell
from stepwell.models import NewApiKey

app = typer.Typer(no_args_is_help=True, help="Make and take away keys of the HTTP API.")

Key = Annotated[str, typer.Argument(help="Its id, as in the list.", show_default=False)]


@app.command()
def add(
    kind: Annotated[str, typer.Argument(help=f"Who uses it: {', '.join(KINDS)}.", show_default=False)],
    subject: Annotated[
        str | None, typer.Option(help="The practitioner's or client's id, or who uses it.", show_default=False)
    ] = None,
    scope: Annotated[
        list[str], typer.Option(help=f"Only this; several times for several. One of {', '.join(SCOPES)}.", show_default=False)
    ] = [],
    json: Json = False,
) -> None:
    """Make a key and show it this once. 'stepwell key add host' is all a host application needs."""
    if kind not in KINDS or not set(scope) <= set(SCOPES):
        raise typer.BadParameter(f"kinds: {', '.join(get_args(Kind))}; scopes: {', '.join(get_args(Scope))}")

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            chosen = [one for one in SCOPES if one in scope] or None
            made = await stepwell.add_key(next(one for one in KINDS if one == kind), subject=subject, scopes=chosen)
        _show(made, json=json)

    run(job)


def _show(made: NewApiKey, *, json: bool) -> None:
    if json:
        show_json(made)
        return
    print(made.secret)
    err.print(f"[dim]This is the only time it is shown. Its id is {made.id}; it is for a {made.kind}.[/]")


@app.command("list")
def list_(json: Json = False) -> None:
    """List keys, never their secrets."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.keys(limit=1000)
        if json:
            show_json(found)
            return
        show_table(
            ("key", "kind", "of", "ends in", "made", "last used", "state"),
            [
                (
                    one.id,
                    one.kind,
                    one.subject,
                    one.hint,
                    f"{one.created_at:%Y-%m-%d}",
                    f"{one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never",
                    "revoked" if one.revoked_at else f"until {one.expires_at:%Y-%m-%d %H:%M}" if one.expires_at else "good",
                )
                for one in found
            ],
            empty="there is no key yet; make one with: stepwell key add host",
        )

    run(job)


@app.command()
def rotate(
    key: Key,
    overlap: Annotated[int, typer.Option(min=0, help="Hours that the old one still works.")] = 24,
    json: Json = False,
) -> None:
    """Make the next key of the same rights; the old one works for a day more."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            made = await stepwell.rotate_key(key, overlap=timedelta(hours=overlap))
        _show(made, json=json)

    run(job)


@app.command()
def revoke(key: Key) -> None:
    """End a key at once."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            await stepwell.revoke_key(key)
        say(f"{key} is revoked")

    run(job)
