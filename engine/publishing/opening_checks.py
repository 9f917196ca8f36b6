"""Steps that come only through another: what a branch or a choice opens."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.document import PathwayDocument, Step
from engine.findings import Finding, did_you_mean
from engine.publishing.order_checks import needed_by
from engine.steptype import AnyStepType, Content
from engine.structure import VariableType


class Opening(NamedTuple):
    """One step opened by another's outcome."""

    opener: int
    target: str
    outcome: str
    values: tuple[str, ...]


def openings_of(at: int, step_type: AnyStepType, content: Content) -> list[Opening]:
    """What a step opens, as its type declares it."""
    return [Opening(at, target, outcome, values) for target, (outcome, values) in step_type.opens(content).items()]


def expression_for(opener: Step, opening: Opening, outcomes: Mapping[str, VariableType]) -> str:
    """The condition under which the target comes, in the language of conditions."""
    fact = f"outcomes.{opener.id}.{opening.outcome}"
    if outcomes.get(opening.outcome) == "list":
        return " || ".join(f"'{value}' in {fact}" for value in opening.values)
    return f"{fact} in [{', '.join(f'{value!r}' for value in opening.values)}]"


def check_openings(
    document: PathwayDocument, openings: Sequence[Opening], outcomes: Sequence[Mapping[str, VariableType]]
) -> Iterator[Finding]:
    """Targets that are no later step, that would not wait, or whose opener tells the journey nothing."""
    places = {step.id: at for at, step in enumerate(document.steps)}
    private = {one.opener for one in openings if one.outcome not in outcomes[one.opener]}
    for at in sorted(private):
        opener = document.steps[at]
        message = f"opens steps by its outcome, and a {opener.visibility} step has none"
        yield _finding(opener, at, "private-outcome", "visibility", message, "let the practitioner see it, or open no steps")
    for one in openings:
        opener, place = document.steps[one.opener], places.get(one.target)
        if place is None:
            message = f"opens {one.target!r}, which is no step"
            yield _finding(opener, one.opener, "unknown-step", "content", message, did_you_mean(one.target, places))
        elif place <= one.opener:
            message = f"opens {one.target!r}, which comes before it"
            yield _finding(opener, one.opener, "cycle", "content", message, f"write {one.target!r} behind {opener.id!r}")
        elif not _waits(document.steps[place], opener):
            message = f"comes only through {opener.id!r}, and does not wait for it"
            advice = f"make {opener.id!r} required, or add it to 'needs'"
            yield _finding(document.steps[place], place, "opened-too-early", "needs", message, advice)


def check_looks(document: PathwayDocument, looks: Mapping[int, Sequence[str]]) -> Iterator[Finding]:
    """Steps that a review is about and that are none, or come after it; `looks` are the steps it names, by its place."""
    places = {step.id: at for at, step in enumerate(document.steps)}
    for at, names in looks.items():
        step = document.steps[at]
        for name in names:
            if name not in places:
                message = f"is about {name!r}, which is no step"
                yield _finding(step, at, "unknown-step", "content", message, did_you_mean(name, places))
            elif places[name] >= at:
                message = f"is about {name!r}, which does not come before it"
                yield _finding(step, at, "cycle", "content", message, f"write {name!r} before {step.id!r}, or leave it out")


def _waits(target: Step, opener: Step) -> bool:
    if target.needs is None:
        return opener.required and not target.regardless
    return opener.id in needed_by(target) or (isinstance(target.needs, str) and opener.id in target.needs)


def _finding(step: Step, at: int, code: str, where: str, message: str, suggestion: str) -> Finding:
    return Finding(code=code, step=step.id, path=("steps", at, where), message=message, suggestion=suggestion)
