"""A recorded journey with its steps called as another version calls them (rule E2)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine.base import EffectId, OccurrenceId, StepId, occurrence_id
from engine.events import Event
from engine.mapping import Mapping as Renamed
from engine.renaming import renamed_structure
from engine.structure import Structure
from stepwell.whatif.recorded import Recorded

Names = Mapping[StepId, StepId]
"""The old id of a step, and its new one."""


def names_from(text: str) -> dict[StepId, StepId]:
    """What somebody wrote: `worksheet=exercise, diary=log`. Raises ValueError."""
    found: dict[StepId, StepId] = {}
    for one in filter(None, (part.strip() for part in text.split(","))):
        old, sign, new = (part.strip() for part in one.partition("="))
        if not (old and sign and new):
            raise ValueError(f"{one!r} says of no step what it is called now: write it like worksheet=exercise")
        found[StepId(old)] = StepId(new)
    return found


def names_in(structure: Structure, names: Names) -> Names:
    """Those that a version calls by the old id; one that calls it by the new id already needs none."""
    return {old: new for old, new in names.items() if old in structure.by_id and new not in structure.by_id}


def renamed(recorded: Recorded, names: Names) -> Recorded:
    """The same journey, with everything about a step under its new id. What it was lived on is not lived on again by these."""
    if not names:
        return recorded
    structure = renamed_structure(recorded.structure, Renamed(renamed=dict(names)))
    return replace(recorded, structure=structure, events=tuple(renamed_events(recorded.events, names)))


def renamed_events(events: Iterable[Event], names: Names) -> list[Event]:
    """The events, each about the step by its new id."""
    return [_renamed(one, names) for one in events]


def _renamed(event: Event, names: Names) -> Event:
    changes: dict[str, Any] = {}
    for field in type(event).model_fields:
        value = getattr(event, field)
        match field:
            case "step":
                changes[field] = names.get(value, value)
            case "occurrence":
                changes[field] = _occurrence(value, names)
            case "occurrences" | "of":
                changes[field] = tuple(_occurrence(one, names) for one in value)
            case "effect":
                changes[field] = _effect(value, names)
    return event.model_copy(update=changes)


def _occurrence(name: OccurrenceId, names: Names) -> OccurrenceId:
    step, _, number = str(name).rpartition(".")
    return occurrence_id(names.get(StepId(step), StepId(step)), int(number))


def _effect(key: EffectId, names: Names) -> EffectId:
    """A message's key names the occurrence that it is about: journey / occurrence / purpose / ordinal (rule N1)."""
    journey, about, rest = str(key).split("/", 2)
    return EffectId(f"{journey}/{_occurrence(OccurrenceId(about), names)}/{rest}")
