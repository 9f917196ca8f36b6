"""One past journey as the store tells it: everything that happened, with its instants, and the facts that were declared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.advance import StartFacts
from engine.base import ClientId, JourneyId, TenantId
from engine.events import Event, JourneyStarted
from engine.steptype import Outcome
from engine.structure import Structure, TimeWindow
from engine.view import fold


@dataclass(frozen=True)
class Recorded:
    """A journey from its first event to its last; no answers, only when they came and what they declared."""

    journey: str
    structure: Structure
    """The version it was lived on."""
    events: tuple[Event, ...]
    quiet_hours: tuple[TimeWindow | None, ...] = (None,)
    """The client's own when it began; no event tells them, so there may be several that it could have been."""
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """What each response declared, by its id."""

    @property
    def is_over(self) -> bool:
        """Whether it came to its end; completed, it may still have something open for a while."""
        return fold(self.events).status in ("completed", "stopped", "ended")

    @property
    def started(self) -> JourneyStarted:
        """Its first event. Raises ValueError where the beginning is missing."""
        first = self.events[0] if self.events else None
        if not isinstance(first, JourneyStarted):
            raise ValueError(f"the record of journey {self.journey} has no beginning")
        return first

    @property
    def last_at(self) -> datetime:
        """When the last thing happened."""
        return self.events[-1].at

    def facts(self, quiet_hours: TimeWindow | None) -> StartFacts:
        """What was known when it started."""
        started = self.started
        return StartFacts(
            journey=JourneyId(self.journey),  # what is drawn in a window is drawn from it (rule T8)
            tenant=TenantId("what-if"),
            client=ClientId("what-if"),
            zone=started.zone,
            quiet_hours=quiet_hours,
            dates=started.dates,
        )
