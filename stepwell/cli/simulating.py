"""`stepwell simulate`: a pathway tried on clients who are not there."""

from datetime import date
from typing import Annotated

import typer

from stepwell.cli.output import Json, out, progress, show_json, show_table
from stepwell.cli.pathways import File, Start, Zone, day, known_types, read_pathway
from stepwell.cli.what_if import Behaviour, behaviour_from
from stepwell.simulation import Simulation, simulate


def simulate_(
    file: File,
    clients: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many clients.")] = 100,
    behaviour: Behaviour = "mixed",
    seed: Annotated[int, typer.Option(help="The same seed gives the same result to the byte.")] = 1,
    start: Start = "",
    zone: Zone = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Follow each client for so many days at most.")] = 365,
    json: Json = False,
) -> None:
    """Try a pathway on simulated clients before anybody is sent it."""
    published = read_pathway(file)
    name, fitted = behaviour_from(behaviour)
    begins = day(start) if start else date.today()
    with progress("simulating", clients) as advance:
        try:
            result = simulate(
                published,
                known_types(),
                clients=clients,
                behaviour_name=name,
                fitted=fitted,
                seed=seed,
                start=begins,
                zone=zone or published.structure.zone,
                days=days,
                progress=advance,
            )
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    if json:
        show_json(result)
    else:
        _show_simulation(result)


def _show_simulation(result: Simulation) -> None:
    tenth, middle, ninth = result.days_to_complete or (None, None, None)
    show_table(
        ("figure", ""),
        [
            ("clients", f"{result.clients}, {result.behaviour}, seed {result.seed}, from {result.start} in {result.zone}"),
            ("deliveries", result.deliveries),
            ("reminders", result.reminders),
            ("expiries", result.expiries),
            ("practitioner told", result.told),
            ("journeys completed", f"{result.completed} of {result.clients}"),
            ("held at the end", result.held),
            ("still running", f"{result.running} after {result.days} days"),
            (
                "days to complete",
                f"{middle} (one in ten within {tenth}, nine in ten within {ninth})" if middle is not None else "—",
            ),
            ("most contacts a day", f"{result.most_contacts} for one client"),
            (
                "worst day",
                f"{result.worst_day}: {result.worst_day_contacts} messages to all clients" if result.worst_day else "—",
            ),
        ],
        empty="",
        title=f"{result.pathway} on paper",
    )
    out.print()
    show_table(
        ("step", "delivered", "completed", "late", "expired", "n/a", "reminders", "hours"),
        [
            (name, one.delivered, one.completed, one.late, one.expired, one.not_applicable, one.reminders, one.median_hours)
            for name, one in result.steps.items()
        ],
        empty="it has no steps",
    )
