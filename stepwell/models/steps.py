"""What people are shown of their steps, and what they said and answered."""

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field

from engine.turn import Answer
from stepwell.models.base import Out


class Taken(Answer):
    """A response was taken."""

    crisis_text: str = ""
    """Where it met a risk rule: what the client is to see at once, in the deployer's words."""


class ToDo(Out):
    """One step that is open for its reader, with what they may see of it (rule V3)."""

    journey: str
    occurrence: str
    step: str
    type: str
    title: str
    pathway_title: str
    rationale: str
    instructions: str
    message: str = ""
    """The practitioner's own words to this client at this step."""
    body: str
    """Markdown."""
    effort: str | None
    required: bool
    state: str
    delivered_at: datetime | None
    draft: dict[str, Any] | None = None
    """What the reader has begun to write and saved; nobody else sees it."""
    prefill: dict[str, str] = Field(default_factory=dict)
    """What fields of the response hold when the form opens; the reader may change it."""
    yours: bool = True
    """Whether the reader answers it; an appointment is shown to the client and answered by the practitioner."""
    is_risky: bool = False
    """Whether an answer may alert the practitioner whatever else is private here: say so before it is answered (D9)."""
    notice: str = ""
    """The deployer's words about who watches the answers, and when; show them wherever answers are given."""
    language: str = "en"
    """What the words are in: the reader's, where the pathway has it."""
    visibility: str = "client_and_practitioner"
    """Who reads the answer: say so before it is given (rule V1)."""
    content_version: int = 1
    """The version of the pathway whose words these are; say it when the step is opened or answered (rule E)."""
    content: dict[str, Any] = Field(default_factory=dict)
    """What the step type asks for, its texts in the reader's language, for a host that draws it."""


class PathStep(Out):
    """A step that came, as its client may hear of it."""

    occurrence: str
    title: str
    type: str
    state: str
    delivered_at: datetime | None
    settled_at: datetime | None
    late: bool


class Path(Out):
    """One journey, as its client sees it."""

    journey: str
    title: str
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    steps: tuple[PathStep, ...]


class Alert(Out):
    """A response met a risk rule. The response itself is read where responses are read."""

    id: str
    journey: str
    occurrence: str
    response_id: str
    rules: tuple[str, ...]
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    reason: str | None


class Post(Out):
    """One question or answer about a step."""

    id: str
    occurrence: str
    role: str
    author: str | None
    text: str
    at: datetime
    read_at: datetime | None


class Rating(Out):
    """What a client says of a step they did."""

    occurrence: str
    measure: str
    value: int
    at: datetime


class Tailoring(Out):
    """One change of what a client reads around a step."""

    step: str
    number: int
    words: dict[str, Any]
    by_id: str | None
    reason: str
    at: datetime


class Given(Out):
    """One response, as its reader may see it (rule V1)."""

    id: str
    occurrence: str
    by_role: str
    payload: dict[str, Any]
    visibility: str
    accepted_at: datetime | None
    shared_at: datetime | None
    read_at: datetime | None
    fingerprint: str | None
    is_intact: bool
    """Whether the payload still has the fingerprint it was kept with."""


class Unfinished(Out):
    """One step that a client has left open or let pass."""

    journey: str
    client: str
    occurrence: str
    state: str
    since: AwareDatetime
    """When it was delivered."""
    reminders: int
    holds: bool
