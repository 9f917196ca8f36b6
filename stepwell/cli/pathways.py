"""`stepwell pathway …`: check, publish and look ahead."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from engine.findings import DefinitionError
from engine.mails_ahead import MailAhead
from engine.publishing import Checked, Published, check_pathway, pathway_schema
from engine.schedule import words_for
from engine.steps import StepTypes
from engine.structure import Timing
from engine.turn import Plan
from engine.zones import UnknownZone, zone_of
from stepwell.cli.output import Exit, Json, err, fail, local, run, say, show_finding, show_json, show_table
from stepwell.errors import NotFound, StepwellError
from stepwell.forecast import forecast_start, words_of, words_of_mail
from stepwell.handle import Stepwell
from stepwell.packages import installed_types

app = typer.Typer(no_args_is_help=True, help="Check, publish and look ahead at pathways.")

File = Annotated[Path, typer.Argument(help="A pathway in YAML or JSON.", show_default=False)]
Start = Annotated[str, typer.Option(help="The day it starts, such as 2026-12-01.", show_default="today")]
Zone = Annotated[str | None, typer.Option(help="The client's zone.", show_default="the pathway's")]
Dates = Annotated[list[str], typer.Option("--date", help="A client date, such as surgery=2026-12-20; may be given again.")]


def read_file(file: Path) -> bytes:
    """The file's bytes, or an error that names it."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}") from None


def known_types() -> StepTypes:
    """The step types that are installed here; with a broken package among them, an exit that names it."""
    try:
        return installed_types()
    except StepwellError as error:
        fail(error)


def _checked(file: Path) -> Checked:
    return check_pathway(read_file(file), types=known_types())


def read_pathway(file: Path) -> Published:
    """The pathway in a file; with anything wrong, all of it and an exit."""
    checked = _checked(file)
    if checked.published is None:
        fail(DefinitionError(checked.errors))
    return checked.published


def day(text: str) -> date:
    """A day as people type it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write it like 2026-12-01") from None


def client_dates(given: list[str]) -> dict[str, date]:
    """`surgery=2026-12-20` and so on."""
    pairs = [one.partition("=") for one in given]
    return {name.strip(): day(value.strip()) for name, _, value in pairs}


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@app.command()
def validate(file: File, json: Json = False) -> None:
    """Find everything that is wrong with a pathway, at once. Exit code 5 where it cannot be published."""
    checked = _checked(file)
    if json:
        show_json({"publishable": checked.published is not None, "findings": list(checked.findings)})
    else:
        for finding in checked.findings:
            show_finding(finding)
        errors, warnings = len(checked.errors), len(checked.findings) - len(checked.errors)
        verdict = "[bold red]cannot be published[/]" if errors else "[bold green]can be published[/]"
        say(f"{file}: {verdict} ({_count(errors, 'error')}, {_count(warnings, 'warning')})")
    if checked.published is None:
        raise typer.Exit(Exit.INVALID)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the pathway document, for editors."""
    show_json(pathway_schema(known_types()))


@app.command()
def forecast(file: File, start: Start = "", zone: Zone = None, date_: Dates = [], json: Json = False) -> None:
    """Print one client's calendar with the reasons, as if everything were done at once."""
    published = read_pathway(file)
    structure = published.structure
    try:
        begins = day(start) if start else date.today()
        where = zone or structure.zone
        plan = forecast_start(structure, start=begins, zone=where, dates=client_dates(date_))
    except UnknownZone as unknown:
        raise typer.BadParameter(str(unknown)) from None
    if json:
        show_json(plan)
        return
    title = f"{structure.pathway}, from {begins} in {where}"
    show_plan(plan, zone_of(where), empty="nothing would ever be delivered", title=title)


def show_plan(plan: Plan, zone: ZoneInfo, *, empty: str, title: str | None = None, mails: Sequence[MailAhead] = ()) -> None:
    """What comes when, in a client's zone, and why; and what becomes of the mails about it."""
    held: dict[tuple[str, str, datetime | None], str] = {
        (one.what, one.occurrence, one.at): f"; {words_of_mail(one, local(one.until, zone) if one.until else '')}"
        for one in mails
    }
    show_table(
        ("when", "what", "step", "why"),
        [
            (
                local(item.at, zone) if item.at else "—",
                item.what if item.certain or item.at is None else f"{item.what}, at the earliest",
                item.occurrence,
                words_of(item.reason, item.waits_for) + held.get((item.what, item.occurrence, item.at), ""),
            )
            for item in plan.items
        ],
        empty=empty,
        title=title,
    )


@app.command()
def publish(file: File, json: Json = False) -> None:
    """Publish a pathway as its next version; the same text again is the same version."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            version = await stepwell.publish(read_file(file))
        if json:
            show_json(version)
        else:
            say(
                f"published [bold]{version.pathway}[/] version [bold]{version.number}[/]"
                + ("" if version.is_new else " (already was)")
            )
            for finding in version.warnings:
                show_finding(finding, err)

    run(job)


@app.command("list")
def list_(
    tag: Annotated[list[str], typer.Option(help="Only with this tag, such as audience:adults; several: all of them.")] = [],
    json: Json = False,
) -> None:
    """List the published pathways."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            pathways = await stepwell.pathways(tags=tag)
        if json:
            show_json(pathways)
        else:
            show_table(
                ("pathway", "version", "published", "title", "tags"),
                [
                    (one.pathway, one.number, f"{one.published_at:%Y-%m-%d %H:%M} UTC", one.title, ", ".join(one.tags))
                    for one in pathways
                ],
                empty="no pathway is published yet; try: stepwell pathway publish FILE",
            )

    run(job)


@app.command()
def show(
    pathway: Annotated[str, typer.Argument(help="Its name.", show_default=False)],
    version: Annotated[int | None, typer.Option(help="Its version.", show_default="the latest")] = None,
    json: Json = False,
) -> None:
    """Show the steps of a published pathway."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            published = await stepwell.pathway(pathway, version)
        if published is None:
            which = f"{pathway} version {version}" if version else f"pathway {pathway}"
            raise NotFound(f"no {which} is published; see: stepwell pathway list")
        if json:
            show_json(published)
            return
        contents, structure = published.contents, published.structure
        show_table(
            ("step", "type", "", "after", "title"),
            [
                (
                    step.id,
                    step.type,
                    "required" if step.required else "optional",
                    _when(step.timing),
                    contents.steps[step.id].title_for_client(contents.language, contents.language),
                )
                for step in structure.steps
            ],
            empty="it has no steps",
            title=f"{structure.pathway} version {structure.version}",
        )

    run(job)


def _when(timing: Timing) -> str:
    """`why.completed + 1 day`."""
    offset = str(timing.offset)
    sign = f" - {offset.removeprefix('-')}" if timing.offset.is_negative else f" + {offset}" if timing.offset else ""
    return f"{words_for(timing.anchor)}{sign}"
