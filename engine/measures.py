"""How much of the assigned work was done, and what clients and observers say of it: computed as it was published.

Compliance is the share of what was assigned that was completed (Kazantzis and others). It can be high where little was
assigned and low where much was done, and a share relates less to how people fare than ratings of quality do
(Mausbach and others, 2010): never show it alone. HES and HSTBS are research instruments rated by observers from
recordings. What clients report by themselves is *informed by* the HES, and no therapist is ever scored by a program.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import fmean

from engine.base import Frozen, Instant
from engine.journey import OccurrenceState

CAVEAT = "A share of little can be high, and a share of much can be low: read it beside what was assigned, and ask both sides."


class Assignment(Frozen):
    """One step that a client was given."""

    occurrence: str
    step: str
    pathway: str
    kind: str | None = None
    required: bool = True
    due_at: Instant
    """When the plan wanted it."""
    state: OccurrenceState
    settled_at: Instant | None = None
    late: bool = False


class Compliance(Frozen):
    """What was done of what was assigned. Shares are between 0 and 1; None where nothing was assigned."""

    assigned: int = 0
    """Required steps due in the window and not withdrawn by a practitioner."""
    completed: int = 0
    """Those of them submitted before the window's end."""
    compliance: float | None = None
    on_time: float | None = None
    """The share of the completed ones that were not late."""
    optional_assigned: int = 0
    optional_completed: int = 0
    optional_compliance: float | None = None


def compliance(assignments: Iterable[Assignment], since: datetime, until: datetime) -> Compliance:
    """Count what was due from `since` until before `until`; what a practitioner withdrew counts for nobody."""
    given = [
        one
        for one in assignments
        if since <= one.due_at < until and one.state not in ("excused", "not_applicable", "cancelled", "waiting")
    ]
    done = [one for one in given if one.state == "completed" and one.settled_at is not None and one.settled_at < until]
    required, optional = [one for one in given if one.required], [one for one in given if not one.required]
    required_done, optional_done = [one for one in done if one.required], [one for one in done if not one.required]
    return Compliance(
        assigned=len(required),
        completed=len(required_done),
        compliance=_share(len(required_done), len(required)),
        on_time=_share(sum(not one.late for one in required_done), len(required_done)),
        optional_assigned=len(optional),
        optional_completed=len(optional_done),
        optional_compliance=_share(len(optional_done), len(optional)),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def hes_general(ratings: Sequence[Sequence[float | None]]) -> float | None:
    """HES-General: time, frequency and effort, 0 to 4 each, summed to 0 to 12.

    Several raters: the mean of each item first. None where an item has no rating. Raises ValueError outside 0 to 4.
    """
    items = [_item_mean(ratings, at, highest=4) for at in range(3)]
    return None if None in items else sum(item for item in items if item is not None)


def hes_ct(ratings: Sequence[float | None]) -> int | None:
    """HES-CT: cognitive, self-monitoring and behavioural, 0 to 6 each, recoded 0, 1-3, 4-6 to 0, 1, 2 and summed to 0 to 6.

    None where an item has no rating. Raises ValueError outside 0 to 6.
    """
    items = [_item_mean([ratings], at, highest=6) for at in range(3)]
    return None if None in items else sum(0 if not item else 1 if item <= 3 else 2 for item in items)


def hstbs_scale(ratings: Sequence[float | None]) -> float | None:
    """A scale of the HSTBS: the mean of its items, 0 to 4 each; None where one is missing or there are none."""
    items = [_item_mean([ratings], at, highest=4) for at in range(len(ratings))]
    known = [item for item in items if item is not None]
    return fmean(known) if known and len(known) == len(items) else None


def _item_mean(ratings: Sequence[Sequence[float | None]], at: int, *, highest: int) -> float | None:
    given = [one[at] for one in ratings if at < len(one)]
    known = [value for value in given if value is not None]
    if not all(0 <= value <= highest for value in known):
        raise ValueError(f"a rating lies outside 0 to {highest}")
    return fmean(known) if known and len(known) == len(given) == len(ratings) else None


class Evidence(Frozen):
    """What the program itself can show of how a step was assigned (the HSTBS assignment scale as a checklist, no score)."""

    rationale: bool
    instructions: bool
    practised: bool
    understanding: bool
    """The client confirmed that it was understood."""
    specific: bool
    """It had a time by which it was to be done."""
    marked_as_homework: bool
    written_record: bool = True
    """What was assigned and when is kept for good."""
