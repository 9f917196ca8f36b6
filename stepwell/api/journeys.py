"""Journeys over HTTP: enter clients, watch, steer."""

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, Field

from engine.adherence import Adherence
from engine.events import Event
from engine.journey import PauseMode
from engine.mails_ahead import MailAhead
from engine.turn import Answer, Planned
from stepwell.api.clients import DateName, DateWish
from stepwell.api.forms import Form, JourneyId, Name, StepName, WithReason
from stepwell.api.routes import Door, Listing, MessageId, Routes
from stepwell.desk import Side
from stepwell.handle import Stepwell
from stepwell.models import (
    Again,
    Coming,
    JourneyDetail,
    JourneyPage,
    JourneyQuery,
    JourneySummary,
    Sent,
    SessionLog,
    Stage,
    Started,
    Tailoring,
)

routes = Routes("Journeys")


class EnrolmentWish(Form):
    """Who is to be entered on what."""

    client: Name
    pathway: Name
    version: int | None = Field(default=None, ge=1, le=1_000_000, description="The latest unless given.")
    enrolment_key: str | None = Field(
        default=None, min_length=1, max_length=200, description="Client and pathway unless given."
    )
    again: Again = "reject"
    practitioner: Name | None = Field(default=None, description="The journey's own; null: the client's.")
    dates: dict[str, AwareDatetime | date] = Field(default_factory=dict, max_length=50)


class JourneySearch(JourneyQuery):
    """A search, and which page of it."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=500)


class GroupWish(Form):
    """Several clients on one pathway, each on a journey of their own."""

    clients: list[Name] = Field(min_length=1, max_length=500)
    pathway: Name
    practitioner: Name | None = None
    dates: dict[str, AwareDatetime | date] = Field(default_factory=dict, max_length=50)


class Journeys(Listing):
    """A page of journeys."""

    items: tuple[JourneySummary, ...]


class GroupResult(Listing):
    """What became of each member."""

    items: tuple[Started, ...]


class PauseWish(WithReason):
    """How it pauses."""

    mode: PauseMode = "freeze"


class HostEventWish(Form):
    """What happened in the host application."""

    name: str = Field(min_length=1, max_length=64)


class ForecastItems(Listing):
    """What is due when and why, things without an instant last."""

    items: tuple[Planned, ...]
    wake_at: AwareDatetime | None
    mails: tuple[MailAhead, ...] = Field(description="The mails about it that would be held, as things stand, and why.")


class ComingItems(Listing):
    """What is still to come, in the client's words."""

    items: tuple[Coming, ...]


class History(Listing):
    """Events in their order."""

    items: tuple[Event, ...]


class Ledger(Listing):
    """Messages, the oldest first."""

    items: tuple[Sent, ...]


class Stages(Listing):
    """The parts of the pathway."""

    items: tuple[Stage, ...]


class Sessions(Listing):
    """From one attended session to the next."""

    items: tuple[SessionLog, ...]


class Tailorings(Listing):
    """Every change of words for one client."""

    items: tuple[Tailoring, ...]


class TailorWish(WithReason):
    """Words for this client alone; null takes a change back."""

    words: dict[str, str | None] = Field(min_length=1, description="`client_title`, `rationale`, `instructions`, `message`.")


class Report(Form):
    """What the responses to a step come to."""

    markdown: str
    picture: str | None = Field(description="An SVG.")


@routes.post("/journeys", uses=Stepwell.start, status_code=201)
async def enrol(wish: EnrolmentWish, door: Door, message_id: MessageId) -> JourneySummary:
    """Enter a client on a pathway and start the journey; the same request again is the same journey"""
    return await door.start(**wish.model_dump(), request_id=message_id)


@routes.post("/journeys/group", uses=Stepwell.start_all, status_code=201)
async def enrol_group(wish: GroupWish, door: Door) -> GroupResult:
    """Enter several clients on a pathway; one that fails does not keep the others"""
    found = await door.start_all(wish.clients, wish.pathway, practitioner=wish.practitioner, dates=dict(wish.dates))
    return GroupResult(items=tuple(found))


@routes.get("/journeys", uses=Stepwell.search)
async def list_journeys(door: Door, query: Annotated[JourneySearch, Query()]) -> JourneyPage:
    """Search journeys; a practitioner finds their own"""
    wanted = JourneyQuery.model_validate(query.model_dump(exclude={"limit", "cursor"}))
    return await door.search(wanted, limit=query.limit, after=query.cursor)


@routes.get("/enrolments", uses=Stepwell.enrolment, refuses=(404,))
async def list_enrolments(
    door: Door,
    key: Annotated[str, Query(min_length=1, max_length=200, description="The enrolment key.", examples=["ada/tutorial"])],
) -> Journeys:
    """List every journey under an enrolment key, the latest attempt first"""
    return Journeys(items=tuple(await door.enrolment(key)))


