"""`stepwell up · worker · verify · store · mail`: run everything, or a part of it, and look whether all is well."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from stepwell import telemetry
from stepwell.api.app import document
from stepwell.caughtmail import read_mails
from stepwell.cli.output import Exit, Json, escape, fail, progress, run, say, show_json, show_table
from stepwell.errors import NotFound, NotRunning, Refused
from stepwell.gateway import serve as gateway_serve
from stepwell.gateway import serve_codec as gateway_serve_codec
from stepwell.handle import Stepwell
from stepwell.settings import HOME, given_settings, home, keys_folder, load_settings, operator_key_file, root_keys
from stepwell.stack import Ports, Stack, running_stack
from stepwell.workers import until_signalled, work
from store.database import Database
from workflows.names import QUEUES

mail = typer.Typer(no_args_is_help=True, help="Look at what the embedded mail catcher got.")
store = typer.Typer(no_args_is_help=True, help="Look after the store.")

Folder = Annotated[Path | None, typer.Option(help=f"Where everything is kept; else ${HOME}.", show_default=".stepwell")]


def up(
    folder: Folder = None,
    port: Annotated[int, typer.Option(help="Temporal's port.")] = 7233,
    ui_port: Annotated[int | None, typer.Option(help="Temporal's Web UI.", show_default="port + 1000")] = None,
    mail_port: Annotated[int, typer.Option(help="The mail catcher's port.")] = 1025,
    http_port: Annotated[int, typer.Option(help="The HTTP API and the console.")] = 8080,
    examples: Annotated[bool, typer.Option(help="Publish the example pathways and enter an example client.")] = True,
    works: Annotated[bool, typer.Option("--work/--no-work", help="Run the worker in this process too.")] = True,
) -> None:
    """Run everything in this process until Ctrl-C: Temporal, the store, a mail catcher, the worker, the HTTP API.

    Everything is kept in one folder; started again, the journeys go on where they were.
    """

    async def job() -> None:
        where = (folder or home()).absolute()
        os.environ[HOME] = str(where)
        if examples:
            for name, text in EXAMPLE_TEXTS.items():
                os.environ.setdefault(name, text)
        telemetry.set_up(os.environ.get("STEPWELL_LOG_LEVEL", "WARNING"), given_settings("metrics").get("metrics"))
        async with running_stack(where, Ports(port, ui_port, mail_port, http_port), works=works) as stack:
            _say_where(stack, where, has_examples=examples and await _examples(stack.handle))
            await until_signalled()
            say("stopping: what is under way is finished first")
        say("stopped. Start again with the same command; the journeys go on.")

    run(job)


EXAMPLE_TEXTS = {
    "STEPWELL_CRISIS_TEXT": "EXAMPLE TEXT: if you are in danger, call your local emergency number now.",
    "STEPWELL_NOTICE_TEXT": "EXAMPLE TEXT: nobody watches these answers around the clock.",
}
"""Without them the examples that ask about risk could not be published. With real clients, set your own."""


async def _examples(handle: Stepwell) -> bool:
    """Publish the examples that are not published yet, and enter one client on two; the second time, find them."""
    folder = _examples_folder()
    for file in sorted(folder.glob("*.yaml")) if folder else []:
        await handle.publish(file.read_bytes())
    with suppress(Refused):
        await handle.add_client(id="ada", display_name="Ada", email="ada@example.org", zone="Europe/London")
    await handle.keep_practitioner("dr-grey", display_name="Dr Grey", email="grey@example.org")
    if folder is None:
        return False
    for pathway in ("depression-homework", "tutorial"):
        await handle.start("ada", pathway, again="use_existing", practitioner="dr-grey")
    return True


def _examples_folder() -> Path | None:
    """The examples of a checkout, or those installed with the package."""
    beside = Path(__file__).parents[2] / "examples" / "pathways"
    return beside if beside.is_dir() else None


def _say_where(stack: Stack, folder: Path, *, has_examples: bool) -> None:
    say("")
    say("[bold green]Stepwell is running.[/] Ctrl-C stops it; started again, the journeys go on.")
    say("")
    say(f"  console             {stack.settings.public_url}/console/  (the key: {operator_key_file(folder)})")
    say(f"  HTTP API            {stack.settings.public_url}/v1/openapi.json")
    say(f"  Temporal's Web UI   {stack.settings.ui}")
    say(f"  mail it sends       {stack.settings.mail_folder}  (or: stepwell mail list)")
    say(f"  everything kept in  {folder}")
    say(f"  its root key in     {keys_folder(folder)}  (lost, nothing can be read again: keep a copy elsewhere)")
    say("")
    if has_examples:
        say("An example client, [bold]ada[/], is on [bold]depression-homework[/] and on [bold]tutorial[/]. In a second shell:")
        say("")
        say("  source .venv/bin/activate")
        say("  stepwell client to-do ada")
        say("  stepwell journey forecast ada/depression-homework")
        say("  stepwell mail list")
        say("")
    say("Try the tutorial next: docs/tutorial.md")


def _known_queues(given: list[str] | None) -> list[str]:
    for one in given or ():
        if one not in QUEUES:
            raise typer.BadParameter(f"there is no task queue {one}; these are: {', '.join(QUEUES)}")
    return given or list(QUEUES)


Queues = Annotated[
    list[str] | None,
    typer.Option(
        "--queue", help="Work off this task queue; given again, that one too.", show_default="all", callback=_known_queues
    ),
]


def worker(queues: Queues = None) -> None:
    """Run a worker by itself, with the settings in force, until SIGTERM or Ctrl-C."""

    async def job() -> None:
        settings = load_settings()
        telemetry.set_up(settings.log_level, settings.metrics)
        await work(settings, queues=queues or QUEUES)

    run(job)


def serve(
    host: Annotated[
        str, typer.Option(help="Where to listen; 0.0.0.0 for every network, behind a proxy with TLS.")
    ] = "127.0.0.1",
    http_port: Annotated[int, typer.Option(help="The port of the HTTP API and the console.")] = 8080,
) -> None:
    """Serve the HTTP API by itself, with the settings in force, until SIGTERM or Ctrl-C. Run as many as you like."""

    async def job() -> None:
        settings = load_settings()
        telemetry.set_up(settings.log_level, settings.metrics)
        await gateway_serve(settings, host, http_port)

    run(job, on=uvloop.new_event_loop)


def codec(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Its port.")] = 8081,
) -> None:
    """Serve what opens Temporal's histories for an operator, until SIGTERM or Ctrl-C. Nothing else needs it.

    Temporal's command line asks it with --codec-endpoint http://127.0.0.1:8081 --codec-auth "Bearer KEY"; the key is an
    operator's with the scope reveal: 'stepwell key add operator --scope reveal'. Every reading is kept in the audit.
    """

    async def job() -> None:
        settings = load_settings()
        telemetry.set_up(settings.log_level, settings.metrics)
        await gateway_serve_codec(settings, host, port)

    run(job, on=uvloop.new_event_loop)


def console() -> None:
    """Say where the console is, and where the key is that opens it."""
    try:
        address = load_settings().public_url
    except NotRunning as error:
        fail(error)
    if address is None:
        fail(NotRunning("nobody says where the console is; set STEPWELL_PUBLIC_URL to the address of 'stepwell serve'"))
    say(f"{address}/console/")
    file = operator_key_file(home())
    if file.exists():
        say(f"[dim]Sign in with the key in {file}.[/]")
    else:
        say("[dim]Sign in with an operator's key; make one with: stepwell key add operator --subject YOUR-NAME[/]")


def openapi() -> None:
    """Print the OpenAPI document of the HTTP API, for generators of clients."""
    show_json(document())


def verify(json: Json = False) -> None:
    """Compare every journey's rows, events and workflow. Exit code 1 where they do not agree."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            with progress("checking") as advance:
                found = await stepwell.verify(advance)
        if json:
            show_json(found)
        else:
            for mismatch in found:
                say(f"[bold red]{mismatch.journey}[/]")
                for difference in mismatch.differences:
                    say(f"  {difference}")
            say("every journey's rows, events and workflow agree" if not found else f"{len(found)} journeys do not agree")
        if found:
            raise typer.Exit(Exit.FAILED)

    run(job)


