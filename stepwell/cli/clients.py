"""`stepwell client …`: the people on pathways."""

import json as json_module
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast, get_args
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError

from engine.zones import zone_of
from stepwell.cli.journeys import instant
from stepwell.cli.output import Json, local, out, run, say, show_json, show_table
from stepwell.handle import Stepwell
from stepwell.models import ClientChanges, ContactBudget, DeletionReason
from stepwell.takeaway import page_of

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


@app.command("preferred-time")
def preferred_time(
    client: Id,
    hours: Annotated[str, typer.Argument(help="Such as 17:00-20:00, or any for any time of day.", show_default=False)],
) -> None:
    """Note between which hours a client wants mails that are not urgent; outside, these wait for the next beginning."""
    _change(client, ClientChanges(preferred_time=None if hours == "any" else _hours(hours)))
    say(f"{client} prefers {hours if hours != 'any' else 'no time of day'}")


@app.command()
def snooze(
    client: Id,
    until: Annotated[
        str, typer.Argument(help="An instant such as 2026-12-01T07:00+00:00, or off to end it.", show_default=False)
    ],
) -> None:
    """Send a client no mail before an instant, but urgent ones."""
    _change(client, ClientChanges(snoozed_until=None if until == "off" else instant(until)))
    say(f"{client} gets mail again" if until == "off" else f"{client} gets no mail before {until}, but urgent ones")


@app.command()
def limit(
    client: Id,
    day: Annotated[str | None, typer.Option(help="Mails a day at most, or none for as the deployer has set.")] = None,
    week: Annotated[str | None, typer.Option(help="Mails a week, Monday to Sunday, or none.")] = None,
) -> None:
    """Set how often a client is written to, across all journeys; urgent mails count, and are never held."""
    given = {"contacts_a_day": day, "contacts_a_week": week}
    changes = {name: None if value == "none" else value for name, value in given.items() if value is not None}
    try:
        wanted = ClientChanges.model_validate(changes)
    except ValidationError:
        raise typer.BadParameter("write a number from 1 to 100, or none") from None
    _change(client, wanted)
    say(f"{client} is written to within these limits; see: stepwell client contacts {client}")


@app.command()
def contacts(client: Id, json: Json = False) -> None:
    """Show why a client had mail, or had none: limits, what waits and why, what went."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.contacts(client)
        if json:
            show_json(found)
            return
        show_table(("", ""), _standing(found), empty="")
        zone = zone_of(found.zone)
        out.print()
        waiting = [
            (one.journey, one.purpose, ", ".join(one.occurrences), _local(one.until, zone) or "until lifted", one.why)
            for one in found.waiting
        ]
        show_table(("journey", "waits", "about", "until", "why"), waiting, empty="nothing waits")
        out.print()
        latest = [
            (
                one.journey,
                one.purpose,
                _local(one.intended_at, zone),
                _local(one.accepted_at, zone),
                "in the mail of another" if one.merged_into else "",
                one.why_not,
            )
            for one in found.latest
        ]
        show_table(("journey", "message", "intended", "sent", "", "why not"), latest, empty="no message was to be sent yet")

    run(job)


@app.command()
def hold(
    client: Id,
    by: Annotated[str, typer.Option(help="Your name.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why; it is kept.", show_default=False)],
) -> None:
    """Hold a client's mails on all journeys: no reminders, nothing that is not urgent. Journeys go on."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            await stepwell.hold_contacts(client, reason=reason, by=by)
        say(f"the mails of {client} are held; to let them go: stepwell client lift-hold {client}")

    run(job)


@app.command("lift-hold")
def lift_hold(
    client: Id,
    by: Annotated[str, typer.Option(help="Your name.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why; it is kept.", show_default=False)],
) -> None:
    """Let a client's mails go again."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            await stepwell.lift_hold(client, reason=reason, by=by)
        say(f"the mails of {client} go again")

    run(job)


def _change(client: str, changes: ClientChanges) -> None:
    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            await stepwell.change_client(client, changes)

    run(job)


def _standing(found: ContactBudget) -> list[tuple[str, str]]:
    """What holds now, line by line."""

    def of(count: int, limit: int | None) -> str:
        return f"{count} of {limit}" if limit else f"{count}, no limit"

    zone = zone_of(found.zone)
    return [
        (f"mails today ({found.zone})", of(found.today, found.a_day)),
        ("this week, since Monday", of(found.this_week, found.a_week)),
        ("preferred time", "-".join(found.preferred_time) if found.preferred_time else "any"),
        ("quiet hours", "-".join(found.quiet_hours) if found.quiet_hours else "the pathway's"),
        ("no mail before", _local(found.snoozed_until, zone) or "-"),
        ("opted out of", ", ".join(found.opted_out) or "nothing"),
        (
            "held",
            f"since {_local(found.held_since, zone)} by {found.held_by}: {found.held_reason}" if found.held_since else "no",
        ),
        ("open alerts", ", ".join(found.alerts) or "none"),
    ]


def _local(instant: datetime | None, zone: ZoneInfo) -> str:
    return local(instant, zone) if instant else ""


def _hours(text: str) -> tuple[str, str]:
    start, _, end = text.partition("-")
    return start.strip(), end.strip()


@app.command()
def export(
    client: Id,
    file: Annotated[
        Path | None, typer.Option("--out", help="Where it goes; .html is a page to read.", show_default="the terminal")
    ] = None,
) -> None:
    """Write everything a client may have of what is kept about them: as JSON, or into an .html as a page to read."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            taken = await stepwell.export(client)
        if file is None:
            show_json(taken)
            return
        is_page = file.suffix.lower() in (".html", ".htm")
        whole = (
            page_of(taken, datetime.now(UTC))
            if is_page
            else json_module.dumps(taken, indent=2, ensure_ascii=False, default=str)
        )
        file.write_text(whole, encoding="utf-8")
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
