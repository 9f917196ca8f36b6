"""Changing what runs, over HTTP: one client's plan, and journeys that move to another version of their pathway."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from engine.base import StepId
from engine.mapping import Mapping, Waits
from engine.turn import Answer
from stepwell.api.bulk import Chosen
from stepwell.api.forms import AnyId, Form, JourneyId, Name, Reason, StepName, WithReason
from stepwell.api.routes import Door, MessageId, Routes
from stepwell.handle import Stepwell
from stepwell.models import BulkJob, MigrationDifference

routes = Routes("Plans and versions")

_Version = Annotated[int, Field(ge=1, le=1_000_000, description="The version to go on by.")]
_Steps = Annotated[dict[Name, Name], Field(max_length=1000)]


class MappingWish(Form):
    """What becomes of each step; those that both versions have are kept."""

    renamed: _Steps = Field(default_factory=dict, description="The old id of a step, and its new one.")
    cancel: list[Name] = Field(
        default_factory=list, max_length=1000, description="Steps that are gone: where one is open, it is cancelled."
    )
    redirect: _Steps = Field(
        default_factory=dict, description="Steps that are gone: where one is open, this step of the new version comes instead."
    )
    waits: Waits = Field(default="keep", description="Waits that have begun and that the new version changes.")
    waits_of: dict[Name, Waits] = Field(default_factory=dict, max_length=1000, description="The same for single steps.")

    def as_mapping(self) -> Mapping:
        """As the engine takes it."""
        return Mapping.model_validate(self.model_dump())


class MigrationLook(Form):
    """Where a journey would go."""

    to: _Version
    mapping: MappingWish = Field(default_factory=MappingWish)


class MigrationWish(MigrationLook):
    """Where it goes, and why."""

    reason: Reason = Field(description="Why; kept in the history. Write no names.")
    expects: int | None = Field(
        default=None, ge=0, le=10_000_000, description="`seq` of the difference you looked at: refused where more has happened."
    )


class MigrationOfMany(Chosen, MigrationLook):
    """Which journeys, where they would go, and why."""

    reason: Reason = Field(description="Why; kept in each journey's history. Write no names.")


class Pick(Form):
    """Whom to move: `all` that are ready, `these`, or `none`."""

    choose: Literal["all", "these", "none"]
    journeys: list[str] = Field(default_factory=list, max_length=10_000, description="With `these`.")

    @model_validator(mode="after")
    def _are_named(self) -> Self:
        if (self.choose == "these") != bool(self.journeys):
            raise ValueError("name journeys with 'these', and only with it")
        return self


class ShiftWish(WithReason):
    """By how much, or to which day: one of the two."""

    by: str | None = Field(default=None, min_length=1, max_length=50, description="Such as `3 days` or `-1 week`.")
    to: date | None = Field(default=None, description="A local day of the client's.")


class PlaceWish(WithReason):
    """Behind which step; null: at the beginning."""

    after: StepId | None = Field(max_length=64)


class AddedStep(WithReason):
    """A step of this client's own, written as in a pathway, or `use` and the name of a library step."""

    after: Name = Field(description="The step that it comes behind.")
    step: dict[str, Any] = Field(min_length=1, max_length=50)


@routes.post("/journeys/{journey}/migration/preview", uses=Stepwell.migration)
async def look_at_migration(journey: JourneyId, wish: MigrationLook, door: Door) -> MigrationDifference:
    """Show what moving a journey to another version would come to; nothing is done"""
    return await door.migration(journey, wish.to, wish.mapping.as_mapping())


@routes.post("/journeys/{journey}/migration", uses=Stepwell.migrate)
async def migrate_journey(journey: JourneyId, wish: MigrationWish, door: Door, message_id: MessageId) -> Answer:
    """Let a journey go on by another version of its pathway; nothing is delivered again"""
    return await door.migrate(
        journey,
        wish.to,
        mapping=wish.mapping.as_mapping(),
        reason=wish.reason,
        expects=wish.expects,
        message_id=message_id,
    )


@routes.post("/migrations", uses=Stepwell.propose_migration, status_code=201)
async def propose_migration(wish: MigrationOfMany, door: Door, message_id: MessageId) -> BulkJob:
    """Look at what a migration comes to for many journeys, each by itself; nothing is moved yet"""
    return await door.propose_migration(
        wish.target, wish.to, mapping=wish.mapping.as_mapping(), reason=wish.reason, request_id=message_id
    )


@routes.post("/migrations/{job}/apply", uses=Stepwell.apply_migration)
async def apply_migration(job: AnyId, wish: Pick, door: Door) -> BulkJob:
    """Move all journeys that are ready, these, or none"""
    if wish.choose == "none":
        return await door.leave_migration(job)
    these: Sequence[str] | None = wish.journeys if wish.choose == "these" else None
    return await door.apply_migration(job, these)


@routes.post("/journeys/{journey}/plan/steps", uses=Stepwell.add_step)
async def add_step(journey: JourneyId, wish: AddedStep, door: Door, message_id: MessageId) -> Answer:
    """Give this client a step that their pathway has not"""
    return await door.add_step(journey, wish.step, after=wish.after, reason=wish.reason, message_id=message_id)


@routes.post("/journeys/{journey}/plan/steps/{step}/drop", uses=Stepwell.drop_step)
async def drop_step(journey: JourneyId, step: StepName, wish: WithReason, door: Door, message_id: MessageId) -> Answer:
    """Leave a step out for this client"""
    return await door.drop_step(journey, step, reason=wish.reason, message_id=message_id)


@routes.post("/journeys/{journey}/plan/steps/{step}/restore", uses=Stepwell.restore_step)
async def restore_step(journey: JourneyId, step: StepName, wish: WithReason, door: Door, message_id: MessageId) -> Answer:
    """Take a step back in that was left out"""
    return await door.restore_step(journey, step, reason=wish.reason, message_id=message_id)


@routes.post("/journeys/{journey}/plan/steps/{step}/shift", uses=Stepwell.shift_step)
async def shift_step(journey: JourneyId, step: StepName, wish: ShiftWish, door: Door, message_id: MessageId) -> Answer:
    """Let a step come later or sooner, or on a day"""
    return await door.shift_step(journey, step, by_length=wish.by, to_day=wish.to, reason=wish.reason, message_id=message_id)


@routes.post("/journeys/{journey}/plan/steps/{step}/move", uses=Stepwell.move_step)
async def move_step(journey: JourneyId, step: StepName, wish: PlaceWish, door: Door, message_id: MessageId) -> Answer:
    """Put a step behind another one"""
    return await door.move_step(journey, step, after=wish.after, reason=wish.reason, message_id=message_id)
