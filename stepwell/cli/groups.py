"""`stepwell group …`: couples, families, courses and cohorts, each member on a journey of their own."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from engine.durations import Offset
from engine.journey import PauseMode
from stepwell.cli.journeys import MessageId, Reason, instant
from stepwell.cli.output import Json, out, progress, run, say, show_json, show_table
from stepwell.cli.pathways import Dates, client_dates, day, read_file
from stepwell.handle import Stepwell
from stepwell.models import Again, BulkAction, BulkJob, Group, JourneyQuery, LateJoiners, MemberState, Waves

app = typer.Typer(
    no_args_is_help=True,
    help="""Start many clients on one pathway, in waves and at a bounded rate.

    'create', then 'start', then 'show'. Each member has a journey of their own; one that cannot be started keeps nobody back.
    To pause, resume or stop a group is to do it to every journey that the group started.""",
)

GroupId = Annotated[str, typer.Argument(help="The group's id, as 'create' said it.", show_default=False)]
Clients = Annotated[list[str], typer.Argument(help="Ids of clients that are there.", show_default=False)]
ClientsFile = Annotated[
    Path | None, typer.Option("--file", help="More of them: a file with one id a line.", show_default=False)
]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until all of it is done; Ctrl-C ends only the waiting.")]

_A_CALL = 10_000
_MODES = {False: "freeze", True: "calendar"}


def _named(clients: list[str], file: Path | None) -> list[str]:
    """The clients of the arguments and of the file, in their order, each once."""
    written = read_file(file).decode("utf-8-sig", "replace").splitlines() if file else []
    return list(dict.fromkeys([*clients, *filter(None, (line.strip() for line in written))]))


def _waves(size: int | None, every: str | None) -> Waves | None:
    if (size is None) != (every is None):
        raise typer.BadParameter("waves need both: --wave-size 50 and --wave-every '1 day'")
    if size is None or every is None:
        return None
    try:
        return Waves(size, Offset.parse(every).roughly)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from None


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="For your own people; write no client's name.", show_default=False)],
    pathway: Annotated[str, typer.Argument(help="The pathway's name.", show_default=False)],
    clients: Clients = [],
    file: ClientsFile = None,
    version: Annotated[int | None, typer.Option(help="Its version.", show_default="the latest, pinned now")] = None,
    practitioner: Annotated[str | None, typer.Option(help="Who leads the journeys.", show_default="each client's own")] = None,
    date_: Dates = [],
    begins_at: Annotated[
        str | None, typer.Option(help="When the first wave is: an instant with its zone.", show_default="when it is started")
    ] = None,
    wave_size: Annotated[int | None, typer.Option(help="So many members at once.", min=1, show_default="all")] = None,
    wave_every: Annotated[
        str | None, typer.Option(help="And the next so much later, such as '1 day'.", show_default=False)
    ] = None,
    late: Annotated[
        str, typer.Option(help=f"Who is added after the start: {', '.join(get_args(LateJoiners))}.")
    ] = "with_group",
    again: Annotated[str, typer.Option(help="Who has been on it: reject, use_existing or parallel.")] = "reject",
    per_second: Annotated[float, typer.Option(help="Members started in a second at most.")] = 50,
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Keep a group on one version of a pathway. Nobody is started yet."""
    named = _named(clients, file)
    waves = _waves(wave_size, wave_every)
    first = instant(begins_at) if begins_at else None
    dates = dict(client_dates(date_))

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            group = await stepwell.create_group(
                name,
                pathway,
                named[:_A_CALL],
                version=version,
                practitioner=practitioner,
                dates={**dates},
                begins_at=first,
                waves=waves,
                late_joiners=cast(LateJoiners, late),  # the handle refuses what is none
                again=cast(Again, again),
                per_second=per_second,
                request_id=id,
            )
            group = await _more(stepwell, group, named[_A_CALL:])
        if json:
            show_json(group)
            return
        say(f"group [bold]{group.id}[/]: {group.members} clients on {group.pathway} version {group.version}")
        say(f"begin with: stepwell group start {group.id}")

    run(job)


@app.command()
def add(group: GroupId, clients: Clients = [], file: ClientsFile = None, json: Json = False) -> None:
    """Add clients; once the group is started they are late joiners, and begin at once."""
    named = _named(clients, file)
    if not named:
        raise typer.BadParameter("name clients, or a --file with one id a line")

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            before = await stepwell.group(group)
            after = await _more(stepwell, before, named)
        show_json(after) if json else say(f"{after.members - before.members} came; {_how_far(after)}")

    run(job)


async def _more(stepwell: Stepwell, group: Group, clients: list[str]) -> Group:
    """Add as many as there are, in as many calls as that takes."""
    for first in range(0, len(clients), _A_CALL):
        group = await stepwell.add_members(group.id, clients[first : first + _A_CALL])
    return group


@app.command()
def start(group: GroupId, json: Json = False) -> None:
    """Begin the members' journeys; again it is the same start."""
    _do(json, lambda stepwell: stepwell.start_group(group), after=f"\nwatch it: stepwell group show {group} --watch")


@app.command()
def cancel(group: GroupId, json: Json = False) -> None:
    """Start nobody else of it; who is started stays so. 'retry' goes on."""
    _do(json, lambda stepwell: stepwell.cancel_group(group))


@app.command()
def retry(group: GroupId, json: Json = False) -> None:
    """Start again whose start failed, and go on with a cancelled group."""
    _do(json, lambda stepwell: stepwell.retry_group(group))


