"""The lists of what holds name every check once, and tests that are there."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_STATES = ("holds", "in part", "not yet")


def _rows(page: str) -> list[list[str]]:
    lines = (_ROOT / "docs" / page).read_text().splitlines()
    cells = [[one.strip() for one in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in cells if re.fullmatch(r"(SC|RT|H)\d+", row[0])]


@pytest.mark.parametrize(
    ("page", "kind", "count"), [("trust.md", "SC", 30), ("reliability.md", "RT", 25), ("hazards.md", "H", 10)]
)
def test_every_check_is_there_once_and_in_order(page: str, kind: str, count: int) -> None:
    """Whoever drops one that does not hold is noticed."""
    assert [row[0] for row in _rows(page)] == [f"{kind}{number}" for number in range(1, count + 1)]


@pytest.mark.parametrize("page", ["trust.md", "reliability.md"])
def test_what_holds_names_its_tests_and_what_does_not_says_why(page: str) -> None:
    """Nothing is claimed without a test."""
    for row in _rows(page):
        name, state, said = row[0], row[2], row[3]
        assert state in _STATES, f"{name} is {state!r}: write one of {_STATES}"
        assert said, f"{name} says nothing"
        if state == "holds":
            assert "`tests/" in said or "matrix" in said, f"{name} holds by no test"


@pytest.mark.parametrize("page", ["trust.md", "reliability.md", "hazards.md"])
def test_every_test_that_is_named_is_there(page: str) -> None:
    """By its file, and by its name in it."""
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`", (_ROOT / "docs" / page).read_text())
    assert len(named) >= 10
    for file, test in named:
        source = _ROOT / file
        assert source.exists(), f"{page} names {file}"
        assert not test or re.search(rf"def {test}\b", source.read_text()), f"{page} names {file}::{test}"
