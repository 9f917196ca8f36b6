"""Moving a running journey to another version of its pathway, without delivering anything again (rules E1 to E3).

What has come stays as it was. What has not follows the new version, but for a wait that has begun: that keeps what remains
of it, unless the mapping lets it begin anew.
"""

from collections.abc import Iterator

from engine.agenda import reminder_slots
from engine.base import OccurrenceId, StepId, occurrence_id
from engine.deviations import Deviation, DoesNotFit, deviate
from engine.draft import Draft
from engine.events import JourneyMigrated, StepCancelled, StepReleased
from engine.findings import did_you_mean
from engine.journey import OPEN_STATES, Journey, Occurrence
from engine.mapping import Mapping
from engine.messages import Migrate
from engine.refusals import Refusal, refuse_client, refuse_if_completed
from engine.renaming import rename, renamed_structure
from engine.structure import Anchor, StepStructure, Structure, Timing
from engine.waits import Waits


def migrate(draft: Draft, message: Migrate) -> bool:
    """Go on by the other version. Raises Refusal where it is no version of the pathway, or leaves an open step nowhere."""
    refuse_client(message.by.role)
    refuse_if_completed(draft, "E1")
    journey, new, mapping = draft.journey, message.structure, message.mapping
    if new.pathway != journey.pathway:
        raise Refusal("other_pathway", "E1", f"{new.pathway} is another pathway; a journey moves to a version of its own")
    if new.version == journey.version:
        raise Refusal("same_version", "E1", f"the journey is on version {new.version} already")
    if message.expects is not None and message.expects != journey.seq:
        raise Refusal("moved_on", "E1", "the journey has moved on since the differences were shown; look at them again")
    _refuse_wrong_mapping(draft.structure, new, mapping)
    waits = Waits.of(draft.moment, mapping)
    redirected = _end_what_has_no_place(draft, new, mapping)
    _bind_what_was_opened(draft)
    rename(draft, mapping)
    old = renamed_structure(draft.structure, mapping)
    gone = tuple(step for step in old.steps if step.id not in new.by_id and draft.journey.reached.get(step.id))
    changed, kept = _deviate_again(draft.journey, new, gone)
    retired = {step.id for step in gone} - {one.about for one in kept if one.kind == "add"}
    draft.structure = changed.with_steps(
        tuple(step if step.id in retired else waits.carried_over(step, old, changed, draft.moment) for step in changed.steps)
    )
    former = {step: version for step, version in draft.journey.retired.items() if step not in new.by_id}
    draft.set(
        version=new.version,
        migrations=draft.journey.migrations + 1,
        deviations=kept,
        retired=dict.fromkeys(sorted(retired), journey.version) | former,
        restarts=draft.journey.restarts | waits.restarts,
        replanned_at=draft.now,
    )
    renewed = tuple(_renew_what_is_open(draft, old, mapping))
    draft.happen(
        JourneyMigrated,
        from_version=journey.version,
        to_version=new.version,
        renamed=mapping.renamed,
        retired=draft.journey.retired,
        renewed=renewed,
        deviations=len(kept),
        reason=message.reason,
    )
    for target in redirected:
        _bring_at_once(draft, target)
    return True


# What the mapping says


def _refuse_wrong_mapping(old: Structure, new: Structure, mapping: Mapping) -> None:
    """Every name must be of the version it speaks of, so that a slip of the pen does not cancel anything."""
    wrong = [
        *(f"{one} is no step of the version that is left; {did_you_mean(one, old.by_id)}" for one in _old_names(mapping, old)),
        *(f"{one} is no step of version {new.version}; {did_you_mean(one, new.by_id)}" for one in _new_names(mapping, new)),
        *(f"{one} is a step of both versions and cannot be renamed" for one in mapping.renamed if one in new.by_id),
        *(f"{one} is a step of both versions and cannot be what another becomes" for one in _taken(mapping, old)),
    ]
    if len(set(mapping.renamed.values())) < len(mapping.renamed):
        wrong.append("two steps cannot become one")
    if wrong:
        raise Refusal("wrong_mapping", "E2", "; ".join(wrong))


def _old_names(mapping: Mapping, old: Structure) -> Iterator[StepId]:
    yield from (one for one in (*mapping.renamed, *mapping.cancel, *mapping.redirect) if one not in old.by_id)


def _new_names(mapping: Mapping, new: Structure) -> Iterator[StepId]:
    named = (*mapping.renamed.values(), *mapping.redirect.values(), *mapping.waits_of)
    yield from (one for one in named if one not in new.by_id)


def _taken(mapping: Mapping, old: Structure) -> Iterator[StepId]:
    yield from (one for one in mapping.renamed.values() if one in old.by_id)


# What has no place in the new version


