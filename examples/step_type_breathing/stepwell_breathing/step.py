"""The step type: what an author writes, what comes back, what the journey learns of it."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field, StrictInt

from stepwell.step_types import (
    Answered,
    Content,
    Draw,
    InvalidResponse,
    Offset,
    Outcome,
    Presentation,
    Problem,
    Reader,
    Response,
    StepType,
    Task,
    Text,
    VariableType,
    first_line,
)
from stepwell_breathing.pace import Pace, sheet
from stepwell_breathing.preparing import PREPARE, prepare

_WORDS = {
    "en": "Seconds in, held and out: {inhale} – {hold} – {exhale}. {breaths} breaths.",
    "de": "Sekunden ein, halten, aus: {inhale} – {hold} – {exhale}. {breaths} Atemzüge.",
}
_COMING = {
    "en": "There will be a breathing exercise of {minutes} min.",
    "de": "Es wird eine Atemübung von {minutes} Min. geben.",
}


class BreathingContent(Content):
    """The pace, and for how long."""

    prompt: Text
    """What to do, in Markdown."""
    inhale: int = Field(default=4, ge=1, le=20)
    """Seconds in."""
    hold: int = Field(default=0, ge=0, le=20)
    """Seconds in between."""
    exhale: int = Field(default=6, ge=1, le=20)
    """Seconds out."""
    minutes: int = Field(default=3, ge=1, le=60)
    """For how long."""


class BreathingResponse(Response):
    """How long they did it, and how it was."""

    minutes: StrictInt = Field(ge=0, le=240)
    """For how many minutes they breathed at this pace."""
    calm: StrictInt | None = Field(default=None, ge=0, le=10)
    """How calm they are now, from 0 (not at all) to 10 (very)."""


class BreathingStep(StepType[BreathingContent, BreathingResponse]):
    """Breathe at a pace for a few minutes. When it is delivered, a cue sheet is drawn for the client.

    Outcomes: `minutes`, how long they did it, and `done`, whether that was as long as asked for.
    """

    name = "breathing"
    content_model = BreathingContent
    response_model = BreathingResponse
    activities = (prepare,)

    def texts(self, content: BreathingContent) -> Mapping[str, Text | None]:
        """The prompt."""
        return {"prompt": content.prompt}

    def check(self, content: BreathingContent) -> tuple[Problem, ...]:
        """Out takes no less time than in, or the exercise rouses instead of calming."""
        return tuple(_content_problems(content))

    def outcomes(self, content: BreathingContent) -> Mapping[str, VariableType]:
        """How long, and whether long enough."""
        return {"minutes": "int", "done": "bool"}

    def task(self, content: BreathingContent) -> Task:
        """Draw the cue sheet; the client's response completes the step, not the drawing."""
        details = {name: str(seconds) for name, seconds in _pace(content)._asdict().items()}
        return Task(activity=PREPARE, completes=False, patience=Offset(minutes=60), details=details)

    def judge(self, content: BreathingContent, response: BreathingResponse) -> Outcome:
        """Take what they say; calm is asked only of those who did it."""
        if response.calm is not None and response.minutes == 0:
            raise InvalidResponse((Problem(where="calm", message="is for those who did it", suggestion="leave it out"),))
        return {"minutes": response.minutes, "done": response.minutes >= content.minutes}

    def sample(self, content: BreathingContent, draw: Draw) -> BreathingResponse:
        """Four in five do all of it."""
        minutes = content.minutes if draw() < 0.8 else int(draw() * content.minutes)
        return BreathingResponse(minutes=minutes, calm=int(draw() * 11) if minutes else None)

    def present(self, content: BreathingContent, reader: Reader) -> Presentation:
        """The prompt, and the pace in words."""
        pace = _pace(content)
        told = reader.plain(_WORDS).format(**pace._asdict(), breaths=pace.breaths(content.minutes))
        return Presentation(
            body=f"{reader.markdown(content.prompt)}\n\n{told}",
            preview=first_line(reader.plain(content.prompt)),
            forecast=reader.plain(_COMING).format(minutes=content.minutes),
        )

    def picture(
        self, content: BreathingContent, responses: Sequence[Answered[BreathingResponse]], reader: Reader
    ) -> str | None:
        """One breath, as on the cue sheet."""
        return sheet(_pace(content))


def _pace(content: BreathingContent) -> Pace:
    return Pace(content.inhale, content.hold, content.exhale)


def _content_problems(content: BreathingContent) -> Iterator[Problem]:
    if content.exhale < content.inhale:
        yield Problem(where="exhale", message="is shorter than the breath in", suggestion="make it as long, or longer")
    if _pace(content).breaths(content.minutes) < 2:
        yield Problem(where="minutes", message="leaves time for a single breath", suggestion="make them more")
