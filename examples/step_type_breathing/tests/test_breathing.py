"""The type keeps what Stepwell relies on, and its activity draws a sheet."""

import asyncio
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest
from stepwell_breathing import BreathingStep
from stepwell_breathing.preparing import FOLDER, prepare

from stepwell.step_types import Perform
from stepwell.testing import check_step_type, read_cases

EFFECT = Perform.model_validate(
    {
        "id": "jou_1/breathe.1/breathing.prepare/1",
        "tenant": "default",
        "journey": "jou_1/../x",
        "client": "anna",
        "pathway": "calm",
        "version": 1,
        "step": "breathe",
        "occurrence": "breathe.1",
        "activity": "breathing.prepare",
        "run": 1,
        "patience": None,
        "details": {"inhale": "4", "hold": "1", "exhale": "7"},
    }
)


def test_it_keeps_every_rule() -> None:
    """On its own cases."""
    check_step_type(BreathingStep, cases=read_cases(Path(__file__).parent / "cases.yaml"))


def test_a_sheet_is_drawn_once_however_often_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into its folder and nowhere else, whatever a journey is called."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert not asyncio.run(prepare(EFFECT)).completes
    asyncio.run(prepare(EFFECT))
    (drawn,) = tmp_path.iterdir()
    assert parse(drawn).getroot().tag.endswith("svg")  # noqa: S314  # our own picture
