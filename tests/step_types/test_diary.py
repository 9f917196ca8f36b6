"""A diary counts towards its goal, day by day or week by week."""

from datetime import date, timedelta
from typing import Any

import pytest

from engine.steps.diary import DiaryContent, DiaryResponse, DiaryStep
from engine.steptype import Answered
from engine.words import Reader
from tests.step_types.svg import SVG, description, read, words

DIARY = DiaryStep()
EN = Reader(language="en")
MONDAY = date(2026, 3, 2)


def diary(per: str = "week", times: int = 3, **more: Any) -> DiaryContent:
    fields = [{"id": "did", "type": "yes_no", "text": "Did you?", "required": False}]
    fields.append({"id": "long", "type": "number", "text": "How long?", "required": False})
    goal = {"times": times, "per": per, "counts": "did", **more}
    return DiaryContent.model_validate({"prompt": "Write.", "fields": fields, "goal": goal})


def day(after: int, *did: bool) -> Answered[DiaryResponse]:
    """What was written so many days after the Monday."""
    entries = [{"answers": {"did": one}} for one in did]
    return Answered(DiaryResponse.model_validate({"entries": entries}), MONDAY + timedelta(days=after))


def rows(report: str) -> list[tuple[str, str]]:
    """Every day or week of the table, with what was done in it."""
    lines = [line.strip("| ").split(" | ") for line in report.splitlines() if line.startswith("| 2")]
    return [(line[0], line[1]) for line in lines]


def last_line(report: str) -> str:
    return report.splitlines()[-1]


def test_without_a_goal_there_is_no_progress() -> None:
    """Nothing to report, nothing to draw."""
    content = DiaryContent.model_validate({"prompt": "Write.", "fields": [{"id": "a", "type": "text", "text": "A"}]})
    assert DIARY.report(content, [day(0)], EN) == ""
    assert DIARY.picture(content, [day(0)], EN) is None


def test_before_the_first_entry_there_is_no_progress() -> None:
    """An empty table would say that nothing was done."""
    assert DIARY.report(diary(), [], EN) == ""
    assert DIARY.picture(diary(), [], EN) is None


def test_D23_weeks_begin_on_monday_and_count_what_counts() -> None:
    """Several responses in a week are one number; a No is none; a week without a response is there."""
    several = [day(0, True, False), day(6, True), day(7, True), day(21, True, True, True, True)]
    report = DIARY.report(diary(), several, EN)
    assert rows(report) == [("2026-03-02", "2"), ("2026-03-09", "1"), ("2026-03-16", "0"), ("2026-03-23", "4")]
    assert report.startswith("| Week from | Done | Goal |")
    assert last_line(report) == "Goal met in a row: 1"


def test_days_count_by_themselves() -> None:
    """Two prompts on one day belong together."""
    several = [day(0, True), day(0, True), day(1, True, True), day(2, True)]
    report = DIARY.report(diary("day", 2), several, EN)
    assert rows(report) == [("2026-03-02", "2"), ("2026-03-03", "2"), ("2026-03-04", "1")]


@pytest.mark.parametrize(
    ("counts", "row"),
    [([2], 1), ([2, 2], 2), ([2, 2, 1], 2), ([2, 1, 1], 0), ([2, 2, 0, 2], 1), ([1], 0), ([], 0), ([2, None, 2], 1)],
)
def test_a_row_breaks_where_a_day_was_missed_but_not_by_the_last(counts: list[int | None], row: int) -> None:
    """The last day may still come to its goal."""
    several = [day(at, *[True] * count) for at, count in enumerate(counts) if count is not None]
    report = DIARY.report(diary("day", 2), several, EN)
    assert (last_line(report) if report else "Goal met in a row: 0") == f"Goal met in a row: {row}"


def test_a_number_counts_from_its_least() -> None:
    """Without a least one, any number does."""
    response = DiaryResponse.model_validate(
        {"entries": [{"answers": {"long": 19.5}}, {"answers": {"long": 20}}, {"answers": {}}]}
    )
    for least, counted in ((20, 1), (None, 2)):
        assert DIARY.judge(diary(counts="long", at_least=least), response) == {"entries": 3, "counted": counted}


def test_years_of_diary_are_twelve_rows() -> None:
    """The table and the picture stay readable; the row is counted all the way back."""
    report = DIARY.report(diary("day", 1), [day(at, True) for at in range(1000)], EN)
    assert len(rows(report)) == 12
    assert last_line(report) == "Goal met in a row: 1000"


@pytest.mark.parametrize("per", ["day", "week"])
def test_the_first_and_the_last_of_all_days_do_no_harm(per: str) -> None:
    """A calendar ends on both sides."""
    several = [Answered(day(0, True).response, on) for on in (date.min, date.max)]
    assert len(rows(DIARY.report(diary(per, 1), several, EN).replace("| 9", "| 29"))) == 12
    assert last_line(DIARY.report(diary(per, 1), several[:1], EN)) == "Goal met in a row: 1"


def test_the_picture_says_it_in_words() -> None:
    """A bar for each week, its numbers beside it, a tick where the goal is met."""
    root = read(DIARY.picture(diary(), [day(0, True), day(7, True, True, True)], EN))
    assert words(root) == ["Week from", "Goal 3", "2026-03-02", "1/3", "2026-03-09", "3/3 ✓"]
    assert description(root) == "Week from 2026-03-02: 1/3; Week from 2026-03-09: 3/3."


def test_bars_end_before_their_numbers() -> None:
    """Also where a thousand are wanted and more were done."""
    several = [day(0, *[True] * 100)] * 11
    root = read(DIARY.picture(diary("day", 1000), several, EN))
    assert words(root)[-1] == "1100/1000 ✓"
    bar = root.findall(f"{SVG}rect")[-1]
    assert float(bar.get("x", 0)) + float(bar.get("width", 0)) < 312 - 11 * 8


def test_an_entry_added_later_replaces_the_day() -> None:
    """The diary takes another response, and each says all there is."""
    assert DIARY.revisable
    assert DIARY.judge(diary(), day(0, True).response) == {"entries": 1, "counted": 1}
    assert DIARY.judge(diary(), day(0, True, True).response) == {"entries": 2, "counted": 2}
