"""Something the host application does: it is asked by a signed request, and the journey waits for its answer."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from engine.durations import Offset
from engine.steptype import Content, Draw, InvalidResponse, Outcome, Presentation, Problem, Response, StepType
from engine.structure import Task, VariableType
from engine.words import Reader, Text, first_line

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
_Value = Annotated[str, StringConstraints(max_length=500)]
_Said = bool | int | float | Annotated[str, StringConstraints(max_length=500)]

CALL_HOST = "call_host"
_FITS: dict[str, tuple[type, ...]] = {"bool": (bool,), "int": (int,), "double": (int, float), "string": (str,)}
_BIGGEST = 10**15
_SAMPLES: dict[str, _Said] = {"bool": True, "int": 1, "double": 1.0, "string": "done"}


class HostTaskContent(Content):
    """What the host is asked to do, and what its answer says."""

    task: _Name
    """A name the host knows, such as `order_lab_kit`."""
    data: dict[_Name, _Value] = Field(default_factory=dict, max_length=20)
    """Facts of the pathway that go with the request; nothing about a client, who is named by id."""
    answers: dict[_Name, Literal["bool", "int", "double", "string"]] = Field(default_factory=dict, max_length=20)
    """What the host answers, each with its type; conditions may use them."""
    patience: Offset = Offset(days=1)
    """How long the request is tried before the step holds and people are told."""
    note: Text | None = None
    """What a client is told meanwhile."""


class HostTaskResponse(Response):
    """The host's answer."""

    answers: dict[str, _Said] = Field(default_factory=dict, max_length=20)
    """Exactly what was asked for, by name."""


class HostTaskStep(StepType[HostTaskContent, HostTaskResponse]):
    """The host does something. Outcomes: what `answers` declares. `window.finish_by` says how long its answer may take;
    a request that cannot be delivered holds the journey visibly, until it is tried again or excused."""

    name = "host_task"
    content_model = HostTaskContent
    response_model = HostTaskResponse
    actor = "host"

    def texts(self, content: HostTaskContent) -> Mapping[str, Text | None]:
        """The note."""
        return {"note": content.note}

    def check(self, content: HostTaskContent) -> tuple[Problem, ...]:
        """There is time to try it."""
        if content.patience.roughly.total_seconds() > 0:
            return ()
        return (Problem(where="patience", message="must be more than nothing", suggestion="write a length such as '1 day'"),)

    def outcomes(self, content: HostTaskContent) -> Mapping[str, VariableType]:
        """The declared answers."""
        return dict(content.answers)

    def task(self, content: HostTaskContent) -> Task:
        """The signed request; its answer comes as a response."""
        return Task(activity=CALL_HOST, completes=False, patience=content.patience, details={"task": content.task})

    def judge(self, content: HostTaskContent, response: HostTaskResponse) -> Outcome:
        """Take exactly the declared answers, each of its type."""
        problems = [
            Problem(where=f"answers.{name}", message="is missing") for name in content.answers if name not in response.answers
        ]
        for name, said in response.answers.items():
            kind = content.answers.get(name)
            if kind is None:
                problems.append(Problem(where=f"answers.{name}", message="was not asked for"))
            elif not isinstance(said, _FITS[kind]) or (isinstance(said, bool) and kind != "bool"):
                problems.append(Problem(where=f"answers.{name}", message=f"must be of type {kind}"))
            elif isinstance(said, int | float) and abs(said) > _BIGGEST:
                problems.append(Problem(where=f"answers.{name}", message="is no number that could be kept"))
        if problems:
            raise InvalidResponse(tuple(problems))
        return {name: float(said) if content.answers[name] == "double" else said for name, said in response.answers.items()}

    def sample(self, content: HostTaskContent, draw: Draw) -> HostTaskResponse:
        """One answer of each type."""
        return HostTaskResponse(answers={name: _SAMPLES[kind] for name, kind in content.answers.items()})

    def present(self, content: HostTaskContent, reader: Reader) -> Presentation:
        """The note, if there is one."""
        return Presentation(body=reader.markdown(content.note), preview=first_line(reader.plain(content.note)))
