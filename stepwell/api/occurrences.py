"""Occurrences over HTTP: what clients do with their steps, and what practitioners, operators and hosts do to them."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import AwareDatetime, Field

from engine.measures import Evidence
from engine.obstacles import OBSTACLES
from engine.turn import Answer
from stepwell.api.forms import Form, JourneyId, Occurrence, Prose, Values, WithReason
from stepwell.api.routes import Door, Listing, MessageId, Routes
from stepwell.handle import Stepwell
from stepwell.models import Given, Post, Rating, Taken, ToDo

routes = Routes("Occurrences")
_AT = "/journeys/{journey}/occurrences/{occurrence}"
Measure = Annotated[Literal["helpfulness", "time", "frequency", "effort", "value", "benefit"], Path()]


ContentVersion = Annotated[
    int | None,
    Query(
        ge=1,
        le=2**31 - 1,
        description="What it was shown with: `content_version` of the to-do list; else the newest that fits.",
    ),
]


class ShownWith(Form):
    """Which words it was shown with."""

    content_version: int | None = Field(
        default=None,
        ge=1,
        le=2**31 - 1,
        description="What it was shown with: `content_version` of the to-do list; else what it was opened with, or would be.",
    )


class ResponseWish(ShownWith):
    """A response: the page of its step type says what it holds."""

    response: Values = Field(default_factory=dict)
    submission_id: str | None = Field(
        default=None, pattern=r"^[!-~]{1,100}$", description="The same id is the same submission."
    )
    obstacle: str | None = Field(default=None, max_length=64, description=f"Where it is late: one of {', '.join(OBSTACLES)}.")


class DraftWish(ShownWith):
    """What has been written so far, valid or not."""

    response: Values


class SkipWish(Form):
    """What came in between, if anything is said of it."""

    obstacle: str | None = Field(default=None, max_length=64, description=f"One of {', '.join(OBSTACLES)}.")


class UntilWish(Form):
    """Until when."""

    until: AwareDatetime


class ExtendWish(WithReason):
    """Until when, and why."""

    until: AwareDatetime


class BookWish(Form):
    """When the session is."""

    at: AwareDatetime


class PostWish(Form):
    """What is said."""

    text: Prose
    post_id: str | None = Field(default=None, pattern=r"^[!-~]{1,90}$", description="The same id is the same post.")


class RatingWish(Form):
    """From 0 to 4."""

    value: int = Field(ge=0, le=4)


class Responses(Listing):
    """What was accepted, the oldest first."""

    items: tuple[Given, ...]


class Thread(Listing):
    """What was asked and answered, the oldest first."""

    items: tuple[Post, ...]


class Ratings(Listing):
    """What the client said of steps."""

    items: tuple[Rating, ...]


class Changed(Form):
    """For how many responses it made a difference."""

    responses: int


@routes.get(_AT, uses=Stepwell.step)
async def get_occurrence(journey: JourneyId, occurrence: Occurrence, door: Door) -> ToDo:
    """Show one step that was delivered, open or not, as the caller may see it"""
    return await door.step(journey, occurrence)


@routes.post(_AT + "/open", uses=Stepwell.open)
async def open_step(
    journey: JourneyId, occurrence: Occurrence, door: Door, message_id: MessageId, content_version: ContentVersion = None
) -> Answer:
    """Say that the client looks at a step, or works on it again: from the first time on its words stay as they are"""
    return await door.open(journey, occurrence, content_version=content_version, message_id=message_id)


@routes.put(_AT + "/draft", uses=Stepwell.save_response, status_code=204)
async def save_response(journey: JourneyId, occurrence: Occurrence, wish: DraftWish, door: Door) -> None:
    """Keep what has been written so far; only its writer sees it, in `draft` of the to-do list"""
    await door.save_response(journey, occurrence, wish.response, content_version=wish.content_version)


@routes.post(_AT + "/responses", uses=Stepwell.respond, status_code=201)
async def respond(journey: JourneyId, occurrence: Occurrence, wish: ResponseWish, door: Door, message_id: MessageId) -> Taken:
    """Send a response; where `crisis_text` comes back, show it at once"""
    facts = {"submission_id": wish.submission_id or message_id, **wish.model_dump(include={"obstacle", "content_version"})}
    return await door.respond(journey, occurrence, wish.response, **facts)


@routes.get(_AT + "/responses", uses=Stepwell.responses)
async def list_responses(journey: JourneyId, occurrence: Occurrence, door: Door) -> Responses:
    """Show what was accepted, as the caller may read it; a practitioner's reading is noted"""
    return Responses(items=tuple(await door.responses(journey, occurrence)))


@routes.post(_AT + "/skip", uses=Stepwell.skip)
async def skip_step(journey: JourneyId, occurrence: Occurrence, wish: SkipWish, door: Door, message_id: MessageId) -> Answer:
    """Leave out an optional step"""
    return await door.skip(journey, occurrence, obstacle=wish.obstacle, message_id=message_id)


@routes.post(_AT + "/snooze", uses=Stepwell.snooze)
async def snooze(journey: JourneyId, occurrence: Occurrence, wish: UntilWish, door: Door, message_id: MessageId) -> Answer:
    """Want no reminder of a step before an instant"""
    return await door.snooze(journey, occurrence, wish.until, message_id=message_id)


