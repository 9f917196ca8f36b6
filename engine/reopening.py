"""Opening a settled step again, with its windows counted anew (rule G8)."""

from engine.agenda import closing_of
from engine.draft import Draft
from engine.events import StepReopened
from engine.journey import Occurrence
from engine.refusals import Refusal, state_words
from engine.structure import StepStructure


def reopen(draft: Draft, step: StepStructure, occurrence: Occurrence, *, reason: str) -> None:
    """Open it, count its windows and reminders anew, and have its reader told. Raises Refusal."""
    if occurrence.settled_at is None:
        raise Refusal("not_settled", "G8", f"{occurrence.id} is {state_words(occurrence)}; there is nothing to re-open")
    if draft.journey.status == "completed":
        raise Refusal("journey_over", "G11", "the journey is completed; start the pathway again instead")
    fresh = draft.start_clock(step, unsettle(draft, occurrence, used=0))
    fresh = draft.put(fresh, passed_at=None if step.required else fresh.passed_at)
    draft.step_happens(StepReopened, fresh, closes_at=closing_of(step, fresh, draft.zone), reason=reason)
    draft.announce(step, fresh)
    draft.perform_task(step, fresh)


def unsettle(draft: Draft, occurrence: Occurrence, *, used: int) -> Occurrence:
    """Take back that it came to its end; `used` planned reminders are spent."""
    state = "started" if occurrence.started_at else "open"
    generation = occurrence.generation + 1
    active_at = draft.now if occurrence.started_at else None
    changes = {"state": state, "generation": generation, "settled_at": None, "late": False, "reminders_used": used}
    return draft.put(occurrence, active_at=active_at, **changes)
