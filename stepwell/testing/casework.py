"""Rule: cases are kept to the word: what is accepted with which outcome, what is refused and why, what is shown."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from engine.steptype import AnyStepType, InvalidResponse
from engine.words import Reader
from stepwell.judging import read_response
from stepwell.testing.subject import Example, Subject, Written

_WORDS = {"name", "content", "accepted", "refused", "shows", "wrong_content", "finds"}


def cases(subject: Subject) -> Iterator[str]:
    """Every case in its own words."""
    examples = {example.name: example for example in subject.examples}
    for case in subject.cases:
        name = str(case.get("name", "a case without a name"))
        unknown = sorted(set(case) - _WORDS)
        if unknown or ("content" in case) == ("wrong_content" in case):
            yield f"{name}: a case has 'content' or 'wrong_content', and else {', '.join(sorted(_WORDS))}; not {unknown}"
        elif "wrong_content" in case:
            found = content_problems(subject.type, case["wrong_content"])
            if found != case.get("finds"):
                yield f"{name}: finds {found}, not {case.get('finds')}"
        elif name in examples:
            yield from (f"{name}: {wrong}" for wrong in _kept(subject, examples[name], case))


def content_problems(kind: AnyStepType, written: Written) -> list[str]:
    """What is wrong with a content, by its model or else by the type's own check."""
    try:
        content = kind.content_model.model_validate(written)
    except ValidationError as error:
        return [f"{'.'.join(map(str, one['loc']))}: {one['msg'].lower()}" for one in error.errors()]
    return [f"{problem.where}: {problem.message}" for problem in kind.check(content)]


def _kept(subject: Subject, example: Example, case: Written) -> Iterator[str]:
    if "accepted" not in case and subject.takes_responses(example):
        yield "says nothing of what is accepted"
    for one in case.get("accepted", ()):
        yield from _accepted(subject, example, one)
    for one in case.get("refused", ()):
        problems = _problems(subject, example, one["response"])
        if problems != one["problems"]:
            yield f"{_short(one['response'])} meets {problems}, not {one['problems']}"
    body = subject.type.present(example.content, Reader(language="en", facts={"name": "Anna"})).body
    yield from (f"the body does not hold {words!r}" for words in case.get("shows", ()) if words not in body)


def _accepted(subject: Subject, example: Example, one: Written) -> Iterator[str]:
    problems = _problems(subject, example, one["response"])
    if problems:
        yield f"{_short(one['response'])} is refused: {problems}"
        return
    response = read_response(subject.type, one["response"])
    outcome = subject.type.judge(example.content, response)
    told = {name: list(value) if isinstance(value, tuple) else value for name, value in outcome.items()}
    if told != one.get("outcome"):
        yield f"{_short(one['response'])} yields {told}, not {one.get('outcome')}"
    alarms = list(subject.type.alarms(example.content, response))
    if alarms != one.get("alarms", []):
        yield f"{_short(one['response'])} raises the alarms {alarms}, not {one.get('alarms', [])}"


def _problems(subject: Subject, example: Example, payload: dict[str, Any]) -> list[str]:
    try:
        subject.type.judge(example.content, read_response(subject.type, payload))
    except InvalidResponse as refused:
        return [f"{problem.where}: {problem.message}" for problem in refused.problems]
    return []


def _short(payload: object) -> str:
    return repr(payload)[:80]
