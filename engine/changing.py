"""Changing this one client's plan: steps that are not reached yet (rule E4)."""

from typing import assert_never

from engine.calendar import wall
from engine.deviations import AddStep, Deviation, DoesNotFit, DropStep, MoveStep, RestoreStep, ShiftStep, deviate
from engine.draft import Draft
from engine.events import PlanChanged
from engine.messages import ChangePlan
from engine.refusals import Refusal, refuse_client, refuse_if_completed


def change_plan(draft: Draft, message: ChangePlan) -> bool:
    """Let the journey deviate, and remember it. Raises Refusal."""
    refuse_client(message.by.role)
    refuse_if_completed(draft, "E4")
    deviation = message.deviation
    if not _is_needed(draft, deviation):
        return False
    try:
        changed = deviate(draft.structure, deviation, reached=draft.journey.reached.get(deviation.about, 0))
    except DoesNotFit as why:
        raise Refusal("does_not_fit", "E4", f"the plan cannot be changed like that: {why}") from None
    draft.structure = changed
    draft.set(deviations=(*draft.journey.deviations, deviation), replanned_at=draft.now)
    draft.happen(PlanChanged, change=deviation.kind, step=deviation.about, reason=message.reason, **_how(deviation))
    return True


def _how(deviation: Deviation) -> dict[str, object]:
    match deviation:
        case ShiftStep():
            return {"shifted_by": deviation.by, "shifted_to": deviation.to}
        case AddStep() | MoveStep():
            return {"after": deviation.after}
        case _:
            return {}


def _is_needed(draft: Draft, deviation: Deviation) -> bool:
    """Whether it changes anything; refuse what cannot be done to this step."""
    match deviation:
        case AddStep():
            return True
        case DropStep():
            _refuse_reached(draft, deviation, unless_it_repeats=True)
            return not draft.structure.by_id[deviation.step].left_out
        case RestoreStep():
            _refuse_reached(draft, deviation)
            return draft.structure.by_id[deviation.step].left_out
        case MoveStep():
            _refuse_reached(draft, deviation)
            return True
        case ShiftStep(by=by, to=to):
            _refuse_reached(draft, deviation)
            if (by is None) == (to is None):
                raise Refusal("shift_how", "E4", "say by how much a step is shifted, or to which day: one of the two")
            if to is not None and to < wall(draft.now, draft.zone).date():
                raise Refusal("in_the_past", "E4", f"{to} has passed already in the client's zone; name today or a later day")
            return to is not None or bool(by)
        case _:
            assert_never(deviation)


def _refuse_reached(draft: Draft, deviation: Deviation, *, unless_it_repeats: bool = False) -> None:
    step = draft.structure.by_id.get(deviation.about)
    if step is None:
        raise Refusal("unknown_step", "E4", f"{deviation.about} is no step of this journey")
    repeats = step.repeat is not None and unless_it_repeats
    if draft.journey.reached.get(step.id) and not repeats:
        message = f"{step.id} has come already and its place in the plan is past; excuse, extend or re-open it instead"
        raise Refusal("already_reached", "E4", message)