@routes.get("/journeys/{journey}", uses=Stepwell.journey)
async def get_journey(journey: JourneyId, door: Door) -> JourneyDetail:
    """Show a journey with everything that was delivered or settled"""
    return await door.journey(journey)


@routes.post("/journeys/{journey}/pause", uses=Stepwell.pause)
async def pause_journey(journey: JourneyId, wish: PauseWish, door: Door, message_id: MessageId) -> Answer:
    """Deliver and remind nothing until resumed"""
    return await door.pause(journey, reason=wish.reason, mode=wish.mode, message_id=message_id)


@routes.post("/journeys/{journey}/resume", uses=Stepwell.resume)
async def resume_journey(journey: JourneyId, door: Door, message_id: MessageId) -> Answer:
    """Go on; what fell due meanwhile comes one by one"""
    return await door.resume(journey, message_id=message_id)


@routes.post("/journeys/{journey}/stop", uses=Stepwell.stop)
async def stop_journey(journey: JourneyId, wish: WithReason, door: Door, message_id: MessageId) -> Answer:
    """End the journey for good"""
    return await door.stop(journey, reason=wish.reason, message_id=message_id)


@routes.put("/journeys/{journey}/dates/{name}", uses=Stepwell.set_date)
async def set_date(journey: JourneyId, name: DateName, wish: DateWish, door: Door, message_id: MessageId) -> Answer:
    """Set or move a client date, or take it away; what hangs on it is planned again at once"""
    return await door.set_date(journey, name, wish.value, message_id=message_id)


@routes.post("/journeys/{journey}/host-events", uses=Stepwell.host_event)
async def host_event(journey: JourneyId, wish: HostEventWish, door: Door, message_id: MessageId) -> Answer:
    """Tell the journey that something happened in the host application"""
    return await door.host_event(journey, wish.name, message_id=message_id)


@routes.get("/journeys/{journey}/forecast", uses=Stepwell.forecast)
async def forecast(journey: JourneyId, door: Door) -> ForecastItems:
    """Show what is due when, and why; asked of the journey itself"""
    plan = await door.forecast(journey)
    return ForecastItems(items=plan.items, wake_at=plan.wake_at, mails=plan.mails)


@routes.get("/journeys/{journey}/coming", uses=Stepwell.coming)
async def coming(journey: JourneyId, door: Door) -> ComingItems:
    """Show what is still to come, as the client may hear of it"""
    return ComingItems(items=tuple(await door.coming(journey)))


@routes.get("/journeys/{journey}/history", uses=Stepwell.history)
async def history(
    journey: JourneyId, door: Door, after: Annotated[int, Query(ge=0, le=10_000_000, description="An event's number.")] = 0
) -> History:
    """Show everything that happened, in order, after an event's number"""
    return History(items=tuple(await door.history(journey, after=after)))


@routes.get("/journeys/{journey}/notifications", uses=Stepwell.notifications)
async def notifications(journey: JourneyId, door: Door) -> Ledger:
    """Show the ledger of messages: intended, attempted, accepted, seen, acted on, and why not"""
    return Ledger(items=tuple(await door.notifications(journey)))


@routes.get("/journeys/{journey}/adherence", uses=Stepwell.adherence)
async def adherence(journey: JourneyId, door: Door) -> Adherence:
    """Show how much of what was offered was done"""
    return await door.adherence(journey)


@routes.get("/journeys/{journey}/stages", uses=Stepwell.stages)
async def stages(journey: JourneyId, door: Door) -> Stages:
    """Show the parts of the pathway with the share of each that is done"""
    return Stages(items=tuple(await door.stages(journey)))


@routes.get("/journeys/{journey}/sessions", uses=Stepwell.session_log)
async def sessions(journey: JourneyId, door: Door) -> Sessions:
    """Show what the client was given between one attended session and the next"""
    return Sessions(items=tuple(await door.session_log(journey)))


@routes.put("/journeys/{journey}/steps/{step}/tailoring", uses=Stepwell.tailor)
async def tailor(journey: JourneyId, step: StepName, wish: TailorWish, door: Door) -> Tailoring:
    """Change for this client alone what they read around a step"""
    return await door.tailor(journey, step, wish.words, reason=wish.reason)


@routes.get("/journeys/{journey}/tailorings", uses=Stepwell.tailorings)
async def list_tailorings(journey: JourneyId, door: Door) -> Tailorings:
    """List every change of words for this client: what, who, when and why"""
    return Tailorings(items=tuple(await door.tailorings(journey)))


@routes.get("/journeys/{journey}/steps/{step}/report", uses=Stepwell.report)
async def report(journey: JourneyId, step: StepName, door: Door) -> Report:
    """Sum up and draw the responses to a step so far, as the caller may read them"""
    side: Side = "practitioner"
    return Report(
        markdown=await door.report(journey, step, reader=side), picture=await door.picture(journey, step, reader=side)
    )
