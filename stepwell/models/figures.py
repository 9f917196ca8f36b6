"""Figures over many journeys, and how the system stands."""

from datetime import date, datetime
from typing import Literal

from stepwell.models.base import Out


class StepFigures(Out):
    """What became of one step in all journeys of a pathway."""

    step: str
    type: str
    title: str
    required: bool
    reached: int = 0
    """Journeys in which it was delivered, settled, or keeps things waiting."""
    holding: int = 0
    """Journeys that it keeps waiting for a practitioner or operator."""
    open: int = 0
    """Occurrences that are open or started, and so on for the other states."""
    completed: int = 0
    skipped: int = 0
    expired: int = 0
    """Expired or abandoned."""
    excused: int = 0
    not_applicable: int = 0
    cancelled: int = 0
    median_hours: float | None = None
    """From delivery to completion; None: nobody has completed it."""
    p90_hours: float | None = None


class WeekFigures(Out):
    """What was due to clients in one week."""

    week: date
    """Its Monday, in UTC."""
    offered: int
    completed: int
    on_time: int


class VersionCount(Out):
    """How many journeys run on one version."""

    version: int
    status: str
    journeys: int


class OpenAlert(Out):
    """An alert that nobody has taken up."""

    id: str
    journey: str
    raised_at: datetime
    is_sounding: bool
    """Whether its alarm was started."""


class MessageFailures(Out):
    """Messages that did not go out, of one channel and one cause."""

    channel: str | None
    outcome: Literal["failed", "skipped"]
    reason: str
    messages: int


class SystemFigures(Out):
    """How things stand in one tenant."""

    journeys: dict[str, int]
    """By status."""
    held: int
    overdue: int
    failed: int
    """Journeys in which something failed since."""
    alerts: tuple[OpenAlert, ...]
    """The oldest first, fifty at most."""
    open_alerts: int
    messages: tuple[MessageFailures, ...]
    dead_deliveries: int
    """Events that webhooks have not taken after the last retry."""
    disabled_endpoints: int
    last_recorded_at: datetime | None
    """When the newest event in the store happened."""
    unrecorded_starts: int
    """Journeys that were reserved over a minute ago and have recorded nothing yet."""


class QueueHealth(Out):
    """One task queue of Temporal."""

    queue: str
    kind: Literal["workflow", "activity"]
    pollers: int
    """Workers that asked for work in the last minutes; 0: nobody does this work."""
    last_polled_at: datetime | None
    backlog: int
    """About how many tasks wait."""
    oldest_seconds: float
    """How long the oldest of them has waited."""
