"""`stepwell what-if`: a draft tried on journeys that were lived."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from stepwell.behaviour import NAMES
from stepwell.cli.output import Json, out, progress, run, say, show_json, show_table
from stepwell.cli.pathways import Start, day, known_types, read_file, read_pathway
from stepwell.handle import Stepwell
from stepwell.replaying import MOST_JOURNEYS
from stepwell.trying import MOST_A_WEEK, MOST_SAMPLED
from stepwell.whatif.comparing import WhatIf
from stepwell.whatif.fitting import ENOUGH, Fitted, middle_of
from stepwell.whatif.impact import SAMPLE, Impact, impact
from stepwell.whatif.lines import counted, impact_lines, impact_notes, notes_of, totals_of
from stepwell.whatif.pictures import steps_picture, weeks_picture
from stepwell.whatif.reenacting import Policy
from stepwell.whatif.renaming import names_from

Behaviour = Annotated[str, typer.Option(help=f"How clients behave: {', '.join(NAMES)}, or a file from 'stepwell pathway fit'.")]
PerWeek = Annotated[int, typer.Option(min=1, max=MOST_A_WEEK, help="How many clients start in a week.")]
Picture = Annotated[Path | None, typer.Option(help="Also draw it, into this SVG file.", show_default=False)]


def behaviour_from(given: str) -> tuple[str, Fitted | None]:
    """A behaviour by its name, or fitted, from a file."""
    if given in NAMES:
        return given, None
    file = Path(given)
    if not file.is_file():
        raise typer.BadParameter(
            f"{given!r} is no behaviour and no file; one of {', '.join(NAMES)}, or what 'pathway fit' gave"
        )
    try:
        return "fitted", Fitted.model_validate_json(read_file(file))
    except ValidationError:
        raise typer.BadParameter(f"{file} is not what 'stepwell pathway fit' gives") from None


def keep_picture(file: Path, picture: str) -> None:
    """Write an SVG, or say why not."""
    try:
        file.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be written: {error.strerror}") from None


def fit_(
    pathway: Annotated[str | None, typer.Argument(help="From journeys of this pathway.", show_default="all")] = None,
    lived_on: Annotated[int | None, typer.Option(help="Only journeys of this version.", show_default="every version")] = None,
    journeys: Annotated[int, typer.Option(min=1, max=MOST_JOURNEYS, help="The latest so many.")] = MOST_JOURNEYS,
    enough: Annotated[
        int, typer.Option(min=1, help="With fewer observations a step goes by its type, and that by all.")
    ] = ENOUGH,
    out_: Annotated[Path | None, typer.Option("--out", help="Keep it in this file.", show_default="only show it")] = None,
    json: Json = False,
) -> None:
    """Learn from recorded journeys how clients behave: for 'simulate --behaviour FILE'. Times and shares, no answers."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.fit_behaviour(pathway, lived_on=lived_on, limit=journeys, enough=enough)
        if out_ is not None:
            keep_picture(out_, found.model_dump_json(indent=2) + "\n")
        if json:
            show_json(found)
            return
        _show_fitted(found)
        if out_ is not None:
            say(f"kept in {out_}; try: stepwell simulate FILE --behaviour {out_}")

    run(job)


def _show_fitted(found: Fitted) -> None:
    groups = [("every step", found.every), *((f"type {name}", one) for name, one in found.types.items()), *found.steps.items()]
    rows = [
        (
            name,
            one.deliveries,
            f"{one.on_delivery:.0%}",
            middle_of(one.delay_hours),
            one.reminders,
            f"{one.on_reminder:.0%}" if one.reminders else "",
            middle_of(one.reminder_hours),
            "" if one.deliveries >= found.enough or one is found.every else f"fewer than {found.enough}: not used",
        )
        for name, one in groups
    ]
    columns = ("what", "deliveries", "answered", "hours", "reminders", "that brought it", "hours after", "")
    title = f"how clients behaved in {counted(found.journeys, 'journey')}"
    show_table(columns, rows, empty="", title=title)
    say(f"{found.stopped} had stopped at the end; at each delivery {found.drop_off:.1%} do")


def impact_(
    pathway: Annotated[
        str, typer.Argument(help="A file, or a pathway's name: its draft, else its latest version.", show_default=False)
    ],
    version: Annotated[int | None, typer.Option(help="This version of it.", show_default=False)] = None,
    per_week: PerWeek = 10,
    behaviour: Behaviour = "mixed",
    seed: Annotated[int, typer.Option(help="The same seed gives the same result to the byte.")] = 1,
    start: Start = "",
    sample: Annotated[int, typer.Option(min=1, max=MOST_SAMPLED, help="How many clients are simulated for it.")] = SAMPLE,
    picture: Picture = None,
    json: Json = False,
) -> None:
    """Say what publishing it would bring: the worst day, messages a week, shortest and longest, steps nobody reaches."""
    name, fitted = behaviour_from(behaviour)
    begins = day(start) if start else date.today()
    file = Path(pathway)
    is_here = file.is_file()

    def at_home(advance: Callable[[int], None]) -> Impact:
        return impact(
            read_pathway(file),
            known_types(),
            per_week=per_week,
            start=begins,
            sample=sample,
            behaviour_name=name,
            fitted=fitted,
            seed=seed,
            progress=advance,
        )

    async def job() -> None:
        with progress("simulating", sample) as advance:
            if is_here:
                found = at_home(advance)
            else:
                async with Stepwell.connect() as stepwell:
                    published, _ = await stepwell.tried(pathway, None, version)
                    found = await stepwell.impact(
                        published,
                        per_week=per_week,
                        start=begins,
                        behaviour=name,
                        fitted=fitted,
                        seed=seed,
                        sample=sample,
                        progress=advance,
                    )
        if picture is not None:
            keep_picture(picture, weeks_picture(found, alone=True))
        if json:
            show_json(found)
            return
        clients = f"{found.per_week} clients a week, {found.behaviour}"
        show_table(("figure", ""), impact_lines(found), empty="", title=f"{found.pathway}, published, with {clients}")
        out.print()
        columns = ("day", "to clients", "to practitioners")
        show_table(columns, [(one.weekday, one.contacts, one.told) for one in found.days], empty="")
        for note in impact_notes(found):
            say(note)

    run(job)


