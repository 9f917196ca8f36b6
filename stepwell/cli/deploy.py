"""`stepwell deploy …`: bring what runs from one version of the workers to another, and back."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from temporalio.service import RPCError

from stepwell import __version__
from stepwell.builds import LIBRARIES, build_id, types_in_force
from stepwell.cli.output import Exit, Json, progress, run, say, show_json, show_table
from stepwell.connection import connect_to
from stepwell.deployment import NotReady
from stepwell.errors import NotRunning, Unavailable
from stepwell.models.rollout import OnVersion, WorkerVersion
from stepwell.opening import opened_store
from stepwell.rehearsing import Rehearsed
from stepwell.rollout import Rollout
from stepwell.settings import load_settings

app = typer.Typer(
    no_args_is_help=True,
    help="""Change workers under running journeys: start workers of the new version beside the old ones, promote it, drain the old one.

    For workers that were given STEPWELL_DEPLOYMENT; 'stepwell up' has no versions and needs none of this.""",
)

Build = Annotated[str, typer.Argument(help="As 'stepwell deploy status' shows it.", show_default=False)]
Each = Annotated[int, typer.Option("--try", min=1, help="How many of each kind of workflow are tried first.")]
Force = Annotated[bool, typer.Option("--force", help="Also where that fails, or cannot be tried here.")]


def version(json: Json = False) -> None:
    """Say which version this is, and the build id of its workers: what decides how a journey goes on, in a few letters."""
    if json:
        show_json({"version": __version__, "build": build_id(), "step_types": types_in_force(), "libraries": LIBRARIES})
    else:
        say(f"stepwell {__version__}, build {build_id()}")


@asynccontextmanager
async def _rollout() -> AsyncIterator[Rollout]:
    settings = load_settings()
    if settings.deployment is None:
        raise NotRunning("these workers have no versions: give all of them, and this command, the same STEPWELL_DEPLOYMENT")
    with _quietly():
        async with opened_store(settings) as database:
            connection = await connect_to(settings, database.keys)
            try:
                yield Rollout(connection, settings.deployment)
            except RPCError as error:
                raise Unavailable(f"Temporal does not do it: {error.message}") from error


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what is logged where a rehearsal fails: the command says itself what it came to."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@app.command()
def status(json: Json = False) -> None:
    """Show every version: its state, what is on it, its workers, and why it is not drained yet."""

    async def job() -> None:
        async with _rollout() as rollout:
            found = await rollout.versions()
        if json:
            show_json([one.model_dump(mode="json") | {"why": one.why} for one in found])
            return
        show_table(
            ("build", "state", "since (UTC)", "journeys", "others", "workers", "oldest", "not drained because it"),
            [
                (
                    f"{one.build}{' (here)' if one.build == build_id() else ''}",
                    _state(one),
                    _at(one.since),
                    one.journeys,
                    one.others,
                    _workers(one),
                    f"{one.oldest.id}, {_at(one.oldest.since)}" if one.oldest else "",
                    one.why,
                )
                for one in found
            ],
            empty="there is none",
        )
        if not any(one.state == "current" for one in found):
            say("[bold]No version is current: what is new waits.[/] Promote one: stepwell deploy promote")

    run(job)


@app.command()
def promote(
    build: Annotated[
        str | None, typer.Argument(help="Unless given, the build of this very command.", show_default=False)
    ] = None,
    each: Each = 50,
    force: Force = False,
) -> None:
    """Give everything new to a build from now on, and everything that runs when it wakes next.

    First the build of this command is tried on what runs, without touching it: it replays what it would have to go on with in the
    middle of a run, and begins the next run of what stays with another build until then. Where any of that fails, nothing is promoted.
    """

    async def job() -> None:
        async with _rollout() as rollout:
            chosen = build or build_id()
            await _try(rollout, chosen, each, force=force)
            await rollout.promote(chosen)
        say(f"{chosen} is current. What runs comes over when it wakes; to wake it: stepwell deploy drain OLD-BUILD")

    run(job)


@app.command()
def ramp(
    build: Build,
    percent: Annotated[float, typer.Argument(min=0.1, max=100, help="Of what is new, and of what wakes.", show_default=False)],
    each: Each = 50,
    force: Force = False,
) -> None:
    """Give a part of everything to a build, chosen by ids. Tries it first, as promote does; rollback takes it back."""

    async def job() -> None:
        async with _rollout() as rollout:
            await _try(rollout, build, each, force=force)
            await rollout.ramp(build, percent)
        say(f"{build} gets {percent:g} % of what is new, and of what wakes")

    run(job)


@app.command()
def drain(
    build: Build,
    a_second: Annotated[float, typer.Option("--a-second", min=0.1, max=200, help="How many are woken in a second.")] = 10,
    json: Json = False,
) -> None:
    """Wake what waits on an old build, so that it comes over; then say what stays, and why. Cut off, begin it again: it goes on.

    What stands still there, at a bug or because no worker of that build is left, is taken over in the middle of its run: where this
    command is of the current build, and replays it.
    """

    async def job() -> None:
        async with _rollout() as rollout:
            with progress("waking", await rollout.count(build)) as advance:
                woken = await rollout.wake(build, a_second=a_second, told=advance)
            taken = await rollout.take_over(build, build_id())
            with progress("coming over", await rollout.count(build)) as advance:
                left = await rollout.come_over(build, advance)
        if json:
            show_json({"woken": woken, "taken_over": taken, "left": left})
        else:
            _say_left(build, woken, taken, left)
        if left:
            raise typer.Exit(Exit.FAILED)

    run(job)


@app.command()
def rollback() -> None:
    """Take back a ramp; where there is none, make the build current again that was so before."""

    async def job() -> None:
        async with _rollout() as rollout:
            current = await rollout.roll_back()
        say(f"{current} is current. What runs elsewhere comes back when it wakes; to wake it: stepwell deploy drain BUILD")

    run(job)


async def _try(rollout: Rollout, build: str, each: int, *, force: bool) -> None:
    """Raise NotReady where the build cannot go on with what runs, unless forced."""
    if build != build_id():
        if not force:
            raise NotReady(f"only {build_id()} can be tried here: run this where {build} is installed, or say --force")
        return
    tried = await rollout.rehearse(build, each=each)
    _say_tried(tried)
    if tried.failures and not force:
        raise NotReady(f"{len(tried.failures)} would stand still on {build}; nothing was changed")


def _say_tried(tried: Rehearsed) -> None:
    say(f"tried on what runs: {tried.replayed} in the middle of a run, {tried.taken_over} at the beginning of their next")
    if tried.failures:
        show_table(("workflow", "why it would stand still"), tried.failures, empty="")


def _say_left(build: str, woken: int, taken: list[str], left: list[OnVersion]) -> None:
    say(f"woken: {woken}; taken over as they stood still: {len(taken)}; still on {build}: {len(left)}")
    if left:
        show_table(
            ("workflow", "kind", "its run began (UTC)", "why it stays"),
            [(one.id, one.kind, _at(one.since), _why(one)) for one in left],
            empty="",
        )


def _why(one: OnVersion) -> str:
    if one.is_failing:
        return "its task fails again and again: see it in Temporal's UI"
    return "it wakes by itself, or waits for what is on its way, or no worker of this build runs"


def _state(one: WorkerVersion) -> str:
    if one.state == "none":
        return "no version yet"
    return one.state if one.percent is None else f"{one.state} {one.percent:g} %"


def _at(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else ""


def _workers(one: WorkerVersion) -> str:
    """How many, and when one of them was heard of: who is gone is forgotten after five minutes."""
    if one.last_seen is None:
        return "none"
    return f"{one.workers}, {(datetime.now(UTC) - one.last_seen).total_seconds():.0f} s ago"
