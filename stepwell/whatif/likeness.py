"""Whether a journey lived again is the one that was recorded."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from engine.events import Event

NEAR = timedelta(seconds=30)
"""A real clock wakes a little late, and what counts from there with it."""


def first_difference(recorded: Sequence[Event], lived: Sequence[Event], *, within: timedelta = NEAR) -> str | None:
    """The first thing that is not the same, in words; None where everything is, each within so much time."""
    had, has = _by_place(recorded), _by_place(lived)
    found: list[tuple[datetime, str]] = []
    for place in dict.fromkeys([*had, *has]):
        before, after = had.get(place, []), has.get(place, [])
        words = " ".join(part for part in place if part)
        for one, other in zip(before, after, strict=False):
            if abs(one - other) > within:
                found.append((min(one, other), f"{words} at {_shown(other)} instead of {_shown(one)}"))
                break
        else:
            if len(before) > len(after):
                found.append((before[len(after)], f"{words} of {_shown(before[len(after)])} is missing"))
            elif len(after) > len(before):
                found.append((after[len(before)], f"{words} at {_shown(after[len(before)])} was not recorded"))
    return min(found, default=(None, None))[1]


def _by_place(events: Sequence[Event]) -> dict[tuple[str, str], list[datetime]]:
    found: dict[tuple[str, str], list[datetime]] = {}
    for event in events:
        about = ", ".join(event.occurrences) if event.kind == "reminder_due" else getattr(event, "occurrence", "")
        found.setdefault((event.kind, about), []).append(event.at)
    return found


def _shown(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
