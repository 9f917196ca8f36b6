"""Clients and practitioners over HTTP: who they are, what is open for them, what they may take with them."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import Path as InPath
from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime, Field

from stepwell.api.forms import AnyId, ClientId, Cursor, Form, Limit, Name
from stepwell.api.routes import Door, Listing, MessageId, Routes
from stepwell.handle import Stepwell
from stepwell.models import (
    Client,
    ClientChanges,
    ContactBudget,
    Deletion,
    DeletionPreview,
    DeletionReason,
    JourneySummary,
    Path,
    Practitioner,
    ToDo,
)
from stepwell.takeaway import page_of

routes = Routes("Clients")
_Id = Annotated[str, InPath(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$")]
DateName = Annotated[
    str, InPath(description="The name of a client date.", pattern=r"^[A-Za-z0-9_\-]{1,64}$", examples=["surgery"])
]


class Clients(Listing):
    """A page of clients."""

    items: tuple[Client, ...]


class ClientWish(Form):
    """A new client."""

    id: Name | None = Field(default=None, description="Your own, opaque: no name. One is made where you give none.")
    display_name: str = Field(default="", max_length=200)
    email: str | None = Field(default=None, max_length=320)
    language: str = Field(default="en", min_length=2, max_length=35)
    zone: str | None = Field(default=None, max_length=64, description="An IANA name; null: the pathway's.")
    quiet_hours: tuple[str, str] | None = Field(default=None, description="Two wall times, such as 21:00 and 08:00.")
    practitioner: Name | None = None
    has_consented: bool = False


class PractitionerWish(Form):
    """A practitioner, new or changed."""

    display_name: str = Field(default="", max_length=200)
    email: str | None = Field(default=None, max_length=320, description="Where escalations and alerts of their clients go.")
    language: str = Field(default="en", min_length=2, max_length=35)


class Practitioners(Listing):
    """A page of practitioners."""

    items: tuple[Practitioner, ...]


class Deletions(Listing):
    """Deletions, the newest first."""

    items: tuple[Deletion, ...]


class ToDoList(Listing):
    """Everything that is open."""

    items: tuple[ToDo, ...]


class Paths(Listing):
    """Every journey of a client, the latest first."""

    items: tuple[Path, ...]


class AssignWish(Form):
    """One step of the library for one client."""

    library_step: Name
    practitioner: Name | None = None


class DateWish(Form):
    """A day, or an instant with its zone; null takes it away."""

    value: AwareDatetime | date | None


class HoldWish(Form):
    """Why; it is kept."""

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class Told(Form):
    """How many running journeys heard of it."""

    journeys: int


@routes.get("/clients", uses=Stepwell.clients)
async def list_clients(door: Door, limit: Limit = 50, cursor: Cursor = "") -> Clients:
    """List clients; a practitioner sees their own"""
    found = await door.clients(limit=limit, after=cursor)
    return Clients(items=tuple(found), next=found[-1].id if len(found) == limit else None)


@routes.post("/clients", uses=Stepwell.add_client, status_code=201)
async def add_client(wish: ClientWish, door: Door) -> Client:
    """Add a client"""
    return await door.add_client(**wish.model_dump())


@routes.get("/clients/{client}", uses=Stepwell.client)
async def get_client(client: ClientId, door: Door) -> Client:
    """Show a client"""
    return await door.client(client)


@routes.get("/clients/{client}/deletion", uses=Stepwell.deletion_preview)
async def preview_deletion(client: ClientId, door: Door) -> DeletionPreview:
    """Show what would go with a client, in numbers"""
    return await door.deletion_preview(client)


@routes.delete("/clients/{client}", uses=Stepwell.delete_client, status_code=202)
async def delete_client(
    client: ClientId, door: Door, request: Request, reason: Annotated[DeletionReason, Query(description="A code: it is kept.")]
) -> Deletion:
    """Stop everything of a client at once and erase it; what comes back says how far that is, and where to ask again"""
    return await door.delete_client(client, reason=reason)


@routes.get("/deletions", uses=Stepwell.deletions)
async def list_deletions(door: Door, limit: Limit = 50) -> Deletions:
    """List the latest deletions of clients"""
    return Deletions(items=tuple(await door.deletions(limit=limit)))


@routes.get("/deletions/{deletion}", uses=Stepwell.deletion)
async def get_deletion(deletion: AnyId, door: Door) -> Deletion:
    """Show how far a deletion is; later, its receipt"""
    return await door.deletion(deletion)


@routes.patch("/clients/{client}", uses=Stepwell.change_client)
async def change_client(client: ClientId, wish: ClientChanges, door: Door) -> Client:
    """Change what is given; running journeys hear of a zone or quiet hours at once"""
    return await door.change_client(client, wish)


@routes.get("/clients/{client}/contacts", uses=Stepwell.contacts)
async def get_contacts(client: ClientId, door: Door) -> ContactBudget:
    """Show how often a client may be written to, what waits and why, and what went lately"""
    return await door.contacts(client)


@routes.post("/clients/{client}/hold", uses=Stepwell.hold_contacts)
async def hold_contacts(client: ClientId, wish: HoldWish, door: Door) -> Client:
    """Hold a client's mails on all journeys; urgent ones and a practitioner's own words pass"""
    return await door.hold_contacts(client, reason=wish.reason)


@routes.post("/clients/{client}/lift-hold", uses=Stepwell.lift_hold)
async def lift_hold(client: ClientId, wish: HoldWish, door: Door) -> Client:
    """Let a client's mails go again"""
    return await door.lift_hold(client, reason=wish.reason)


