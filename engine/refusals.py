"""Why a message may be refused, and finding what it is about."""

from datetime import datetime

from engine.base import OccurrenceId, StepId, occurrence_id
from engine.draft import Draft
from engine.journey import OPEN_STATES, Occurrence
from engine.messages import Role
from engine.repetition import Series
from engine.settle import has_open
from engine.structure import StepStructure


class Refusal(Exception):
    """The journey is unharmed; `rule` says which rule refused, the text what to do instead."""

    def __init__(self, code: str, rule: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.rule = rule


def find_any(draft: Draft, name: OccurrenceId) -> tuple[StepStructure, Occurrence]:
    """The occurrence, also the next one that still waits; refuse any other name."""
    name = _by_its_new_name(draft, name)
    kept = draft.journey.occurrences.get(name)
    if kept is not None:
        return draft.structure.by_id[kept.step], kept
    step = draft.structure.by_id.get(StepId(str(name).rpartition(".")[0]))
    if step is None:
        raise Refusal("unknown_step", "G10", f"{name} is no step of {draft.structure.pathway}; name it like why.1")
    number = draft.journey.reached.get(step.id, 0) + 1
    if name != occurrence_id(step.id, number) or not _comes(draft, step, number):
        raise Refusal("not_planned", "G10", f"{name} is not the next of {step.id}")
    return step, Occurrence(id=name, step=step.id, number=number)


def _by_its_new_name(draft: Draft, name: OccurrenceId) -> OccurrenceId:
    """Whoever still has a page open from before a migration may use the name that the step had there (rule E2)."""
    if not draft.journey.renamed or name in draft.journey.occurrences:
        return name
    step, _, number = str(name).rpartition(".")
    renamed = draft.journey.renamed.get(StepId(step))
    return name if renamed is None else OccurrenceId(f"{renamed}.{number}")


def _comes(draft: Draft, step: StepStructure, number: int) -> bool:
    if number == 1:
        return True
    series = Series.of(step, draft.journey)
    return series is not None and series.due(number, draft.journey, draft.zone) is not None


def find_delivered(draft: Draft, name: OccurrenceId) -> tuple[StepStructure, Occurrence]:
    """The occurrence, where it was delivered; refuse any other."""
    step, occurrence = find_any(draft, name)
    if occurrence.delivered_at is None:
        raise Refusal("not_delivered", "G10", f"{name} is not delivered yet")
    return step, occurrence


def refuse_if_over(draft: Draft) -> None:
    """Refuse everything once nothing more happens in the journey (rule P3)."""
    journey = draft.journey
    if journey.status in ("stopped", "ended") or (journey.status == "completed" and not has_open(journey)):
        raise Refusal("journey_over", "P3", f"the journey is {journey.status}; nothing more happens in it")


def refuse_if_completed(draft: Draft, rule: str) -> None:
    """Refuse to change the plan of a journey that has nothing left to plan."""
    if draft.journey.status == "completed":
        raise Refusal(
            "journey_completed", rule, "the journey is completed; what is open may be answered, and nothing is planned"
        )


def refuse_unless_open(occurrence: Occurrence) -> None:
    """Refuse what only an open step can have done to it (rule G9)."""
    if occurrence.state not in OPEN_STATES:
        raise Refusal("not_open", "G9", f"{occurrence.id} is {state_words(occurrence)}, not open")


def refuse_past(draft: Draft, until: datetime, rule: str) -> None:
    """Refuse an instant that has passed."""
    if until <= draft.now:
        raise Refusal("in_the_past", rule, "the instant has passed already; name a later one")


def refuse_wrong_answerer(step: StepStructure, role: Role) -> None:
    """Refuse a response from somebody whose step it is not (rule G8)."""
    if step.completes_on is not None or step.ways:
        raise Refusal("not_answerable", "G10", f"{step.id} is completed by itself and takes no response")
    allowed = {
        "client": ("client", "host", "operator"),
        "practitioner": ("practitioner", "host", "operator"),
        "host": ("host", "operator"),
    }
    if role not in allowed[step.actor]:
        raise Refusal("not_yours", "G8", f"{step.id} is for the {step.actor} to answer")


def refuse_client(role: Role) -> None:
    """Refuse a client what only others may do (rule G8)."""
    if role == "client":
        raise Refusal("not_yours", "G8", "only a practitioner, an operator or the host may do this")


def state_words(occurrence: Occurrence) -> str:
    """Its state, for people."""
    return occurrence.state.replace("_", " ")
