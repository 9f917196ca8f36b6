"""`stepwell migration …`: look at what another version comes to for journeys that run, and move them to it."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, cast, get_args
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError

from engine.loading import load
from engine.mapping import Mapping
from engine.zones import zone_of
from stepwell.cli.journeys import Journey, MessageId, Reason, tell
from stepwell.cli.output import Json, local, run, say, show_json, show_table
from stepwell.cli.pathways import read_file
from stepwell.errors import wrong_in
from stepwell.handle import Stepwell
from stepwell.models import BulkJob, ItemState, JourneyQuery, MigrationDifference

app = typer.Typer(
    no_args_is_help=True,
    help="""Move running journeys to another version of their pathway.

    One journey: 'look', then 'move'. Many: 'propose', 'show', then 'apply' with --all, or with the journeys you name, or
    'leave'. Nothing that has come is delivered again.""",
)

To = Annotated[int, typer.Option("--to", help="The version to go on by.", show_default=False)]
MappingFile = Annotated[
    Path | None,
    typer.Option(
        "--mapping",
        help="What becomes of steps that are renamed or gone, in YAML: renamed, cancel, redirect, waits, waits_of.",
        show_default="steps of the same id are the same",
    ),
]
JobId = Annotated[str, typer.Argument(help="The proposal's id, as 'propose' said it.", show_default=False)]


def _mapping(file: Path | None) -> Mapping:
    if file is None:
        return Mapping()
    try:
        return Mapping.model_validate(load(read_file(file)).value or {})
    except ValidationError as error:
        raise typer.BadParameter(f"the mapping cannot be read: {wrong_in(error)}") from None


@app.command()
def look(journey: Journey, to: To, mapping: MappingFile = None, json: Json = False) -> None:
    """Show what a journey's client would gain and lose, and what would come at another time. Nothing is done."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.migration(journey, to, _mapping(mapping))
            zone = zone_of((await stepwell.journey(journey)).zone)
        show_json(found) if json else _show(found, zone)

    run(job)


