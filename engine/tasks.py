"""What a step's own activity comes to, and whether its step type is there (rule G12)."""

from engine.base import OccurrenceId
from engine.draft import Draft
from engine.effects import AWAIT_STEP_TYPE
from engine.events import StepCompleted, StepTypeFound, StepTypeMissed, TaskHeld
from engine.journey import OPEN_STATES, Occurrence
from engine.messages import RetryTask, StepTypeAnswered, TaskDone, TaskFailed
from engine.outcomes import problems_of
from engine.refusals import Refusal, find_any, find_delivered, refuse_client, refuse_unless_open
from engine.structure import StepStructure


def take_result(draft: Draft, message: TaskDone) -> bool:
    """Complete the step by its task's result, or hold the journey where no journey can use that.

    A result that comes when the step is over changes nothing.
    """
    step, occurrence = find_delivered(draft, message.occurrence)
    if step.task is None or occurrence.state not in OPEN_STATES:
        return False
    wrong = problems_of(step, message.outcome)
    if wrong:
        return _hold_at(draft, message.occurrence, message.run, f"it came to what nobody can use: {wrong[0]}")
    done = draft.settle(occurrence, "completed")
    draft.step_happens(StepCompleted, done)
    draft.keep_outcome(step, message.outcome)
    return True


def hold(draft: Draft, message: TaskFailed) -> bool:
    """Keep the journey at the step, visibly, and tell the practitioner."""
    return _hold_at(draft, message.occurrence, message.run, message.reason)


def _hold_at(draft: Draft, name: OccurrenceId, run: int, reason: str) -> bool:
    step, occurrence = find_delivered(draft, name)
    is_over = occurrence.state not in OPEN_STATES or occurrence.task_failed or run != occurrence.runs
    if step.task is None or is_over:
        return False
    held = draft.put(occurrence, task_failed=True)
    draft.step_happens(TaskHeld, held, run=run, reason=reason)
    draft.tell(held, "practitioner", why="its task failed", ordinal=f"run{run}", purpose="failed")
    return True


def retry(draft: Draft, message: RetryTask) -> bool:
    """Ask for the task once more."""
    refuse_client(message.by.role)
    step, occurrence = find_delivered(draft, message.occurrence)
    refuse_unless_open(occurrence)
    if step.task is None:
        raise Refusal("no_task", "G12", f"{step.id} has no task that could be tried again")
    if not occurrence.task_failed:
        raise Refusal("still_trying", "G12", f"the task of {occurrence.id} has not failed; it is being tried")
    draft.perform_task(step, draft.put(occurrence, task_failed=False))
    return True


def hear_of_type(draft: Draft, message: StepTypeAnswered) -> bool:
    """Let the step go where its type is installed; else keep it waiting, visibly, until it is."""
    step, occurrence = find_any(draft, message.occurrence)
    if occurrence.state != "waiting" or occurrence.type_asked_at is None or occurrence.type_state == "found":
        return False
    if message.is_there:
        draft.step_happens(StepTypeFound, draft.put(occurrence, type_state="found"), type=step.type)
    elif occurrence.type_state == "unknown":
        _miss(draft, step, occurrence)
    return True


def _miss(draft: Draft, step: StepStructure, occurrence: Occurrence) -> None:
    missed = draft.put(occurrence, type_state="missed")
    draft.step_happens(StepTypeMissed, missed, type=step.type)
    draft.tell(missed, "practitioner", why=f"the step type {step.type} is not installed", ordinal="type", purpose="failed")
    draft.ask_type(step, missed, AWAIT_STEP_TYPE)
