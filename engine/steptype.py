"""The door through which every step type comes in, the built-in ones too.

A step type is one class: what an author writes (`Content`), what comes back (`Response`), what the journey may
know of it (`outcomes`), how a response is judged, and how the step presents itself. All of it is pure.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict, StringConstraints

from engine.base import Frozen, Scalar
from engine.structure import Actor, Completion, VariableType

Draw = Callable[[], float]
Outcome = dict[str, Scalar | tuple[str, ...]]

_Words = Annotated[str, StringConstraints(min_length=1, max_length=50_000)]
Text = _Words | dict[str, _Words]
"""Words in the pathway's language, or by language: `{en: Hello, de: Hallo}`."""


def in_language(text: Text, language: str, fallback: str) -> str:
    """Choose the words for a reader: their language, else its base (`de` for `de-AT`), else the fallback, else any."""
    if isinstance(text, str):
        return text
    for wanted in (language, language.split("-")[0], fallback):
        if wanted in text:
            return text[wanted]
    return next(iter(text.values()))


class Content(BaseModel):
    """What an author writes for a step. Frozen; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Response(BaseModel):
    """What comes back for a step. Frozen; unknown fields are refused, and numbers that are none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


class Problem(Frozen):
    """One thing wrong with a content or a response: where, what, and what to do about it."""

    where: str
    message: str
    suggestion: str = ""


class InvalidResponse(ValueError):
    """The response does not fit its step; `problems` names every place at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.where}: {problem.message}" for problem in problems))
        self.problems = problems


class Presentation(Frozen):
    """How a step shows itself to its reader, in one language, as plain text and Markdown."""

    body: str
    """Markdown; a host renders it sanitised."""
    preview: str
    """One line for lists."""


C = TypeVar("C", bound=Content)
R = TypeVar("R", bound=Response)


class StepType(ABC, Generic[C, R]):
    """One kind of step. Subclass it, fill in the class attributes, and register it (see `engine.steps`)."""

    name: ClassVar[str]
    content_model: ClassVar[type[Content]]
    response_model: ClassVar[type[Response]]
    actor: ClassVar[Actor] = "client"
    revisable: ClassVar[bool] = False

    def outcomes(self, content: C) -> Mapping[str, VariableType]:
        """Declare the facts a response yields, by name, with their type for conditions."""
        return {}

    def check(self, content: C, languages: tuple[str, ...]) -> tuple[Problem, ...]:
        """Find what is wrong with a content beyond its schema, all at once."""
        return ()

    def completion(self, content: C) -> Completion | None:
        """Say what completes the step without a response, if anything does."""
        return None

    def sample(self, content: C, draw: Draw) -> R:
        """Make up a valid response, for simulation; every choice comes from `draw`, at least 0 and less than 1."""
        return cast(R, self.response_model())

    @abstractmethod
    def judge(self, content: C, response: R) -> Outcome:
        """Draw the declared outcome from a response; raise InvalidResponse with all its problems."""

    @abstractmethod
    def present(self, content: C, language: str, fallback: str) -> Presentation:
        """Show the step to its reader."""


AnyStepType = StepType[Any, Any]
"""A step type whose models are its own business."""


def missing_languages(texts: Mapping[str, Text | None], languages: tuple[str, ...]) -> tuple[Problem, ...]:
    """Name every text that lacks a language of its pathway; words without a language count for the first one."""
    return tuple(
        Problem(where=where, message=f"has no words in {language!r}", suggestion=f"add {language!r} beside the others")
        for where, text in texts.items()
        if text is not None
        for language in languages
        if language not in (text if isinstance(text, dict) else languages[:1])
    )
