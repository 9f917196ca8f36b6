"""Try a pathway on simulated clients, on the same two functions that run the real ones. Same seed, same bytes."""

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random
from statistics import median, quantiles
from typing import Any

from engine.advance import StartFacts, advance, begin
from engine.base import ClientId, Frozen, JourneyId, MessageId, OccurrenceId, StepId, TenantId
from engine.calendar import from_wall, wall
from engine.events import Event
from engine.journey import OPEN_STATES
from engine.messages import By, HostEvent, Message, Respond, TaskDone, Tick
from engine.publishing import Published
from engine.steps import StepTypes
from engine.steptype import Content, Outcome
from engine.structure import StepStructure, Structure
from engine.turn import Turn
from engine.zones import zone_of
from stepwell.behaviour import Behaviour, behaviour
from stepwell.whatif.fitting import Fitted

_OVER = ("completed", "stopped", "ended")


class SimulatedStep(Frozen):
    """What became of one step over all clients."""

    delivered: int = 0
    completed: int = 0
    late: int = 0
    expired: int = 0
    not_applicable: int = 0
    reminders: int = 0
    median_hours: float | None = None
    """From delivery to completion."""


class Simulation(Frozen):
    """What came of it."""

    pathway: str
    clients: int
    behaviour: str
    seed: int
    start: date
    zone: str
    days: int
    """How long each client was followed at most."""
    deliveries: int
    reminders: int
    completions: int
    expiries: int
    told: int
    """How often a practitioner was told."""
    completed: int
    """Journeys that were completed."""
    held: int
    """Journeys that waited for a person at the end."""
    running: int
    """Journeys still running at the end."""
    days_to_complete: tuple[float, float, float] | None
    """The first decile, the median and the last decile."""
    most_contacts: int
    """The most messages one client got on one local day."""
    worst_day: date | None
    """The day with the most messages over all clients, and their number."""
    worst_day_contacts: int
    steps: dict[str, SimulatedStep]


