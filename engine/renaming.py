"""Calling steps of a running journey by other ids: whatever is known of them goes with them (rule E2)."""

from engine.base import OccurrenceId, StepId, occurrence_id
from engine.deviations import Deviation
from engine.draft import Draft
from engine.mapping import Mapping
from engine.structure import Anchor, StepStructure, Structure


def rename(draft: Draft, mapping: Mapping) -> None:
    """Call everything that is known of a step by its new id."""
    names = mapping.renamed
    if not names:
        return

    def occurrence(name: OccurrenceId) -> OccurrenceId:
        step, _, number = str(name).rpartition(".")
        return occurrence_id(names.get(StepId(step), StepId(step)), int(number))

    journey = draft.journey
    parent = journey.parent
    if parent is not None:
        sources = {key: _renamed_outcome(source, mapping) for key, source in parent.hands_back.items()}
        parent = parent.changed(hands_back=sources)
    draft.set(
        occurrences={
            occurrence(name): one.changed(
                id=occurrence(name), step=names.get(one.step, one.step), awaits=tuple(map(occurrence, one.awaits))
            )
            for name, one in journey.occurrences.items()
        },
        reached={names.get(step, step): number for step, number in journey.reached.items()},
        outcomes={names.get(step, step): known for step, known in journey.outcomes.items()},
        retired={names.get(step, step): version for step, version in journey.retired.items()},
        restarts={names.get(step, step): one for step, one in journey.restarts.items()},
        deviations=tuple(_renamed_deviation(one, mapping) for one in journey.deviations),
        renamed={old: names.get(new, new) for old, new in journey.renamed.items()} | names,
        parent=parent,
    )


def _renamed_outcome(source: str, mapping: Mapping) -> str:
    step, _, name = source.partition(".")
    return f"{mapping.renamed.get(StepId(step), step)}.{name}"


def renamed_structure(structure: Structure, mapping: Mapping) -> Structure:
    """The structure with its steps called by their new ids, and everything that counts from them too."""
    if not mapping.renamed:
        return structure
    return structure.with_steps(tuple(_renamed_step(step, mapping) for step in structure.steps))


def _renamed_step(step: StepStructure, mapping: Mapping) -> StepStructure:
    names = mapping.renamed
    timing = step.timing.model_copy(update={"anchor": _renamed_anchor(step.timing.anchor, mapping)})
    looks_at = tuple(names.get(one, one) for one in step.looks_at)
    needs = step.needs and step.needs.model_copy(update={"of": tuple(names.get(one, one) for one in step.needs.of)})
    changes = {"id": names.get(step.id, step.id), "timing": timing, "looks_at": looks_at, "needs": needs}
    return step.model_copy(update=changes)


def _renamed_anchor(anchor: Anchor, mapping: Mapping) -> Anchor:
    if anchor.kind not in ("passed", "delivered", "completed"):
        return anchor
    return anchor.model_copy(update={"name": mapping.renamed.get(StepId(anchor.name or ""), anchor.name)})


def _renamed_deviation(deviation: Deviation, mapping: Mapping) -> Deviation:
    names = mapping.renamed
    changes: dict[str, object] = {}
    if deviation.kind == "add":
        changes["step"] = _renamed_step(deviation.step, mapping)
    else:
        changes["step"] = names.get(deviation.step, deviation.step)
    if deviation.kind in ("add", "move") and deviation.after is not None:
        changes["after"] = names.get(deviation.after, deviation.after)
    return deviation.model_copy(update=changes)
