"""Something to read, look at or listen to, acknowledged by the client."""

from collections.abc import Iterator, Mapping

from pydantic import Field, StrictBool, StrictInt

from engine.steps import phrases
from engine.steps.media import Medium, media_problems, media_shown, media_texts
from engine.steptype import (
    Content,
    Draw,
    InvalidResponse,
    Outcome,
    Presentation,
    Problem,
    Response,
    StepType,
)
from engine.structure import VariableType
from engine.words import Reader, Text, first_line


class TryOut(Content):
    """Something to try once, before it is asked for: practice at the start helps to do it later."""

    prompt: Text
    """What to try, in Markdown."""


class MessageContent(Content):
    """Psychoeducation: a text in Markdown, with media, a check that it was understood, and something to try."""

    body: Text
    """The text, in Markdown."""
    media: tuple[Medium, ...] = Field(default=(), max_length=20)
    """Pictures, sounds and films that go with it."""
    check: Text | None = None
    """A sentence the client confirms, such as "I understand why I keep a diary"."""
    try_out: TryOut | None = None
    """Something the client may try at once, and say how it went."""


class MessageResponse(Response):
    """That the client has read it, and tried what there was to try."""

    understood: StrictBool = False
    """The client confirmed the sentence of `check`."""
    tried: StrictBool = False
    """They tried what `try_out` asks for."""
    how: str = Field(default="", max_length=500)
    """How it went, or what was in the way."""
    ease: StrictInt | None = None
    """How easy it was, from 0 (very hard) to 10 (very easy); only where they tried it."""


class MessageStep(StepType[MessageContent, MessageResponse]):
    """Read and acknowledge.

    Outcomes: `understood`, where the content has a `check`; `tried`, where it has a `try_out`.
    """

    name = "message"
    content_model = MessageContent
    response_model = MessageResponse

    def texts(self, content: MessageContent) -> Mapping[str, Text | None]:
        """The body, the check, what is to be tried, and what each medium shows."""
        tried = {"try_out.prompt": content.try_out.prompt} if content.try_out else {}
        return {"body": content.body, "check": content.check, **tried, **media_texts(content.media)}

    def check(self, content: MessageContent) -> tuple[Problem, ...]:
        """Films have captions."""
        return tuple(media_problems(content.media))

    def outcomes(self, content: MessageContent) -> Mapping[str, VariableType]:
        """Whether the check was confirmed and whether they tried it, where that is asked."""
        facts: dict[str, VariableType] = {}
        if content.check is not None:
            facts["understood"] = "bool"
        if content.try_out is not None:
            facts["tried"] = "bool"
        return facts

    def judge(self, content: MessageContent, response: MessageResponse) -> Outcome:
        """Accept a reading; where there is a check, only with its confirmation."""
        problems = tuple(_problems(content, response))
        if problems:
            raise InvalidResponse(problems)
        return {name: getattr(response, name) for name in self.outcomes(content)}

    def sample(self, content: MessageContent, draw: Draw) -> MessageResponse:
        """A reading with the check confirmed, tried by one in two."""
        if content.try_out is None or draw() < 0.5:
            return MessageResponse(understood=True)
        return MessageResponse(understood=True, tried=True, ease=int(draw() * 11))

    def present(self, content: MessageContent, reader: Reader) -> Presentation:
        """The text, then the media with their descriptions, then the check and what to try."""
        parts = [reader.markdown(content.body), *media_shown(content.media, reader)]
        if content.check is not None:
            parts.append(f"☐ {reader.markdown(content.check)}")
        if content.try_out is not None:
            parts.append(reader.markdown(content.try_out.prompt))
        return Presentation(
            body="\n\n".join(parts),
            preview=first_line(reader.plain(content.body)),
            forecast=reader.plain(phrases.READING),
        )


def _problems(content: MessageContent, response: MessageResponse) -> Iterator[Problem]:
    if content.check is not None and not response.understood:
        yield Problem(where="understood", message="is not confirmed", suggestion="confirm the sentence first")
    if content.try_out is None:
        for name in ("tried", "how", "ease"):
            if getattr(response, name) != MessageResponse.model_fields[name].default:
                yield Problem(where=name, message="is not asked", suggestion="leave it out")
    elif response.ease is not None:
        if not response.tried:
            yield Problem(where="ease", message="is for those who tried it", suggestion="leave it out, or say tried: true")
        if not 0 <= response.ease <= 10:
            yield Problem(where="ease", message="must be from 0 to 10", suggestion="0 very hard, 10 very easy")
