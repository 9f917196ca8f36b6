"""`stepwell encryption …`: look at the keys, make a root key, rotate."""

from pathlib import Path
from typing import Annotated

import typer

from stepwell.cli.output import Json, progress, run, say, show_json, show_table
from stepwell.opening import opened_store
from stepwell.settings import Settings, given_settings, key_folder, load_settings, root_keys
from store import client_keys
from store.rotation import rotate as rotate_keys

app = typer.Typer(
    no_args_is_help=True,
    help="""Look after the keys that everything is encrypted with.

    A root key is a file in the folder that STEPWELL_KEYS names; it wraps a key of each tenant, and that the key of each client.
    A client's key is destroyed with the client. Keep a copy of the root keys apart from every copy of the store: whoever loses
    them has lost everything, and whoever has both can read everything.""",
)


@app.command()
def status(json: Json = False) -> None:
    """Say which root keys there are, and what they wrap."""

    async def job() -> None:
        settings = load_settings()
        async with opened_store(settings) as database:
            roots = root_keys(settings).names()
            async with database.of_every_tenant().read() as session:
                wrapped, in_use, destroyed = await client_keys.numbers(session)
        if json:
            rows = [{"root": one, "tenant_keys": wrapped.get(one, 0)} for one in roots]
            show_json({"roots": rows, "client_keys": in_use, "destroyed": destroyed})
            return
        show_table(
            ("root key", "tenants' keys it wraps", ""),
            [(one, str(wrapped.get(one, 0)), "wraps new ones" if one == roots[-1] else "") for one in roots],
            empty="there is no root key",
        )
        say(f"clients' keys in use: {in_use}; destroyed with their clients: {destroyed}")

    run(job)


@app.command("new-root")
def new_root(
    folder: Annotated[
        Path | None,
        typer.Option(help="Where to; else $STEPWELL_KEYS, else that of the stack that runs here.", show_default=False),
    ] = None,
) -> None:
    """Make a root key: the first one before anything is started, a later one before 'stepwell encryption rotate'.

    Take it to every machine that runs Stepwell before you rotate, and never delete an older one that 'status' says wraps something.
    """

    async def job() -> None:
        named = folder or given_settings("keys").get("keys")
        where = Path(named) if named else Path(load_settings().keys or "keys")
        name = key_folder(where, Settings(database="")).make()
        say(f"made {where.absolute() / name}.key")
        say(
            "[bold]Copy it to a safe place now, apart from the copies of your store.[/] Without it nothing that is encrypted can"
        )
        say("be read again, by anybody; with it and a copy of the store, everything can.")

    run(job)


@app.command()
def rotate(json: Json = False) -> None:
    """Wrap everything by the newest root key, with a new key for each tenant. What was written before stays readable."""

    async def job() -> None:
        async with opened_store(load_settings()) as database:
            with progress("rotating"):
                done = await rotate_keys(database)
        if json:
            show_json(done._asdict())
            return
        say(
            f"{done.tenants} tenants have a new key; wrapped anew: {done.tenant_keys} of tenants, {done.client_keys} of clients"
        )
        say(
            "[dim]An older root key that 'stepwell encryption status' says wraps nothing may be put away, not destroyed: backups[/]"
        )
        say("[dim]of the store from before still need it.[/]")

    run(job)
