"""`stepwell what-if`: a draft tried on journeys that were lived."""

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from stepwell.cli.output import Json, out, progress, run, say, show_json, show_table
from stepwell.cli.pathways import day, read_file
from stepwell.handle import Stepwell
from stepwell.replaying import MOST_JOURNEYS
from stepwell.whatif.comparing import WhatIf
from stepwell.whatif.lines import counted, notes_of, totals_of
from stepwell.whatif.reenacting import Policy


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
    journey: Annotated[str | None, typer.Option(help="Only this journey, step by step.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Re-enact past journeys on a draft, and say what would have been different."""
    source = read_file(file) if file else None
    policy = _policy(unknown, unprompted)
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
        if json:
            show_json(result)
        else:
            _show(result, in_detail=journey is not None)

    run(job)


def _policy(unknown: str, unprompted: str) -> Policy:
    try:
        return Policy.model_validate({"unknown": unknown, "unprompted": unprompted})
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
