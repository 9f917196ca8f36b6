"""A guided exercise: something to hear, see or read while doing it, for a time or until the client says so."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from engine.durations import Offset
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
from engine.words import Label, Reader, Text, escaped, first_line

_DAY = 24 * 60 * 60


class Ratings(Content):
    """A scale that is asked before the exercise and afterwards, such as tension from 0 to 10."""

    label: Label
    """What is rated."""
    min: int = Field(default=0, ge=-1000, le=1000)
    """The least."""
    max: int = Field(default=10, ge=-1000, le=1000)
    """The most."""
    min_label: Label | None = None
    """What the least means."""
    max_label: Label | None = None
    """What the most means."""


class ExerciseContent(Content):
    """What to do, how long at least, and what is rated before and afterwards."""

    body: Text
    """What to do, in Markdown."""
    media: tuple[Medium, ...] = Field(default=(), max_length=20)
    """The guidance to hear or see."""
    minimum: Offset | None = None
    """How long at least, such as `5 minutes`; the player of the host says how long it was. A day at most."""
    self_report: bool = False
    """With a `minimum`: the client's word that it is done does as well."""
    ratings: Ratings | None = None
    """What is rated before and afterwards."""


class ExerciseResponse(Response):
    """How long they did it and how it was."""

    seconds: Annotated[StrictInt, Field(ge=0, le=_DAY)] = 0
    """How long, as the host's player counted it."""
    done: StrictBool = False
    """The client says that they did it; needed where the content has no `minimum`."""
    before: StrictInt | None = None
    """The rating before, where the content has `ratings`."""
    after: StrictInt | None = None
    """The rating afterwards."""
    note: str = Field(default="", max_length=2_000)
    """Whatever the client wants to add."""


class ExerciseStep(StepType[ExerciseContent, ExerciseResponse]):
    """Do something for a while, guided by sound, film or text.

    Outcomes: `seconds`, and where there are `ratings` also `before`, `after` and `change` (after less before).
    """

    name = "exercise"
    content_model = ExerciseContent
    response_model = ExerciseResponse

    def texts(self, content: ExerciseContent) -> Mapping[str, Text | None]:
        """The body, the scale, and what each medium shows."""
        scale: dict[str, Text | None] = {}
        if content.ratings is not None:
            scale = {f"ratings.{name}": getattr(content.ratings, name) for name in ("label", "min_label", "max_label")}
        return {"body": content.body, **scale, **media_texts(content.media)}

    def check(self, content: ExerciseContent) -> tuple[Problem, ...]:
        """Films have captions, the time is one that a player can count, the scale is one."""
        return tuple(_content_problems(content))

    def outcomes(self, content: ExerciseContent) -> Mapping[str, VariableType]:
        """How long, and the ratings with their change."""
        seconds: dict[str, VariableType] = {"seconds": "int"}
        return seconds | {"before": "int", "after": "int", "change": "int"} if content.ratings else seconds

    def judge(self, content: ExerciseContent, response: ExerciseResponse) -> Outcome:
        """Accept an exercise that was long enough, or said to be done where that does, with both ratings."""
        problems = (*_time_problems(content, response), *_rating_problems(content, response))
        if problems:
            raise InvalidResponse(problems)
        facts: Outcome = {"seconds": response.seconds}
        if response.before is not None and response.after is not None:
            facts |= {"before": response.before, "after": response.after, "change": response.after - response.before}
        return facts

    def sample(self, content: ExerciseContent, draw: Draw) -> ExerciseResponse:
        """Done for the least time, with ratings drawn evenly."""
        scale = content.ratings
        rated = {name: scale.min + int(draw() * (scale.max - scale.min + 1)) for name in ("before", "after")} if scale else {}
        return ExerciseResponse(seconds=_least(content), done=True, **rated)

    def present(self, content: ExerciseContent, reader: Reader) -> Presentation:
        """What to do, the media, and the scale."""
        parts = [reader.markdown(content.body), *media_shown(content.media, reader)]
        if content.ratings is not None:
            parts.append(_scale(content.ratings, reader))
        minutes = _least(content) // 60
        coming = phrases.EXERCISE_OF_MINUTES if minutes else phrases.EXERCISE_TO_COME
        return Presentation(
            body="\n\n".join(parts),
            preview=first_line(reader.plain(content.body)),
            forecast=reader.plain(coming).format(minutes=minutes),
        )


def _scale(ratings: Ratings, reader: Reader) -> str:
    """The scale on one line, and when it is asked."""
    ends = ((ratings.min, ratings.min_label), (ratings.max, ratings.max_label))
    least, most = (f"{end} {escaped(reader.plain(label))}".strip() for end, label in ends)
    when = f"{reader.plain(phrases.BEFORE)} / {reader.plain(phrases.AFTER)}"
    return f"**{escaped(reader.plain(ratings.label))}** ({least} – {most}): {when}"


def _least(content: ExerciseContent) -> int:
    """The least time, in seconds."""
    return content.minimum.minutes * 60 if content.minimum else 0


def _content_problems(content: ExerciseContent) -> Iterator[Problem]:
    yield from media_problems(content.media)
    if content.minimum is not None and (content.minimum.is_calendar or not 0 < _least(content) <= _DAY):
        message = "is no time from a minute to a day"
        yield Problem(where="minimum", message=message, suggestion="write minutes or hours, such as '5 minutes'")
    if content.self_report and content.minimum is None:
        yield Problem(where="self_report", message="goes with a minimum", suggestion="leave it out: without one it is enough")
    if content.ratings is not None and content.ratings.min >= content.ratings.max:
        yield Problem(where="ratings.min", message="is not below the most", suggestion="swap min and max")


def _time_problems(content: ExerciseContent, response: ExerciseResponse) -> Iterator[Problem]:
    word_does = content.minimum is None or content.self_report
    if word_does and response.done:
        return
    if content.minimum is None:
        yield Problem(where="done", message="is required", suggestion="say done: true when it is done")
    elif response.seconds < _least(content):
        advice = "go on, or say done: true" if word_does else "go on"
        yield Problem(where="seconds", message=f"must be at least {_least(content)}", suggestion=advice)


def _rating_problems(content: ExerciseContent, response: ExerciseResponse) -> Iterator[Problem]:
    for name, rating in (("before", response.before), ("after", response.after)):
        if content.ratings is None:
            if rating is not None:
                yield Problem(where=name, message="is not asked", suggestion="leave it out")
        elif rating is None:
            yield Problem(where=name, message="is required", suggestion="rate it")
        elif rating < content.ratings.min:
            yield Problem(where=name, message=f"must be at least {content.ratings.min}")
        elif rating > content.ratings.max:
            yield Problem(where=name, message=f"must be at most {content.ratings.max}")
