"""Something to read, look at or listen to, acknowledged by the client."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

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
from engine.words import Reader, Text

Url = Annotated[str, StringConstraints(pattern=r"^https://[^\s<>\"]{3,2000}$")]


class Medium(Content):
    """A picture, sound or film by reference; its host serves it."""

    kind: Literal["picture", "audio", "video"]
    url: Url
    description: Text
    """What it shows, for those who cannot see or hear it."""
    captions: Url | None = None


class MessageContent(Content):
    """Psychoeducation: a text in Markdown, with media, and a check that it was understood."""

    body: Text
    media: tuple[Medium, ...] = Field(default=(), max_length=20)
    check: Text | None = None
    """A sentence the client confirms, such as "I understand why I keep a diary"."""


class MessageResponse(Response):
    """That the client has read it."""

    understood: bool = False
    """The client confirmed the sentence of `check`."""


class MessageStep(StepType[MessageContent, MessageResponse]):
    """Read and acknowledge. Outcome `understood`, where the content has a `check`."""

    name = "message"
    content_model = MessageContent
    response_model = MessageResponse

    def outcomes(self, content: MessageContent) -> Mapping[str, VariableType]:
        """Whether the check was confirmed, where there is one."""
        return {"understood": "bool"} if content.check else {}

    def texts(self, content: MessageContent) -> Mapping[str, Text | None]:
        """The body, the check, and what each medium shows."""
        descriptions = {f"media.{at}.description": medium.description for at, medium in enumerate(content.media)}
        return {"body": content.body, "check": content.check, **descriptions}

    def check(self, content: MessageContent) -> tuple[Problem, ...]:
        """Films have captions."""
        return tuple(
            Problem(where=f"media.{at}.captions", message="a video has no captions", suggestion="add a WebVTT file")
            for at, medium in enumerate(content.media)
            if medium.kind == "video" and medium.captions is None
        )

    def judge(self, content: MessageContent, response: MessageResponse) -> Outcome:
        """Accept a reading; where there is a check, only with its confirmation."""
        if content.check is None:
            return {}
        if not response.understood:
            problem = Problem(where="understood", message="is not confirmed", suggestion="confirm the sentence first")
            raise InvalidResponse((problem,))
        return {"understood": True}

    def sample(self, content: MessageContent, draw: Draw) -> MessageResponse:
        """A reading with the check confirmed."""
        return MessageResponse(understood=True)

    def present(self, content: MessageContent, reader: Reader) -> Presentation:
        """The text, then the media with their descriptions, then the check."""
        body = reader.markdown(content.body)
        parts = [body]
        for medium in content.media:
            description = reader.markdown(medium.description).replace("]", "")
            parts.append(f"{'!' if medium.kind == 'picture' else ''}[{description}]({medium.url})")
        if content.check is not None:
            parts.append(f"☐ {reader.markdown(content.check)}")
        first = next((line.strip("#* ") for line in reader.plain(content.body).splitlines() if line.strip()), "")
        return Presentation(body="\n\n".join(parts), preview=first[:120])
