"""Events out over HTTP: read from any position, follow live, and the endpoints that they are sent to."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Header, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from engine.announcements import CloudEvent
from stepwell.api.forms import AnyId, Cursor, Form, Limit
from stepwell.api.routes import Door, Listing, Routes
from stepwell.handle import Stepwell
from stepwell.models import Delivery, Endpoint, NewEndpoint
from store.webhooks import State

routes = Routes("Events")

Position = Annotated[int, Query(ge=0, le=(1 << 63) - 1, description="`position` of the last event you have.")]
Types = Annotated[list[str] | None, Query(max_length=100, description="Only these types.")]
_STREAM: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": {200: {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}},
}


class Events(Listing):
    """A page of events."""

    items: tuple[CloudEvent, ...]


class EndpointWish(Form):
    """Where events are to be sent."""

    url: str = Field(min_length=1, max_length=2000, description="A public address with https.")
    types: list[str] = Field(default=[], max_length=100, description="Only these; none: every one.")


class EndpointChanges(Form):
    """What is to be different; what is left out stays."""

    url: str | None = Field(default=None, min_length=1, max_length=2000)
    types: list[str] | None = Field(default=None, max_length=100)
    enabled: bool | None = None


class Endpoints(Listing):
    """A page of endpoints."""

    items: tuple[Endpoint, ...]


class Deliveries(Listing):
    """A page of deliveries."""

    items: tuple[Delivery, ...]


class Tested(Form):
    """The event that was sent."""

    event: str


class RedriveWish(Form):
    """One event, or everything that was given up."""

    position: int | None = Field(default=None, ge=1, le=(1 << 63) - 1, description="null: everything that was given up.")


class Redriven(Form):
    """How many are sent again."""

    deliveries: int


@routes.get("/events", uses=Stepwell.outgoing)
async def list_events(door: Door, after: Position = 0, limit: Limit = 100, type: Types = None) -> Events:
    """Read events after a position, in order; go on from `next`, also when there is nothing yet"""
    found = await door.outgoing(after=after, limit=limit, types=type or ())
    return Events(items=tuple(found), next=found[-1].position if found else str(after))


@routes.get("/events/stream", uses=Stepwell.follow, **_STREAM)
async def follow_events(
    door: Door,
    after: Annotated[int | None, Query(ge=0, le=(1 << 63) - 1, description="From now on unless given.")] = None,
    type: Types = None,
    last_event_id: Annotated[
        str | None, Header(pattern="^[0-9]{1,19}$", description="Sent by browsers that come back.")
    ] = None,
) -> StreamingResponse:
    """Follow events as they come (server-sent events); each has its position as its id"""
    if last_event_id is not None:
        after = int(last_event_id)
    return StreamingResponse(_sent(door.follow(after=after, types=type or ())), media_type="text/event-stream")


async def _sent(events: AsyncIterator[list[CloudEvent]]) -> AsyncIterator[str]:
    async for found in events:
        if not found:
            yield ": nothing yet\n\n"
        for one in found:
            yield f"id: {one.position}\nevent: {one.type}\ndata: {one.as_json()}\n\n"


@routes.get("/webhook-endpoints", uses=Stepwell.endpoints)
async def list_endpoints(door: Door, limit: Limit = 50, cursor: Cursor = "") -> Endpoints:
    """List where events are sent"""
    found = await door.endpoints(limit=limit, after=cursor)
    return Endpoints(items=tuple(found), next=found[-1].id if len(found) == limit else None)


@routes.post("/webhook-endpoints", uses=Stepwell.add_endpoint, status_code=201)
async def add_endpoint(wish: EndpointWish, door: Door) -> NewEndpoint:
    """Send events to an address from now on; its secret is shown this once"""
    return await door.add_endpoint(wish.url, wish.types)


@routes.get("/webhook-endpoints/{endpoint}", uses=Stepwell.endpoint)
async def get_endpoint(endpoint: AnyId, door: Door) -> Endpoint:
    """Show one endpoint"""
    return await door.endpoint(endpoint)


@routes.patch("/webhook-endpoints/{endpoint}", uses=Stepwell.change_endpoint)
async def change_endpoint(endpoint: AnyId, wish: EndpointChanges, door: Door) -> Endpoint:
    """Change an endpoint; switched on again, events go out from where it stopped"""
    return await door.change_endpoint(endpoint, url=wish.url, types=wish.types, enabled=wish.enabled)


@routes.delete("/webhook-endpoints/{endpoint}", uses=Stepwell.remove_endpoint, status_code=204)
async def delete_endpoint(endpoint: AnyId, door: Door) -> None:
    """Forget an endpoint and what is on its way to it"""
    await door.remove_endpoint(endpoint)


@routes.post("/webhook-endpoints/{endpoint}/rotate", uses=Stepwell.rotate_secret, status_code=201)
async def rotate_secret(endpoint: AnyId, door: Door) -> NewEndpoint:
    """Make the next secret; the old one signs beside it for a day more"""
    return await door.rotate_secret(endpoint)


@routes.post("/webhook-endpoints/{endpoint}/test", uses=Stepwell.test_endpoint)
async def test_endpoint(endpoint: AnyId, door: Door) -> Tested:
    """Send an endpoint an event to try it out"""
    return Tested(event=await door.test_endpoint(endpoint))


@routes.get("/webhook-endpoints/{endpoint}/deliveries", uses=Stepwell.deliveries)
async def list_deliveries(
    endpoint: AnyId, door: Door, state: State | None = None, limit: Limit = 50, after: Position = 0
) -> Deliveries:
    """List what went, goes or did not go to an endpoint"""
    found = await door.deliveries(endpoint, state=state, limit=limit, after=after)
    return Deliveries(items=tuple(found), next=str(found[-1].position) if len(found) == limit else None)


@routes.post("/webhook-endpoints/{endpoint}/redrive", uses=Stepwell.redrive)
async def redrive(endpoint: AnyId, wish: RedriveWish, door: Door) -> Redriven:
    """Send again what was given up, or one event however it went"""
    return Redriven(deliveries=await door.redrive(endpoint, position=wish.position))