@routes.post(_AT + "/share", uses=Stepwell.share)
async def share(journey: JourneyId, occurrence: Occurrence, door: Door) -> Changed:
    """Let the practitioner read what the client gave, where that is theirs to decide"""
    return Changed(responses=await door.share(journey, occurrence))


@routes.post(_AT + "/unshare", uses=Stepwell.withdraw)
async def unshare(journey: JourneyId, occurrence: Occurrence, door: Door) -> Changed:
    """Take the sharing back for what was not read yet"""
    return Changed(responses=await door.withdraw(journey, occurrence))


@routes.post(_AT + "/remind", uses=Stepwell.remind_now)
async def remind(journey: JourneyId, occurrence: Occurrence, door: Door, message_id: MessageId) -> Answer:
    """Send a reminder now; twice within the cool-down is one"""
    return await door.remind_now(journey, occurrence, message_id=message_id)


@routes.post(_AT + "/excuse", uses=Stepwell.excuse)
async def excuse(journey: JourneyId, occurrence: Occurrence, wish: WithReason, door: Door, message_id: MessageId) -> Answer:
    """Let the client off a step"""
    return await door.excuse(journey, occurrence, reason=wish.reason, message_id=message_id)


@routes.post(_AT + "/release", uses=Stepwell.release)
async def release(journey: JourneyId, occurrence: Occurrence, wish: WithReason, door: Door, message_id: MessageId) -> Answer:
    """Deliver a waiting step before its time; quiet hours still hold it"""
    return await door.release(journey, occurrence, reason=wish.reason, message_id=message_id)


@routes.post(_AT + "/extend", uses=Stepwell.extend)
async def extend(journey: JourneyId, occurrence: Occurrence, wish: ExtendWish, door: Door, message_id: MessageId) -> Answer:
    """Move the closing of a step; one that has expired opens again"""
    return await door.extend(journey, occurrence, wish.until, reason=wish.reason, message_id=message_id)


@routes.post(_AT + "/reopen", uses=Stepwell.reopen)
async def reopen(journey: JourneyId, occurrence: Occurrence, wish: WithReason, door: Door, message_id: MessageId) -> Answer:
    """Open a settled step again, its windows counted anew"""
    return await door.reopen(journey, occurrence, reason=wish.reason, message_id=message_id)


@routes.post(_AT + "/retry", uses=Stepwell.retry)
async def retry_task(journey: JourneyId, occurrence: Occurrence, door: Door, message_id: MessageId) -> Answer:
    """Have the failed task of a step tried again"""
    return await door.retry(journey, occurrence, message_id=message_id)


@routes.post(_AT + "/book", uses=Stepwell.book)
async def book(journey: JourneyId, occurrence: Occurrence, wish: BookWish, door: Door, message_id: MessageId) -> Answer:
    """Book an appointment, or move it"""
    return await door.book(journey, occurrence, wish.at, message_id=message_id)


@routes.get(_AT + "/evidence", uses=Stepwell.evidence)
async def evidence(journey: JourneyId, occurrence: Occurrence, door: Door) -> Evidence:
    """Show what can be shown of how a step was assigned; never a score of the practitioner"""
    return await door.evidence(journey, occurrence)


@routes.post(_AT + "/questions", uses=Stepwell.ask, status_code=201)
async def ask(journey: JourneyId, occurrence: Occurrence, wish: PostWish, door: Door, message_id: MessageId) -> Answer:
    """Ask the practitioner about a step; they get a mail without the words"""
    return await door.ask(journey, occurrence, wish.text, post_id=wish.post_id or message_id)


@routes.post(_AT + "/answers", uses=Stepwell.answer, status_code=201)
async def answer_question(
    journey: JourneyId, occurrence: Occurrence, wish: PostWish, door: Door, message_id: MessageId
) -> Answer:
    """Answer the client about a step; they get a mail without the words"""
    return await door.answer(journey, occurrence, wish.text, post_id=wish.post_id or message_id)


@routes.get("/journeys/{journey}/questions", uses=Stepwell.thread)
async def list_questions(journey: JourneyId, door: Door) -> Thread:
    """Show what was asked and answered in a journey"""
    return Thread(items=tuple(await door.thread(journey)))


@routes.post(_AT + "/questions/read", uses=Stepwell.mark_read, status_code=204)
async def mark_questions_read(journey: JourneyId, occurrence: Occurrence, door: Door) -> None:
    """Note that the caller has read what the other side wrote"""
    await door.mark_read(journey, occurrence)


@routes.put(_AT + "/ratings/{measure}", uses=Stepwell.rate)
async def rate(journey: JourneyId, occurrence: Occurrence, measure: Measure, wish: RatingWish, door: Door) -> Rating:
    """Say, as the client, how a step was"""
    return await door.rate(journey, occurrence, measure, wish.value)


@routes.get("/journeys/{journey}/ratings", uses=Stepwell.ratings)
async def list_ratings(journey: JourneyId, door: Door) -> Ratings:
    """Show what the client said of the steps of a journey"""
    return Ratings(items=tuple(await door.ratings(journey)))