class Life:
    """One simulated client on a pathway."""

    def __init__(
        self,
        structure: Structure,
        answers: "Answers",
        facts: StartFacts,
        begins: datetime,
        behaves: Callable[[Random], Behaviour],
        draws: Random,
    ) -> None:
        self.structure = structure
        self._answers = answers
        self._draws = draws
        self._behaviour = behaves(draws)
        self._coming: list[tuple[datetime, int, OccurrenceId]] = []
        self._planned: set[OccurrenceId] = set()
        self._messages = 0
        self._steps_seen = 0
        self.contacts: Counter[date] = Counter()
        """Messages to the client, by local day; `others` are those to practitioners."""
        self.others: Counter[date] = Counter()
        self.steps: dict[StepId, Counter[str]] = {step.id: Counter() for step in self.structure.steps}
        self.hours: dict[StepId, list[float]] = {step.id: [] for step in self.structure.steps}
        self.told = 0
        self.events: list[Event] = []
        self._zone = zone_of(facts.zone or self.structure.zone)
        self.turn = begin(self.structure, facts, begins)
        self._notice(self.turn, begins)

    def live(self, until: datetime) -> None:
        """Go from one thing to the next until the journey is over or the time is."""
        while self.turn.journey.status not in _OVER or self.turn.wake_at is not None:
            answer_at = self._coming[0][0] if self._coming else None
            at = min((one for one in (answer_at, self.turn.wake_at) if one is not None), default=None)
            if at is None or at > until:
                return
            if at == answer_at:
                _, _, occurrence = heapq.heappop(self._coming)
                message = self._answer(occurrence)
            else:
                message = Tick(id=self._next_id())
            if message is not None:
                self.turn = advance(self.structure, self.turn.journey, message, at)
                self._notice(self.turn, at)

    def _next_id(self) -> MessageId:
        self._messages += 1
        return MessageId(f"{self._messages}")

    def _answer(self, name: OccurrenceId) -> Message | None:
        self._planned.discard(name)
        occurrence = self.turn.journey.occurrences[name]
        step = self.structure.by_id[occurrence.step]
        takes_late = occurrence.state in ("expired", "abandoned") and step.late == "accept_late"
        if occurrence.state not in OPEN_STATES and not takes_late:
            return None
        if step.completes_on is not None:
            event = step.completes_on.event
            return HostEvent(id=self._next_id(), name=event) if event else None
        response = f"{name}/{self._messages}"
        outcome = self._answers.draw(step, self._draws)
        if step.task is not None:
            return TaskDone(id=self._next_id(), occurrence=name, run=occurrence.runs, outcome=outcome)
        return Respond(id=self._next_id(), by=By(role=step.actor), occurrence=name, response_id=response, outcome=outcome)

    def _notice(self, turn: Turn, now: datetime) -> None:
        self.events.extend(turn.events)
        for event in turn.events:
            match event.kind:
                case "step_delivered":
                    self._steps_seen += 1
                    self.steps[event.step]["delivered"] += 1
                    self._plan(event.occurrence, now, self._delay(self.structure.by_id[event.step], event.occurrence))
                case "step_completed":
                    figures, occurrence = self.steps[event.step], turn.journey.occurrences[event.occurrence]
                    figures["completed"] += 1
                    figures["late"] += event.late
                    if occurrence.delivered_at:
                        self.hours[event.step].append((event.at - occurrence.delivered_at).total_seconds() / 3600)
                case "step_expired" | "step_abandoned":
                    self.steps[event.step]["expired"] += 1
                case "step_not_applicable":
                    self.steps[event.step]["not_applicable"] += 1
                case "practitioner_told":
                    self.told += 1
                case "reminder_due":
                    for name in event.occurrences:
                        step = turn.journey.occurrences[name].step
                        self.steps[step]["reminders"] += 1
                        if self.structure.by_id[step].actor == "client":
                            self._plan(name, now, self._behaviour.on_reminder(self.structure.by_id[step]))
        for effect in turn.effects:
            if effect.kind == "notify":
                (self.contacts if effect.to == "client" else self.others)[wall(now, self._zone).date()] += 1

    def _delay(self, step: StepStructure, name: OccurrenceId) -> timedelta | None:
        if step.actor == "client":
            return self._behaviour.on_delivery(step, self._steps_seen)
        days = 2.0 if step.actor == "practitioner" else 3.0
        return timedelta(seconds=round(self._draws.uniform(0.1, days) * 86400))

    def _plan(self, name: OccurrenceId, now: datetime, delay: timedelta | None) -> None:
        if delay is not None and name not in self._planned:
            self._planned.add(name)
            heapq.heappush(self._coming, (now + delay, self._messages, name))


class Answers:
    """What simulated clients answer: anything the step's content allows."""

    def __init__(self, published: Published, types: StepTypes) -> None:
        self._types = types
        self._contents: dict[StepId, Content] = {
            name: types[step.type].content_model.model_validate(step.content) for name, step in published.contents.steps.items()
        }

    def draw(self, step: StepStructure, draws: Random) -> Outcome:
        """The outcomes of one drawn answer."""
        if not step.outcomes:
            return {}
        step_type, content = self._types[step.type], self._contents[step.id]
        if step.task is not None and step.task.undo is not None:  # another journey: nothing says what it would hand back
            return {name: _SAMPLES[kind] for name, kind in step.outcomes}
        return step_type.judge(content, step_type.sample(content, draws.random))


_SAMPLES: dict[str, Any] = {"bool": True, "int": 1, "double": 1.0, "string": "", "list": ()}


