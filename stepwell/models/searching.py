"""A search for journeys, and a page of what was found."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field

from stepwell.models.base import Out
from stepwell.models.journeys import JourneySummary


def _written_out(given: object) -> object:
    """A bare number is no instant, though it could be read as one."""
    if isinstance(given, str) and "-" not in given[1:]:
        raise ValueError("write an instant as in RFC 3339, such as 2026-12-01T09:00:00Z")
    return given


Instant = Annotated[AwareDatetime, BeforeValidator(_written_out)]
"""As it is written in a query."""


class JourneyQuery(Out):
    """What journeys have to fit, all of it; nothing given: every journey."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: str = Field(default="", max_length=200)
    """How the id, the client's id or the enrolment key begins."""
    client: str | None = Field(default=None, max_length=64)
    pathway: str | None = Field(default=None, max_length=64)
    version: int | None = Field(default=None, ge=1, le=1_000_000)
    statuses: tuple[str, ...] = Field(default=(), max_length=10)
    held: bool | None = None
    """Whether something waits for a practitioner or operator."""
    overdue_days: float | None = Field(default=None, ge=0, le=36_500)
    """A required step that the client still owes was due longer ago than this."""
    failed_since: Instant | None = None
    """Something could not be carried out at this instant or later."""
    practitioner: str | None = Field(default=None, max_length=64)
    tag: str | None = Field(default=None, max_length=100)
    """Of the pathway."""
    group: str | None = Field(default=None, max_length=64)
    """Started by this group."""
    sort: Literal["newest", "oldest", "overdue", "failed", "client"] = "newest"
    """`overdue` and `failed` list only what is."""


class JourneyLine(JourneySummary):
    """One journey in a list of many."""

    created_at: datetime
    owed_since: datetime | None
    """When the oldest required step that the client still owes was due."""
    failed_at: datetime | None
    """When something last could not be carried out."""
    open_steps: int


class JourneyPage(Out):
    """A page of journeys."""

    items: tuple[JourneyLine, ...]
    next: str | None = None
    """The cursor of the next page; null: this was the last."""


class Count(Out):
    """How many there are."""

    number: int
    is_capped: bool
    """There are more than were counted."""


class SavedView(Out):
    """A search with a name."""

    name: str
    query: str
    created_at: datetime
    created_by: str
