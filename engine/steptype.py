"""The door through which every step type comes in, the built-in ones too.

A step type is one class: what an author writes (`Content`), what comes back (`Response`), what the journey may
know of it (`outcomes`), how a response is judged, and how the step presents itself. All of it is pure.

What a type wants to happen around its step, it declares as data when the pathway is published (`completion`, `task`,
`opens`, `dates`, `decides`): a journey carries the data and never the type, so it replays where the type is not installed.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field

from engine.base import Frozen, Scalar
from engine.structure import Actor, Completion, Structure, Task, VariableType
from engine.words import PLACES, Reader, Text, unknown_places

Draw = Callable[[], float]
Outcome = dict[str, Scalar | tuple[str, ...]]


class Content(BaseModel):
    """What an author writes for a step. Frozen; unknown fields are refused, and numbers that are none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


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
    """Markdown; whoever shows it sanitises it."""
    preview: str
    """One plain line for lists."""
    forecast: str = ""
    """One plain line about what is coming, before the step is delivered; empty: its title says enough."""
    prefill: dict[str, str] = Field(default_factory=dict)
    """What fields of the response hold when the form opens, as plain text the reader may change."""


C = TypeVar("C", bound=Content)
R = TypeVar("R", bound=Response)


class Answered(NamedTuple, Generic[R]):
    """What came back for one occurrence, its revisions replaced by the last, with the day it belongs to."""

    response: R
    on: date
    """The client's local day on which the occurrence was delivered."""


class StepType(ABC, Generic[C, R]):
    """One kind of step. Subclass it, fill in the class attributes, and register it (see `engine.steps`)."""

    name: ClassVar[str]
    content_model: ClassVar[type[Content]]
    response_model: ClassVar[type[Response]]
    actor: ClassVar[Actor] = "client"
    """Who completes it."""
    told: ClassVar[Actor | None] = None
    """Who is told of it and reminded, where that is somebody else."""
    revisable: ClassVar[bool] = False
    """Whether a completed step takes another response."""
    activities: Sequence[Callable[..., Any]] = ()
    """Temporal activities of its own, which `task` may name; workers of an installed type run them."""

    # What an author wrote

    def texts(self, content: C) -> Mapping[str, Text | None]:
        """Name every text that people read, by its place in the content; publishing checks languages and placeholders."""
        return {}

    def check(self, content: C) -> tuple[Problem, ...]:
        """Find what is wrong with a content beyond its schema and its texts, all at once."""
        return ()

    # What the journey is to know and do

    def outcomes(self, content: C) -> Mapping[str, VariableType]:
        """Declare the facts a response yields, by name, with their type for conditions."""
        return {}

    def completion(self, content: C) -> Completion | None:
        """Say what completes the step without a response, if anything does."""
        return None

    def task(self, content: C) -> Task | None:
        """Name the activity that is to run when the step is delivered, if any."""
        return None

    def decides(self, content: C) -> Mapping[str, str]:
        """Give ways by name with the condition of each; the first that is true becomes the outcome `way` at once."""
        return {}

    def opens(self, content: C) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """Name later steps that come only where this one's outcome of that name is, or includes, one of these values."""
        return {}

    def dates(self, content: C) -> Mapping[str, str]:
        """Name client dates that outcomes set, each with its outcome: a text like `2026-12-01`."""
        return {}

    def looks_at(self, content: C) -> Sequence[str]:
        """Name the steps whose responses this one is about: what a review may ask more of."""
        return ()

    def asks_more(self, content: C, response: R) -> tuple[str, ...]:
        """Name the steps, of those it looks at, that a valid response wants done again; the step stays open then."""
        return ()

    def check_beside(self, content: C, pathways: Mapping[str, Structure]) -> tuple[Problem, ...]:
        """Find what is wrong given the other pathways that are published, by name."""
        return ()

    def risks(self, content: C) -> Sequence[str]:
        """Name the risk rules in force in this content; publishing asks for a recipient and a crisis text then."""
        return ()

    # What comes back

    @abstractmethod
    def judge(self, content: C, response: R) -> Outcome:
        """Draw the declared outcome from a response; raise InvalidResponse with all its problems."""

    def alarms(self, content: C, response: R) -> tuple[str, ...]:
        """Name the risk rules that a valid response meets."""
        return ()

    def sample(self, content: C, draw: Draw) -> R:
        """Make up a valid response, for simulation; every choice comes from `draw`, at least 0 and less than 1."""
        return cast(R, self.response_model())

    # What people see

    @abstractmethod
    def present(self, content: C, reader: Reader) -> Presentation:
        """Show the step to its reader."""

    def picture(self, content: C, responses: Sequence[Answered[R]], reader: Reader) -> str | None:
        """Draw the latest of these responses (oldest first) as an SVG with a title and a description, if it can be drawn."""
        return None

    def report(self, content: C, responses: Sequence[Answered[R]], reader: Reader) -> str:
        """Say in Markdown what these responses (oldest first) come to, such as progress towards a goal; empty: nothing."""
        return ""


AnyStepType = StepType[Any, Any]
"""A step type whose models are its own business."""


def missing_languages(texts: Mapping[str, Text | None], languages: tuple[str, ...]) -> tuple[Problem, ...]:
    """Name every text that lacks a language of its pathway; words without a language count for the first one.

    Words in `en` do for `en-GB`, as they do for its readers.
    """
    return tuple(
        Problem(where=where, message=f"has no words in {language!r}", suggestion=f"add {language!r} beside the others")
        for where, text in texts.items()
        if text is not None
        for language in languages
        if not {language, language.split("-")[0]} & set(text if isinstance(text, dict) else languages[:1])
    )


def unknown_placeholders(texts: Mapping[str, Text | None]) -> tuple[Problem, ...]:
    """Name every `{{…}}` in these texts that nobody can fill in."""
    advice = "one of " + ", ".join(f"{{{{{place}}}}}" for place in PLACES)
    return tuple(
        Problem(where=where, message=f"asks for {{{{{place}}}}}, which nobody can fill in", suggestion=advice)
        for where, text in texts.items()
        if text is not None
        for place in unknown_places(text)
    )
