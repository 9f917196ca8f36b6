"""What people act upon: each event that may have moved somebody to do something, under a name that another version has too."""

from collections import Counter
from collections.abc import Iterator
from typing import Literal, NamedTuple

from engine.events import Event

What = Literal["delivered", "reminded", "returned", "opened", "closed", "told", "asked", "task", "type", "risk", "question"]


class Prompt(NamedTuple):
    """The k-th of its kind for one occurrence (or, of a risk, for one alert)."""

    what: What
    about: str
    number: int = 1


_FOR_STEPS: dict[str, What] = {
    "step_delivered": "delivered",
    "review_returned": "returned",
    "step_extended": "opened",
    "step_reopened": "opened",
    "step_expired": "closed",
    "step_abandoned": "closed",
    "practitioner_told": "told",
    "step_parked": "told",
    "task_started": "task",
    "step_type_asked": "type",
    "question_asked": "question",
}

TO_CLIENTS: frozenset[What] = frozenset({"delivered", "reminded", "returned", "opened"})
"""What an answer may follow upon."""
TO_OTHERS: frozenset[What] = frozenset({"delivered", "closed", "told", "question"})
"""What a practitioner, operator or host may step in upon."""


class Prompts:
    """Counts them as they come."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[What, str]] = Counter()

    def of(self, event: Event) -> Iterator[Prompt]:
        """The prompts that an event is."""
        if event.kind == "reminder_due":
            for name in event.occurrences:
                yield self._next("reminded", name)
        elif event.kind == "risk_raised":
            yield self._next("risk", event.alert)
        else:
            what = _FOR_STEPS.get(event.kind)
            if what is not None:
                yield self._next(what, getattr(event, "occurrence"))  # noqa: B009 - every kind in the table has one

    def _next(self, what: What, about: str) -> Prompt:
        self._seen[what, about] += 1
        return Prompt(what, about, self._seen[what, about])
