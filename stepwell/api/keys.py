"""API keys over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from stepwell.access import Kind, Scope
from stepwell.api.routes import Door, Listing, Routes
from stepwell.handle import Stepwell
from stepwell.models import ApiKey, NewApiKey

routes = Routes("API keys")


class ApiKeys(Listing):
    """Keys, without their secrets."""

    items: tuple[ApiKey, ...]


class KeyWish(BaseModel):
    """What a new key is to be."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    kind: Kind
    subject: str | None = Field(default=None, min_length=1, max_length=64)
    """The practitioner or client it speaks for, else who uses it."""
    scopes: list[Scope] | None = None
    """Narrower than the caller's; all of those unless given."""
    expires_at: datetime | None = None


@routes.get("/api-keys", uses=Stepwell.keys)
async def list_api_keys(
    door: Door, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Annotated[str, Query(max_length=100)] = ""
) -> ApiKeys:
    """List the keys of this tenant."""
    found = await door.keys(limit=limit, after=cursor)
    return ApiKeys(items=tuple(found), next=found[-1].id if len(found) == limit else None)


@routes.post("/api-keys", uses=Stepwell.add_key, status_code=201)
async def add_api_key(wish: KeyWish, door: Door) -> NewApiKey:
    """Make a key; its secret is shown this once."""
    return await door.add_key(wish.kind, subject=wish.subject, scopes=wish.scopes, expires_at=wish.expires_at)


@routes.post("/api-keys/{key}/rotate", uses=Stepwell.rotate_key, status_code=201)
async def rotate_api_key(key: str, door: Door) -> NewApiKey:
    """Make the next key of the same rights; the old one works for a day more."""
    return await door.rotate_key(key)


@routes.post("/api-keys/{key}/revoke", uses=Stepwell.revoke_key)
async def revoke_api_key(key: str, door: Door) -> ApiKey:
    """End a key at once."""
    return await door.revoke_key(key)
