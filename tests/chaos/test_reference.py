"""The reference stands on its own feet, and says of each thing that may not be that it may not."""

import ast
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from tests.chaos import reference
from tests.chaos.reference import PREVIOUS_DELIVERED, Facts, Happening, Step, journey_of

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
STEPS = (
    Step("a"),
    Step("b", required=False),
    Step("c", anchor="day", nudge="nudge"),
    Step("d", anchor=PREVIOUS_DELIVERED, regardless=True),
    Step("e", anchor="soon", needs=("a",)),
)
FACTS = Facts(
    {"soon": START + timedelta(seconds=2), "day": START + timedelta(seconds=30), "nudge": START + timedelta(seconds=40)},
    "Europe/London",
)


def story(*told: tuple[float, str, str]) -> list[Happening]:
    """What happened, so many seconds after the start."""
    found = [(0.0, "journey_started", ""), *told]
    return [
        Happening(at, START + timedelta(seconds=second), kind, what, (what,) if kind == "reminder_due" else ())
        for at, (second, kind, what) in enumerate(found, 1)
    ]


GOOD = (
    (0, "step_delivered", "a.1"),
    (5, "step_completed", "a.1"),
    (5, "step_delivered", "b.1"),
    (5, "step_delivered", "e.1"),
    (30, "step_delivered", "c.1"),
    (30, "step_delivered", "d.1"),
    (40, "reminder_due", "c.1"),
    (50, "step_completed", "c.1"),
    (51, "step_completed", "d.1"),
    (52, "step_completed", "e.1"),
    (52, "journey_completed", ""),
)


def test_the_reference_imports_nothing_of_ours() -> None:
    """A reference that imports what it checks checks nothing."""
    tree = ast.parse(Path(reference.__file__).read_text())
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_a_journey_that_keeps_the_rules_is_not_blamed() -> None:
    """Nothing is wrong with it, and nothing is owed."""
    journey = journey_of(STEPS, FACTS, story(*GOOD))
    assert (journey.wrong, journey.status, journey.owed(START + timedelta(hours=1))) == ([], "completed", [])


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("G1", [(0, "step_delivered", "a.1"), (1, "step_delivered", "b.1")]),
        ("T4", [*GOOD[:4], (29.9, "step_delivered", "c.1")]),
        ("twice", [*GOOD[:3], (6, "step_delivered", "b.1")]),
        ("G4", [(0, "step_delivered", "a.1"), (1, "step_delivered", "e.1")]),
        ("P1", [*GOOD[:2], (5, "journey_paused", ""), (6, "step_delivered", "b.1")]),
        ("P3", [*GOOD[:2], (5, "journey_stopped", ""), (6, "step_delivered", "b.1")]),
        ("P3", [*GOOD[:1], (5, "journey_stopped", ""), (6, "step_completed", "a.1")]),
        ("G10", [(0, "step_completed", "a.1")]),
        ("G9", [*GOOD[:2], (6, "step_completed", "a.1")]),
        ("G8", [*GOOD[:1], (6, "step_skipped", "a.1")]),
        ("R1", [*GOOD[:6], (39, "reminder_due", "c.1")]),
        ("R1", [*GOOD[:7], (41, "reminder_due", "c.1")]),
        ("R1", [*GOOD[:6], (41, "reminder_due", "d.1")]),
        ("R2", [*GOOD[:8], (51, "reminder_due", "c.1")]),
        ("R2", [*GOOD[:6], (39, "journey_paused", ""), (41, "reminder_due", "c.1")]),
        ("P1", [*GOOD[:2], (6, "journey_resumed", "")]),
        ("G11", [*GOOD[:8], (52, "journey_completed", "")]),
        ("no step", [(0, "step_delivered", "x.1")]),
        ("earlier than", [(5, "step_delivered", "a.1"), (4, "step_completed", "a.1")]),
    ],
)
def test_what_may_not_be_is_blamed(rule: str, told: list[tuple[float, str, str]]) -> None:
    """Each of these breaks one rule."""
    assert any(rule in one for one in journey_of(STEPS, FACTS, story(*told)).wrong)


def test_a_gap_between_events_is_blamed() -> None:
    """Numbers go on by one."""
    first, second, third = story(*GOOD[:2])
    assert journey_of(STEPS, FACTS, [first, second, Happening(4, third.at, third.kind, third.occurrence)]).wrong


def test_what_has_not_come_is_owed() -> None:
    """A gate that is open and a date that has passed; not while paused."""
    soon, later = START + timedelta(seconds=20), START + timedelta(seconds=31)
    journey = journey_of(STEPS, FACTS, story(*GOOD[:4]))
    assert (journey.owed(soon), journey.owed(later)) == ([], ["c.1"])
    assert journey_of(STEPS, FACTS, story(*GOOD[:4], (6, "journey_paused", ""))).owed(later) == []
    assert journey_of(STEPS, FACTS, story(*GOOD[:10])).owed(later) == ["completion"]


@pytest.mark.parametrize(("quiet", "is_blamed"), [((8, 10), True), ((10, 12), False), ((22, 10), True), ((22, 8), False)])
def test_quiet_hours_are_the_clients(quiet: tuple[int, int], is_blamed: bool) -> None:
    """They may wrap midnight, and are those of the client's own zone."""
    facts = Facts(FACTS.dates, "Europe/London", (time(quiet[0]), time(quiet[1])))
    wrong = journey_of(STEPS, facts, story((0, "step_delivered", "a.1"))).wrong
    assert any("T9" in one for one in wrong) is is_blamed
