"""When a step comes again (rule T11)."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from engine.base import occurrence_id
from engine.calendar import add_to_wall, from_wall, midnight, next_slot, wall
from engine.journey import Journey
from engine.structure import AnchorKind, Repeat, StepStructure, Timing
from engine.zones import zone_of

MOST = 1000
"""No step comes more often in one journey."""

FROM_OUTSIDE: tuple[AnchorKind, ...] = ("date", "fixed")
"""Anchors that a pause does not move (rule P1)."""


def moved_by_pauses(due: datetime, since: datetime, journey: Journey) -> datetime:
    """Move an instant on by every freezing pause that began while it was still ahead (rule P1)."""
    for pause in journey.pauses:
        if pause.mode != "freeze" or pause.until is None or pause.until <= since:
            continue
        began = max(pause.since, since)
        if began >= due:
            break
        due += pause.until - began
    return due


class Series(NamedTuple):
    """A repeated step from its first due instant on, which later ones keep the wall time of."""

    step: StepStructure
    repeat: Repeat
    first_at: datetime
    first_wall: datetime
    counted: int = 1
    """The number of the occurrence that `first_at` stands for; a migration may let the series begin anew (rule E2)."""

    @classmethod
    def beginning(cls, step: StepStructure, first_at: datetime, zone: ZoneInfo) -> "Series | None":
        """The series that begins at an instant; None for a step that comes once."""
        return cls(step, step.repeat, first_at, wall(first_at, zone)) if step.repeat else None

    @classmethod
    def of(cls, step: StepStructure, journey: Journey) -> "Series | None":
        """The series of a step whose first occurrence is no longer waiting."""
        first = journey.occurrences.get(occurrence_id(step.id, 1))
        if first is None or first.due_at is None:
            return None
        restart = journey.restarts.get(step.id)
        if restart is not None and restart.reached and step.repeat is not None:
            base = wall(restart.at, zone_of(journey.zone))
            return cls(step, step.repeat, restart.at, base, restart.reached)
        return cls.beginning(step, first.due_at, zone_of(first.zone or journey.zone))

    def due(self, number: int, journey: Journey, zone: ZoneInfo, draw: float = 0.0) -> datetime | None:
        """When occurrence `number`, from the second on, is due; None beyond the end."""
        slot = self.slot(number, journey, zone, draw)
        return slot[0] if slot else None

    def slot(self, number: int, journey: Journey, zone: ZoneInfo, draw: float) -> tuple[datetime, str | None] | None:
        """The same, with the words for the window it was drawn in."""
        planned = None if number > min(self.repeat.count or MOST, MOST) else self._planned(number, zone)
        if planned is None or self._is_past_end(planned, zone):
            return None
        return self._shaped(planned, journey, zone, draw)

    def closing(self, number: int, journey: Journey, zone: ZoneInfo) -> datetime:
        """When the one after `number` is due, or would be if the step went on."""
        following = self._planned(number + 1, zone)
        if following is None:  # the RRULE itself ends: as long again as the time before
            this = self._planned(number, zone) or self.first_at
            before = self._planned(number - 1, zone) if number > self.counted else None
            following = this + (this - before if before else timedelta(days=1))
        return self._shaped(following, journey, zone, 0.0)[0]

    def total(self, reached: int, journey: Journey, zone: ZoneInfo) -> int:
        """How many occurrences there will be, `reached` of which are no longer waiting."""
        while self.due(reached + 1, journey, zone) is not None:
            reached += 1
        return reached

    def _planned(self, number: int, zone: ZoneInfo) -> datetime | None:
        later = number - self.counted
        if later == 0:
            return self.first_at
        if self.repeat.rrule:
            walls = _rrule_walls(self.repeat.rrule, self.first_wall)
            return from_wall(walls[later - 1], zone) if later <= len(walls) else None
        every = self.repeat.every
        assert every is not None
        elapsed = timedelta(minutes=every.minutes * later)
        if not every.is_calendar:
            return self.first_at + elapsed
        return from_wall(add_to_wall(self.first_wall, every, later), zone) + elapsed

    def _is_past_end(self, planned: datetime, zone: ZoneInfo) -> bool:
        if self.repeat.until is not None:
            return wall(planned, zone).date() > self.repeat.until
        lasting = self.repeat.lasting
        if lasting is None:
            return False
        end = from_wall(add_to_wall(self.first_wall, lasting), zone) if lasting.is_calendar else self.first_at
        return planned >= end + timedelta(minutes=lasting.minutes)

    def _shaped(self, planned: datetime, journey: Journey, zone: ZoneInfo, draw: float) -> tuple[datetime, str | None]:
        timing = self.step.timing
        stays = timing.anchor.kind in FROM_OUTSIDE
        moved = planned if stays else moved_by_pauses(planned, self.first_at, journey)
        if not self._keeps_wall_time:
            return moved, None
        if timing.between:
            after = midnight(wall(moved, zone).date(), zone) if moved == planned else moved
            return next_slot(Timing(anchor=timing.anchor, between=timing.between), after, zone, draw)
        if moved == planned:
            return moved, None
        local = wall(moved, zone)
        day = local.date() if local.time() <= self.first_wall.time() else local.date() + timedelta(days=1)
        return from_wall(datetime.combine(day, self.first_wall.time()), zone), None

    @property
    def _keeps_wall_time(self) -> bool:
        return self.repeat.rrule is not None or (self.repeat.every is not None and self.repeat.every.is_calendar)


@lru_cache(maxsize=1024)
def _rrule_walls(rrule: str, first_wall: datetime) -> tuple[datetime, ...]:
    walls: list[datetime] = []
    for one in rrulestr(rrule, dtstart=first_wall):
        if one > first_wall:
            walls.append(one)
        if len(walls) >= MOST:
            break
    return tuple(walls)
