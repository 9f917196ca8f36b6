"""Groups over HTTP: kept, filled, started in waves, watched, cancelled and retried."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, Field

from stepwell.api.clients import DateName, DateWish
from stepwell.api.forms import AnyId, Cursor, Form, Limit, Name
from stepwell.api.routes import Door, Listing, MessageId, Routes
from stepwell.errors import Refused
from stepwell.handle import Stepwell
from stepwell.models import Again, BulkJob, Group, GroupMember, LateJoiners, MemberState, Waves

routes = Routes("Groups")

_MOST = 10_000
_LONGEST = 366 * 86400
_Clients = Annotated[list[Name], Field(max_length=_MOST, description="Ids of clients that are there.")]


class WavesWish(Form):
    """So many members at once, and the next so much later."""

    size: int = Field(ge=1, le=100_000)
    every_seconds: int = Field(ge=1, le=_LONGEST)


class NewGroup(Form):
    """Who is on which pathway together. Nobody is started yet."""

    name: str = Field(min_length=1, max_length=100, description="For your own people; write no client's name.")
    pathway: Name
    clients: _Clients = Field(default_factory=list)
    version: int | None = Field(default=None, ge=1, le=1_000_000, description="The latest unless given; pinned now.")
    practitioner: Name | None = Field(default=None, description="Who leads the journeys; null: each client's own.")
    dates: dict[str, AwareDatetime | date] = Field(default_factory=dict, max_length=50)
    begins_at: AwareDatetime | None = Field(default=None, description="When the first wave is; null: when it is started.")
    waves: WavesWish | None = None
    late_joiners: LateJoiners = "with_group"
    again: Again = "reject"
    per_second: float = Field(default=50, ge=1, le=1000, description="Members started in a second at most.")


class NewMembers(Form):
    """Who comes to it; whoever is in it already stays as they are."""

    clients: _Clients = Field(min_length=1)


class Groups(Listing):
    """Groups, the newest first."""

    items: tuple[Group, ...]


class Members(Listing):
    """Members in their order."""

    items: tuple[GroupMember, ...]


@routes.post("/groups", uses=Stepwell.create_group, status_code=201)
async def create_group(wish: NewGroup, door: Door, message_id: MessageId) -> Group:
    """Keep a group on a version of a pathway; nobody is started yet"""
    given = wish.model_dump(exclude={"name", "pathway", "clients", "waves"})
    waves = Waves(wish.waves.size, timedelta(seconds=wish.waves.every_seconds)) if wish.waves else None
    return await door.create_group(wish.name, wish.pathway, wish.clients, waves=waves, **given, request_id=message_id)


@routes.get("/groups", uses=Stepwell.groups)
async def list_groups(door: Door, limit: Limit = 50) -> Groups:
    """List the latest groups; a practitioner sees those they made or lead"""
    return Groups(items=tuple(await door.groups(limit=limit)))


@routes.get("/groups/{group}", uses=Stepwell.group)
async def get_group(group: AnyId, door: Door) -> Group:
    """Show how far a group is"""
    return await door.group(group)


@routes.post("/groups/{group}/members", uses=Stepwell.add_members)
async def add_members(group: AnyId, wish: NewMembers, door: Door) -> Group:
    """Add clients; once the group is started they are late joiners, and begin at once"""
    return await door.add_members(group, wish.clients)


@routes.get("/groups/{group}/members", uses=Stepwell.group_members)
async def list_members(
    group: AnyId,
    door: Door,
    state: Annotated[MemberState | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Members:
    """Show what became of each member, with their journeys"""
    page = await door.group_members(group, state=state, limit=limit, after=_position(cursor))
    return Members(items=page.items, next=None if page.next is None else str(page.next))


@routes.post("/groups/{group}/start", uses=Stepwell.start_group)
async def start_group(group: AnyId, door: Door) -> Group:
    """Begin its members' journeys; again it is the same start"""
    return await door.start_group(group)


@routes.post("/groups/{group}/cancel", uses=Stepwell.cancel_group)
async def cancel_group(group: AnyId, door: Door) -> Group:
    """Start nobody else of a group; who is started stays so"""
    return await door.cancel_group(group)


@routes.post("/groups/{group}/retry", uses=Stepwell.retry_group)
async def retry_group(group: AnyId, door: Door) -> Group:
    """Start again whose start failed, and go on with a cancelled group"""
    return await door.retry_group(group)


@routes.put("/groups/{group}/dates/{name}", uses=Stepwell.set_group_date)
async def set_group_date(group: AnyId, name: DateName, wish: DateWish, door: Door, message_id: MessageId) -> BulkJob:
    """Keep a date for who is still to start, and tell it to every journey of a group that runs, or take it away"""
    return await door.set_group_date(group, name, wish.value, request_id=message_id)


def _position(cursor: str) -> int:
    """The position that a cursor names; -1 is before the first. Raises Refused."""
    if not cursor:
        return -1
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 9):
        raise Refused("bad_cursor", "A", "the cursor is not of this list; begin again without one")
    return int(cursor)
