"""What can be wrong between steps: names that lead nowhere, cycles, steps nobody would reach, conditions."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.base import StepId
from engine.conditions import ConditionError, compile_condition, holds, names_in
from engine.document import PathwayDocument, Step, WrittenNeeds
from engine.findings import Finding, did_you_mean
from engine.publishing.compiling import UnknownAnchor, anchor_of
from engine.structure import Condition, VariableType

ALWAYS_KNOWN: dict[str, VariableType] = {"journey.day": "int", "journey.now": "timestamp", "journey.started": "timestamp"}


class Conditions(NamedTuple):
    """A step's compiled expressions, where it has them and they are right."""

    when: Condition | None = None
    needs: Condition | None = None
    ways: tuple[tuple[str, Condition], ...] = ()


def needed_by(step: Step) -> tuple[str, ...]:
    """The steps that a step's own gate names."""
    if isinstance(step.needs, WrittenNeeds):
        return step.needs.of
    return step.needs if isinstance(step.needs, tuple) else ()


def check_names(document: PathwayDocument) -> Iterator[Finding]:
    """Ids that are there twice; needs and anchors that name no step."""
    ids: dict[str, int] = {}
    for at, step in enumerate(document.steps):
        if step.id in ids:
            message = f"{step.id!r} is already step number {ids[step.id] + 1}"
            yield _finding(step, at, "duplicate-id", "id", message, "give each step its own id")
        ids.setdefault(step.id, at)
    for at, step in enumerate(document.steps):
        for name in needed_by(step):
            if name not in ids:
                yield _finding(step, at, "unknown-step", "needs", f"needs {name!r}, which is no step", did_you_mean(name, ids))
        try:
            anchor = anchor_of(step.deliver.after, None)
        except UnknownAnchor:
            message = f"{step.deliver.after!r} is no anchor"
            moments = [f"{name}.{moment}" for name in ("previous", *ids) for moment in ("delivered", "completed")]
            advice = did_you_mean(step.deliver.after, ["journey.started", *moments])
            if not advice.startswith("did you mean"):
                advice = "write 'journey.started', 'previous.completed', 'STEP.delivered', 'date NAME', 'event NAME' or a date"
            yield _finding(step, at, "unknown-anchor", "deliver", message, advice)
            continue
        if anchor.kind in ("delivered", "completed") and anchor.name not in ids:
            message = f"counts from {anchor.name!r}, which is no step"
            yield _finding(step, at, "unknown-step", "deliver", message, did_you_mean(anchor.name or "", ids))


def check_order(document: PathwayDocument) -> Iterator[Finding]:
    """Cycles, and gates that can never open."""
    ids = {step.id: at for at, step in reversed(list(enumerate(document.steps)))}
    waits_on = {step.id: _waits_on(document, at) & ids.keys() for at, step in enumerate(document.steps)}
    for name, count in Counter(step.id for step in document.steps).items():
        if count > 1:  # it waits for its namesake, which is said already
            waits_on[name].discard(name)
    for cycle in _cycles(waits_on):
        step = document.steps[ids[cycle[0]]]
        path = " → ".join((*cycle, cycle[0]))
        where = "needs" if needed_by(step) else "deliver"
        yield _finding(
            step, ids[cycle[0]], "cycle", where, f"waits for itself: {path}", "let one of them go on without the others"
        )
    for at, step in enumerate(document.steps):
        if isinstance(step.needs, WrittenNeeds) and step.needs.any > len(set(step.needs.of)):
            message = f"needs {step.needs.any} of {len(set(step.needs.of))} steps, so it would never come"
            yield _finding(step, at, "unreachable", "needs", message, f"ask for {len(set(step.needs.of))} at most")


def _waits_on(document: PathwayDocument, at: int) -> set[str]:
    step = document.steps[at]
    waits_on = set(needed_by(step))
    if step.needs is None and not step.regardless:
        waits_on |= {before.id for before in document.steps[:at] if before.required and before.id != step.id}
    if isinstance(step.needs, str):
        waits_on |= {name.split(".")[1] for name in names_in(step.needs) if name.startswith(("done.", "outcomes."))}
    previous = StepId(document.steps[at - 1].id) if at else None
    try:
        anchor = anchor_of(step.deliver.after, previous)
    except UnknownAnchor:
        return waits_on
    return waits_on | ({anchor.name} if anchor.kind in ("delivered", "completed", "passed") and anchor.name else set())


def _cycles(waits_on: Mapping[str, set[str]]) -> Iterator[tuple[str, ...]]:
    """Each knot once, as the way round it. Without recursion: a pathway may have a thousand steps in a row."""
    done: set[str] = set()
    for start in waits_on:
        way: list[str] = []
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            name, is_left = stack.pop()
            if is_left:
                way.pop()
                done.add(name)
            elif name in way:
                yield tuple(way[way.index(name) :])
                done.update(way)
            elif name not in done:
                way.append(name)
                stack.append((name, True))
                stack.extend((other, False) for other in sorted(waits_on[name]))


def check_conditions(
    document: PathwayDocument,
    outcomes: Sequence[Mapping[str, VariableType]],
    openings: Mapping[str, Sequence[str]],
    ways: Sequence[Mapping[str, str]],
    found: list[Finding],
) -> list[Conditions]:
    """Parse and type every expression against what earlier steps yield; put what is wrong into `found`.

    `openings` are the conditions under which others open a step, one of which has to hold; `ways` those a step decides by.
    """
    known: dict[str, VariableType] = dict(ALWAYS_KNOWN)
    known.update({f"done.{step.id}": "bool" for step in document.steps})
    compiled = []
    for at, step in enumerate(document.steps):
        when = _compiled(step, at, "when", step.when, known, found)
        needs = _compiled(step, at, "needs", step.needs if isinstance(step.needs, str) else None, known, found)
        if when is not None and not when.variables and not holds(when, {}).value:
            message = "its condition is never true, so it would never come"
            found.append(_finding(step, at, "unreachable", "when", message, "name a fact, or leave the condition out"))
        if openings.get(step.id) and (when is not None or step.when is None):
            opened = " || ".join(f"({one})" for one in openings[step.id])
            when = _compiled(step, at, "when", f"({step.when}) && ({opened})" if step.when else opened, known, found)
        taken = [(name, _compiled(step, at, "content", source, known, found)) for name, source in ways[at].items()]
        compiled.append(Conditions(when, needs, tuple((name, one) for name, one in taken if one is not None)))
        known.update({f"outcomes.{step.id}.{name}": kind for name, kind in outcomes[at].items()})
    return compiled


def _compiled(
    step: Step, at: int, where: str, source: str | None, known: dict[str, VariableType], found: list[Finding]
) -> Condition | None:
    if source is None:
        return None
    dates: dict[str, VariableType] = {name: "timestamp" for name in names_in(source) if name.startswith("dates.")}
    try:
        return compile_condition(source, known | {".".join(name.split(".")[:2]): kind for name, kind in dates.items()} | dates)
    except ConditionError as error:
        suggestion = error.suggestion
        if where == "needs" and f"done.{source}" in known:
            suggestion = f"write 'needs: [{source}]'"
        found.append(_finding(step, at, "condition", where, f"{where}: {error}", suggestion))
        return None


def _finding(step: Step, at: int, code: str, where: str, message: str, suggestion: str = "") -> Finding:
    return Finding(code=code, step=step.id, path=("steps", at, where), message=message, suggestion=suggestion)
