"""Whether a message still means something at the moment it is sent (rule R2)."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.base import OccurrenceId
from engine.effects import Notify, Purpose
from store.tables import AlertRow, JourneyRow, OccurrenceRow

_ANSWERED = frozenset({"completed", "skipped", "excused", "not_applicable", "cancelled"})
_CLOSED = _ANSWERED | {"expired", "abandoned"}
_MEANINGLESS_ONCE: dict[Purpose, frozenset[str]] = {
    "delivered": _CLOSED,
    "reminder": _CLOSED,
    "escalation": _ANSWERED,  # a step that ran out of time is what an escalation is about
    "parked": _CLOSED | {"open", "started"},
    "undelivered": frozenset(),
    "question": frozenset(),
    "answer": frozenset(),
    "returned": _CLOSED,
    "failed": _CLOSED,
    "risk": frozenset(),
}
"""The states of a step in which a message about it comes too late."""


class Relevance(NamedTuple):
    """The steps that the message is still about, and why the others are not; no step, no message."""

    occurrences: tuple[OccurrenceId, ...]
    reason: str = ""


_WHATEVER_HAPPENS: frozenset[Purpose] = frozenset({"undelivered", "question", "answer"})


def relevance(effect: Notify, journey: JourneyRow, stored: Sequence[OccurrenceRow], alert: AlertRow | None = None) -> Relevance:
    """Compare what was asked for with what is known now.

    What the store does not know yet has not happened yet: its events are on their way behind this message.
    """
    if effect.purpose == "risk":
        taken_up = alert is not None and alert.acknowledged_at is not None
        return Relevance((), "the alert is acknowledged") if taken_up else Relevance(effect.occurrences)
    if effect.purpose in _WHATEVER_HAPPENS:
        return Relevance(effect.occurrences)
    over = journey.status == "stopped" or (journey.status == "ended" and effect.purpose in ("delivered", "reminder"))
    if over or (journey.status == "paused" and effect.purpose == "reminder"):
        return Relevance((), f"the journey was {journey.status}")
    known = {row.id: row for row in stored}
    reasons = {
        name: _reason(effect.purpose, known.get(name), generation)
        for name, generation in zip(effect.occurrences, effect.generations, strict=True)
    }
    return Relevance(tuple(name for name, reason in reasons.items() if not reason), next(filter(None, reasons.values()), ""))


def _reason(purpose: Purpose, row: OccurrenceRow | None, generation: int) -> str:
    if row is None:
        return ""
    if row.state in _MEANINGLESS_ONCE[purpose]:
        return f"the step is {row.state.replace('_', ' ')}"
    if purpose == "reminder" and row.generation > generation:
        return "the reminder is not wanted any more"
    return ""
