"""A response judged by its step type before anybody else hears of it."""

from typing import Any, NamedTuple

from pydantic import ValidationError

from engine.contents import StepContent
from engine.outcomes import problems_of
from engine.publishing import Published
from engine.steps import StepTypes
from engine.steptype import AnyStepType, InvalidResponse, Outcome, Problem, Response
from engine.structure import StepStructure
from stepwell.errors import NotFound, Unavailable


def step_of(published: Published, occurrence: str) -> StepStructure:
    """The step that an occurrence such as `diary.3` is of. Raises NotFound."""
    name = occurrence.rpartition(".")[0]
    for step in published.structure.steps:
        if step.id == name:
            return step
    steps = ", ".join(f"{step.id}.1" for step in published.structure.steps[:5])
    raise NotFound(f"{occurrence} is no step of {published.structure.pathway}; name it like {steps}")


class Judged(NamedTuple):
    """A valid response as it is kept, and what follows from it."""

    payload: dict[str, Any]
    outcome: Outcome
    alarms: tuple[str, ...]
    """The risk rules it meets."""
    asks_more: tuple[str, ...]
    """The steps it wants done again."""


def type_of(types: StepTypes, name: str) -> AnyStepType:
    """The step type of that name. Raises Unavailable where the package it comes from is not installed here."""
    if name not in types:
        raise Unavailable(f"the step type {name!r} is not installed here; nothing is lost: install its package and try again")
    return types[name]


def judge(shown: StepContent, types: StepTypes, step: StepStructure, payload: dict[str, Any]) -> Judged:
    """The response as it is kept, with what follows. Raises InvalidResponse with every problem at once, Unavailable."""
    step_type = type_of(types, step.type)
    response = read_response(step_type, payload)
    content = step_type.content_model.model_validate(shown.content)
    outcome = step_type.judge(content, response)
    wrong = problems_of(step, outcome)
    if wrong:  # before anything is stored: a journey could not go on with it
        raise InvalidResponse(tuple(Problem(where="", message=one) for one in wrong))
    declared = {name for name, _ in step.outcomes}
    return Judged(
        payload=response.model_dump(mode="json"),
        outcome={name: value for name, value in outcome.items() if name in declared},
        alarms=step_type.alarms(content, response) if step.is_risky else (),
        asks_more=step_type.asks_more(content, response),
    )


def read_response(step_type: AnyStepType, payload: dict[str, Any]) -> Response:
    """The response as its type models it. Raises InvalidResponse where it has another form."""
    if not can_be_kept(payload):
        raise InvalidResponse((Problem(where="", message="holds characters that are no text"),))
    try:
        return step_type.response_model.model_validate(payload)
    except ValidationError as error:
        problems = [
            Problem(where=".".join(str(part) for part in one["loc"]), message=one["msg"].lower())
            for one in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidResponse(tuple(problems)) from None


def can_be_kept(value: Any) -> bool:
    """Whether every text in it is one to both databases: no NUL, no half of a character."""
    match value:
        case str():
            return not any(one == "\0" or "\ud800" <= one <= "\udfff" for one in value)
        case dict():
            return all(can_be_kept(one) for pair in value.items() for one in pair)
        case list() | tuple():
            return all(can_be_kept(one) for one in value)
        case _:
            return True
