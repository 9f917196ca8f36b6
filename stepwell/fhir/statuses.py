"""What a journey and its occurrences are called in FHIR, as honestly as its value sets allow."""

from collections.abc import Mapping
from typing import NamedTuple

from engine.journey import JourneyStatus, OccurrenceState


class TaskStatus(NamedTuple):
    """The status of a Task, and the reason to give with it."""

    status: str
    reason: str = ""


TASKS: Mapping[OccurrenceState, TaskStatus] = {
    "waiting": TaskStatus("requested"),
    "open": TaskStatus("ready"),
    "started": TaskStatus("in-progress"),
    "completed": TaskStatus("completed"),
    "expired": TaskStatus("failed", "closed before it was started"),
    "abandoned": TaskStatus("failed", "started, and closed before it was finished"),
    "skipped": TaskStatus("rejected", "left out by the client, as is their right with an optional step"),
    "excused": TaskStatus("cancelled", "excused by a practitioner"),
    "not_applicable": TaskStatus("cancelled", "did not apply: its condition was not met"),
    "cancelled": TaskStatus("cancelled", "the journey ended first"),
}
"""From the value set task-status, the same in R4 and R5."""

CARE_PLANS: Mapping[JourneyStatus | str, str] = {
    "starting": "draft",
    "active": "active",
    "paused": "on-hold",
    "completed": "completed",
    "stopped": "revoked",
    "ended": "revoked",
}
"""From the value set request-status, the same in R4 and R5."""
