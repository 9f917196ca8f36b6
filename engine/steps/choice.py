"""An activity menu: the client picks, and what was picked comes as steps of its own (D32)."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from engine.steps import phrases
from engine.steptype import Content, Draw, InvalidResponse, Outcome, Presentation, Problem, Response, StepType
from engine.structure import VariableType
from engine.words import Reader, Text, first_line

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class Activity(Content):
    """One thing on the menu."""

    value: _Name
    """What the journey knows it by."""
    label: Text
    """What it is called on the menu."""
    description: Text | None = None
    """What it is, for who wonders."""
    opens: tuple[_Name, ...] = Field(default=(), max_length=50)
    """Later steps of this pathway that come only where this was picked."""


class ChoiceContent(Content):
    """The menu, and how many may be picked from it."""

    prompt: Text | None = None
    """What to choose by, in Markdown."""
    options: tuple[Activity, ...] = Field(min_length=2, max_length=50)
    """The menu."""
    at_least: int = Field(default=1, ge=0, le=50)
    """The fewest to pick; 0 where nothing may be picked as well."""
    at_most: int = Field(default=1, ge=1, le=50)
    """The most to pick."""


class ChoiceResponse(Response):
    """What the client picked."""

    picked: tuple[Annotated[str, StringConstraints(max_length=64)], ...] = Field(default=(), max_length=50)
    """The `value` of each, in the order of liking."""


class ChoiceStep(StepType[ChoiceContent, ChoiceResponse]):
    """Pick one, or some, of several. Outcome `picked`: the values; the steps they open come, the others do not apply."""

    name = "choice"
    content_model = ChoiceContent
    response_model = ChoiceResponse

    def texts(self, content: ChoiceContent) -> Mapping[str, Text | None]:
        """The prompt, and each activity."""
        labels = {f"options.{at}.label": one.label for at, one in enumerate(content.options)}
        more = {f"options.{at}.description": one.description for at, one in enumerate(content.options)}
        return {"prompt": content.prompt, **labels, **more}

    def check(self, content: ChoiceContent) -> tuple[Problem, ...]:
        """Every activity has its own value, and so many can be picked."""
        values = [one.value for one in content.options]
        found = [
            Problem(where=f"options.{at}.value", message=f"{value!r} is there twice", suggestion="give each its own value")
            for at, value in enumerate(values)
            if value in values[:at]
        ]
        if content.at_least > content.at_most:
            found.append(Problem(where="at_least", message="is more than at_most", suggestion="swap the two"))
        if content.at_most > len(values):
            message = f"asks for up to {content.at_most} of {len(values)}"
            found.append(Problem(where="at_most", message=message, suggestion=f"say {len(values)} at most"))
        return tuple(found)

    def outcomes(self, content: ChoiceContent) -> Mapping[str, VariableType]:
        """What was picked."""
        return {"picked": "list"}

    def opens(self, content: ChoiceContent) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """Each step on the menu, with the picks that open it."""
        steps = dict.fromkeys(step for one in content.options for step in one.opens)
        return {step: ("picked", tuple(one.value for one in content.options if step in one.opens)) for step in steps}

    def judge(self, content: ChoiceContent, response: ChoiceResponse) -> Outcome:
        """Take picks that are on the menu, each once, neither too few nor too many."""
        values = [one.value for one in content.options]
        problems = [
            Problem(where=f"picked.{at}", message=f"must be one of {', '.join(values)}")
            for at, one in enumerate(response.picked)
            if one not in values
        ]
        if len(set(response.picked)) < len(response.picked):
            problems.append(Problem(where="picked", message="names something twice"))
        if not content.at_least <= len(response.picked) <= content.at_most:
            wanted = (
                f"{content.at_least}" if content.at_least == content.at_most else f"{content.at_least} to {content.at_most}"
            )
            problems.append(Problem(where="picked", message=f"must be {wanted} of them"))
        if problems:
            raise InvalidResponse(tuple(problems))
        return {"picked": response.picked}

    def sample(self, content: ChoiceContent, draw: Draw) -> ChoiceResponse:
        """As few as are asked for, at least one, from a drawn place on."""
        values = [one.value for one in content.options]
        first = int(draw() * len(values))
        number = max(content.at_least, 1)
        return ChoiceResponse(picked=tuple((values[first:] + values[:first])[:number]))

    def present(self, content: ChoiceContent, reader: Reader) -> Presentation:
        """The prompt and the menu."""
        lines = [
            f"- **{reader.markdown(one.label)}**" + (f": {reader.markdown(one.description)}" if one.description else "")
            for one in content.options
        ]
        prompt = reader.markdown(content.prompt)
        preview = reader.plain(content.prompt) or ", ".join(reader.plain(one.label) for one in content.options)
        return Presentation(
            body="\n".join([*([prompt, ""] if prompt else []), *lines]),
            preview=first_line(preview),
            forecast=reader.plain(phrases.CHOICE_TO_COME).format(count=len(content.options)),
        )