def _end_what_has_no_place(draft: Draft, new: Structure, mapping: Mapping) -> list[StepId]:
    """Cancel what waits for somebody at a step that is gone, or refuse where nobody said what becomes of it.

    Returns the steps that are to come instead.
    """
    added = {one.about for one in draft.journey.deviations if one.kind == "add"}
    homeless: list[Occurrence] = []
    for one in draft.journey.occurrences.values():
        new_id = mapping.renamed.get(one.step, one.step)
        step = new.by_id.get(new_id)
        is_unfinished = one.state in OPEN_STATES or one.is_holding
        if step is None and one.step not in added and (is_unfinished or one.state == "waiting"):
            homeless.append(one)
        elif step is not None and is_unfinished and step.type != draft.structure.by_id[one.step].type:
            message = f"{one.id} is open as a {draft.structure.by_id[one.step].type} and would become a {step.type}"
            raise Refusal("type_changed", "E2", f"{message}; give the new one another id")
    unsaid = [
        one.id
        for one in homeless
        if one.state != "waiting" and one.step not in mapping.cancel and one.step not in mapping.redirect
    ]
    if unsaid:
        message = f"{', '.join(unsaid)}: open, and not in version {new.version}; say 'cancel', or 'redirect' to another step"
        raise Refusal("open_step_removed", "E2", message)
    for one in homeless:
        was_open = one.state in OPEN_STATES
        cancelled = draft.settle(one, "cancelled")
        draft.step_happens(StepCancelled, cancelled)
        if was_open:
            draft.undo_task(draft.structure.by_id[one.step], cancelled)
    redirected = [mapping.redirect[one.step] for one in homeless if one.step in mapping.redirect and one.state != "waiting"]
    return list(dict.fromkeys(redirected))


def _bring_at_once(draft: Draft, target: StepId) -> None:
    """Release the step that an open one was redirected to, unless it has come already."""
    if draft.journey.reached.get(target):
        return
    name = occurrence_id(target, 1)
    known = draft.journey.occurrences.get(name) or Occurrence(id=name, step=target, number=1)
    released = draft.put(known, release_at=draft.now, parked=False)
    draft.step_happens(StepReleased, released, reason="it takes the place of a step that the new version has not")


def _bind_what_was_opened(draft: Draft) -> None:
    """What was opened or answered stays as it was shown, on the version that the journey leaves."""
    for one in tuple(draft.journey.occurrences.values()):
        was_opened = one.started_at is not None or one.response_id is not None
        if was_opened and one.content_version is None:
            draft.put(one, content_version=draft.journey.version)


# What is kept of steps that are gone, and of the client's own deviations


def _retired(step: StepStructure, reached: int) -> StepStructure:
    """A step that came and is not in the pathway any more: it stays readable, and nothing more comes of it."""
    return StepStructure(
        id=step.id,
        type=step.type,
        actor=step.actor,
        told=step.told,
        required=step.required,
        timing=Timing(anchor=Anchor(kind="started")),
        repeat=step.repeat and step.repeat.ended(reached),
        late=step.late,
        task=step.task,
        is_risky=step.is_risky,
        revisable=step.revisable,
        outcomes=step.outcomes,
    )


def _deviate_again(
    journey: Journey, new: Structure, gone: tuple[StepStructure, ...]
) -> tuple[Structure, tuple[Deviation, ...]]:
    """Bring the client's own deviations to the new version; those that do not fit any more fall away."""
    kept: list[Deviation] = []
    structure = new.with_steps((*new.steps, *(_retired(step, journey.reached[step.id]) for step in gone)))
    for deviation in journey.deviations:
        base = structure
        if deviation.kind == "add" and deviation.about not in new.by_id:  # where it came already it stands among the retired
            base = structure.with_steps(tuple(step for step in structure.steps if step.id != deviation.about))
        try:
            structure = deviate(base, deviation, reached=journey.reached.get(deviation.about, 0))
        except DoesNotFit:
            continue
        kept.append(deviation)
    return structure, tuple(kept)


# What is open


def _renew_what_is_open(draft: Draft, old: Structure, mapping: Mapping) -> Iterator[OccurrenceId]:
    """Give open steps the new version's reminders and, where they begin anew, its windows. What lies behind is not made up for."""
    for one in tuple(draft.journey.occurrences.values()):
        before, step = old.by_id[one.step], draft.structure.by_id[one.step]
        if one.state == "waiting" and before.type != step.type and one.type_asked_at is not None:
            draft.put(one, type_asked_at=None, type_state="unknown")
            yield one.id
        lets_pass = not step.required or step.on_expiry != "hold"
        if one.state in ("expired", "abandoned") and one.passed_at is None and lets_pass:
            draft.put(one, passed_at=draft.now)
            yield one.id
        if one.state not in OPEN_STATES:
            continue
        if before.required != step.required:  # it holds up what is behind it, or does so no longer
            one = draft.put(one, passed_at=None if step.required else draft.now)
        changes_windows = (before.window, before.completes_on) != (step.window, step.completes_on)
        renewed = draft.start_clock(step, one) if changes_windows and mapping.waits_for(one.step) == "restart" else one
        if before.reminders != step.reminders or changes_windows:
            slots = reminder_slots(step, renewed, draft.moment)
            generation = one.generation + 1
            draft.put(renewed, reminders_used=sum(slot <= draft.now for slot in slots), generation=generation, asked_at=None)
            yield one.id
