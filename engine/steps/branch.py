"""A fork: one way is taken, by condition, and the steps of the other ways do not apply."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from engine.base import StepId
from engine.steptype import Content, InvalidResponse, Outcome, Presentation, Problem, Response, StepType
from engine.structure import VariableType
from engine.words import Reader, Text

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]

OTHERWISE = "otherwise"


class Way(Content):
    """One way: its name, when it is taken, and the steps that come only on it."""

    name: _Name
    """What the outcome calls it."""
    when: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    """An expression over what is known then, such as `outcomes.phq9.score >= 10`."""
    steps: tuple[_Name, ...] = Field(min_length=1, max_length=100)
    """Later steps of this pathway; on every other way they do not apply."""


class BranchContent(Content):
    """The ways, tried in order: the first whose condition is true is taken."""

    ways: tuple[Way, ...] = Field(min_length=1, max_length=20)
    """At least one."""
    otherwise: tuple[_Name, ...] = Field(default=(), max_length=100)
    """The steps that come where no way's condition is true."""
    note: Text | None = None
    """For practitioners: why the pathway forks here."""


class BranchResponse(Response):
    """Nothing: a fork takes no response."""


class BranchStep(StepType[BranchContent, BranchResponse]):
    """Decided the moment it comes, without anybody. Outcome `way`: the name of the way taken, or `otherwise`."""

    name = "branch"
    content_model = BranchContent
    response_model = BranchResponse
    actor = "host"

    def texts(self, content: BranchContent) -> Mapping[str, Text | None]:
        """The note."""
        return {"note": content.note}

    def check(self, content: BranchContent) -> tuple[Problem, ...]:
        """Every way has its own name."""
        names = [way.name for way in content.ways]
        return tuple(
            Problem(where=f"ways.{at}.name", message=f"{name!r} is taken", suggestion="give each way its own name")
            for at, name in enumerate(names)
            if name in names[:at] or name == OTHERWISE
        )

    def outcomes(self, content: BranchContent) -> Mapping[str, VariableType]:
        """The way taken."""
        return {"way": "string"}

    def decides(self, content: BranchContent) -> Mapping[str, str]:
        """The ways, in order."""
        return {way.name: way.when for way in content.ways}

    def opens(self, content: BranchContent) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """Each step on a way, with the ways it comes on."""
        named = [*((way.name, way.steps) for way in content.ways), (OTHERWISE, content.otherwise)]
        steps = dict.fromkeys(StepId(step) for _, some in named for step in some)
        return {step: ("way", tuple(name for name, some in named if step in some)) for step in steps}

    def judge(self, content: BranchContent, response: BranchResponse) -> Outcome:
        """Refuse every response."""
        raise InvalidResponse((Problem(where="", message="decides by itself and takes no response"),))

    def present(self, content: BranchContent, reader: Reader) -> Presentation:
        """The ways and their conditions, for practitioners: a client never sees a fork."""
        lines = [f"- **{way.name}**: `{way.when}` → {', '.join(way.steps)}" for way in content.ways]
        lines.append(f"- **{OTHERWISE}** → {', '.join(content.otherwise) or 'nothing of its own'}")
        body = "\n".join([*filter(None, [reader.markdown(content.note)]), *lines])
        return Presentation(body=body, preview=f"{len(content.ways) + 1} ways")
