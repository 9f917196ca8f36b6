"""A diary: a few fields, filled in once or several times a day, and progress towards a goal."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue

from engine.steps import phrases
from engine.steps.goals import Goal, progress_picture, progress_table
from engine.steps.questionnaire.checks import ItemChecks
from engine.steps.questionnaire.kinds import AnyItem, texts_of, within_bounds
from engine.steps.questionnaire.sheet import Sheet, rules_met, rules_of
from engine.steps.questionnaire.showing import Page
from engine.steptype import (
    Answered,
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
from engine.words import Reader, Text, first_line

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MOST = 100


class EntryNumbers(Content):
    """How many entries one response holds."""

    min: int = Field(default=1, ge=0, le=_MOST)
    """The fewest; 0 where a day without an entry is one as well."""
    max: int = Field(default=20, ge=1, le=_MOST)
    """The most."""


class DiaryContent(Content):
    """What one entry asks, how many entries a response takes, and the goal. How often it comes says the step's `repeat`."""

    prompt: Text
    """What to write down, in Markdown."""
    fields: Annotated[tuple[AnyItem, ...], BeforeValidator(within_bounds)] = Field(min_length=1, max_length=30)
    """What each entry asks, as in a questionnaire."""
    entries: EntryNumbers = EntryNumbers()
    """How many entries a response holds: 1 to 20 unless given."""
    goal: Goal | None = None
    """What the client wants to do so many times a day or a week."""


class Entry(Response):
    """One thing written down."""

    at: str | None = Field(default=None, max_length=20)
    """When it was, as a wall time such as `08:30`."""
    answers: dict[str, JsonValue] = Field(default_factory=dict, max_length=30)
    """By the id of the field."""


class DiaryResponse(Response):
    """All entries of one occurrence. To add one later, send all of them again."""

    entries: tuple[Entry, ...] = Field(max_length=_MOST)
    """In the order of the day."""


class DiaryStep(StepType[DiaryContent, DiaryResponse]):
    """Self-monitoring that comes again and again: journals, logs, momentary questions.

    A response may be sent again with more entries. Outcomes: `entries`, how many there are; `counted`, how many of them
    count towards the `goal`, where there is one.
    """

    name = "diary"
    content_model = DiaryContent
    response_model = DiaryResponse
    revisable = True

    def texts(self, content: DiaryContent) -> Mapping[str, Text | None]:
        """The prompt, and everything in the fields."""
        fields = {where.replace("items", "fields", 1): text for where, text in texts_of(content.fields).items()}
        return {"prompt": content.prompt, **fields}

    def check(self, content: DiaryContent) -> tuple[Problem, ...]:
        """Fields, numbers of entries and goal, all at once."""
        return tuple(_content_problems(content))

    def outcomes(self, content: DiaryContent) -> Mapping[str, VariableType]:
        """The number of entries, and of those that count."""
        return {"entries": "int"} if content.goal is None else {"entries": "int", "counted": "int"}

    def risks(self, content: DiaryContent) -> Sequence[str]:
        """The rules on the fields."""
        return rules_of(content.fields)

    def judge(self, content: DiaryContent, response: DiaryResponse) -> Outcome:
        """Check the number of entries and every answer in them."""
        problems = tuple(_problems(content, response))
        if problems:
            raise InvalidResponse(problems)
        entries: Outcome = {"entries": len(response.entries)}
        return entries if content.goal is None else {**entries, "counted": _counted(content.goal, response)}

    def alarms(self, content: DiaryContent, response: DiaryResponse) -> tuple[str, ...]:
        """The rules that an entry meets, each once."""
        sheet, rules = Sheet(content.fields), set(rules_of(content.fields))
        met = (name for entry in response.entries for name in rules_met(sheet, entry.answers, rules))
        return tuple(dict.fromkeys(met))

    def sample(self, content: DiaryContent, draw: Draw) -> DiaryResponse:
        """The fewest entries, with an answer to everything that is asked."""
        sheet = Sheet(content.fields)
        return DiaryResponse(entries=tuple(Entry(answers=sheet.make_up(draw)) for _ in range(content.entries.min)))

    def present(self, content: DiaryContent, reader: Reader) -> Presentation:
        """The prompt, and what each entry asks."""
        return Presentation(
            body="\n\n".join([reader.markdown(content.prompt), *Page(reader).blocks(content.fields)]),
            preview=first_line(reader.plain(content.prompt)),
            forecast=reader.plain(phrases.DIARY_TO_COME),
        )

    def picture(self, content: DiaryContent, responses: Sequence[Answered[DiaryResponse]], reader: Reader) -> str | None:
        """A bar for each of the latest days or weeks, where there is a goal."""
        return progress_picture(content.goal, _by_day(content.goal, responses), reader) if content.goal else None

    def report(self, content: DiaryContent, responses: Sequence[Answered[DiaryResponse]], reader: Reader) -> str:
        """How often the goal was met in each of the latest days or weeks, and how many times in a row."""
        return progress_table(content.goal, _by_day(content.goal, responses), reader) if content.goal else ""


def _by_day(goal: Goal, responses: Sequence[Answered[DiaryResponse]]) -> list[tuple[date, int]]:
    return [(on, _counted(goal, response)) for response, on in responses]


def _counted(goal: Goal, response: DiaryResponse) -> int:
    return sum(goal.is_met_by(entry.answers) for entry in response.entries)


def _content_problems(content: DiaryContent) -> Iterator[Problem]:
    for one in ItemChecks().all(content.fields):
        yield one.model_copy(update={"where": one.where.replace("items", "fields", 1)})
    if content.entries.min > content.entries.max:
        yield Problem(where="entries.min", message="the fewest are more than the most", suggestion="swap min and max")
    if content.goal is not None:
        yield from content.goal.problems(tuple(Sheet(content.fields).beside.values()))


def _problems(content: DiaryContent, response: DiaryResponse) -> Iterator[Problem]:
    number, sheet = len(response.entries), Sheet(content.fields)
    if number < content.entries.min:
        yield Problem(where="entries", message=f"must be at least {content.entries.min}", suggestion="add what is missing")
    if number > content.entries.max:
        yield Problem(where="entries", message=f"must be at most {content.entries.max}", suggestion="leave some out")
    for at, entry in enumerate(response.entries):
        if entry.at is not None and not _TIME.fullmatch(entry.at):
            yield Problem(where=f"entries.{at}.at", message="must be a time such as 08:30")
        for one in sheet.fill(entry.answers)[1]:
            yield one.model_copy(update={"where": f"entries.{at}.{one.where}"})
