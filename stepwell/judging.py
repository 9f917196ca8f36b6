"""A response judged by its step type before anybody else hears of it."""

from typing import Any

from pydantic import ValidationError

from engine.publishing import Published
from engine.steps import StepTypes
from engine.steptype import InvalidResponse, Outcome, Problem
from engine.structure import StepStructure
from stepwell.errors import NotFound


def step_of(published: Published, occurrence: str) -> StepStructure:
    """The step that an occurrence such as `diary.3` is of. Raises NotFound."""
    name = occurrence.rpartition(".")[0]
    for step in published.structure.steps:
        if step.id == name:
            return step
    steps = ", ".join(f"{step.id}.1" for step in published.structure.steps[:5])
    raise NotFound(f"{occurrence} is no step of {published.structure.pathway}; name it like {steps}")


def judge(
    published: Published, types: StepTypes, step: StepStructure, payload: dict[str, Any]
) -> tuple[dict[str, Any], Outcome]:
    """The response as it is kept, and the facts it yields. Raises InvalidResponse with every problem at once."""
    step_type, shown = types[step.type], published.contents.steps[step.id]
    if not _can_be_kept(payload):
        raise InvalidResponse((Problem(where="", message="holds characters that are no text"),))
    try:
        response = step_type.response_model.model_validate(payload)
    except ValidationError as error:
        problems = [
            Problem(where=".".join(str(part) for part in one["loc"]), message=one["msg"].lower())
            for one in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidResponse(tuple(problems)) from None
    outcome = step_type.judge(step_type.content_model.model_validate(shown.content), response)
    declared = {name for name, _ in step.outcomes}
    return response.model_dump(mode="json"), {name: value for name, value in outcome.items() if name in declared}


def _can_be_kept(value: Any) -> bool:
    """Whether every text in it is one to both databases: no NUL, no half of a character."""
    match value:
        case str():
            return not any(one == "\0" or "\ud800" <= one <= "\udfff" for one in value)
        case dict():
            return all(_can_be_kept(one) for pair in value.items() for one in pair)
        case list() | tuple():
            return all(_can_be_kept(one) for one in value)
        case _:
            return True
