"""What hosts hear of: which event leaves under which public name, and with which facts (rule N5).

Ids and facts only. No reason that somebody wrote, no condition with the values it saw, no outcome, answer, text, title,
name, address or personal date is in these tables, and only what is in them leaves.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple
from urllib.parse import quote

from pydantic import JsonValue

from engine.base import Frozen, Instant
from engine.events import Event

PREFIX = "org.stepwell."
MEDIA_TYPE = "application/cloudevents+json"


class Public(NamedTuple):
    """How one kind of event is called outside, and what of it is told there."""

    name: str
    facts: tuple[str, ...]
    words: str
    """What happened, for the page about events."""

    @property
    def type(self) -> str:
        """The CloudEvents type."""
        return PREFIX + self.name


_STEP = ("occurrence", "step")

JOURNEY_EVENTS: dict[str, Public] = {
    "journey_started": Public("journey.started", (), "a client is on a pathway"),
    "step_delivered": Public("step.delivered", (*_STEP, "due_at", "closes_at"), "a step became available"),
    "step_not_applicable": Public("step.not_applicable", (*_STEP, "due_at"), "a step is left out: its condition does not hold"),
    "step_started": Public("step.started", (*_STEP, "closes_at", "content_version"), "it was opened for the first time"),
    "step_worked_on": Public("step.worked_on", (*_STEP, "closes_at"), "it was opened again"),
    "step_completed": Public("step.completed", (*_STEP, "response_id", "late", "content_version"), "it is done"),
    "step_revised": Public("step.revised", (*_STEP, "response_id"), "another response to a step that was done"),
    "step_skipped": Public("step.skipped", _STEP, "the client left out an optional step"),
    "step_expired": Public("step.expired", (*_STEP, "holds"), "its time ran out before it was opened"),
    "step_abandoned": Public("step.abandoned", (*_STEP, "holds"), "its time ran out after it was opened"),
    "step_excused": Public("step.excused", _STEP, "somebody excused the client from it"),
    "step_cancelled": Public("step.cancelled", _STEP, "the journey was over first"),
    "step_released": Public("step.released", _STEP, "somebody let it come early"),
    "step_extended": Public("step.extended", (*_STEP, "until"), "it stays open for longer"),
    "step_reopened": Public("step.reopened", (*_STEP, "closes_at"), "it is open again"),
    "step_parked": Public("step.parked", (*_STEP, "due_at"), "it came too late by its own limit and waits for an operator"),
    "more_asked": Public("review.more_asked", (*_STEP, "response_id", "of", "content_version"), "a review asked for more"),
    "review_returned": Public("review.returned", _STEP, "what a review had asked for has come"),
    "question_asked": Public("question.asked", (*_STEP, "question"), "a question about a step"),
    "question_answered": Public("question.answered", (*_STEP, "answer"), "an answer to it"),
    "task_started": Public("task.started", (*_STEP, "activity", "run"), "what a step has done by a machine is asked for"),
    "task_held": Public("task.held", (*_STEP, "run"), "it failed: the step waits for somebody"),
    "step_type_asked": Public("step_type.asked", (*_STEP, "type"), "whether a step's package is installed is asked"),
    "step_type_missed": Public("step_type.missed", (*_STEP, "type"), "it is not: the step waits for it"),
    "step_type_found": Public("step_type.found", (*_STEP, "type"), "it is"),
    "risk_raised": Public("risk.raised", (*_STEP, "alert"), "the journey holds its reminders because of an alert"),
    "risk_acknowledged": Public("risk.acknowledged", ("alert",), "the journey goes on with them"),
    "reminders_snoozed": Public("reminders.snoozed", (*_STEP, "until"), "the client wants no reminder before then"),
    "reminder_due": Public("reminder.due", ("effect", "occurrences", "asked"), "a reminder goes out"),
    "practitioner_told": Public("practitioner.told", (*_STEP, "to"), "somebody on the ladder is told"),
    "notification_given_up": Public("notification.given_up", ("effect", "occurrences"), "a message reached nobody"),
    "journey_paused": Public("journey.paused", ("mode",), "nothing is delivered until it is resumed"),
    "journey_resumed": Public("journey.resumed", (), "it goes on"),
    "journey_completed": Public("journey.completed", ("closes_at",), "everything required is done"),
    "journey_stopped": Public("journey.stopped", (), "somebody stopped it"),
    "journey_ended": Public("journey.ended", ("step",), "a required step that expired ended it"),
    "date_set": Public("date.set", ("name",), "a client date was set or taken away"),
    "client_facts_set": Public("client_facts.set", (), "the client's zone or quiet hours changed"),
    "plan_changed": Public("plan.changed", ("change", "step", "shifted_by", "after"), "this client's plan was changed alone"),
    "journey_migrated": Public(
        "journey.migrated",
        ("from_version", "to_version", "renamed", "retired", "renewed", "deviations"),
        "it goes on by another version of its pathway",
    ),
    "host_event_received": Public("host_event.received", ("name",), "an event of the host's arrived"),
}
"""By the kind of the journey's event. Every one leaves, so that the numbers of a journey have no gaps."""

