"""The step's own activity: it runs when the step is delivered, in a worker, and may touch the world."""

import asyncio
import os
import re
from pathlib import Path

from temporalio import activity

from stepwell.step_types import Perform, Performed
from stepwell_breathing.pace import Pace, sheet

PREPARE = "breathing.prepare"
FOLDER = "BREATHING_SHEETS"


@activity.defn(name=PREPARE)
async def prepare(effect: Perform) -> Performed:
    """Draw the cue sheet of this delivery. Drawn again, it is the same file: an activity may run more than once."""
    pace = Pace(*(int(effect.details[name]) for name in Pace._fields))
    await asyncio.to_thread(_write, _file_for(effect), sheet(pace))
    return Performed(completes=False)


def _file_for(effect: Perform) -> Path:
    name = re.sub(r"[^\w.-]", "_", f"{effect.journey}-{effect.occurrence}")
    return Path(os.environ.get(FOLDER, "cue-sheets")) / f"{name}.svg"


def _write(file: Path, drawn: str) -> None:
    """Whole or not at all: whoever reads it never sees half a sheet."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part")
    unfinished.write_text(drawn, encoding="utf-8")
    unfinished.replace(file)
