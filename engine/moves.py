"""What a change moves: the plan before it, compared with the plan after it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from engine.base import OccurrenceId
from engine.events import Event
from engine.turn import Move, Plan, Planned


def moves_between(before: Plan, after: Plan, events: Sequence[Event] = (), now: datetime | None = None) -> Iterator[Move]:
    """Everything that is at another instant, new or gone: what came at once first, then in the order of the new plan.

    `events` is what happened in between, at `now`: a step that came with the change itself has moved to now.
    """
    old, new = _by_place(before), _by_place(after)
    came = dict.fromkeys(one.occurrence for one in events if one.kind == "step_delivered")
    for occurrence in came:
        was = old.pop(("delivery", occurrence), None)
        if was is None or was.at != now:
            yield _came(was, occurrence, now)
    for place in [*new, *(place for place in old if place not in new)]:
        was, is_now = old.get(place), new.get(place)
        shown = is_now or was
        if shown is None or (was and is_now and was.at == is_now.at and was.waits_for == is_now.waits_for):
            continue
        yield Move(
            what=shown.what,
            occurrence=shown.occurrence,
            step=shown.step,
            before=was.at if was else None,
            after=is_now.at if is_now else None,
            is_new=was is None,
            is_gone=is_now is None,
            certain=is_now is None or is_now.certain,
        )


def _came(was: Planned | None, occurrence: OccurrenceId, now: datetime | None) -> Move:
    step = occurrence.rpartition(".")[0]
    before = was.at if was else None
    return Move.model_validate(
        {"what": "delivery", "occurrence": occurrence, "step": step, "before": before, "after": now, "is_new": was is None}
    )


def _by_place(found: Plan) -> dict[tuple[str, str], Planned]:
    return {(one.what, one.occurrence): one for one in found.items}
