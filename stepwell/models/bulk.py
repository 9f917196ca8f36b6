"""One action on many journeys."""

from datetime import datetime
from typing import Literal

from stepwell.models.base import Out
from stepwell.models.migrating import MigrationDifference
from stepwell.models.searching import JourneyLine

BulkAction = Literal["remind", "pause", "resume", "stop", "retry"]
"""What is done to many journeys at once."""
JobAction = Literal["remind", "pause", "resume", "stop", "retry", "migrate", "set_date"]
"""The same, what is looked at journey by journey before it is done, and a date of a group that is told to its journeys."""
ItemState = Literal["waiting", "ready", "chosen", "done", "refused", "failed", "left"]


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
    action: JobAction
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
    ready: int = 0
    """A migration: how many have been looked at, and wait for somebody to choose them."""
    chosen: int = 0
    """A migration: how many are chosen, and not carried out yet."""
    left: int = 0
    """A migration: how many nobody chose."""
    to_version: int | None = None
    """A migration: the version they move to."""
    date_name: str | None = None
    """A date of a group: which."""

    @property
    def journeys(self) -> int:
        """Of how many it is."""
        return self.waiting + self.chosen + self.settled

    @property
    def settled(self) -> int:
        """How many are as far as they get by themselves."""
        return self.ready + self.done + self.refused + self.failed + self.left


class BulkItem(Out):
    """What became of one journey of it."""

    journey: str
    state: str
    message: str | None
    done_at: datetime | None
    difference: MigrationDifference | None = None
    """A migration: what it comes to for this journey; of one that is done, what it came to."""


class BulkItemPage(Out):
    """A page of what became of each."""

    items: tuple[BulkItem, ...]
    next: str | None = None
    """The cursor of the next page; null: this was the last."""
