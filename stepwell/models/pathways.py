"""What the front door hands out of pathways and their drafts."""

from datetime import datetime
from typing import Literal

from engine.findings import Finding
from stepwell.models.base import Out


class PathwayVersion(Out):
    """A published version of a pathway."""

    pathway: str
    number: int
    title: str
    tags: tuple[str, ...] = ()
    published_at: datetime
    is_new: bool = True
    """False where exactly this was the latest version already."""
    warnings: tuple[Finding, ...] = ()


class StepOutline(Out):
    """One step of a pathway in a list."""

    id: str
    type: str
    title: str
    required: bool
    actor: str
    """Who completes it."""
    stage: str | None
    visibility: str


class PathwayDetail(PathwayVersion):
    """A version as it was written, with its steps."""

    source: str
    steps: tuple[StepOutline, ...]


class Draft(Out):
    """A pathway being written."""

    pathway: str
    updated_at: datetime
    mark: str
    """Of its text: another text, another mark."""


class StepChange(Out):
    """One step that is not the same in two versions."""

    step: str
    what: Literal["added", "removed", "moved", "structure", "content"]
    fields: tuple[str, ...] = ()
    """What of it changed, such as `timing`, `needs`, `reminders`, `title`."""


class VersionDifferences(Out):
    """What another version does differently."""

    pathway: str
    old: int
    new: int
    steps: tuple[StepChange, ...]
    structure: tuple[str, ...]
    """What changed about the pathway as a whole, such as `quiet_hours`."""
    contents: tuple[str, ...]
    """What changed of its words, such as `title`."""
