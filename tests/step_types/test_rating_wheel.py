"""The wheel shows what is and what has changed, to those who see colours and those who do not."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.steps.rating_wheel import RatingWheelContent, RatingWheelResponse, RatingWheelStep
from engine.steptype import Answered
from engine.words import Reader
from stepwell.rendering import html
from tests.step_types.svg import SVG, description, read, words

WHEEL = RatingWheelStep()
EN, DE = Reader(language="en"), Reader(language="de")


def wheel(*labels: Any, wishes: bool = False) -> RatingWheelContent:
    domains = [{"id": f"d{at}", "label": label} for at, label in enumerate(labels)]
    return RatingWheelContent.model_validate({"prompt": "Rate.", "domains": domains, "wishes": wishes})


def answered(*ratings: int, **wishes: int) -> Answered[RatingWheelResponse]:
    given_in = {"ratings": {f"d{at}": rating for at, rating in enumerate(ratings)}, "wishes": wishes}
    return Answered(RatingWheelResponse.model_validate(given_in), date(2026, 3, 2))


def test_nothing_answered_is_no_picture() -> None:
    """And no report."""
    assert WHEEL.picture(wheel("A", "B"), [], EN) is None
    assert WHEEL.report(wheel("A", "B"), [], EN) == ""


def test_the_first_wheel_has_nothing_to_compare() -> None:
    """Values only, and a key that explains nothing that is not there."""
    root = read(WHEEL.picture(wheel("Work", "Home"), [answered(4, 7)], EN))
    assert words(root) == ["1", "2", "Now", "1", "Work", "4", "2", "Home", "7"]
    assert description(root) == "Work: Now 4. Home: Now 7."


def test_D21_D39_every_value_and_change_is_written() -> None:
    """Of the latest two, in the list, in the description and in the table."""
    several = [answered(9, 9, 9), answered(4, 7, 5), answered(6, 6, 5, d1=10)]
    content = wheel("Work", "Home", "Play", wishes=True)
    root = read(WHEEL.picture(content, several, EN))
    assert {"6 (+2)", "6 (−1)", "5 (±0)", "10", "Before", "Wish"} <= set(words(root))
    told = "Work: Now 6, Before 4, Change +2. Home: Now 6, Before 7, Change −1, Wish 10. Play: Now 5, Before 5, Change ±0."
    assert description(root) == told
    assert WHEEL.report(content, several, DE).splitlines() == [
        "| Bereich | Vorher | Jetzt | Veränderung | Wunsch |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| Work | 4 | 6 | +2 | – |",
        "| Home | 7 | 6 | −1 | 10 |",
        "| Play | 5 | 5 | ±0 | – |",
    ]


def test_a_domain_that_is_new_has_no_value_before() -> None:
    """The content may have changed between two answers, either way."""
    root = read(WHEEL.picture(wheel("Work", "Home"), [answered(4), answered(6, 6)], EN))
    assert description(root) == "Work: Now 6, Before 4, Change +2. Home: Now 6."
    root = read(WHEEL.picture(wheel("Work", "Home", "New"), [answered(4, 4), answered(6, 6)], EN))
    assert "–" in words(root)
    assert WHEEL.report(wheel("A", "B", "C"), [answered(4, 4)], EN).splitlines()[-1] == "| C | – | – | – |"


HOSTILE = (
    "<script>alert(1)</script>",
    '"/><image href="x"/>',
    "&amp;&#x202e;",
    "a\u202eb\u2066c",
    "\x00\x1b\ufffe",
    "]]>",
)


def test_labels_are_words_and_nothing_else() -> None:
    """Whatever an author writes, the picture stays one picture and the table one table."""
    content = wheel(*HOSTILE, "| x |\n| y |", "[l](javascript:x)")
    several = [answered(*range(1, 9)), answered(*range(2, 10))]
    root = read(WHEEL.picture(content, several, EN))
    assert "<script>alert(1)</script>" in " ".join(words(root))
    table = html(WHEEL.report(content, several, EN))
    assert table.count("<tr>") == 9
    assert table.count("<td") == 8 * 4
    assert "javascript" in table
    assert "<a" not in table


@settings(max_examples=60, deadline=None)
@given(labels=st.lists(st.text(min_size=1, max_size=80), min_size=2, max_size=12), fill=st.integers(1, 10))
def test_any_label_stays_in_its_place(labels: list[str], fill: int) -> None:
    """Two lines for a label at most, and a picture that can be read as XML."""
    root = read(WHEEL.picture(wheel(*labels), [answered(*[fill] * len(labels))] * 2, EN))
    assert len(words(root)) <= 2 + len(labels) * 5


@pytest.mark.parametrize(
    "label", ["W" * 80, "漢" * 80, "Persönlichkeitsentwicklung und " * 2, "e" + "\u0301" * 79, "שלום " * 16]
)
def test_long_labels_end_before_the_values(label: str) -> None:
    """They are cut with `…`, and whole in the description."""
    root = read(WHEEL.picture(wheel(label, "B"), [answered(4, 7)], EN))
    lines = [line for line in words(root) if line[0] in label]
    assert 1 <= len(lines) <= 2
    assert all(len(line) <= 80 for line in lines)
    assert " ".join(label.split()) in description(root)


def test_nothing_is_drawn_outside_of_the_picture() -> None:
    """Also with twelve areas, all of them wishes at ten."""
    ratings = [10] * 12
    content = wheel(*[f"Area {at}" for at in range(12)], wishes=True)
    root = read(WHEEL.picture(content, [answered(*ratings, **{f"d{at}": 10 for at in range(12)})] * 2, EN))
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    for element in root.iter():
        for name, most in (("x", width), ("cx", width), ("y", height), ("cy", height)):
            assert 0 <= float(element.get(name, 0)) <= most
        if element.tag == f"{SVG}circle":
            radius = float(element.get("r", 0))
            assert float(element.get("cx", 0)) + radius <= width
            assert float(element.get("cy", 0)) + radius <= height