ALERT_RAISED = Public("alert.raised", ("alert", "occurrence", "response_id"), "an answer met a risk rule")
ALERT_ACKNOWLEDGED = Public("alert.acknowledged", ("alert", "occurrence"), "somebody took it up")
ENDPOINT_DISABLED = Public("endpoint.disabled", ("endpoint", "why"), "nothing is sent to an endpoint any more")
ENDPOINT_TESTED = Public("endpoint.tested", ("endpoint",), "somebody tries an endpoint out")
CLIENT_DELETED = Public(
    "client.deleted", ("client",), "everything of a client is gone; no other event about them can be read any more"
)

OTHERS = (ALERT_RAISED, ALERT_ACKNOWLEDGED, ENDPOINT_DISABLED, ENDPOINT_TESTED, CLIENT_DELETED)
"""What is no entry of a journey's own history, and has no number in it."""

TYPES: tuple[str, ...] = tuple(one.type for one in (*JOURNEY_EVENTS.values(), *OTHERS))

Facts = dict[str, JsonValue]


class Announcement(NamedTuple):
    """One event as it is kept for hosts."""

    id: str
    type: str
    at: Instant
    data: Facts
    journey: str | None = None
    seq: int | None = None


def announce(event: Event, journey: str, about: Mapping[str, JsonValue]) -> Announcement:
    """A journey's event as hosts hear of it; `about` says whose journey it is."""
    public = JOURNEY_EVENTS[event.kind]
    facts = event.model_dump(mode="json", include=set(public.facts))
    data: Facts = {"journey": journey, **about, "by": event.by.role, **{name: facts[name] for name in public.facts}}
    return Announcement(f"{journey}/{event.seq}", public.type, event.at, data, journey, event.seq)


class CloudEvent(Frozen):
    """CloudEvents 1.0, in structured mode. Read twice, its bytes are the same."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    """Stable: the journey and the number in it."""
    source: str
    """The tenant."""
    type: str
    subject: str | None = None
    """The journey."""
    time: Instant
    """When it happened."""
    datacontenttype: Literal["application/json"] = "application/json"
    sequence: str | None = None
    """Its number in the journey, with zeros before it so that texts sort like numbers."""
    position: str
    """Where to go on reading from: what comes later has a larger number."""
    data: Facts

    def as_json(self) -> str:
        """What is sent and signed."""
        return self.model_dump_json(exclude_none=True)


def cloud_event(announcement: Announcement, tenant: str, position: int) -> CloudEvent:
    """The envelope around what is kept."""
    return CloudEvent(
        id=announcement.id,
        source=f"urn:stepwell:{quote(tenant, safe='')}",
        type=announcement.type,
        subject=announcement.journey,
        time=announcement.at,
        sequence=None if announcement.seq is None else f"{announcement.seq:010}",
        position=str(position),
        data=announcement.data,
    )
