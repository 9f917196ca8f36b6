"""A process goal: something done so many times a day or a week, how far it is reached, and a picture of that."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from pydantic import Field

from engine.pictures import FILL, INK, STRONG, number, picture, text
from engine.steps import phrases
from engine.steps.questionnaire.item import Item
from engine.steps.wait import FactName
from engine.steptype import Content, Problem
from engine.words import Reader

_SHOWN = 12
_TOP = 22
_ROW = 26
_FROM, _END = 96, 312
_LETTER = 8.5


class Goal(Content):
    """So many entries a day or a week that count, such as exercise three times a week."""

    times: int = Field(ge=1, le=1000)
    """How many."""
    per: Literal["day", "week"]
    """In a day, or in a week from Monday to Sunday."""
    counts: FactName
    """The field that says whether an entry counts: `yes_no` where it is answered yes, `number` or `scale` by `at_least`."""
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    """The least number that counts; any number does unless it is given."""

    def is_met_by(self, answers: Mapping[str, object]) -> bool:
        """Whether an entry with these answers counts."""
        answer = answers.get(self.counts)
        if isinstance(answer, bool) or not isinstance(answer, int | float):
            return answer is True
        return self.at_least is None or answer >= self.at_least

    def problems(self, fields: Sequence[Item]) -> Iterator[Problem]:
        """A field that is none of the diary's, or tells nothing."""
        types = {field.id: field.type for field in fields}
        kind = types.get(self.counts)
        if kind is None:
            message, advice = f"{self.counts!r} is no field", f"one of {', '.join(types)}"
            yield Problem(where="goal.counts", message=message, suggestion=advice)
        elif kind not in ("yes_no", "number", "scale"):
            message = f"{self.counts!r} is neither yes_no nor a number"
            yield Problem(where="goal.counts", message=message, suggestion="count by a yes_no, number or scale field")
        elif kind == "yes_no" and self.at_least is not None:
            yield Problem(where="goal.at_least", message="goes with a number", suggestion="leave it out")


class Span(NamedTuple):
    """A day or a week: when it begins, and how many entries in it counted."""

    begins: date
    counted: int


def spans(goal: Goal, counted: Sequence[tuple[date, int]]) -> tuple[Span, ...]:
    """The latest twelve days or weeks up to the last entry, also those without any, the oldest first."""
    totals = _totals(goal, counted)
    if not totals:
        return ()
    found: list[Span] = []
    begins = max(totals)
    while begins >= min(totals) and len(found) < _SHOWN:
        found.append(Span(begins, totals.get(begins, 0)))
        if (before := _before(begins, goal)) is None:
            break
        begins = before
    return tuple(reversed(found))


def streak(goal: Goal, counted: Sequence[tuple[date, int]]) -> int:
    """In how many days or weeks in a row the goal was met, up to the last entry; the last may still become one."""
    totals = _totals(goal, counted)
    met = {begins for begins, total in totals.items() if total >= goal.times}
    begins: date | None = max(totals) if totals else None
    if begins is not None and begins not in met:
        begins = _before(begins, goal)
    length = 0
    while begins in met:
        assert begins is not None
        length, begins = length + 1, _before(begins, goal)
    return length


def progress_table(goal: Goal, counted: Sequence[tuple[date, int]], reader: Reader) -> str:
    """The days or weeks in Markdown, and how many in a row; empty where there is nothing yet."""
    found = spans(goal, counted)
    if not found:
        return ""
    head = (_unit(goal, reader), reader.plain(phrases.DONE), reader.plain(phrases.GOAL))
    rows = [head, ("---", "---:", "---:"), *((str(one.begins), str(one.counted), str(goal.times)) for one in found)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{table}\n\n{reader.plain(phrases.IN_A_ROW)}: {streak(goal, counted)}"


def progress_picture(goal: Goal, counted: Sequence[tuple[date, int]], reader: Reader) -> str | None:
    """A bar for each day or week, full where the goal is met, with a dashed line at the goal."""
    found = spans(goal, counted)
    if not found:
        return None
    most = max(goal.times, *(span.counted for span in found))
    height = _TOP + len(found) * _ROW + 8
    longest = max(len(_value(span, goal)) for span in found)
    unit = (_END - 8 - longest * _LETTER - _FROM) / most
    goal_at = _FROM + unit * goal.times
    line = f'<path d="M{number(goal_at)} {_TOP - 4}V{height - 8}" stroke="{INK}" stroke-dasharray="4 3"/>'
    bars = (shape for at, span in enumerate(found) for shape in _bar(span, goal, _TOP + at * _ROW, unit))
    heads = (text(_unit(goal, reader), 8, 14), text(f"{reader.plain(phrases.GOAL)} {goal.times}", _END, 14, anchor="end"))
    told = "; ".join(f"{_unit(goal, reader)} {span.begins}: {span.counted}/{goal.times}" for span in found)
    return picture(reader.plain(phrases.PROGRESS), f"{told}.", height, (*heads, *bars, line))


def _bar(span: Span, goal: Goal, y: float, unit: float) -> Iterator[str]:
    is_met = span.counted >= goal.times
    yield text(str(span.begins), 8, y + 14)
    look = f'fill="{STRONG}"' if is_met else f'fill="{FILL}" stroke="{STRONG}" stroke-dasharray="3 2"'
    if span.counted:
        yield f'<rect x="{_FROM}" y="{number(y + 3)}" width="{number(unit * span.counted)}" height="14" {look}/>'
    yield text(_value(span, goal), _END, y + 14, anchor="end", weight="bold" if is_met else "normal")


def _value(span: Span, goal: Goal) -> str:
    return f"{span.counted}/{goal.times}{' ✓' if span.counted >= goal.times else ''}"


def _unit(goal: Goal, reader: Reader) -> str:
    return reader.plain(phrases.DAY if goal.per == "day" else phrases.WEEK)


def _totals(goal: Goal, counted: Sequence[tuple[date, int]]) -> dict[date, int]:
    totals: dict[date, int] = {}
    for on, number_of in counted:
        begins = on if goal.per == "day" else on - timedelta(days=on.weekday())
        totals[begins] = totals.get(begins, 0) + number_of
    return totals


def _before(begins: date, goal: Goal) -> date | None:
    """The day or week before; None before the first of all dates."""
    try:
        return begins - timedelta(days=1 if goal.per == "day" else 7)
    except OverflowError:
        return None
