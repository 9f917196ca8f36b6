"""Whether an outcome is what its step type has declared: a journey keeps nothing that a condition could not use."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from math import isfinite

from engine.base import Scalar
from engine.structure import StepStructure, VariableType

Outcome = Mapping[str, Scalar | tuple[str, ...]]

_LONGEST_FACT = 500
_MOST_IN_LIST = 300
_BIGGEST = 2**53
PYTHON: dict[VariableType, type] = {"bool": bool, "int": int, "double": float, "string": str, "list": tuple, "timestamp": str}
"""How a fact of each type is given."""


def problems_of(step: StepStructure, outcome: Outcome) -> list[str]:
    """What is wrong with the declared part of an outcome, without a word of what it says; the rest is not kept anyway."""
    declared = dict(step.outcomes)
    kept = {name: value for name, value in outcome.items() if name in declared}
    return [*outcome_problems(declared, kept), *_date_problems(step, kept)]


def outcome_problems(declared: Mapping[str, VariableType], outcome: Outcome) -> Iterator[str]:
    """What is wrong with an outcome: names, types, and more than a condition needs to know."""
    for name, value in outcome.items():
        if name not in declared:
            yield f"the outcome {name!r} is not declared in outcomes()"
        elif type(value) is not PYTHON[declared[name]] and not (type(value) is int and declared[name] == "double"):
            yield f"the outcome {name!r} is a {type(value).__name__}, and declared as {declared[name]}"
        elif isinstance(value, float) and not isfinite(value):
            yield f"the outcome {name!r} is {value!r}, which is no number"
        elif isinstance(value, int) and abs(value) > _BIGGEST:
            yield f"the outcome {name!r} is larger than conditions can count; bound what the response takes"
        elif isinstance(value, str) and len(value) > _LONGEST_FACT:
            yield f"the outcome {name!r} is longer than {_LONGEST_FACT} characters; outcomes are facts, never a client's free text"
        elif isinstance(value, tuple) and len(value) > _MOST_IN_LIST:
            yield f"the outcome {name!r} holds more than {_MOST_IN_LIST} values; bound what the response takes"
        elif isinstance(value, tuple) and not all(isinstance(one, str) and len(one) <= _LONGEST_FACT for one in value):
            yield f"the outcome {name!r} holds something else than short texts"


def _date_problems(step: StepStructure, outcome: Outcome) -> Iterator[str]:
    for name, source in step.dates:
        if source in outcome and not is_day(outcome[source]):
            yield f"the outcome {source!r} sets the date {name!r}, and is no day like 2026-12-01"


def is_day(value: object) -> bool:
    """Whether it is a day as outcomes name one."""
    with suppress(ValueError):
        return isinstance(value, str) and date.fromisoformat(value) is not None
    return False