@routes.put("/clients/{client}/dates/{name}", uses=Stepwell.set_client_date)
async def set_client_date(client: ClientId, name: DateName, wish: DateWish, door: Door, message_id: MessageId) -> Told:
    """Set or move a date in every running journey of a client, or take it away"""
    return Told(journeys=await door.set_client_date(client, name, wish.value, message_id=message_id))


@routes.get("/clients/{client}/to-do", uses=Stepwell.to_do)
async def to_do(client: ClientId, door: Door) -> ToDoList:
    """Show what is open for a client, across pathways, in their language"""
    return ToDoList(items=tuple(await door.to_do(client)))


@routes.get("/clients/{client}/path", uses=Stepwell.path)
async def get_path(client: ClientId, door: Door) -> Paths:
    """Show every journey of a client with the steps that came so far, as the client may hear of them"""
    return Paths(items=tuple(await door.path(client)))


@routes.get("/clients/{client}/to-review", uses=Stepwell.to_review)
async def to_review(client: ClientId, door: Door) -> ToDoList:
    """Show what a practitioner has to do for a client"""
    return ToDoList(items=tuple(await door.to_review(client)))


@routes.post("/clients/{client}/assignments", uses=Stepwell.assign, status_code=201)
async def assign_step(client: ClientId, wish: AssignWish, door: Door, message_id: MessageId) -> JourneySummary:
    """Give a client one step of the library by itself"""
    return await door.assign(client, wish.library_step, practitioner=wish.practitioner, request_id=message_id)


@routes.get("/clients/{client}/export", uses=Stepwell.export)
async def export_client(client: ClientId, door: Door) -> dict[str, Any]:
    """Give a client everything they may have of what is kept about them"""
    return await door.export(client)


@routes.get("/clients/{client}/export/page", uses=Stepwell.export, response_class=HTMLResponse)
async def export_client_to_read(client: ClientId, door: Door) -> HTMLResponse:
    """The same as a page to read: one file that needs nothing else"""
    taken = await door.export(client)
    headers = {"content-disposition": 'attachment; filename="export.html"'}
    return HTMLResponse(page_of(taken, datetime.now(UTC)), headers=headers)


@routes.get("/practitioners", uses=Stepwell.practitioners)
async def list_practitioners(door: Door, limit: Limit = 50, cursor: Cursor = "") -> Practitioners:
    """List practitioners"""
    found = await door.practitioners(limit=limit, after=cursor)
    return Practitioners(items=tuple(found), next=found[-1].id if len(found) == limit else None)


@routes.put("/practitioners/{practitioner}", uses=Stepwell.keep_practitioner, status_code=204)
async def put_practitioner(practitioner: _Id, wish: PractitionerWish, door: Door) -> None:
    """Add or change a practitioner"""
    await door.keep_practitioner(practitioner, **wish.model_dump())