def recover(
    json: Json = False,
    is_trial: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
) -> None:
    """Put a restored store, or journeys that Temporal has lost, together again. Exit code 1 where something cannot be.

    Have a worker running. A store that was restored from a backup gets the events that Temporal still holds; journeys whose
    workflow is gone are started again where they were. Nothing is sent twice. See docs/runbook.md.
    """

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            with progress("looking at") as advance:
                found = await stepwell.recover(is_trial=is_trial, progress=advance)
        if json:
            show_json(found)
        else:
            for one in found:
                say(f"[bold]{one.journey}[/] {one.what}: {escape(one.says)}")
                if one.answers_lost:
                    say(f"  [yellow]the answers to {', '.join(one.answers_lost)} are lost; ask for them again[/]")
            say("every journey's record and workflow agree" if not found else f"{len(found)} had come apart")
        if any(one.what == "cannot" for one in found):
            raise typer.Exit(Exit.FAILED)

    run(job)


@store.command()
def migrate() -> None:
    """Bring the store's tables up to this version."""

    async def job() -> None:
        settings = load_settings()
        roots = root_keys(settings)
        roots.check()
        database = Database.open(settings.database, roots)
        try:
            await database.migrate()
        finally:
            await database.close()
        say("the store is up to date")

    run(job)


def _mail_folder() -> Path:
    try:
        kept = load_settings().mail_folder
    except NotRunning as error:
        fail(error)
    if kept is None:
        fail(NotRunning("no mail catcher runs here; mail goes to your own server"))
    return Path(kept)


@mail.command("list")
def list_(json: Json = False) -> None:
    """List the mails the embedded stack has sent, the oldest first."""
    caught = read_mails(_mail_folder())
    if json:
        show_json(caught)
        return
    show_table(
        ("number", "received", "to", "subject"),
        [(at, f"{one.received_at:%Y-%m-%d %H:%M:%S}", one.to, one.subject) for at, one in enumerate(caught, 1)],
        empty="no mail was sent yet",
    )


@mail.command()
def show(
    number: Annotated[int, typer.Argument(min=1, help="Its number in the list.", show_default=False)], json: Json = False
) -> None:
    """Show one mail."""
    caught = read_mails(_mail_folder())
    if number > len(caught):
        fail(NotFound(f"there is no mail {number}; see: stepwell mail list"))
    one = caught[number - 1]
    if json:
        show_json(one)
    else:
        print(f"To: {one.to}\nSubject: {one.subject}\nMessage-ID: {one.message_id}\n\n{one.text}")
