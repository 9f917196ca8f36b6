"""What every rule looks at: the structure, the journey, its zone and the instant it is."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.base import occurrence_id
from engine.calendar import hold_quiet
from engine.journey import Journey, Occurrence
from engine.structure import StepStructure, Structure


class Moment(NamedTuple):
    """One journey at one instant."""

    structure: Structure
    journey: Journey
    zone: ZoneInfo
    now: datetime

    def quiet(self, instant: datetime, step: StepStructure) -> datetime:
        """The instant, held to the end of quiet hours where they concern this step (rule T9)."""
        if step.urgent or step.reader != "client":
            return instant
        return hold_quiet(instant, self.journey.quiet_hours or self.structure.quiet_hours, self.zone)

    def find(self, step: StepStructure, number: int) -> Occurrence | None:
        """The occurrence, if anything is kept of it."""
        return self.journey.occurrences.get(occurrence_id(step.id, number))
