"""How clients of the past behaved: whether they answered, after how long, what a reminder did, and whether they stopped.

Times only, never an answer. With few observations a step borrows from its step type, and that from all steps; every
figure comes with the number of observations behind it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from statistics import quantiles
from typing import Literal

from pydantic import Field

from engine.base import Frozen, OccurrenceId
from engine.structure import StepStructure
from stepwell.whatif.acts import PROMPTED_WITHIN
from stepwell.whatif.recorded import Recorded

ENOUGH = 30
"""With fewer deliveries observed, a step says nothing by itself."""
STOPPED_AFTER = 4
"""So many deliveries in a row, up to the last, to which no answer came: the client had stopped."""
PATIENT = timedelta(days=14)
"""Open for so long without an answer, a step counts as not answered."""
_POINTS = 20
_HOUR = 3600

Hours = tuple[float, ...]


class Habit(Frozen):
    """What clients did with deliveries of one step, of one type, or of all."""

    deliveries: int = Field(ge=0)
    """How many were observed, not counting those after the client had stopped."""
    on_delivery: float = Field(ge=0, le=1)
    """The share answered without a reminder having brought it."""
    delay_hours: Hours = ()
    """Those answers, from delivery: 21 quantiles from the earliest to the latest."""
    reminders: int = Field(default=0, ge=0)
    """How many reminders of what was still open were observed."""
    on_reminder: float = Field(default=0, ge=0, le=1)
    """The share of them that brought the answer within 24 hours."""
    reminder_hours: Hours = ()
    """Those answers, from the reminder."""


class Fitted(Frozen):
    """Behaviour fitted from recorded journeys; save it as JSON and simulate with it."""

    kind: Literal["stepwell.behaviour/1"] = "stepwell.behaviour/1"
    pathway: str
    """`*`: of several."""
    journeys: int
    enough: int = ENOUGH
    """With fewer deliveries observed than this, a step goes by its type, and a type by all."""
    drop_off: float = Field(default=0, ge=0, le=1)
    """The chance, at each delivery, that the client answers nothing from there on."""
    stopped: int = 0
    """Clients who had stopped at the end."""
    every: Habit
    types: dict[str, Habit] = Field(default_factory=dict)
    steps: dict[str, Habit] = Field(default_factory=dict)

    def habit(self, step: StepStructure) -> Habit:
        """The most specific that enough was observed of."""
        return self._of(step)[1]

    def source(self, step: StepStructure) -> str:
        """What a step goes by: `step`, `type` or `every`."""
        return self._of(step)[0]

    def _of(self, step: StepStructure) -> tuple[str, Habit]:
        for words, found in (("step", self.steps.get(step.id)), ("type", self.types.get(step.type))):
            if found is not None and found.deliveries >= self.enough:
                return words, found
        return "every", self.every

    def client(self, draws: Random) -> "FittedClient":
        """One simulated client who behaves like that."""
        return FittedClient(self, draws)


class FittedClient:
    """Draws from what was observed."""

    def __init__(self, fitted: Fitted, draws: Random) -> None:
        self._fitted = fitted
        self._draws = draws
        self._has_stopped = False

    def on_delivery(self, step: StepStructure, number: int) -> timedelta | None:
        """After a drawn delay, or not because of the delivery."""
        habit = self._fitted.habit(step)
        stops, answers, delay = self._draws.random(), self._draws.random(), self._draws.random()
        self._has_stopped = self._has_stopped or stops < self._fitted.drop_off
        if self._has_stopped or answers >= habit.on_delivery:
            return None
        return _drawn(habit.delay_hours, delay)

    def on_reminder(self, step: StepStructure) -> timedelta | None:
        """After a drawn delay, or not because of this reminder."""
        habit = self._fitted.habit(step)
        answers, delay = self._draws.random(), self._draws.random()
        if self._has_stopped or answers >= habit.on_reminder:
            return None
        return _drawn(habit.reminder_hours, delay)


def _drawn(points: Hours, draw: float) -> timedelta | None:
    """The quantile, straight between those that are known."""
    if not points:
        return None
    place = draw * (len(points) - 1)
    low = int(place)
    high = min(low + 1, len(points) - 1)
    hours = points[low] + (points[high] - points[low]) * (place - low)
    return timedelta(seconds=round(hours * _HOUR))


def fit(recorded: Iterable[Recorded], *, until: datetime | None = None, enough: int = ENOUGH) -> Fitted:
    """Learn how clients behaved from what was recorded of them. The same journeys give the same bytes.

    A delivery counts once it is known what became of it: answered, skipped (which counts as an answer), closed, or open for
    14 days until the journey's end or `until`. One that is open for less, or that a practitioner excused, says nothing.
    Raises ValueError where there is nothing to learn from.
    """
    seen = _Seen(until)
    for one in recorded:
        seen.add(one)
    if not seen.every.deliveries:
        raise ValueError("there is nothing to learn from: no client has been sent a step that is over by now")
    pathways = sorted(seen.pathways)
    return Fitted(
        pathway=pathways[0] if len(pathways) == 1 else "*",
        journeys=seen.journeys,
        enough=enough,
        drop_off=round(seen.stopped / seen.at_risk, 4) if seen.at_risk else 0,
        stopped=seen.stopped,
        every=seen.every.habit(),
        types={name: found.habit() for name, found in sorted(seen.types.items()) if found.deliveries},
        steps={name: found.habit() for name, found in sorted(seen.steps.items()) if found.deliveries},
    )


@dataclass
class _Delivery:
    """One delivery to a client and what they did with it."""

    step: StepStructure
    at: datetime
    reminders: list[datetime] = field(default_factory=list)
    answered_at: datetime | None = None
    is_over: bool = False
    """Whether it is known what became of it."""
    is_excused: bool = False
    """Whether somebody let the client off it."""

    def prompted_by(self) -> datetime | None:
        """The reminder that brought the answer."""
        if self.answered_at is None:
            return None
        last = [one for one in self.reminders if one <= self.answered_at][-1:]
        return last[0] if last and self.answered_at - last[0] < PROMPTED_WITHIN else None


@dataclass
class _Group:
    deliveries: int = 0
    delays: list[float] = field(default_factory=list)
    reminders: int = 0
    prompted: list[float] = field(default_factory=list)

    def add(self, one: _Delivery) -> None:
        self.deliveries += 1
        prompted_by = one.prompted_by()
        self.reminders += sum(one.answered_at is None or at <= one.answered_at for at in one.reminders)
        if prompted_by is not None and one.answered_at is not None:
            self.prompted.append(_hours(prompted_by, one.answered_at))
        elif one.answered_at is not None:
            self.delays.append(_hours(one.at, one.answered_at))

    def habit(self) -> Habit:
        return Habit(
            deliveries=self.deliveries,
            on_delivery=_share(len(self.delays), self.deliveries),
            delay_hours=_points(self.delays),
            reminders=self.reminders,
            on_reminder=_share(len(self.prompted), self.reminders),
            reminder_hours=_points(self.prompted),
        )


@dataclass
class _Seen:
    """What all journeys together show."""

    until: datetime | None
    journeys: int = 0
    pathways: set[str] = field(default_factory=set)
    stopped: int = 0
    at_risk: int = 0
    every: _Group = field(default_factory=_Group)
    types: dict[str, _Group] = field(default_factory=dict)
    steps: dict[str, _Group] = field(default_factory=dict)

    def add(self, one: Recorded) -> None:
        self.journeys += 1
        self.pathways.add(one.structure.pathway)
        deliveries = [found for found in _deliveries(one) if self._tells(found, one)]
        going, has_stopped = _before_stopping(deliveries)
        self.stopped += has_stopped
        self.at_risk += len(going) + has_stopped
        for found in going:
            for group in (
                self.every,
                self.types.setdefault(found.step.type, _Group()),
                self.steps.setdefault(found.step.id, _Group()),
            ):
                group.add(found)

    def _tells(self, found: _Delivery, one: Recorded) -> bool:
        """Whether it is known what the client did with it."""
        if found.is_over or found.is_excused:
            return found.is_over and not found.is_excused
        until = max(self.until, one.last_at) if self.until is not None and not one.is_over else one.last_at
        return until - found.at >= PATIENT


def _before_stopping(deliveries: list[_Delivery]) -> tuple[list[_Delivery], bool]:
    """The deliveries up to where the client stopped, if they did."""
    last = max((at for at, one in enumerate(deliveries) if one.answered_at is not None), default=-1)
    if len(deliveries) - last - 1 >= STOPPED_AFTER:
        return deliveries[: last + 1], True
    return deliveries, False


def _deliveries(recorded: Recorded) -> list[_Delivery]:
    found: dict[OccurrenceId, _Delivery] = {}
    for event in recorded.events:
        match event.kind:
            case "step_delivered":
                step = recorded.structure.by_id.get(event.step)
                if step is not None and _is_clients(step):
                    found[event.occurrence] = _Delivery(step, event.at)
            case "reminder_due":
                for name in event.occurrences:
                    if name in found:
                        found[name].reminders.append(event.at)
            case "step_completed" | "step_skipped" | "step_expired" | "step_abandoned" | "step_excused" | "step_cancelled":
                known = found.get(event.occurrence)
                if known is None:
                    continue
                if event.kind in ("step_completed", "step_skipped"):
                    known.answered_at = known.answered_at or event.at
                known.is_over = known.is_over or event.kind not in ("step_excused", "step_cancelled")
                known.is_excused = known.is_excused or event.kind == "step_excused"
            case _:
                pass
    return sorted(found.values(), key=lambda one: one.at)


def _is_clients(step: StepStructure) -> bool:
    return step.actor == "client" and step.completes_on is None


def _hours(since: datetime, until: datetime) -> float:
    return (until - since).total_seconds() / _HOUR


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _points(hours: list[float]) -> Hours:
    """The quantiles, the earliest and the latest among them; few enough to say nothing of one person."""
    if not hours:
        return ()
    if len(hours) == 1:
        return (round(hours[0], 2),) * 2
    inner = quantiles(hours, n=_POINTS, method="inclusive")
    return tuple(round(one, 2) for one in (min(hours), *inner, max(hours)))


def middle_of(points: Hours) -> float | None:
    """The median of what 21 quantiles stand for."""
    return points[len(points) // 2] if points else None
