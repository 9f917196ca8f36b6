"""Pathways to measure with: written as authors write them, as long as asked for."""

import json
from typing import Any

from engine.publishing import Published, compile_pathway


def daily(steps: int, days: int) -> Published:
    """So many steps spread over so many days: readings, questions with a score, reminders, deadlines, optional ones."""
    gap = max(1, days * 24 // steps)
    document = {
        "pathway": f"daily-{steps}",
        "title": "A step at a time",
        "zone": "Europe/Berlin",
        "steps": [_step(number, gap) for number in range(1, steps + 1)],
    }
    return compile_pathway(json.dumps(document), 1)


def _step(number: int, gap: int) -> dict[str, Any]:
    step: dict[str, Any] = {
        "id": f"step{number}",
        "title": f"Step {number}",
        "rationale": "It is one more.",
        "instructions": "Take your time.",
        "required": number % 5 != 0,
        "deliver": {"after": f"step{number - 1}.delivered", "offset": f"{gap} hours"} if number > 1 else {},
        "window": {"finish_by": "4 days"},
        "on_expiry": "continue",
        "reminders": {"after": ["1 day", "2 days"]},
    }
    if number % 3 == 0:
        item = {"id": "mood", "type": "scale", "text": "How are you today?", "min": 0, "max": 10}
        return {**step, "type": "questionnaire", "content": {"items": [item], "outcomes": ["mood"]}}
    return {**step, "type": "message", "content": {"body": "Read this."}}
