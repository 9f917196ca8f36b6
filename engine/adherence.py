"""How much of what was offered was done (rule A): figures from the read model, never a judgement of a person."""

from collections.abc import Iterable
from statistics import median

from engine.base import Frozen
from engine.journey import OccurrenceState
from engine.structure import Structure
from engine.view import OccurrenceView

OFFERED_STATES: frozenset[OccurrenceState] = frozenset({"open", "started", "completed", "skipped", "expired", "abandoned"})
"""What was delivered and left to the client; excused, not applicable and cancelled ones count nowhere."""


class Figures(Frozen):
    """The figures of one kind of step. A share of nothing is None, never 100 %."""

    offered: int = 0
    completed: int = 0
    compliance: float | None = None
    """Completed ÷ offered."""
    on_time_share: float | None = None
    """Completed and not late ÷ completed."""
    late_share: float | None = None
    median_hours: float | None = None
    """From delivery to completion."""


class Adherence(Frozen):
    """Required and optional steps, counted apart."""

    required: Figures
    optional: Figures


def adherence(structure: Structure, views: Iterable[OccurrenceView]) -> Adherence:
    """Count what was offered to the client in journeys on one version of a pathway; reviews and waits are not theirs."""
    kinds: dict[bool, list[OccurrenceView]] = {True: [], False: []}
    for view in views:
        step = structure.by_id[view.step]
        if step.actor == "client":
            kinds[step.required].append(view)
    return Adherence(required=figures(kinds[True]), optional=figures(kinds[False]))


def figures(views: Iterable[OccurrenceView]) -> Figures:
    """Count occurrences of one kind, of any pathways."""
    offered = [view for view in views if view.delivered_at is not None and view.state in OFFERED_STATES]
    completed = [view for view in offered if view.state == "completed"]
    late = sum(view.late for view in completed)
    hours = [
        (view.settled_at - view.delivered_at).total_seconds() / 3600
        for view in completed
        if view.settled_at is not None and view.delivered_at is not None
    ]
    return Figures(
        offered=len(offered),
        completed=len(completed),
        compliance=_share(len(completed), len(offered)),
        on_time_share=_share(len(completed) - late, len(completed)),
        late_share=_share(late, len(completed)),
        median_hours=median(hours) if hours else None,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
