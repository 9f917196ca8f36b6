"""One action on many journeys, over HTTP: looked at first, then carried out with progress."""

from typing import Annotated, Self

from fastapi import Query
from pydantic import Field, model_validator

from engine.journey import PauseMode
from stepwell.api.forms import AnyId, Cursor, Form, Limit
from stepwell.api.routes import Door, Listing, MessageId, Routes
from stepwell.bulk import Target
from stepwell.handle import Stepwell
from stepwell.models import BulkAction, BulkItem, BulkJob, BulkPreview, ItemState, JourneyQuery

routes = Routes("Bulk actions")


class Chosen(Form):
    """The journeys of a search, or those named."""

    search: JourneyQuery | None = None
    journeys: list[str] | None = Field(default=None, min_length=1, max_length=10_000)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.search is None) == (self.journeys is None):
            raise ValueError("give a search or journeys, one of the two")
        return self

    @property
    def target(self) -> Target:
        """As the use case takes it."""
        return self.search if self.search is not None else list(self.journeys or ())


class Choice(Chosen):
    """What would be done to them."""

    action: BulkAction


class BulkWish(Choice):
    """What is to be done to them."""

    reason: str = Field(default="", max_length=2000, description="To pause and to stop needs one.")
    mode: PauseMode = "freeze"


class BulkJobs(Listing):
    """Jobs, the newest first."""

    items: tuple[BulkJob, ...]


class BulkItems(Listing):
    """What became of each journey."""

    items: tuple[BulkItem, ...]


@routes.post("/bulk-jobs/preview", uses=Stepwell.preview)
async def preview_bulk(wish: Choice, door: Door) -> BulkPreview:
    """Show what an action would come to; nothing is done"""
    return await door.preview(wish.target, wish.action)


@routes.post("/bulk-jobs", uses=Stepwell.start_bulk, status_code=201)
async def start_bulk(wish: BulkWish, door: Door, message_id: MessageId) -> BulkJob:
    """Begin an action on the journeys that fit now"""
    return await door.start_bulk(wish.target, wish.action, reason=wish.reason, mode=wish.mode, request_id=message_id)


@routes.get("/bulk-jobs", uses=Stepwell.bulk_jobs)
async def list_bulk_jobs(door: Door, limit: Limit = 50) -> BulkJobs:
    """List the latest jobs"""
    return BulkJobs(items=tuple(await door.bulk_jobs(limit=limit)))


@routes.get("/bulk-jobs/{job}", uses=Stepwell.bulk_job)
async def get_bulk_job(job: AnyId, door: Door) -> BulkJob:
    """Show how far a job is"""
    return await door.bulk_job(job)


@routes.get("/bulk-jobs/{job}/journeys", uses=Stepwell.bulk_items)
async def list_bulk_items(
    job: AnyId,
    door: Door,
    state: Annotated[ItemState | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> BulkItems:
    """Show what became of each journey of a job"""
    page = await door.bulk_items(job, state=state, limit=limit, after=cursor)
    return BulkItems(items=page.items, next=page.next)


@routes.post("/bulk-jobs/{job}/cancel", uses=Stepwell.cancel_bulk)
async def cancel_bulk(job: AnyId, door: Door) -> BulkJob:
    """Begin no more of a job; what is done stays done"""
    return await door.cancel_bulk(job)


@routes.post("/bulk-jobs/{job}/retry", uses=Stepwell.retry_bulk)
async def retry_bulk(job: AnyId, door: Door) -> BulkJob:
    """Try again what failed, and go on with what was cancelled"""
    return await door.retry_bulk(job)
