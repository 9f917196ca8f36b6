"""A group of clients on one pathway: how far its starts are, never what anybody answered."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from stepwell.models.base import Out

LateJoiners = Literal["from_start", "with_group", "closed"]
"""What becomes of those who are added after the group was started: `from_start` begins them at once without the group's
dates, `with_group` at once with them, `closed` refuses them."""
MemberState = Literal["waiting", "started", "refused", "failed"]


class Waves(NamedTuple):
    """So many members at once, and the next so many later."""

    size: int
    every: timedelta


class Group(Out):
    """A group, and how far its starts are."""

    id: str
    name: str
    pathway: str
    version: int
    practitioner: str | None
    dates: dict[str, str]
    late_joiners: LateJoiners
    by_role: str
    by_id: str | None
    created_at: datetime
    begins_at: datetime | None
    started_at: datetime | None
    cancelled_at: datetime | None
    finished_at: datetime | None
    waiting: int
    started: int
    refused: int
    failed: int

    @property
    def members(self) -> int:
        """How many are in it."""
        return self.waiting + self.started + self.refused + self.failed


class GroupMember(Out):
    """One client of it, and what became of their start."""

    client: str
    position: int
    state: MemberState
    is_late: bool
    journey: str | None
    message: str | None
    done_at: datetime | None


class GroupMemberPage(Out):
    """A page of members."""

    items: tuple[GroupMember, ...]
    next: int | None = None
    """After which position the next page begins; null: this was the last."""