def what_if(
    pathway: Annotated[str, typer.Argument(help="Whose past journeys.", show_default=False)],
    file: Annotated[Path | None, typer.Option(help="Try the pathway in this file.", show_default="the draft")] = None,
    version: Annotated[int | None, typer.Option(help="Try this version instead.", show_default=False)] = None,
    lived_on: Annotated[int | None, typer.Option(help="Only journeys of this version.", show_default="every version")] = None,
    since: Annotated[str, typer.Option(help="Only journeys started since this day.", show_default="ever")] = "",
    journeys: Annotated[int, typer.Option(min=1, max=MOST_JOURNEYS, help="The latest so many.")] = 200,
    running: Annotated[bool, typer.Option("--running", help="Also those on their way, as far as they have come.")] = False,
    unknown: Annotated[
        str, typer.Option(help="Steps nobody was sent: 'median' (the client's own delay) or 'unanswered'.")
    ] = "median",
    unprompted: Annotated[
        str, typer.Option(help="Answers to reminders that are not sent: 'unanswered' or 'same_delay'.")
    ] = "unanswered",
    renamed: Annotated[
        str, typer.Option(help="Steps that are the same under another id: worksheet=exercise, diary=log.", show_default=False)
    ] = "",
    journey: Annotated[str | None, typer.Option(help="Only this journey, step by step.", show_default=False)] = None,
    picture: Picture = None,
    json: Json = False,
) -> None:
    """Re-enact past journeys on a draft, and say what would have been different."""
    source = read_file(file) if file else None
    policy = _policy(unknown, unprompted, renamed)
    from_day = datetime.combine(day(since), time(), UTC) if since else None

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            if journey is not None:
                result = await stepwell.what_if_journey(journey, source=source, version=version, policy=policy)
            else:
                with progress("re-enacting", journeys) as advance:
                    result = await stepwell.what_if(
                        pathway,
                        source=source,
                        version=version,
                        lived_on=lived_on,
                        since=from_day,
                        running=running,
                        limit=journeys,
                        progress=advance,
                        policy=policy,
                    )
        if picture is not None:
            keep_picture(picture, steps_picture(result, alone=True))
        if json:
            show_json(result)
        else:
            _show(result, in_detail=journey is not None)

    run(job)


def _policy(unknown: str, unprompted: str, renamed: str) -> Policy:
    try:
        names = names_from(renamed)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from None
    try:
        return Policy.model_validate({"unknown": unknown, "unprompted": unprompted, "renamed": names})
    except ValidationError:
        raise typer.BadParameter("'--unknown' is median or unanswered, '--unprompted' is unanswered or same_delay") from None


def _show(result: WhatIf, *, in_detail: bool) -> None:
    lived = ", ".join(f"{number} on version {version}" for version, number in result.versions.items())
    title = f"{result.pathway}: {counted(result.replayed, 'journey')} ({lived or 'none'}), and the same on {result.against}"
    show_table(("", "as it was", "would be"), totals_of(result), empty="", title=title)
    out.print()
    if in_detail:
        _show_shifted(result)
    else:
        _show_steps(result)
    for note in notes_of(result):
        say(note)


def _show_steps(result: WhatIf) -> None:
    rows = []
    for one in result.steps:
        was, is_now = one.before, one.after
        cells = [
            _both(getattr(was, name, None), getattr(is_now, name, None))
            for name in ("delivered", "completed", "late", "expired", "reminders", "told", "median_hours")
        ]
        rows.append(
            (one.step, *cells, f"{one.without_evidence} of {is_now.delivered}" if is_now and one.without_evidence else "")
        )
    columns = ("step", "delivered", "completed", "late", "expired", "reminders", "told", "hours", "no evidence")
    show_table(columns, rows, empty="it has no steps")


def _both(before: object, after: object) -> str:
    was, is_now = ("—" if one is None else str(one) for one in (before, after))
    return was if was == is_now else f"{was} → {is_now}"


def _show_shifted(result: WhatIf) -> None:
    rows = [
        (
            one.occurrence,
            _both(_when(one.delivered_before), _when(one.delivered_after)),
            _both(one.state_before, one.state_after),
            _both(_when(one.settled_before), _when(one.settled_after)) + (" (assumed)" if one.is_assumed else ""),
        )
        for journey in result.journeys
        for one in journey.shifted
    ]
    show_table(("step", "delivered (UTC)", "state", "settled (UTC)"), rows, empty="everything would have been the same")


def _when(instant: datetime | None) -> str | None:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else None
