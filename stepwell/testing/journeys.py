"""Rules: a pathway of one such step is published without an error, and a journey along it goes the same way twice."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from engine.advance import StartFacts, advance, begin
from engine.base import ClientId, JourneyId, MessageId, Scalar, StepId, TenantId
from engine.effects import AWAIT_STEP_TYPE, FIND_STEP_TYPE
from engine.events import Event
from engine.journey import OPEN_STATES, Journey, Occurrence
from engine.messages import By, HostEvent, Message, OpenStep, Respond, StepTypeAnswered, TaskDone, Tick
from engine.publishing import check_pathway
from engine.steps import BUILT_IN, StepTypes, step_types
from engine.steptype import Outcome
from engine.structure import StepStructure, Structure, VariableType
from engine.turn import Turn
from stepwell.testing.subject import Example, Subject, languages_of

_BEGINS = datetime(2026, 3, 2, 9, tzinfo=UTC)
_MOST_TURNS = 200
_FACT = re.compile(r"outcomes\.(\w+)\.(\w+)")
_ANYTHING: dict[VariableType, Any] = {"bool": True, "int": 1, "double": 1.0, "string": "x", "list": ()}


def publishing(subject: Subject) -> Iterator[str]:
    """No error in a pathway of the step alone, with what it names around it."""
    for example in subject.examples:
        for finding in _checked(subject, example).errors:
            yield f"{example.name}: {finding}"


def journeys(subject: Subject) -> Iterator[str]:
    """From the delivery through a response to the end: the structure suffices, and the same messages give the same events."""
    for example in subject.examples:
        published = _checked(subject, example).published
        if published is None:
            continue  # which `publishing` says
        first, second = (_travel(subject, example, published.structure) for _ in range(2))
        if first.events != second.events:
            yield f"{example.name}: the same journey went two ways; let outcomes, task and completion depend on what is given"
        if first.status != "completed":
            yield f"{example.name}: a journey with it does not end ({first.status}, open: {', '.join(first.open) or 'nothing'})"


class _Way(NamedTuple):
    events: tuple[Event, ...]
    status: str
    open: tuple[str, ...]


def _travel(subject: Subject, example: Example, structure: Structure) -> _Way:
    """A whole journey, its state kept as JSON and read again between every two messages."""
    structure = Structure.model_validate_json(structure.model_dump_json())
    names = {step.completes_on.date for step in structure.steps if step.completes_on} | _dates(example)
    facts = StartFacts(
        journey=JourneyId("trial"),
        tenant=TenantId("trial"),
        client=ClientId("anna"),
        dates={name: (_BEGINS + timedelta(days=1)).date() for name in sorted(one for one in names if one)},
    )
    now, turn = _BEGINS, begin(structure, facts, _BEGINS)
    events = list(turn.events)
    for number in range(_MOST_TURNS):
        journey = Journey.model_validate_json(turn.journey.model_dump_json())
        message = _next(subject, example, structure, turn, MessageId(f"m{number}"))
        if journey.status == "completed" or (message is None and turn.wake_at is None):
            break
        if message is None:
            now = max(now, turn.wake_at or now)
            message = Tick(id=MessageId(f"m{number}"))
        turn = advance(structure, journey, message, now)
        assert turn.answer.accepted, f"{message.kind} is refused: {turn.answer.message}"
        events += turn.events
    still = [one.id for one in turn.journey.occurrences.values() if one.state in OPEN_STATES]
    return _Way(tuple(events), turn.journey.status, tuple(still))


def _next(subject: Subject, example: Example, structure: Structure, turn: Turn, name: MessageId) -> Message | None:
    for effect in turn.effects:
        if effect.kind == "perform" and effect.activity in (FIND_STEP_TYPE, AWAIT_STEP_TYPE):
            return StepTypeAnswered(id=name, occurrence=effect.occurrence, is_there=True)
    for occurrence in turn.journey.occurrences.values():
        step = structure.by_id[occurrence.step]
        if occurrence.state == "open" and step.actor == "client":
            return OpenStep(id=name, by=By(role="client"), occurrence=occurrence.id)
        if occurrence.state in OPEN_STATES:
            message = _answer(subject, example, step, occurrence, name)
            if message is not None:
                return message
    return None


def _answer(subject: Subject, example: Example, step: StepStructure, occurrence: Occurrence, name: MessageId) -> Message | None:
    """What completes a step: its event, its response, its task's result; None where time does."""
    if step.completes_on is not None:
        return HostEvent(id=name, name=step.completes_on.event) if step.completes_on.event else None
    outcome = _outcome(subject, example) if step.id == "it" else {}
    takes = step.id != "it" or subject.takes_responses(example)
    if step.task is not None and (step.task.completes or not takes):
        drawn = outcome if takes else _made_up(step)
        return TaskDone(id=name, occurrence=occurrence.id, run=occurrence.runs, outcome=drawn)
    return Respond(id=name, by=By(role=step.actor), occurrence=occurrence.id, response_id=str(name), outcome=outcome)


