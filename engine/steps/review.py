"""A gate that the practitioner opens, with a comment to the client."""

from collections.abc import Mapping

from pydantic import Field

from engine.steptype import (
    Content,
    Outcome,
    Presentation,
    Response,
    StepType,
)
from engine.words import Reader, Text


class ReviewContent(Content):
    """What the practitioner is asked to look at."""

    prompt: Text
    """For the practitioner; a client never sees it."""


class ReviewResponse(Response):
    """The practitioner lets the client on."""

    comment: str = Field(default="", max_length=10_000)
    """To the client."""


class ReviewStep(StepType[ReviewContent, ReviewResponse]):
    """Holds the journey until the practitioner has looked at what came in. No outcome beyond completion."""

    name = "review"
    content_model = ReviewContent
    response_model = ReviewResponse
    actor = "practitioner"
    revisable = True

    def texts(self, content: ReviewContent) -> Mapping[str, Text | None]:
        """The prompt."""
        return {"prompt": content.prompt}

    def judge(self, content: ReviewContent, response: ReviewResponse) -> Outcome:
        """Every review is valid, with or without a comment."""
        return {}

    def present(self, content: ReviewContent, reader: Reader) -> Presentation:
        """The prompt."""
        return Presentation(body=reader.markdown(content.prompt), preview=reader.plain(content.prompt).splitlines()[0][:120])
