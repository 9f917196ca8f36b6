"""One action on many journeys."""

from datetime import datetime
from typing import Literal

from stepwell.models.base import Out
from stepwell.models.searching import JourneyLine

BulkAction = Literal["remind", "pause", "resume", "stop", "retry"]


class BulkPreview(Out):
    """What an action on many journeys would come to, as things stand."""

    action: BulkAction
    journeys: int
    ready: int
    refused: dict[str, int]
    """How many would be refused, by cause."""
    sample: tuple[JourneyLine, ...]


class BulkJob(Out):
    """One action on many journeys, under way or done."""

    id: str
    action: BulkAction
    reason: str | None
    by_role: str
    by_id: str | None
    created_at: datetime
    cancelled_at: datetime | None
    finished_at: datetime | None
    waiting: int
    done: int
    refused: int
    failed: int

    @property
    def journeys(self) -> int:
        """Of how many it is."""
        return self.waiting + self.done + self.refused + self.failed


class BulkItem(Out):
    """What became of one journey of it."""

    journey: str
    state: str
    message: str | None
    done_at: datetime | None


class BulkItemPage(Out):
    """A page of what became of each."""

    items: tuple[BulkItem, ...]
    next: str | None = None
    """The cursor of the next page; null: this was the last."""
