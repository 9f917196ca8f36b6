"""Waits that have begun when a journey moves to another version: they keep what remains, or begin anew (rule E2)."""

from datetime import datetime
from typing import Self

from engine.base import StepId, occurrence_id
from engine.calendar import from_wall, wall
from engine.journey import Restart
from engine.mapping import Mapping
from engine.moment import Moment
from engine.repetition import FROM_OUTSIDE
from engine.schedule import Standings, anchored_at, live_steps
from engine.structure import Anchor, StepStructure, Structure


class Waits:
    """What had begun before anything of the journey was changed, by the new ids of the steps."""

    def __init__(self, mapping: Mapping, begun: frozenset[StepId], live: frozenset[StepId]) -> None:
        self._mapping = mapping
        self._begun = begun
        self._live = live
        self.restarts: dict[StepId, Restart] = {}
        """The waits that begin anew."""

    @classmethod
    def of(cls, moment: Moment, mapping: Mapping) -> Self:
        """Look at a journey before it moves."""
        standings, names = Standings(moment), mapping.renamed
        begun = {
            names.get(step.id, step.id)
            for step in moment.structure.steps
            if step.timing.anchor.kind not in FROM_OUTSIDE and anchored_at(step.timing.anchor, moment, standings)[0]
        }
        live = {names.get(step.id, step.id) for _, step, _ in live_steps(moment)}
        return cls(mapping, frozenset(begun), frozenset(live))

    def carried_over(self, step: StepStructure, old: Structure, new: Structure, moment: Moment) -> StepStructure:
        """The step as this journey goes on with it; `old` is the structure it leaves, by the ids of `new`."""
        before = old.by_id.get(step.id)
        if before is None:
            return step
        reached = moment.journey.reached.get(step.id, 0)
        if reached:
            return self._of_a_step_that_came(step, _hung_on_what_is_there(before, new), reached, moment)
        if before.timing == step.timing or step.id not in self._begun:
            return step
        if self._mapping.waits_for(step.id) == "keep":
            return step.model_copy(update={"timing": before.timing})
        self.restarts[step.id] = Restart(at=moment.now)
        return step

    def _of_a_step_that_came(self, step: StepStructure, before: StepStructure, reached: int, moment: Moment) -> StepStructure:
        if step.id in self._live and self._mapping.waits_for(step.id) == "restart":
            if step.repeat is None and before.repeat is not None:
                return step.model_copy(update={"repeat": before.repeat.ended(reached)})
            if step.repeat is not None and (before.repeat, before.timing) != (step.repeat, step.timing):
                self.restarts[step.id] = Restart(at=_base_of(step, moment), reached=reached)
            return step
        kept: dict[str, object] = {"timing": before.timing, "repeat": before.repeat, "completes_on": before.completes_on}
        if before.repeat is None:
            kept["window"] = before.window
        return step.model_copy(update=kept)


def _hung_on_what_is_there(step: StepStructure, new: Structure) -> StepStructure:
    """A step that came needs its anchor no more; one that is gone must not be asked for."""
    anchor = step.timing.anchor
    if anchor.kind not in ("passed", "delivered", "completed") or anchor.name in new.by_id:
        return step
    return step.model_copy(update={"timing": step.timing.model_copy(update={"anchor": Anchor(kind="started")})})


def _base_of(step: StepStructure, moment: Moment) -> datetime:
    """What a series counts from that begins anew: now, or today at the wall time that it keeps."""
    every = step.repeat.every if step.repeat else None
    if every is not None and not every.is_calendar:
        return moment.now
    first = moment.journey.occurrences[occurrence_id(step.id, 1)]
    at = step.timing.at or wall(first.due_at or moment.now, moment.zone).time()
    return from_wall(datetime.combine(wall(moment.now, moment.zone).date(), at), moment.zone)