@app.command("list")
def list_(limit: Annotated[int, typer.Option(min=1, max=200)] = 50, json: Json = False) -> None:
    """List the latest groups, the newest first."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.groups(limit=limit)
        if json:
            show_json(found)
            return
        rows = [(one.id, one.name, f"{one.pathway} v{one.version}", one.members, _state(one), one.started) for one in found]
        show_table(("group", "name", "pathway", "members", "state", "started"), rows, empty="no group yet")

    run(job)


@app.command()
def show(
    group: GroupId,
    watch: Annotated[bool, typer.Option("--watch", help="Stay until nobody waits; Ctrl-C ends only the watching.")] = False,
    json: Json = False,
) -> None:
    """Show how far a group is."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.group(group)
            if watch and found.started_at is not None:
                found = await _watched(stepwell, found)
        show_json(found) if json else _show(found)

    run(job)


async def _watched(stepwell: Stepwell, group: Group) -> Group:
    with progress("starting", group.members) as advance:
        while group.finished_at is None and group.cancelled_at is None:
            advance(group.members - group.waiting)
            await asyncio.sleep(1)
            group = await stepwell.group(group.id)
    return group


@app.command()
def members(
    group: GroupId,
    state: Annotated[str | None, typer.Option(help=f"One of: {', '.join(get_args(MemberState))}.", show_default=False)] = None,
    after: Annotated[int, typer.Option(help="What the page before said.", show_default=False)] = -1,
    limit: Annotated[int, typer.Option(help="How many members at once.", min=1, max=10_000)] = 50,
    json: Json = False,
) -> None:
    """Show what became of each member, with their journeys."""
    if state is not None and state not in get_args(MemberState):
        raise typer.BadParameter(f"--state is one of: {', '.join(get_args(MemberState))}")

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            page = await stepwell.group_members(group, state=cast(MemberState | None, state), limit=limit, after=after)
        if json:
            show_json(page)
            return
        rows = [
            (one.client, one.state, "late" if one.is_late else "", one.journey or "", one.message or "") for one in page.items
        ]
        show_table(("client", "state", "", "journey", "why"), rows, empty="nobody")
        if page.next is not None:
            say(f"more: --after {page.next}")

    run(job)


@app.command("date")
def date_(
    group: GroupId,
    name: Annotated[str, typer.Argument(help="The date's name, such as surgery.", show_default=False)],
    value: Annotated[str, typer.Argument(help="A day, an instant with its zone, or none to take it away.", show_default=False)],
    wait: Wait = True,
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Set or move a date of the group: every running journey hears of it, and whoever is still to start begins with it."""
    given = None if value == "none" else day(value) if len(value) <= len("2026-12-01") else instant(value)
    _have_done(json, f"date {name}", lambda stepwell: stepwell.set_group_date(group, name, given, request_id=id), wait=wait)


@app.command()
def pause(
    group: GroupId,
    reason: Reason,
    keep_dates: Annotated[bool, typer.Option("--keep-dates", help="Leave dates where they are.")] = False,
    wait: Wait = True,
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Pause every journey that the group started; who joins later is not of it."""
    _act(group, "pause", json=json, wait=wait, id=id, reason=reason, mode=cast(PauseMode, _MODES[keep_dates]))


@app.command()
def resume(group: GroupId, wait: Wait = True, id: MessageId = None, json: Json = False) -> None:
    """Have every paused journey of the group go on."""
    _act(group, "resume", json=json, wait=wait, id=id)


@app.command()
def stop(group: GroupId, reason: Reason, wait: Wait = True, id: MessageId = None, json: Json = False) -> None:
    """End every journey of the group for good. Whoever waits to be started still is: 'cancel' is for them."""
    _act(group, "stop", json=json, wait=wait, id=id, reason=reason)


def _act(
    group: str, action: BulkAction, *, json: bool, wait: bool, id: str | None, reason: str = "", mode: PauseMode = "freeze"
) -> None:
    async def begun(stepwell: Stepwell) -> BulkJob:
        await stepwell.group(group)
        return await stepwell.start_bulk(JourneyQuery(group=group), action, reason=reason, mode=mode, request_id=id)

    _have_done(json, action, begun, wait=wait)


def _have_done(json: bool, words: str, begin: Callable[[Stepwell], Awaitable[BulkJob]], *, wait: bool) -> None:
    """Begin something with every journey, and with `wait` stay until it is done."""

    async def whole() -> None:
        async with Stepwell.connect() as stepwell:
            job = await begin(stepwell)
            with progress(words, job.journeys) as advance:
                while wait and job.finished_at is None:
                    advance(job.settled)
                    await asyncio.sleep(0.3)
                    job = await stepwell.bulk_job(job.id)
        if json:
            show_json(job)
            return
        counted = [f"{getattr(job, one)} {one}" for one in ("done", "refused", "failed", "waiting") if getattr(job, one)]
        say(f"{words}, {job.journeys} journeys: {', '.join(counted) or 'none'} (job {job.id})")

    run(whole)


def _do(json: bool, act: Callable[[Stepwell], Awaitable[Group]], *, after: str = "") -> None:
    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await act(stepwell)
        show_json(found) if json else say(f"{_how_far(found)}{after}")

    run(job)


def _state(group: Group) -> str:
    if group.cancelled_at is not None:
        return "cancelled"
    if group.finished_at is not None:
        return "finished"
    return "under way" if group.started_at is not None else "not begun"


def _how_far(group: Group) -> str:
    counted = [f"{getattr(group, state)} {state}" for state in get_args(MemberState) if getattr(group, state)]
    return f"{_state(group)}: {', '.join(counted) or 'nobody is in it'}"


def _show(group: Group) -> None:
    out.print(f"[bold]{group.id}[/] ", end="")
    out.print(group.name, markup=False)
    say(f"{group.pathway} version {group.version}, {group.members} members, {_how_far(group)}")
    if group.dates:
        say("dates: " + ", ".join(f"{name} {value}" for name, value in sorted(group.dates.items())))
