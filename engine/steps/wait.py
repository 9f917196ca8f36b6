"""A step that nobody answers: the journey waits for a host event, or for a client date."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from engine.durations import Offset
from engine.steptype import (
    Content,
    InvalidResponse,
    Outcome,
    Presentation,
    Problem,
    Response,
    StepType,
)
from engine.structure import Completion, WallTime
from engine.words import Reader, Text

FactName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class WaitContent(Content):
    """What is waited for: exactly one of `event` and `date`."""

    event: FactName | None = None
    """A host event of this name."""
    date: FactName | None = None
    """A client date of this name, plus `offset`, at the wall time `at`."""
    offset: Offset = Offset()
    at: WallTime | None = None
    note: Text | None = Field(default=None)
    """What a client is told meanwhile."""

    @model_validator(mode="after")
    def _one_of_two(self) -> "WaitContent":
        if (self.event is None) == (self.date is None):
            raise ValueError("needs either 'event' or 'date'")
        if self.event is not None and (self.offset or self.at):
            raise ValueError("'offset' and 'at' go with 'date'; to wait after an event, delay the step behind it")
        return self


class WaitResponse(Response):
    """Nothing: a wait takes no response."""


class WaitStep(StepType[WaitContent, WaitResponse]):
    """Completed by a host event or a client date (rules G10, T4). No outcome beyond completion."""

    name = "wait"
    content_model = WaitContent
    response_model = WaitResponse
    actor = "host"

    def texts(self, content: WaitContent) -> Mapping[str, Text | None]:
        """The note."""
        return {"note": content.note}

    def completion(self, content: WaitContent) -> Completion:
        """The event or the date."""
        return Completion(event=content.event, date=content.date, offset=content.offset, at=content.at)

    def judge(self, content: WaitContent, response: WaitResponse) -> Outcome:
        """Refuse every response."""
        raise InvalidResponse((Problem(where="", message="waits for an event or a date and takes no response"),))

    def present(self, content: WaitContent, reader: Reader) -> Presentation:
        """The note, if there is one."""
        return Presentation(body=reader.markdown(content.note), preview=reader.plain(content.note)[:120])
