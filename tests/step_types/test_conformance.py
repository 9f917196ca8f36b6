"""Every built-in step type comes through the door that is open to others, and has its cases and its page."""

from pathlib import Path

import pytest

from engine.steps import BUILT_IN
from engine.steptype import AnyStepType
from stepwell.testing import check_step_type, read_cases

CASES = Path(__file__).parent / "cases"
PAGES = Path(__file__).parents[2] / "docs" / "step-types"
NAMES = {kind.name for kind in BUILT_IN}


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_a_built_in_type_keeps_every_rule_on_its_own_cases(kind: AnyStepType) -> None:
    """A type without a file of cases fails here; so does one that breaks a rule, or a case in it."""
    check_step_type(kind, cases=read_cases(CASES / f"{kind.name}.yaml"))


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_cases_show_what_is_right_and_what_is_found_wrong(kind: AnyStepType) -> None:
    """Both kinds, each with a name of its own."""
    cases = read_cases(CASES / f"{kind.name}.yaml")
    assert {key for case in cases for key in case} >= {"content", "wrong_content"}
    names = [case["name"] for case in cases]
    assert len(set(names)) == len(names)
    assert any(case.get("accepted") or case.get("refused") for case in cases)


def test_nothing_is_left_over() -> None:
    """A file of cases or a page of a type that there is not is a misspelt name."""
    assert {file.stem for file in CASES.iterdir()} == NAMES
    assert {file.stem for file in PAGES.iterdir()} == NAMES
