"""A session with the practitioner: booked, moved, attended or missed."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from engine.durations import Offset
from engine.steps import phrases
from engine.steptype import Content, Draw, Outcome, Presentation, Problem, Response, StepType
from engine.structure import VariableType
from engine.words import Reader, Text, first_line

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class AppointmentContent(Content):
    """Which session it is. When it is, a client date says: setting it books the session, setting it again moves it."""

    date: _Name
    """The client date that holds its time. Whatever counts from `date NAME` moves with it."""
    length: Offset | None = None
    """How long it takes, such as `50 minutes`."""
    place: Text | None = None
    """Where it is, or how to join."""
    bring: Text | None = None
    """What the client brings or prepares."""


class AppointmentResponse(Response):
    """How it went, as the practitioner says."""

    attended: bool
    """False: it was missed. To have it after all, move the date and re-open the step."""
    note: str = Field(default="", max_length=10_000)
    """To the client."""


class AppointmentStep(StepType[AppointmentContent, AppointmentResponse]):
    """A session: the client is told and reminded of it (`reminders: {from: date NAME, after: [-1 day]}`), the
    practitioner says whether it took place. Outcome `attended`. The session log counts from the last one attended."""

    name = "appointment"
    content_model = AppointmentContent
    response_model = AppointmentResponse
    actor = "practitioner"
    told = "client"

    def texts(self, content: AppointmentContent) -> Mapping[str, Text | None]:
        """Place and preparation."""
        return {"place": content.place, "bring": content.bring}

    def check(self, content: AppointmentContent) -> tuple[Problem, ...]:
        """It takes time."""
        if content.length is None or content.length.roughly.total_seconds() > 0:
            return ()
        return (Problem(where="length", message="must be more than nothing", suggestion="write a length such as '50 minutes'"),)

    def outcomes(self, content: AppointmentContent) -> Mapping[str, VariableType]:
        """Whether it took place."""
        return {"attended": "bool"}

    def judge(self, content: AppointmentContent, response: AppointmentResponse) -> Outcome:
        """Take what the practitioner says."""
        return {"attended": response.attended}

    def sample(self, content: AppointmentContent, draw: Draw) -> AppointmentResponse:
        """Nine sessions in ten take place."""
        return AppointmentResponse(attended=draw() < 0.9)

    def present(self, content: AppointmentContent, reader: Reader) -> Presentation:
        """When, how long, where, and what to bring."""
        when, length = f"{{{{dates.{content.date}}}}}", f" · {content.length}" if content.length else ""
        is_booked = bool(reader.plain(when))
        told = f"**{reader.markdown(when)}**" if is_booked else reader.plain(phrases.NOT_BOOKED)
        parts = [told + length, reader.markdown(content.place), reader.markdown(content.bring)]
        return Presentation(
            body="\n\n".join(part for part in parts if part),
            preview=first_line((reader.plain(when) if is_booked else reader.plain(phrases.NOT_BOOKED)) + length),
            forecast=reader.plain(phrases.SESSION_TO_COME),
        )