def _outcome(subject: Subject, example: Example) -> Outcome:
    for response in subject.samples(example):
        return subject.judged(example, response) or {}
    return {}


def _made_up(step: StepStructure) -> dict[str, Scalar | tuple[str, ...]]:
    return {name: _ANYTHING[kind] for name, kind in step.outcomes}


def _dates(example: Example) -> set[str | None]:
    return set(re.findall(r"dates\.(\w+)", example.content.model_dump_json()))


def _checked(subject: Subject, example: Example) -> Any:
    return check_pathway(json.dumps(_document(subject, example)), types=_types(subject))


def _types(subject: Subject) -> StepTypes:
    others = [subject.type] if subject.type.name not in {one.name for one in BUILT_IN} else []
    return step_types(*others)


def _document(subject: Subject, example: Example) -> dict[str, Any]:
    """A pathway of the step, with the steps it looks at before it and those it opens behind it."""
    kind, content = subject.type, example.content
    languages = languages_of(kind.texts(content))
    known = dict.fromkeys(fact for condition in kind.decides(content).values() for fact in _FACT.findall(condition))
    facts: dict[str, list[str]] = {}
    for step, outcome in known:
        facts.setdefault(step, []).append(outcome)
    step = {"id": "it", "type": kind.name, **_around(languages)}
    step["content"] = content.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {
        "pathway": "trial",
        "title": dict.fromkeys(languages, "Trial"),
        "language": languages[0],
        "languages": list(languages[1:]),
        "quiet_hours": "none",
        "linger": "0",
        "max_contacts_per_day": 100,
        **({"alerts": {"to": "practitioner"}} if kind.risks(content) else {}),
        "steps": [
            *(_counting(name, names, languages) for name, names in facts.items()),
            *(_reading(StepId(name), languages) for name in kind.looks_at(content)),
            step,
            *(_reading(StepId(name), languages) for name in kind.opens(content)),
        ],
    }


def _around(languages: tuple[str, ...]) -> dict[str, Any]:
    return {name: dict.fromkeys(languages, "…") for name in ("title", "rationale", "instructions")}


def _reading(name: StepId, languages: tuple[str, ...]) -> dict[str, Any]:
    return {"id": name, "type": "message", **_around(languages), "content": {"body": dict.fromkeys(languages, "…")}}


def _counting(name: str, outcomes: list[str], languages: tuple[str, ...]) -> dict[str, Any]:
    """A step that yields whole numbers of these names: what conditions of the type are tried with."""
    item = {"id": "one", "type": "scale", "min": 0, "max": 10, "text": dict.fromkeys(languages, "…")}
    content = {"items": [item], "scores": {one: {"items": ["one"]} for one in outcomes if one != "score"}}
    score = {"score": {"items": ["one"]}} if "score" in outcomes else {}
    return {"id": name, "type": "questionnaire", **_around(languages), "content": {**content, **score}}