@app.command()
def move(
    journey: Journey,
    to: To,
    reason: Reason,
    mapping: MappingFile = None,
    expects: Annotated[
        int | None,
        typer.Option(help="The 'seq' that 'look' showed: refused where more has happened since.", show_default=False),
    ] = None,
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Let a journey go on by another version."""
    facts: dict[str, Any] = {"mapping": _mapping(mapping), "reason": reason, "expects": expects, "message_id": id}
    tell(json, f"the journey goes on by version {to}", lambda stepwell: stepwell.migrate(journey, to, **facts), moves=journey)


@app.command()
def propose(
    to: To,
    reason: Reason,
    pathway: Annotated[str | None, typer.Option(help="Every running journey of this pathway.", show_default=False)] = None,
    version: Annotated[int | None, typer.Option(help="Of these only those on this version.", show_default=False)] = None,
    journey: Annotated[list[str], typer.Option(help="This journey; as often as you like.", show_default=False)] = [],
    mapping: MappingFile = None,
    json: Json = False,
) -> None:
    """Look at what a migration comes to for many journeys, each by itself. Nothing is moved yet."""
    if bool(pathway) == bool(journey):
        raise typer.BadParameter("name a pathway with --pathway, or journeys with --journey: one of the two")
    running = JourneyQuery(pathway=pathway, version=version, statuses=("active", "paused"))

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.propose_migration(journey or running, to, mapping=_mapping(mapping), reason=reason)
        show_json(found) if json else say(f"{found.journeys} journeys are looked at; see: stepwell migration show {found.id}")

    run(job)


@app.command()
def show(
    job: JobId,
    state: Annotated[str | None, typer.Option(help=f"One of: {', '.join(get_args(ItemState))}.", show_default=False)] = None,
    after: Annotated[str, typer.Option(help="The last journey of the page before.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(help="How many journeys at once.", min=1, max=200)] = 50,
    json: Json = False,
) -> None:
    """Show how far a migration is, and what it comes to for each journey."""
    if state is not None and state not in get_args(ItemState):
        raise typer.BadParameter(f"--state is one of: {', '.join(get_args(ItemState))}")

    async def whole() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.bulk_job(job)
            page = await stepwell.bulk_items(job, state=cast(ItemState | None, state), limit=limit, after=after)
        if json:
            show_json({"job": found, "items": page.items, "next": page.next})
            return
        _say_how_far(found)
        rows = [(one.journey, one.state, _in_short(one.difference), one.message or "") for one in page.items]
        show_table(("journey", "state", "what it comes to", "why"), rows, empty="no journey")
        if page.next:
            say(f"more: --after {page.next}")

    run(whole)


@app.command()
def apply(
    job: JobId,
    journeys: Annotated[list[str], typer.Argument(help="The journeys to move.", show_default=False)] = [],
    all_: Annotated[bool, typer.Option("--all", help="Every journey that is ready.")] = False,
    json: Json = False,
) -> None:
    """Move all journeys that are ready, or these. One that would come to something else by now waits to be chosen again."""
    if all_ == bool(journeys):
        raise typer.BadParameter("name journeys, or say --all: one of the two")

    async def whole() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.apply_migration(job, None if all_ else journeys)
        show_json(found) if json else _say_how_far(found)

    run(whole)


@app.command()
def leave(job: JobId, json: Json = False) -> None:
    """Leave every journey as it is that nobody has chosen."""

    async def whole() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.leave_migration(job)
        show_json(found) if json else _say_how_far(found)

    run(whole)


@app.command()
def cancel(job: JobId, json: Json = False) -> None:
    """Move no more of those that were chosen; 'resume' goes on."""

    async def whole() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.cancel_bulk(job)
        show_json(found) if json else _say_how_far(found)

    run(whole)


@app.command()
def resume(job: JobId, json: Json = False) -> None:
    """Go on with a migration that was cancelled, and try again what failed."""

    async def whole() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.retry_bulk(job)
        show_json(found) if json else _say_how_far(found)

    run(whole)


def _say_how_far(job: BulkJob) -> None:
    counted = [f"{getattr(job, state)} {state}" for state in get_args(ItemState) if getattr(job, state)]
    say(f"[bold]{job.journeys}[/] journeys to version {job.to_version}: {', '.join(counted) or 'none'}")


def _in_short(found: MigrationDifference | None) -> str:
    if found is None:
        return ""
    if not found.accepted:
        return f"refused by {found.rule}"
    parts = [f"+{one.step}" for one in found.gains]
    parts += [f"−{one.step}{' (cancelled)' if one.is_cancelled else ''}" for one in found.loses]
    moved = sum(one.what == "delivery" for one in found.moves)
    return ", ".join([*parts, *([f"{moved} moved"] if moved else [])]) or "no difference"


def _show(found: MigrationDifference, zone: ZoneInfo) -> None:
    say(f"from version [bold]{found.from_version}[/] to [bold]{found.to_version}[/], as of event {found.seq}")
    if not found.accepted:
        say(f"[bold red]it would be refused[/] (rule {found.rule}): {found.message}")
        return

    def told(at: datetime | None) -> str:
        return local(at, zone) if at else "nobody knows"

    def then(at: datetime | None, *, certain: bool) -> str:
        return told(at) if certain or at is None else f"{told(at)} at the earliest"

    rows = [("gains", one.step, "", "at once" if one.at_once else then(one.at, certain=one.certain)) for one in found.gains]
    rows += [("loses", one.step, "open now" if one.is_cancelled else told(one.was_at), "") for one in found.loses]
    rows += [
        (
            f"moves: {one.what}",
            one.occurrence,
            "not planned" if one.is_new else told(one.before),
            "not planned" if one.is_gone else then(one.after, certain=one.certain),
        )
        for one in found.moves
    ]
    show_table(("", "step", "was", "is then"), rows, empty="no difference for this client")
    if found.deviations_lost:
        say(f"{found.deviations_lost} changes of this client's own plan do not fit the new version and fall away")
    say(f"messages at once: {found.messages}")
