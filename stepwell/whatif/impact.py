"""What publishing a pathway would bring: to one client, to the practice, and to nobody."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Literal

from engine.advance import StartFacts
from engine.agenda import closing_of
from engine.base import ClientId, Frozen, JourneyId, OccurrenceId, StepId, TenantId
from engine.calendar import from_wall
from engine.journey import Journey
from engine.publishing import Published
from engine.steps import StepTypes
from engine.structure import StepStructure, Structure
from engine.zones import zone_of
from stepwell.behaviour import Behaviour, behaviour
from stepwell.simulation import Answers, Life, dates_of
from stepwell.whatif.fitting import Fitted

FOLLOWED = timedelta(days=730)
SAMPLE = 100
_BOUNDS = 10
"""Drawn answers open and close branches: each bound is the outermost of so many lives."""
_WEEK = 7
_WORKING_DAYS = 5
_MOST_WEEKS = 104

Silent = Literal["completed", "ended", "held", "waiting"]


class NoEnd(Frozen):
    """A required step at which a journey may stay for ever."""

    step: StepId
    why: str


class StepReach(Frozen):
    """How many of the simulated clients a step came to."""

    step: StepId
    reached: float
    """The share, between 0 and 1."""
    at_an_edge: bool = False
    """Whether somebody was sent it who did everything at once, at its closing, or nothing."""
    why: str = ""
    """Where no simulated client was sent it: why."""


class DayLoad(Frozen):
    """What a day of the week brings, once clients have been starting for long."""

    weekday: str
    contacts: float
    """Messages to clients."""
    told: float
    """Messages to practitioners."""


class RunningOn(Frozen):
    """Journeys that would stay where they are: publishing moves nobody."""

    version: int
    journeys: int


class Impact(Frozen):
    """What publishing it would bring."""

    pathway: str
    sample: int
    """How many clients were simulated."""
    behaviour: str
    seed: int
    start: date
    per_week: int
    """How many clients start in a week, spread over Monday to Friday."""
    shortest_days: float | None
    """Everything done the moment it comes. None: even then it does not come to an end within two years."""
    longest_days: float | None
    """Everything done just before it closes. None: it may never end, `no_end` says why."""
    no_end: tuple[NoEnd, ...]
    silent: Silent
    """What becomes of a client who never answers: `held` waits for a practitioner, `waiting` for the client, for ever."""
    silent_days: float | None
    """After how many days; None: never."""
    most_contacts: int
    """The most messages one client got on one local day, in any life."""
    most_contacts_on: int | None
    """Which day of the journey that was; the first is 1."""
    contacts_per_client: float
    contacts_per_week: float
    """Over the practice, once clients have been starting for as long as a journey lasts."""
    told_per_week: float
    """Messages to practitioners."""
    reviews_per_week: float
    """Steps for practitioners that become due."""
    busiest: DayLoad
    days: tuple[DayLoad, ...]
    """Monday to Sunday."""
    weeks: tuple[float, ...]
    """Messages to one client in each week of the journey."""
    steps: tuple[StepReach, ...]
    running: tuple[RunningOn, ...] | None = None
    """None: not asked."""

    @property
    def unreached(self) -> tuple[StepReach, ...]:
        """The steps that nobody was sent, in whatever life."""
        return tuple(one for one in self.steps if not one.reached and not one.at_an_edge)


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


Edge = Literal["at once", "at closing", "never"]
_START_OF_DAY = time(9)


def impact(
    published: Published,
    types: StepTypes,
    *,
    per_week: int,
    start: date,
    sample: int = SAMPLE,
    behaviour_name: str = "mixed",
    fitted: Fitted | None = None,
    seed: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> Impact:
    """What publishing it would bring, if so many clients start in a week. The same seed gives the same bytes.

    Clients are followed for two years at most. Raises ValueError for an unknown behaviour.
    """
    whole = _Impact(published, types, start, seed)
    behaves = fitted.client if fitted is not None else lambda draws: behaviour(behaviour_name, draws)
    for number in range(sample):
        whole.add(number, behaves)
        progress(number + 1)
    return whole.result(per_week, sample, "fitted" if fitted is not None else behaviour_name)


class _Impact:
    def __init__(self, published: Published, types: StepTypes, start: date, seed: int) -> None:
        self._structure = published.structure.with_every_type()
        self._answers = Answers(published, types)
        self._monday = start - timedelta(days=start.weekday())
        self._seed = seed
        self._dates = dates_of(self._structure)
        self._contacts: Counter[int] = Counter()
        self._others: Counter[int] = Counter()
        self._weeks: Counter[int] = Counter()
        self._most = (0, 0)
        """The most messages on one day, and (less than nothing) on which day of the journey."""
        self._reached: Counter[StepId] = Counter()
        self._not_applicable: Counter[StepId] = Counter()
        self._reviews = 0

    def add(self, number: int, behaves: Callable[[Random], Behaviour]) -> None:
        """Live one client's life, from one of the working days."""
        begins_on = self._monday + timedelta(days=number % _WORKING_DAYS)
        life = Life(self._structure, self._answers, *self._start(f"{number}", begins_on), behaves, self._draws(f"{number}"))
        life.live(life.turn.journey.started_at + FOLLOWED)
        self._note_contacts(life, begins_on)
        for day, count in life.contacts.items():
            self._contacts[day.weekday()] += count
            self._weeks[min((day - begins_on).days // _WEEK, _MOST_WEEKS)] += count
        for day, count in life.others.items():
            self._others[day.weekday()] += count
        for step in self._structure.steps:
            counted = life.steps[step.id]
            self._reached[step.id] += counted["delivered"] > 0
            self._not_applicable[step.id] += counted["not_applicable"] > 0
            self._reviews += counted["delivered"] if step.actor == "practitioner" and step.completes_on is None else 0

    def result(self, per_week: int, sample: int, words: str) -> Impact:
        """The edges, and what was counted."""
        quick = [self._edge("at once", number) for number in range(_BOUNDS)]
        slow = [self._edge("at closing", number) for number in range(_BOUNDS)]
        silent = self._edge("never", 0)
        shortest = [lasted for one in quick if (lasted := _days(one.turn.journey)) is not None]
        longest = [_days(one.turn.journey) for one in slow]
        no_end = {step: why for one in slow for step, why in one.no_end.items()}
        known = [lasted for lasted in longest if lasted is not None]
        each = per_week / sample
        days = tuple(
            DayLoad(weekday=name, contacts=round(self._contacts[at] * each, 1), told=round(self._others[at] * each, 1))
            for at, name in enumerate(_WEEKDAYS)
        )
        weeks = max(self._weeks, default=-1) + 1
        status, silent_days = _end_of(silent.turn.journey)
        return Impact(
            pathway=self._structure.pathway,
            sample=sample,
            behaviour=words,
            seed=self._seed,
            start=self._monday,
            per_week=per_week,
            shortest_days=min(shortest, default=None),
            longest_days=max(known) if not no_end and len(known) == len(longest) else None,
            no_end=tuple(NoEnd(step=step, why=no_end[step]) for step in self._structure.by_id if step in no_end),
            silent=status,
            silent_days=silent_days,
            most_contacts=self._most[0],
            most_contacts_on=-self._most[1] if self._most[0] else None,
            contacts_per_client=round(self._contacts.total() / sample, 1),
            contacts_per_week=round(self._contacts.total() * each, 1),
            told_per_week=round(self._others.total() * each, 1),
            reviews_per_week=round(self._reviews * each, 1),
            busiest=max(days, key=lambda one: one.contacts),
            days=days,
            weeks=tuple(round(self._weeks[at] / sample, 2) for at in range(weeks)),
            steps=tuple(
                StepReach(
                    step=step.id,
                    reached=round(self._reached[step.id] / sample, 3),
                    at_an_edge=any(one.steps[step.id]["delivered"] for one in (*quick, *slow, silent)),
                    why=self._why(step),
                )
                for step in self._structure.steps
            ),
        )

    def _edge(self, edge: Edge, number: int) -> "_Edge":
        begins_on = self._monday + timedelta(days=number % _WORKING_DAYS)
        name = f"{edge}/{number}"
        life = _Edge(self._structure, self._answers, *self._start(name, begins_on), edge, self._draws(name))
        life.live(life.turn.journey.started_at + FOLLOWED)
        self._note_contacts(life, begins_on)
        return life

    def _start(self, name: str, begins_on: date) -> tuple[StartFacts, datetime]:
        facts = StartFacts(
            journey=JourneyId(f"impact-{self._seed}-{name}"),
            tenant=TenantId("impact"),
            client=ClientId(name),
            dates=dict.fromkeys(self._dates, begins_on + timedelta(days=30)),
        )
        return facts, from_wall(datetime.combine(begins_on, _START_OF_DAY), zone_of(self._structure.zone))

    def _draws(self, name: str) -> Random:
        return Random(f"{self._seed}/{name}")  # noqa: S311 - a simulation, not a secret

    def _note_contacts(self, life: Life, begins_on: date) -> None:
        for day, count in life.contacts.items():
            self._most = max(self._most, (count, -((day - begins_on).days + 1)))

    def _why(self, step: StepStructure) -> str:
        if self._reached[step.id]:
            return ""
        if self._not_applicable[step.id]:
            return f"its condition never holds: {step.when.source}" if step.when is not None else "it never applies"
        anchor = step.timing.anchor
        if anchor.kind == "event":
            return f"it counts from the event {anchor.name}, which nobody sends in a simulation"
        return "nobody came that far"


class _Edge(Life):
    """A life at an edge of what is allowed: everything is done at once, just before it closes, or never by the client."""

    def __init__(
        self, structure: Structure, answers: Answers, facts: StartFacts, begins: datetime, edge: Edge, draws: Random
    ) -> None:
        self._at = edge
        self.no_end: dict[StepId, str] = {}
        super().__init__(structure, answers, facts, begins, lambda _: _Deaf(), draws)

    def _delay(self, step: StepStructure, name: OccurrenceId) -> timedelta | None:
        """When it is done; where nothing says by when it has to be, note that and do it at once."""
        waited_for = step.completes_on
        if step.ways:
            return None
        if self._at == "never" and step.actor == "client" and waited_for is None:
            return None
        if self._at != "at closing" or (waited_for is not None and waited_for.event is None):
            return timedelta()
        if waited_for is not None:
            if waited_for.timeout is not None:
                return None
            if step.required:
                self.no_end[step.id] = f"it waits for the event {waited_for.event}, which may never come"
            return timedelta()
        closes_at = closing_of(step, self.turn.journey.occurrences[name], self._zone)
        if closes_at is not None:
            return max(closes_at - self.turn.journey.seen_at - timedelta(seconds=1), timedelta())
        if step.required:
            self.no_end[step.id] = "it has no closing: it waits until it is done"
        return timedelta()


class _Deaf:
    """Is not moved by anything."""

    def on_delivery(self, step: StepStructure, number: int) -> timedelta | None:
        """Never because of it."""
        return None

    def on_reminder(self, step: StepStructure) -> timedelta | None:
        """Never because of it."""
        return None


def _days(journey: Journey) -> float | None:
    if journey.status != "completed" or journey.finished_at is None:
        return None
    return round((journey.finished_at - journey.started_at).total_seconds() / 86400, 1)


def _end_of(journey: Journey) -> tuple[Silent, float | None]:
    """What became of somebody who never answered."""
    if journey.status in ("completed", "ended") and journey.finished_at is not None:
        days = round((journey.finished_at - journey.started_at).total_seconds() / 86400, 1)
        return ("completed" if journey.status == "completed" else "ended"), days
    held = [one.settled_at for one in journey.occurrences.values() if one.is_holding and one.settled_at]
    if held:
        return "held", round((min(held) - journey.started_at).total_seconds() / 86400, 1)
    return "waiting", None
