"""The pictures of the console: pure, the same for the same, readable without seeing them, and inert whatever stands in them."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from stepwell.console import charts
from stepwell.console.graph import gate_words, graph, links, timing_words
from stepwell.console.timeline import Frame, Span, timeline, whole
from tests.pathways import example

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 3, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOSTILE = "<script>alert(1)</script>\"'&\u202e"
SPANS = [
    Span("why.1", "Why it helps", "completed", "●", "Why it helps (why.1): completed", NOW - 9 * DAY, NOW - 7 * DAY),
    Span(
        "log.1",
        "A log with a title that is longer than its place",
        "open",
        "◔",
        "A log (log.1): open",
        NOW - 2 * DAY,
        None,
        NOW + 3 * DAY,
        (NOW - DAY,),
        (NOW + DAY,),
    ),
    Span("held.1", HOSTILE, "holds", "✕", HOSTILE, NOW - 5 * DAY, NOW - 4 * DAY),
    Span("next.1", "Next", "waiting", "○", "Next (next.1): waiting", NOW + 5 * DAY, is_certain=False),
    Span("date.1", "Before the operation", "waiting", "○", "Before the operation (date.1): waits for date surgery", None),
]
BARS = [
    charts.Bar("Welcome", 40, 30, 6, 4, "Welcome: 30 of 40"),
    charts.Bar(HOSTILE, 30, 10, 20, 0, HOSTILE),
    charts.Bar("Last", 0, 0, 0, 0, "x"),
]
WEEKS = [
    charts.Week(date(2026, 1, 5) + timedelta(weeks=number), offered, offered // 2, offered // 3)
    for number, offered in enumerate((10, 0, 7, 30))
]


def _timeline(frame: Frame | None = None) -> str:
    return timeline(SPANS, frame or whole(SPANS, NOW), now=NOW, zone="Europe/London", title="A journey")


PICTURES = {
    "timeline": _timeline,
    "funnel": lambda: charts.funnel(BARS, title="How far"),
    "adherence": lambda: charts.adherence(WEEKS, title="By week"),
    "graph": lambda: graph(example("tour").structure, example("tour").contents, title="The tour"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_what_it_was(name: str) -> None:
    """Byte for byte; rewritten with STEPWELL_GOLDEN=write."""
    file = GOLDEN / f"{name}.svg"
    drawn = PICTURES[name]() + "\n"
    if os.environ.get("STEPWELL_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(drawn)
    assert drawn == file.read_text()


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_named_described_and_inert(name: str) -> None:
    """XML with a title and a description; no script, no style, nothing from elsewhere, every hostile word a word."""
    root = ElementTree.fromstring(PICTURES[name]())  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title") is not None
    assert root.find(f"{space}desc") is not None
    for one in root.iter():
        assert one.tag.removeprefix(space) in {"svg", "title", "desc", "g", "a", "clipPath", "rect", "path", "line", "text"}
        assert not [attribute for attribute in one.attrib if attribute.startswith(("on", "style"))]
        assert one.attrib.get("href", "#").startswith("#")


def test_every_line_of_a_journey_can_be_reached_and_says_itself() -> None:
    """By the keyboard and by whoever does not see it: a link to its row, with all of it in words."""
    root = ElementTree.fromstring(_timeline())  # noqa: S314
    links_there = [one.attrib for one in root.iter("{http://www.w3.org/2000/svg}a")]
    assert [one["href"] for one in links_there] == [f"#row-{span.occurrence}" for span in SPANS]
    assert [one["aria-label"] for one in links_there][1] == "A log (log.1): open"


def test_what_is_outside_of_the_frame_is_not_drawn_and_what_crosses_it_is_cut() -> None:
    """Zoomed to a day, a bar that began before fills it."""
    svg = _timeline(Frame(NOW - timedelta(hours=12), NOW + timedelta(hours=12)))
    assert svg.count('class="bar"') == 1
    assert 'class="point' not in svg


def test_zooming_and_moving_are_undone_by_their_opposites() -> None:
    """In and out, there and back; never smaller than an hour."""
    frame = Frame(NOW, NOW + 10 * DAY)
    assert frame.zoomed(0.5).zoomed(2) == frame
    assert frame.moved(0.5).moved(-0.5) == frame
    small = Frame(NOW, NOW + timedelta(minutes=61)).zoomed(0.5)
    assert small.ends - small.begins == timedelta(hours=1)


def test_an_empty_journey_is_a_picture_too() -> None:
    """Nothing was delivered yet."""
    svg = timeline([], whole([], NOW), now=NOW, zone="UTC", title="Nothing yet")
    assert "0 steps" in svg


def test_what_waits_for_what_is_drawn_and_said() -> None:
    """Gates, needs, conditions and anchors of the example that has them all."""
    structure = example("depression-homework").structure
    found = {(one.source, one.target): one.kind for one in links(structure)}
    assert found["why", "phq9_start"] == "gate"
    assert found["phq9_start", "phq9_end"] == "anchor"
    assert found["phq9_week3", "extra_support"] == "when"
    steps = structure.by_id
    assert timing_words(steps["phq9_end"]) == "42 days after phq9_start is completed, at 10:00"  # type: ignore[index]
    assert "only when outcomes.phq9_week3.score" in gate_words(steps["extra_support"])  # type: ignore[index]
