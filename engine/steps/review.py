"""A gate that the practitioner opens, with a comment to the client."""

from pydantic import Field

from engine.steptype import (
    Content,
    Outcome,
    Presentation,
    Problem,
    Response,
    StepType,
    Text,
    in_language,
    missing_languages,
)


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

    def check(self, content: ReviewContent, languages: tuple[str, ...]) -> tuple[Problem, ...]:
        """The prompt in every language."""
        return missing_languages({"prompt": content.prompt}, languages)

    def judge(self, content: ReviewContent, response: ReviewResponse) -> Outcome:
        """Every review is valid, with or without a comment."""
        return {}

    def present(self, content: ReviewContent, language: str, fallback: str) -> Presentation:
        """The prompt."""
        prompt = in_language(content.prompt, language, fallback)
        return Presentation(body=prompt, preview=prompt.splitlines()[0][:120])
