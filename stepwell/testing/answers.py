"""Rules: samples are valid whatever is drawn, what is invalid is refused with its place, outcomes are what is declared."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from math import inf, nan
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.conditions import ConditionError, compile_condition
from engine.findings import Path
from engine.outcomes import PYTHON, outcome_problems
from engine.steptype import InvalidResponse, Outcome, Response
from stepwell.judging import read_response
from stepwell.testing.subject import Endless, Example, Subject, drawing, kept

_MOST_PLACES = 60
_FACT = re.compile(r"[a-z][a-z0-9_]{0,62}")
_JUNK: list[Any] = [
    None,
    True,
    0,
    -1,
    7,
    10**400,
    1e308,
    nan,
    inf,
    0.5,
    "",
    " ",
    "x" * 600,
    "x" * 3000,
    "x" * 60_000,
    "\u202e<b>{{name}}",
]
_JUNK += ["2026-02-30", [], [[]], ["x", "x"], ["x"] * 2000, {}, {"x": 1}, {"": {"": None}}]
_TRY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


def samples(subject: Subject) -> Iterator[str]:
    """Whatever is drawn from 0 up to, but never, 1: the simulator's clients answer as real ones could."""
    numbers = st.sampled_from([0.0, 0.5, 0.9999999999999999]) | st.floats(0, 1, exclude_max=True, allow_subnormal=False)
    for example in subject.examples:
        if subject.takes_responses(example):
            yield from _tried(st.lists(numbers, min_size=1, max_size=12), partial(_sample, subject, example))
        elif not _is_completed_otherwise(subject, example):
            yield f"{example.name}: refuses its own sample, and nothing else completes it; give a completion, a task or decides"


def _sample(subject: Subject, example: Example, drawn: list[float]) -> Iterator[str]:
    where = f"{example.name}, drawing {drawn}"
    try:
        sample = subject.type.sample(example.content, drawing(drawn))
        response = read_response(subject.type, kept(sample))
        outcome = subject.type.judge(example.content, response)
    except InvalidResponse as refused:
        yield f"{where}: sample() makes up what is refused: {refused}"
    except Endless as endless:
        yield f"{where}: {endless}"
    except Exception as error:  # whatever a type raises is to be said of the numbers drawn
        yield f"{where}: raises {' '.join(str(error).split())[:200]} ({type(error).__name__})"
    else:
        yield from (f"{where}: {wrong}" for wrong in _judged(subject, example, response, outcome))


def _is_completed_otherwise(subject: Subject, example: Example) -> bool:
    kind, content = subject.type, example.content
    return bool(kind.completion(content) or kind.task(content) or kind.decides(content))


def refusals(subject: Subject) -> Iterator[str]:
    """A wrong response is an InvalidResponse that names every place; nothing else is ever raised."""
    for example in subject.examples:
        good = [kept(response) for response in subject.samples(example)] or [{}]
        places = sorted({(at, place) for at, payload in enumerate(good) for place in _places(payload)}, key=repr)
        unknown = {**good[0], "surely_unknown": 1}
        if not isinstance(_attempt(subject, example, unknown), InvalidResponse):
            yield f"{example.name}: takes a response with an unknown field; its model must refuse them"
        for at, place in places[:_MOST_PLACES]:
            for junk in _JUNK:
                yield from _refused(subject, example, good[at], place, junk)


def _refused(subject: Subject, example: Example, good: dict[str, Any], place: Path, junk: Any) -> Iterator[str]:
    payload = _replaced(good, place, junk)
    where = f"{example.name}, with {'.'.join(map(str, place))} = {repr(junk)[:40]}"
    came = _attempt(subject, example, payload)
    match came:
        case InvalidResponse(problems=problems):
            fields = set(subject.type.response_model.model_fields)
            if not problems:
                yield f"{where}: is refused without a problem"
            for problem in problems:
                if fields and problem.where.partition(".")[0] not in fields:
                    yield f"{where}: the problem {problem.message!r} is at {problem.where!r}; say which field, such as {min(fields)!r}"
                if not problem.message or "\n" in problem.message:
                    yield f"{where}: a problem needs a message of one line"
        case Exception():
            yield f"{where}: raises {came!r}; refuse it with InvalidResponse"
        case (response, outcome):
            yield from (f"{where}: {one}" for one in _judged(subject, example, response, outcome))


def _attempt(subject: Subject, example: Example, payload: dict[str, Any]) -> Any:
    try:
        response = read_response(subject.type, payload)
        return response, subject.type.judge(example.content, response)
    except Exception as error:  # which one it is, is the question
        return error


def _judged(subject: Subject, example: Example, response: Response, outcome: Outcome) -> Iterator[str]:
    """What is wrong with what is told of a valid response."""
    kind, content = subject.type, example.content
    yield from outcome_problems(kind.outcomes(content), outcome)
    alarms, risks = kind.alarms(content, response), kind.risks(content)
    if not set(alarms) <= set(risks):
        yield f"alarms() names {sorted(set(alarms) - set(risks))}, which risks() does not"
    more, seen = kind.asks_more(content, response), kind.looks_at(content)
    if not set(more) <= set(seen):
        yield f"asks_more() names {sorted(set(more) - set(seen))}, which looks_at() does not"
    json.dumps(kept(response), allow_nan=False)


def outcomes(subject: Subject) -> Iterator[str]:
    """Declared by names that conditions can say, with types that they know."""
    for example in subject.examples:
        for name, kind in subject.type.outcomes(example.content).items():
            if not _FACT.fullmatch(name):
                yield f"{example.name}: the outcome {name!r} must be a small letter, then small letters, digits and _"
            elif kind not in PYTHON:
                yield f"{example.name}: the outcome {name!r} is declared as {kind!r}; one of {', '.join(PYTHON)}"
            else:
                try:
                    compile_condition(f"outcomes.it.{name} == outcomes.it.{name}", {f"outcomes.it.{name}": kind})
                except ConditionError as error:
                    yield f"{example.name}: no condition can use the outcome {name!r}: {error}"


def _tried(inputs: st.SearchStrategy[Any], look: Callable[[Any], Iterator[str]]) -> Iterator[str]:
    """What is wrong with the simplest input that anything is wrong with."""
    found: list[str] = []

    @_TRY
    @given(inputs)
    def hold(one: Any) -> None:
        found[:] = list(look(one))
        assert not found

    try:
        hold()
    except AssertionError:
        yield from found


def _places(payload: Any, path: Path = ()) -> Iterator[Path]:
    inner = payload.items() if isinstance(payload, dict) else enumerate(payload) if isinstance(payload, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from _places(value, (*path, key))


def _replaced(payload: Any, place: Path, value: Any) -> Any:
    if not place:
        return value
    copy: Any = dict(payload) if isinstance(payload, dict) else list(payload)
    copy[place[0]] = _replaced(copy[place[0]], place[1:], value)
    return copy
