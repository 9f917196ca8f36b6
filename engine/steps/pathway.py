"""Another pathway as one step: a journey of its own, whose end and outcomes come back."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from engine.base import StepId
from engine.findings import did_you_mean
from engine.steptype import Content, InvalidResponse, Outcome, Presentation, Problem, Response, StepType
from engine.structure import StepStructure, Structure, Task, VariableType
from engine.words import Reader

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]

START_JOURNEY = "start_journey"
STOP_JOURNEY = "stop_journey"


class HandedBack(Content):
    """One outcome of a step of the other pathway."""

    name: _Name
    """What it is called here."""
    source: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}\.[a-z][a-z0-9_]{0,62}$")] = Field(alias="from")
    """`STEP.OUTCOME` there, such as `phq9.score`."""
    type: Literal["bool", "int", "double", "string", "list"]
    """Its type there; publishing compares the two."""


class PathwayContent(Content):
    """Which pathway, and what of it comes back."""

    pathway: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
    """The name of a published pathway."""
    version: int | None = Field(default=None, ge=1)
    """A published version; the latest of the moment unless given."""
    hands_back: tuple[HandedBack, ...] = Field(default=(), max_length=20)
    """Outcomes over there that become outcomes of this step."""


class PathwayResponse(Response):
    """Nothing: the other journey's end completes the step."""


class PathwayStep(StepType[PathwayContent, PathwayResponse]):
    """Another pathway, run as a journey of its own with the same client, practitioner and dates. Completed when that
    journey is; where it is stopped or ends early, this journey holds visibly. Outcomes: what `hands_back` names."""

    name = "pathway"
    content_model = PathwayContent
    response_model = PathwayResponse
    actor = "host"

    def check(self, content: PathwayContent) -> tuple[Problem, ...]:
        """Every name once."""
        names = [one.name for one in content.hands_back]
        return tuple(
            Problem(where=f"hands_back.{at}.name", message=f"{name!r} is there twice", suggestion="rename one of them")
            for at, name in enumerate(names)
            if name in names[:at]
        )

    def check_beside(self, content: PathwayContent, pathways: Mapping[str, Structure]) -> tuple[Problem, ...]:
        """The other pathway is published, yields what is asked for, and does not come back to itself."""
        other = pathways.get(content.pathway)
        if other is None:
            advice = did_you_mean(content.pathway, pathways) or "publish that pathway first"
            return (Problem(where="pathway", message=f"no pathway {content.pathway!r} is published", suggestion=advice),)
        found = []
        for at, one in enumerate(content.hands_back):
            step_id, _, name = one.source.partition(".")
            step = other.by_id.get(StepId(step_id))
            kind = dict(step.outcomes).get(name) if step else None
            if kind is None:
                known = [f"{each.id}.{outcome}" for each in other.steps for outcome, _ in each.outcomes]
                message = f"{content.pathway} yields no {one.source}"
                found.append(
                    Problem(where=f"hands_back.{at}.from", message=message, suggestion=did_you_mean(one.source, known))
                )
            elif kind != one.type:
                message = f"{one.source} is of type {kind}"
                found.append(Problem(where=f"hands_back.{at}.type", message=message, suggestion=f"write {kind}"))
        return tuple(found)

    def outcomes(self, content: PathwayContent) -> Mapping[str, VariableType]:
        """What is handed back."""
        return {one.name: one.type for one in content.hands_back}

    def task(self, content: PathwayContent) -> Task:
        """Start the other journey; stop it where this step is excused or cancelled."""
        version = {"version": str(content.version)} if content.version else {}
        wanted = {f"hands_back.{one.name}": one.source for one in content.hands_back}
        details = {"pathway": content.pathway, **version, **wanted}
        return Task(activity=START_JOURNEY, completes=False, undo=STOP_JOURNEY, details=details)

    def judge(self, content: PathwayContent, response: PathwayResponse) -> Outcome:
        """Refuse every response."""
        raise InvalidResponse((Problem(where="", message="is completed by its own journey and takes no response"),))

    def present(self, content: PathwayContent, reader: Reader) -> Presentation:
        """Nothing: the other journey's steps are what its client sees."""
        return Presentation(body="", preview="")


def other_pathways(steps: Iterable[StepStructure]) -> tuple[str, ...]:
    """The pathways that are among these steps."""
    return tuple(step.task.details["pathway"] for step in steps if step.task and step.task.activity == START_JOURNEY)
