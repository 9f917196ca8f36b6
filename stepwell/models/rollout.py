"""What versions of the workers there are, and what is on them."""

from datetime import datetime
from typing import Literal

from stepwell.models.base import Out

VersionState = Literal["current", "ramping", "draining", "drained", "new", "none"]


class OnVersion(Out):
    """A workflow that runs on a version."""

    id: str
    kind: str
    """`journey`, `alarm`, …"""
    since: datetime
    """When its run began."""
    is_failing: bool
    """Its task fails again and again."""


class WorkerVersion(Out):
    """One version of the workers, and what is on it."""

    build: str
    """`none`: what no version has yet, from before there were any or just started."""
    state: VersionState
    percent: float | None
    """Of what is new, where it is ramping."""
    since: datetime | None
    """Since when it is current, or ramping, or no more."""
    journeys: int
    others: int
    """Alarms, contacts, couriers, jobs."""
    failing: int
    """Of all of them."""
    workers: int
    last_seen: datetime | None
    """When a worker of it last asked for work."""
    oldest: OnVersion | None
    """None also where there is too much to look through."""

    @property
    def running(self) -> int:
        """All that is on it."""
        return self.journeys + self.others

    @property
    def why(self) -> str:
        """Why it is not drained yet, and what helps; "" where it is, or is not to be."""
        if self.state == "none":
            return "goes to the current build when it wakes: stepwell deploy drain none"
        if self.state != "draining":
            return ""
        if not self.workers:
            return f"stands still: start a worker of this build, or try stepwell deploy drain {self.build}"
        if self.failing:
            return f"{self.failing} fail again and again: stepwell deploy drain {self.build}"
        return f"waits for a reason to wake: stepwell deploy drain {self.build}"
