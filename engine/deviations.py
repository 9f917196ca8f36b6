"""How one client's plan may differ from the pathway: a step added, left out, put elsewhere, or moved in time (rule E4).

A deviation is data and changes a structure only, so that everything that works from structures sees it: the plan, the
forecast, the simulator. It is kept with the journey and brought to the next version by a migration.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, assert_never

from pydantic import Field

from engine.base import Frozen, StepId
from engine.durations import Offset
from engine.structure import Anchor, StepStructure, Structure


class AddStep(Frozen):
    """Put a step of its own behind `after`; None: at the beginning."""

    kind: Literal["add"] = "add"
    step: StepStructure
    after: StepId | None = None

    @property
    def about(self) -> StepId:
        """The step it is about."""
        return self.step.id


class _OfStep(Frozen):
    step: StepId

    @property
    def about(self) -> StepId:
        """The step it is about."""
        return self.step


class DropStep(_OfStep):
    """Leave a step out: when its turn comes it does not apply. What repeats comes no more."""

    kind: Literal["drop"] = "drop"


class RestoreStep(_OfStep):
    """Take a step back in that was left out."""

    kind: Literal["restore"] = "restore"


class ShiftStep(_OfStep):
    """Let a step come sooner or later, or from a local day on; what hangs on it follows."""

    kind: Literal["shift"] = "shift"
    by: Offset | None = None
    to: date | None = None


class MoveStep(_OfStep):
    """Put a step behind another; None: at the beginning."""

    kind: Literal["move"] = "move"
    after: StepId | None = None


Deviation = Annotated[AddStep | DropStep | RestoreStep | ShiftStep | MoveStep, Field(discriminator="kind")]


class DoesNotFit(Exception):
    """The structure has not what the deviation speaks of."""


def deviate(structure: Structure, deviation: Deviation, *, reached: int = 0) -> Structure:
    """The structure with one deviation in it. Raises DoesNotFit.

    `reached`: how many occurrences of the step are no longer waiting; those stay as they are.
    """
    steps = list(structure.steps)
    match deviation:
        case AddStep():
            if deviation.about in structure.by_id:
                raise DoesNotFit(f"there is a step {deviation.about} already")
            _insert(steps, deviation.step, deviation.after)
        case DropStep():
            step = _take(steps, deviation.about, replace=True)
            steps[steps.index(step)] = _without(step, reached)
        case RestoreStep():
            step = _take(steps, deviation.about, replace=True)
            steps[steps.index(step)] = step.model_copy(update={"left_out": False})
        case ShiftStep():
            step = _take(steps, deviation.about, replace=True)
            steps[steps.index(step)] = _shifted(step, deviation)
        case MoveStep():
            if deviation.after == deviation.about:
                raise DoesNotFit(f"{deviation.about} cannot come after itself")
            step = _take(steps, deviation.about)
            _insert(steps, step, deviation.after)
        case _:
            assert_never(deviation)
    changed = structure.with_steps(tuple(steps))
    missing = _missing(changed.steps)
    if missing:
        raise DoesNotFit(f"{deviation.about} counts from {missing}, which is not there")
    return changed


def _without(step: StepStructure, reached: int) -> StepStructure:
    if step.repeat is None or not reached:
        return step.model_copy(update={"left_out": True})
    return step.model_copy(update={"repeat": step.repeat.ended(reached)})


def _shifted(step: StepStructure, deviation: ShiftStep) -> StepStructure:
    timing = step.timing
    if deviation.to is not None:
        timing = timing.model_copy(update={"anchor": Anchor(kind="fixed", on=deviation.to), "offset": Offset(), "past": "now"})
    if deviation.by is not None:
        timing = timing.model_copy(update={"offset": _sum(timing.offset, deviation.by)})
    return step.model_copy(update={"timing": timing})


def _sum(one: Offset, other: Offset) -> Offset:
    months, days = one.months + other.months, one.days + other.days
    return Offset(months=months, days=days, minutes=one.minutes + other.minutes)


def _place(steps: list[StepStructure], name: StepId) -> int:
    for place, step in enumerate(steps):
        if step.id == name:
            return place
    raise DoesNotFit(f"there is no step {name}")


def _take(steps: list[StepStructure], name: StepId, *, replace: bool = False) -> StepStructure:
    """The step; taken out, with the one behind it counting from the one before, unless it is only to be replaced."""
    place = _place(steps, name)
    step = steps[place]
    if replace:
        return step
    before = steps[place - 1] if place else None
    if place + 1 < len(steps):
        steps[place + 1] = _hung_on(steps[place + 1], step.id, before)
    del steps[place]
    return step if before is None else _loose(step, before.id)


def _loose(step: StepStructure, before: StepId) -> StepStructure:
    """A step that counts from the one before it, wherever that will be: named by its own id until it is put somewhere."""
    return _hung_on(step, before, step)


def _insert(steps: list[StepStructure], step: StepStructure, after: StepId | None) -> None:
    place = 0 if after is None else _place(steps, after) + 1
    before = steps[place - 1] if place else None
    if place < len(steps) and before is not None:
        steps[place] = _hung_on(steps[place], before.id, step)
    steps.insert(place, _hung_on(step, step.id, before))


def _hung_on(step: StepStructure, old: StepId, new: StepStructure | None) -> StepStructure:
    """The step counting from `new` where it counted from `old` as the one before it; None: from the start."""
    anchor = step.timing.anchor
    if anchor.kind not in ("passed", "delivered") or anchor.name != old:
        return step
    hung = Anchor(kind="started") if new is None else anchor.model_copy(update={"name": new.id})
    return step.model_copy(update={"timing": step.timing.model_copy(update={"anchor": hung})})


def _missing(steps: Iterable[StepStructure]) -> str:
    """A step that another counts from, needs or looks at, and that is not there."""
    known = list(steps)
    names = {step.id for step in known}
    for step in known:
        anchor = step.timing.anchor
        wanted = [anchor.name] if anchor.kind in ("passed", "delivered", "completed") else []
        wanted += [*(step.needs.of if step.needs else ()), *step.looks_at]
        for one in wanted:
            if one not in names:
                return str(one)
    return ""
