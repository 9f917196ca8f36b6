"""The practitioner looks at what came in, says something about it, and asks for more or lets the client on (D30)."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from engine.steptype import Content, InvalidResponse, Outcome, Presentation, Problem, Response, StepType
from engine.structure import VariableType
from engine.words import Reader, Text, first_line

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class ReviewContent(Content):
    """What the practitioner is asked to look at."""

    prompt: Text
    """For the practitioner; a client never sees it."""
    of: tuple[_Name, ...] = Field(default=(), max_length=50)
    """The earlier steps whose responses it is about; of these it may ask more."""


class ReviewResponse(Response):
    """What the practitioner says, and whether the client goes on."""

    comment: str = Field(default="", max_length=10_000)
    """To the client."""
    praise: str = Field(default="", max_length=2_000)
    """To the client: what went well. Kept apart from the comment, so that it is not forgotten."""
    ask_more: tuple[Annotated[str, StringConstraints(max_length=64)], ...] = Field(default=(), max_length=50)
    """Steps to open again; the journey holds until they are done and reviewed. Empty: the client goes on."""


class ReviewStep(StepType[ReviewContent, ReviewResponse]):
    """Holds the journey until the practitioner has looked at what came in and lets the client on.
    Outcome `praised`: whether something was praised."""

    name = "review"
    content_model = ReviewContent
    response_model = ReviewResponse
    actor = "practitioner"
    revisable = True

    def texts(self, content: ReviewContent) -> Mapping[str, Text | None]:
        """The prompt."""
        return {"prompt": content.prompt}

    def check(self, content: ReviewContent) -> tuple[Problem, ...]:
        """Every step once."""
        return tuple(
            Problem(where=f"of.{at}", message=f"{name!r} is there twice", suggestion="leave one of them out")
            for at, name in enumerate(content.of)
            if name in content.of[:at]
        )

    def looks_at(self, content: ReviewContent) -> Sequence[str]:
        """The steps it is about."""
        return content.of

    def outcomes(self, content: ReviewContent) -> Mapping[str, VariableType]:
        """Whether something was praised."""
        return {"praised": "bool"}

    def judge(self, content: ReviewContent, response: ReviewResponse) -> Outcome:
        """Take every review that asks more only of what it is about."""
        problems = tuple(
            Problem(where=f"ask_more.{at}", message=f"must be one of {', '.join(content.of) or 'none: it names no steps'}")
            for at, name in enumerate(response.ask_more)
            if name not in content.of
        )
        if len(set(response.ask_more)) < len(response.ask_more):
            problems += (Problem(where="ask_more", message="names something twice"),)
        if problems:
            raise InvalidResponse(problems)
        return {"praised": bool(response.praise.strip())}

    def asks_more(self, content: ReviewContent, response: ReviewResponse) -> tuple[str, ...]:
        """The steps it wants done again."""
        return response.ask_more

    def present(self, content: ReviewContent, reader: Reader) -> Presentation:
        """The prompt."""
        return Presentation(body=reader.markdown(content.prompt), preview=first_line(reader.plain(content.prompt)))
