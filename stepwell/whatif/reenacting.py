"""One past journey lived again on a version: the plan of that version, the acts of that client.

Lived again on its own version it must be what was recorded, instant by instant: that is how the method is checked for
every journey before anything is said of it.
"""

import heapq
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from statistics import median
from typing import Literal

from pydantic import Field

from engine.advance import StartFacts, advance, begin
from engine.base import Frozen, MessageId, OccurrenceId, StepId
from engine.calendar import wall
from engine.events import Event
from engine.journey import OPEN_STATES, Journey, JourneyStatus, Occurrence
from engine.messages import By, Message, Respond, StepTypeAnswered, TaskDone, Tick
from engine.steptype import Outcome
from engine.structure import StepStructure, Structure
from engine.turn import Turn
from engine.zones import zone_of
from stepwell.whatif.acts import Act, Script, planned_reminders
from stepwell.whatif.prompts import Prompt, Prompts

LONGEST = timedelta(days=1000)
"""How long a journey is followed that does not come to its end by itself."""
_MOST_TURNS = 20_000

Unknown = Literal["median", "unanswered"]
"""What is taken for granted of a step nobody has been sent: the client's own median delay, or no answer."""
Unprompted = Literal["unanswered", "same_delay"]
"""What is taken for granted of an answer to a reminder that is not sent: none, or the same time after the delivery."""


class Policy(Frozen):
    """What is taken for granted where the past does not tell."""

    unknown: Unknown = "median"
    unprompted: Unprompted = "unanswered"
    renamed: dict[StepId, StepId] = Field(default_factory=dict)
    """Steps that are the same under another id: the old one, and what the version that is tried calls it (rule E2)."""


CAUTIOUS = Policy()


@dataclass(frozen=True)
class Delays:
    """How long those who act usually take, in this journey or over all: for what nobody has been sent yet."""

    client: timedelta | None = None
    practitioner: timedelta | None = None
    host: timedelta | None = None

    @classmethod
    def of(cls, events: "tuple[Event, ...]", structure: Structure) -> "Delays":
        """The medians from delivery to completion."""
        delivered = {one.occurrence: one.at for one in events if one.kind == "step_delivered"}
        taken: dict[str, list[float]] = {"client": [], "practitioner": [], "host": []}
        for one in events:
            step = structure.by_id.get(one.step) if one.kind == "step_completed" else None
            if one.kind == "step_completed" and step is not None and one.occurrence in delivered and _is_answered(step):
                taken[step.actor].append((one.at - delivered[one.occurrence]).total_seconds())
        return cls(**{actor: timedelta(seconds=round(median(found))) for actor, found in taken.items() if found})

    def or_else(self, others: "Delays") -> "Delays":
        """The client's own, and of the others what is known of all of them."""
        return Delays(self.client, self.practitioner or others.practitioner, self.host or others.host)


NOTHING_KNOWN = Delays()


def _is_answered(step: StepStructure) -> bool:
    return step.completes_on is None and not step.ways


@dataclass
class Lived:
    """What came of it."""

    structure: Structure
    journey: Journey
    events: list[Event] = field(default_factory=list)
    contacts: Counter[date] = field(default_factory=Counter)
    """Messages to the client, by their local day."""
    refused: Counter[str] = field(default_factory=Counter)
    """Acts that this version did not take, by the word for why."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Acts at steps that this version does not have."""
    assumed: list[OccurrenceId] = field(default_factory=list)
    """Answers that nobody gave, taken for granted."""
    without_evidence: list[OccurrenceId] = field(default_factory=list)
    """Deliveries of which nobody knows what the client would have done."""
    unprompted: int = 0
    """Answers lost because the reminder that brought them is not sent."""
    never_done: list[int] = field(default_factory=list)
    """The acts that found no occasion."""

    @property
    def status(self) -> JourneyStatus:
        """How it stands at the end."""
        return self.journey.status


def live_again(
    structure: Structure,
    facts: StartFacts,
    begins: datetime,
    script: Script,
    *,
    until: datetime | None = None,
    policy: Policy = CAUTIOUS,
    delays: Delays = NOTHING_KNOWN,
) -> Lived:
    """Live a script on a version, from its start until it is over, or until an instant."""
    life = _Life(structure, script, policy, delays)
    return life.live(facts, begins, until or begins + LONGEST)


