"""The deletion of a client: what would go, and how far it is."""

from datetime import datetime
from typing import Literal

from stepwell.models.base import Out

DeletionReason = Literal["asked", "consent_withdrawn", "retention", "mistake", "other"]
"""Why a client is deleted: a code, since the receipt is kept and words would name somebody."""
DeletionStage = Literal["ending", "executions", "rows", "erased", "finished"]


class DeletionPreview(Out):
    """What of a client would go."""

    client: str
    journeys: int
    running: int
    """Of those, how many would be stopped."""
    rows: dict[str, int]
    """How many rows of each table."""


class Deletion(Out):
    """The deletion of a client, and its receipt afterwards."""

    id: str
    client: str
    reason: DeletionReason
    asked_by: str
    asked_at: datetime
    stage: DeletionStage
    """`ending`: everything that moves is stopped · `executions`: Temporal forgets · `rows`: the store forgets · `erased`: nothing of
    theirs is here; in two minutes it is looked once more · `finished`."""
    ended: int
    """Workflows deleted, each with all its runs."""
    rows: int
    """Rows deleted so far."""
    erased_at: datetime | None
    finished_at: datetime | None
