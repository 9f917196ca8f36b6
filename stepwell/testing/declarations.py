"""Rule: what a type wants done around its step is data that fits its outcomes, its activities and later journeys."""

from collections.abc import Iterator
from typing import Any

from engine.outcomes import is_day
from engine.steps import is_built_in
from engine.steptype import Content
from engine.structure import Completion, Task
from stepwell.testing.subject import Example, Subject


def declarations(subject: Subject) -> Iterator[str]:
    """Completion, task, ways, openings, dates, steps looked at, risk rules."""
    yield from _activities(subject)
    for example in subject.examples:
        for wrong in (
            *_completion(subject, example.content),
            *_task(subject, example.content),
            *_ways(subject, example.content),
            *_names(subject, example.content),
            *_dates(subject, example),
        ):
            yield f"{example.name}: {wrong}"


def own_activities(subject: Subject) -> dict[str, object]:
    """The activities the type brings, by the name Temporal knows them by."""
    found = {}
    for one in subject.type.activities:
        definition = getattr(one, "__temporal_activity_definition", None)  # what the SDK's own workers look for
        found[definition.name if definition else repr(one)] = definition
    return found


def _activities(subject: Subject) -> Iterator[str]:
    for name, definition in own_activities(subject).items():
        if definition is None:
            yield f"{name} is no activity; write @activity.defn(name='{subject.type.name}.…') above it"
        elif not name.startswith(f"{subject.type.name}."):
            yield f"the activity {name!r} could be somebody else's; call it '{subject.type.name}.{name}'"


def _completion(subject: Subject, content: Content) -> Iterator[str]:
    found: Any = subject.type.completion(content)
    if found is None:
        return
    if not isinstance(found, Completion):
        yield f"completion() gives {found!r}, which is no Completion"
    elif found.event and found.date:
        yield "completion() names an event and a date; one of them"
    elif found.timeout and subject.type.outcomes(content).get("timed_out") != "bool":
        yield "completion() has a timeout; declare the outcome 'timed_out' as bool, so that conditions can tell"


def _task(subject: Subject, content: Content) -> Iterator[str]:
    found: Any = subject.type.task(content)
    if found is None:
        return
    if not isinstance(found, Task):
        yield f"task() gives {found!r}, which is no Task"
        return
    if found.patience is not None and found.patience.roughly.total_seconds() <= 0:
        yield "task() leaves no time; give a patience such as Offset(days=1), or None for ever"
    known = own_activities(subject)
    for name in (found.activity, found.undo):
        if name is not None and name not in known and not is_built_in(subject.type.name):
            yield f"task() names {name!r}, and no worker would know it; put it into 'activities'"


def _ways(subject: Subject, content: Content) -> Iterator[str]:
    outcomes = subject.type.outcomes(content)
    if subject.type.decides(content) and outcomes.get("way") != "string":
        yield "decides() gives ways; declare the outcome 'way' as string"
    for step, (outcome, values) in subject.type.opens(content).items():
        if outcomes.get(outcome) not in ("string", "list"):
            yield f"opens() opens {step!r} by {outcome!r}, which outcomes() does not declare as string or list"
        if not values:
            yield f"opens() opens {step!r} for no value at all"


def _names(subject: Subject, content: Content) -> Iterator[str]:
    for method in ("looks_at", "risks"):
        found = list(getattr(subject.type, method)(content))
        if len(set(found)) < len(found):
            yield f"{method}() names something twice"
        if not all(isinstance(one, str) and one for one in found):
            yield f"{method}() names {found!r}; names are text"


def _dates(subject: Subject, example: Example) -> Iterator[str]:
    outcomes, dates = subject.type.outcomes(example.content), subject.type.dates(example.content)
    for name, source in dates.items():
        if outcomes.get(source) != "string":
            yield f"dates() sets {name!r} by {source!r}, which outcomes() does not declare as string"
    for response in subject.samples(example):
        outcome = subject.judged(example, response) or {}
        for source in dates.values():
            if source in outcome and not is_day(outcome[source]):
                yield f"dates() reads {outcome[source]!r} as a day; refuse whatever is not like 2026-12-01"