class _Life:
    def __init__(self, structure: Structure, script: Script, policy: Policy, delays: Delays) -> None:
        self._structure = structure
        self._script = script
        self._policy = policy
        self._delays = delays
        self._coming: list[tuple[datetime, int, int, Act]] = []
        self._waiting: dict[Prompt | int, list[Act]] = {}
        self._on_delivery: dict[OccurrenceId, list[Act]] = {}
        self._tried: set[int] = set()
        self._prompts = Prompts()
        self._ticks = 0
        self._made_up = 0
        self._pushed = 0

    def live(self, facts: StartFacts, begins: datetime, until: datetime) -> Lived:
        turn = begin(self._structure, facts, begins)
        self.lived = Lived(self._structure, turn.journey)
        for act in self._script.acts:
            self._plan(act)
        self._notice(turn, begins)
        for _ in range(_MOST_TURNS):
            at = self._next(turn)
            if at is None or at > until:
                break
            if at == turn.wake_at:  # first what is due, as the engine has it: that may be what the next act follows upon
                self._ticks += 1
                turn = self._advance(turn, Tick(id=MessageId(f"tick-{self._ticks}")), at)
            else:
                *_, act = heapq.heappop(self._coming)
                turn = self._do(turn, act, at)
        self.lived.journey = turn.journey
        self.lived.never_done = sorted(one.seq for many in self._waiting.values() for one in many if one.seq not in self._tried)
        return self.lived

    def _next(self, turn: Turn) -> datetime | None:
        acts_at = self._coming[0][0] if self._coming else None
        return min((one for one in (acts_at, turn.wake_at) if one is not None), default=None)

    def _push(self, at: datetime, act: Act) -> None:
        self._pushed += 1
        heapq.heappush(self._coming, (at, act.seq, self._pushed if act.instead else 0, act))

    def _plan(self, act: Act) -> None:
        """Put an act where its occasion will find it."""
        if act.step is not None and act.step not in self._structure.by_id:
            self.lived.dropped[act.step] += 1
            return
        if act.at is not None:
            self._push(act.at, act)
            return
        assert act.after is not None
        self._waiting.setdefault(act.after, []).append(act)
        if act.occurrence is not None and (self._loses_its_reminder(act) or _is_opening(act.after)):
            self._on_delivery.setdefault(act.occurrence, []).append(act)

    def _loses_its_reminder(self, act: Act) -> bool:
        """Whether a reminder prompted it that this version does not plan."""
        after = act.after
        if not isinstance(after, Prompt) or after.what != "reminded" or act.step is None or act.since_delivery is None:
            return False
        return planned_reminders(self._structure, act.step) < after.number

    def _do(self, turn: Turn, act: Act, at: datetime) -> Turn:
        occurrence = turn.journey.occurrences.get(act.occurrence) if act.occurrence else None
        if act.seq in self._tried or (act.instead and not _takes(act, occurrence)):
            return turn
        self._tried.add(act.seq)
        self._happened(act.seq, at)
        return self._advance(turn, act.make(at, max(occurrence.runs, 1) if occurrence else 1), at)

    def _advance(self, turn: Turn, message: Message, at: datetime) -> Turn:
        after = advance(self._structure, turn.journey, message, at)
        if not after.answer.accepted:
            self.lived.refused[after.answer.code] += 1
        self._notice(after, at)
        return after

    def _happened(self, what: Prompt | int, at: datetime) -> None:
        for act in self._waiting.pop(what, ()):
            self._push(at + act.delay, act)

    def _notice(self, turn: Turn, now: datetime) -> None:
        self.lived.events.extend(turn.events)
        for event in turn.events:
            for prompt in self._prompts.of(event):
                self._happened(prompt, event.at)
            if event.kind == "step_delivered":
                self._delivered(event.occurrence, event.step, event.at, turn.journey)
            elif event.kind == "step_type_asked":
                self._find_type(event.occurrence, event.at)
        contacts = sum(effect.kind == "notify" and effect.to == "client" for effect in turn.effects)
        if contacts:
            self.lived.contacts[wall(now, zone_of(turn.journey.zone)).date()] += contacts

    def _delivered(self, name: OccurrenceId, step: StepId, at: datetime, journey: Journey) -> None:
        if name not in self._script.delivered:
            self._without_evidence(name, self._structure.by_id[step], at, journey.outcomes.get(step, {}))
            return
        for act in self._on_delivery.pop(name, ()):
            if self._loses_its_reminder(act) and self._policy.unprompted == "unanswered":
                self.lived.unprompted += 1
            elif act.since_delivery is not None:
                self._push(at + act.since_delivery, replace(act, instead=True))

    def _without_evidence(self, name: OccurrenceId, step: StepStructure, at: datetime, declared: Outcome) -> None:
        """Nobody was sent this: take for granted what was asked for, and that it says what it said the last time."""
        if not _is_answered(step):
            return
        self.lived.without_evidence.append(name)
        delay: timedelta | None = getattr(self._delays, step.actor)
        if self._policy.unknown == "unanswered" or delay is None:
            return
        self.lived.assumed.append(name)

        def make(now: datetime, run: int) -> Message:
            if step.task is not None and step.task.completes:
                return TaskDone(id=MessageId(f"assumed-{name}"), occurrence=name, run=run, outcome=dict(declared))
            facts = {"occurrence": name, "response_id": f"assumed-{name}", "outcome": dict(declared)}
            return Respond.model_validate({"id": f"assumed-{name}", "by": By(role=step.actor), **facts})

        self._made_up -= 1
        self._push(at + delay, Act(self._made_up, make, step.id, name))

    def _find_type(self, name: OccurrenceId, at: datetime) -> None:
        """Where nothing is known of it, its package is there."""
        if name in self._script.types_asked:
            return

        def make(now: datetime, run: int) -> Message:
            return StepTypeAnswered(id=MessageId(f"type-{name}"), occurrence=name, is_there=True)

        self._made_up -= 1
        self._push(at, Act(self._made_up, make, None, name))


def _is_opening(after: Prompt | int) -> bool:
    return isinstance(after, Prompt) and after.what == "opened"


def _takes(act: Act, occurrence: Occurrence | None) -> bool:
    """Whether an act that what prompted it has not reached is to be done all the same."""
    if occurrence is None:
        return False
    closed = occurrence.state in ("expired", "abandoned") and act.after is not None and not _is_opening(act.after)
    return occurrence.state in OPEN_STATES or closed
