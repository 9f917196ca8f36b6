"""A step that nobody answers: the journey waits for a host event, for a client date, or for a time."""

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
from engine.structure import Completion, VariableType, WallTime
from engine.words import Reader, Text, first_line

FactName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class WaitContent(Content):
    """What is waited for: an `event`, a `date`, or with neither the time that `offset` and `at` say."""

    event: FactName | None = None
    """A host event of this name."""
    date: FactName | None = None
    """A client date of this name, plus `offset`, at the wall time `at`."""
    offset: Offset = Offset()
    """Counted from the date; without `event` and `date` from when the wait began."""
    at: WallTime | None = None
    """The first such time of the day from then on."""
    timeout: Offset | None = None
    """Goes on without the event or the date after so long; the outcome `timed_out` says so, for conditions behind it."""
    note: Text | None = Field(default=None)
    """What a client is told meanwhile."""

    @model_validator(mode="after")
    def _one_of_two(self) -> "WaitContent":
        if self.event is not None and self.date is not None:
            raise ValueError("waits for one thing: keep either 'event' or 'date'")
        if self.event is None and self.date is None and not self.offset and self.at is None:
            raise ValueError("needs 'event', 'date', or a time: 'offset' or 'at'")
        if self.timeout is not None and (self.event is None and self.date is None):
            raise ValueError("a wait for a time needs no 'timeout'")
        if self.timeout is not None and self.timeout.roughly.total_seconds() <= 0:
            raise ValueError("'timeout' must be more than nothing")
        if self.event is not None and (self.offset or self.at):
            raise ValueError("'offset' and 'at' go with 'date'; to wait after an event, delay the step behind it")
        return self


class WaitResponse(Response):
    """Nothing: a wait takes no response."""


class WaitStep(StepType[WaitContent, WaitResponse]):
    """Completed by a host event, a client date or a time (rules G10, T4). Outcome `timed_out`, where it has a `timeout`."""

    name = "wait"
    content_model = WaitContent
    response_model = WaitResponse
    actor = "host"

    def texts(self, content: WaitContent) -> Mapping[str, Text | None]:
        """The note."""
        return {"note": content.note}

    def outcomes(self, content: WaitContent) -> Mapping[str, VariableType]:
        """Whether it went on without what it waited for."""
        return {"timed_out": "bool"} if content.timeout else {}

    def completion(self, content: WaitContent) -> Completion:
        """The event, the date or the time."""
        wanted = {"event": content.event, "date": content.date, "offset": content.offset, "at": content.at}
        return Completion.model_validate({**wanted, "timeout": content.timeout})

    def judge(self, content: WaitContent, response: WaitResponse) -> Outcome:
        """Refuse every response."""
        raise InvalidResponse((Problem(where="", message="is completed by itself and takes no response"),))

    def present(self, content: WaitContent, reader: Reader) -> Presentation:
        """The note, if there is one."""
        return Presentation(body=reader.markdown(content.note), preview=first_line(reader.plain(content.note)))
