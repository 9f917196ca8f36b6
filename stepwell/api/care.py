"""Alerts, what is left undone, and figures over HTTP."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from engine.measures import Compliance
from stepwell.api.forms import AnyId, Cursor, Form, Limit, Reason, cursor_of, read_cursor
from stepwell.api.routes import Door, Listing, Routes
from stepwell.handle import Stepwell
from stepwell.models import Alert, Given, Instant, Unfinished

routes = Routes("Care")


class Alerts(Listing):
    """Alerts, the oldest first."""

    items: tuple[Alert, ...]


class Acknowledgement(Form):
    """Who takes it up, and what was done."""

    by: str = Field(
        default="", max_length=64, description="A named person; a practitioner or operator is whom their credential names."
    )
    reason: Reason


class UnfinishedItems(Listing):
    """What is left open or was let pass, the longest first."""

    items: tuple[Unfinished, ...]


class ComplianceFigures(Form):
    """Compliance by group."""

    groups: dict[str, Compliance]


@routes.get("/alerts", uses=Stepwell.alerts)
async def list_alerts(
    door: Door,
    state: Annotated[Literal["open", "all"], Query(description="`open`: nobody has taken them up.")] = "open",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Alerts:
    """List alerts, the oldest first"""
    found = await door.alerts(all=state == "all", limit=limit, after=cursor)
    return Alerts(items=tuple(found), next=found[-1].id if len(found) == limit else None)


@routes.post("/alerts/{alert}/acknowledge", uses=Stepwell.acknowledge)
async def acknowledge(alert: AnyId, wish: Acknowledgement, door: Door) -> Alert:
    """Take an alert up: it is not repeated any more"""
    return await door.acknowledge(alert, by=wish.by, reason=wish.reason)


@routes.get("/alerts/{alert}/response", uses=Stepwell.alarming_response)
async def alarming_response(alert: AnyId, door: Door) -> Given:
    """Show the response that raised an alert"""
    return await door.alarming_response(alert)


@routes.get("/unfinished", uses=Stepwell.unfinished)
async def unfinished(
    door: Door,
    practitioner: Annotated[str | None, Query(max_length=64, description="Only of their clients.")] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> UnfinishedItems:
    """List what clients have left open or let pass, the longest first"""
    found = await door.unfinished(practitioner=practitioner, limit=limit, after=read_cursor(cursor, Unfinished))
    return UnfinishedItems(items=tuple(found), next=cursor_of(found[-1]) if len(found) == limit else None)


@routes.get("/compliance", uses=Stepwell.compliance)
async def compliance(
    door: Door,
    client: Annotated[str | None, Query(max_length=64)] = None,
    pathway: Annotated[str | None, Query(max_length=64)] = None,
    since: Instant | None = None,
    until: Instant | None = None,
    by: Annotated[Literal["client", "step", "kind", "pathway"] | None, Query()] = None,
) -> ComplianceFigures:
    """Show what was done of what was assigned in a window"""
    found = await door.compliance(client=client, pathway=pathway, since=since, until=until, by=by)
    return ComplianceFigures(groups=found)