class _Tally:
    """What is kept of lives that have been lived."""

    def __init__(self) -> None:
        self.steps: dict[StepId, Counter[str]] = {}
        self.hours: dict[StepId, list[float]] = {}
        self.contacts: Counter[date] = Counter()
        self.most_contacts = 0
        self.told = 0
        self.completed = 0
        self.held = 0
        self.running = 0
        self.days: list[float] = []

    def add(self, life: Life) -> None:
        """Count one client in."""
        for name, counted in life.steps.items():
            self.steps.setdefault(name, Counter()).update(counted)
            self.hours.setdefault(name, []).extend(life.hours[name])
        self.contacts.update(life.contacts)
        self.most_contacts = max(self.most_contacts, *life.contacts.values(), 0)
        self.told += life.told
        journey = life.turn.journey
        self.completed += journey.status == "completed"
        self.held += journey.is_held and journey.status == "active"
        self.running += journey.status not in _OVER
        if journey.status == "completed" and journey.finished_at:
            self.days.append((journey.finished_at - journey.started_at).total_seconds() / 86400)

    def figures(self) -> dict[str, Any]:
        """The fields of a Simulation that are counted."""
        total = sum(self.steps.values(), Counter[str]())
        worst = max(self.contacts.items(), key=lambda one: (one[1], -one[0].toordinal()), default=(None, 0))
        return {
            "deliveries": total["delivered"],
            "reminders": total["reminders"],
            "completions": total["completed"],
            "expiries": total["expired"],
            "told": self.told,
            "completed": self.completed,
            "held": self.held,
            "running": self.running,
            "days_to_complete": _deciles(sorted(self.days)),
            "most_contacts": self.most_contacts,
            "worst_day": worst[0],
            "worst_day_contacts": worst[1],
            "steps": {name: {**counted, "median_hours": _middle(self.hours[name])} for name, counted in self.steps.items()},
        }


def _middle(hours: list[float]) -> float | None:
    return round(median(hours), 1) if hours else None


def simulate(
    published: Published,
    types: StepTypes,
    *,
    clients: int,
    behaviour_name: str,
    seed: int,
    start: date,
    zone: str,
    days: int = 365,
    fitted: Fitted | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Simulation:
    """Put so many clients on a pathway on one day at 09:00 local time and follow each for `days` at most.

    Practitioners review within two days, host events come within three days of being waited for, and every client
    date lies 30 days after the start. `fitted`: clients behave as those did, whatever name their behaviour has.
    Raises UnknownZone, ValueError for an unknown behaviour.
    """
    behaves = fitted.client if fitted is not None else lambda draws: behaviour(behaviour_name, draws)
    begins = from_wall(datetime.combine(start, time(9)), zone_of(zone))
    structure, answers, tally = published.structure.with_every_type(), Answers(published, types), _Tally()
    for number in range(clients):
        draws = Random(f"{seed}/{number}")  # noqa: S311 - a simulation, not a secret
        facts = StartFacts(
            journey=JourneyId(f"simulated-{seed}-{number}"),
            tenant=TenantId("simulated"),
            client=ClientId(f"client-{number}"),
            zone=zone,
            dates=dict.fromkeys(dates_of(structure), start + timedelta(days=30)),
        )
        life = Life(structure, answers, facts, begins, behaves, draws)
        life.live(begins + timedelta(days=days))
        tally.add(life)
        progress(number + 1)
    head = {"pathway": structure.pathway, "clients": clients, "behaviour": behaviour_name, "seed": seed}
    return Simulation.model_validate({**head, "start": start, "zone": zone, "days": days, **tally.figures()})


def dates_of(structure: Structure) -> list[str]:
    """The client dates that its steps hang on."""
    anchors = [step.timing.anchor.name for step in structure.steps if step.timing.anchor.kind == "date"]
    waits = [step.completes_on.date for step in structure.steps if step.completes_on]
    return sorted({name for name in (*anchors, *waits) if name})


def _deciles(lengths: list[float]) -> tuple[float, float, float] | None:
    if len(lengths) < 2:
        return (round(lengths[0], 1),) * 3 if lengths else None
    tenths = quantiles(lengths, n=10, method="inclusive")
    return (round(tenths[0], 1), round(tenths[4], 1), round(tenths[8], 1))
