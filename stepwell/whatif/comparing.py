"""What would have been different: past journeys as they were, beside the same clients on another version."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from statistics import median

from engine.adherence import Figures, figures
from engine.base import Frozen, Instant, OccurrenceId, StepId
from engine.journey import JourneyStatus
from engine.structure import Structure
from engine.view import JourneyView, OccurrenceView, fold
from stepwell.whatif.acts import script_of
from stepwell.whatif.likeness import NEAR, first_difference
from stepwell.whatif.recorded import Recorded
from stepwell.whatif.reenacting import CAUTIOUS, Delays, Lived, Policy, live_again
from stepwell.whatif.renaming import names_in, renamed, renamed_events

_MOST_LEFT_OUT = 50
_HOURS = 3600


class StepCounts(Frozen):
    """What became of one step in all journeys."""

    delivered: int = 0
    completed: int = 0
    late: int = 0
    expired: int = 0
    """Expired or abandoned."""
    skipped: int = 0
    excused: int = 0
    not_applicable: int = 0
    reminders: int = 0
    """A reminder of two steps in one message counts for both."""
    told: int = 0
    """How often a practitioner was told because of it."""
    median_hours: float | None = None
    """From delivery to completion."""


class StepCompared(Frozen):
    """One step before and after. None: that side does not have it."""

    step: StepId
    before: StepCounts | None
    after: StepCounts | None
    without_evidence: int = 0
    """Deliveries after, of which nobody knows what the client would have done."""
    assumed: int = 0
    """Answers among the completed that were taken for granted."""


class Totals(Frozen):
    """What became of all journeys together."""

    deliveries: int = 0
    completions: int = 0
    reminders: int = 0
    expiries: int = 0
    told: int = 0
    contacts: int = 0
    """Messages to clients, before any address fails and any budget holds them."""
    most_contacts: int = 0
    """The most messages one client got on one local day."""
    completed: int = 0
    """Journeys that were completed."""
    held: int = 0
    """Journeys that waited for a person at the end."""
    running: int = 0
    """Journeys not over at the end, held ones among them."""
    median_days: float | None = None
    """From start to completion."""
    required: Figures = Figures()
    """Adherence to the clients' required steps; what is without evidence counts in neither."""
    optional: Figures = Figures()


class OneSide(Frozen):
    """One journey on one side."""

    status: JourneyStatus
    days: float | None
    """From start to its end; None: it has none."""
    deliveries: int
    completions: int
    reminders: int
    expiries: int
    told: int
    contacts: int


class Shifted(Frozen):
    """One occurrence that came, or came to its end, otherwise."""

    occurrence: OccurrenceId
    delivered_before: Instant | None
    delivered_after: Instant | None
    state_before: str | None
    state_after: str | None
    settled_before: Instant | None
    settled_after: Instant | None
    is_assumed: bool = False


class JourneyCompared(Frozen):
    """One journey before and after."""

    journey: str
    version: int
    before: OneSide
    after: OneSide
    assumed: int = 0
    shifted: tuple[Shifted, ...] = ()
    """Only where one journey was asked for."""


class LeftOut(Frozen):
    """A journey of which nothing is said, and why."""

    journey: str
    why: str


class WhatIf(Frozen):
    """What would have been different."""

    pathway: str
    against: str
    """`the draft`, or which version."""
    versions: dict[int, int]
    """How many journeys were lived on which version."""
    policy: Policy
    """What was taken for granted where the past does not tell."""
    replayed: int
    left_out: int
    """Journeys that could not be re-enacted on their own version, so nothing is said of them."""
    left_out_examples: tuple[LeftOut, ...]
    before: Totals
    after: Totals
    steps: tuple[StepCompared, ...]
    journeys: tuple[JourneyCompared, ...]
    not_reenacted: dict[str, int]
    """Kinds of events that are not known to it, with how many journeys had them."""
    refused: dict[str, int]
    """Acts that this version did not take, by the word for why."""
    without_occasion: int
    """Acts that followed upon something that does not happen any more, such as an extension of what does not close."""
    unprompted_answers: int
    """Answers lost because the reminder that brought them is not planned."""
    without_evidence: int
    assumed: int


@dataclass
class _Side:
    """What is counted on one side."""

    steps: dict[StepId, Counter[str]] = field(default_factory=dict)
    hours: dict[StepId, list[float]] = field(default_factory=dict)
    totals: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    held: int = 0
    days: list[float] = field(default_factory=list)
    most_contacts: int = 0
    views: dict[bool, list[OccurrenceView]] = field(default_factory=lambda: {True: [], False: []})

    def add(self, lived: Lived, leaving_out: frozenset[OccurrenceId] = frozenset()) -> OneSide:
        """Count a journey in; what is left out counts in no share."""
        view = fold(lived.events)
        counts: Counter[str] = Counter()
        for step in lived.structure.steps:
            self.steps.setdefault(step.id, Counter())
        for event in lived.events:
            word = _WORDS.get(event.kind)
            if event.kind == "reminder_due":
                for name in event.occurrences:
                    self._step(StepId(name.rpartition(".")[0]))["reminders"] += 1
                counts["reminders"] += len(event.occurrences)
            elif word is not None:
                counts[word] += 1
                step_id: StepId = getattr(event, "step")  # noqa: B009 - all of them are about a step
                self._step(step_id)[word] += 1
                if event.kind == "step_completed":
                    self._step(step_id)["late"] += event.late
        for one in view.occurrences.values():
            if one.state == "completed" and one.settled_at and one.delivered_at:
                hours = (one.settled_at - one.delivered_at).total_seconds() / _HOURS
                self.hours.setdefault(one.step, []).append(hours)
            known = lived.structure.by_id.get(one.step)
            if known is not None and known.actor == "client" and one.id not in leaving_out:
                self.views[known.required].append(one)
        counts["contacts"] = lived.contacts.total()
        self.most_contacts = max(self.most_contacts, *lived.contacts.values(), 0)
        days = _days(view)
        self.totals.update(counts)
        self.ends[view.status] += 1
        self.held += view.is_held and view.status == "active"
        if view.status == "completed" and days is not None:
            self.days.append(days)
        return OneSide(status=view.status, days=days, **{name: counts[word] for name, word in _NAMES.items()})

    def _step(self, step: StepId) -> Counter[str]:
        return self.steps.setdefault(step, Counter())

    def of(self, step: StepId) -> StepCounts | None:
        """The counts of a step, where this side has it."""
        counted = self.steps.get(step)
        if counted is None:
            return None
        taken = self.hours.get(step)
        return StepCounts.model_validate({**counted, "median_hours": round(median(taken), 1) if taken else None})

    def all(self) -> Totals:
        """The counts of everything."""
        return Totals(
            **{name: self.totals[word] for name, word in _NAMES.items()},
            most_contacts=self.most_contacts,
            completed=self.ends["completed"],
            held=self.held,
            running=self.ends["active"] + self.ends["paused"],
            median_days=round(median(self.days), 1) if self.days else None,
            required=figures(self.views[True]),
            optional=figures(self.views[False]),
        )


_WORDS = {
    "step_delivered": "delivered",
    "step_completed": "completed",
    "step_expired": "expired",
    "step_abandoned": "expired",
    "step_skipped": "skipped",
    "step_excused": "excused",
    "step_not_applicable": "not_applicable",
    "practitioner_told": "told",
}
_NAMES = {
    "deliveries": "delivered",
    "completions": "completed",
    "reminders": "reminders",
    "expiries": "expired",
    "told": "told",
    "contacts": "contacts",
}


def _days(view: JourneyView) -> float | None:
    if view.started_at is None or view.finished_at is None:
        return None
    return round((view.finished_at - view.started_at).total_seconds() / 86400, 2)


def compare(
    recorded: Sequence[Recorded],
    structure: Structure,
    *,
    against: str,
    policy: Policy = CAUTIOUS,
    within: timedelta = NEAR,
    in_detail: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> WhatIf:
    """Re-enact past journeys on their own version and on `structure`, and say how the second differs from the first.

    `within`: how far an instant may be from the one recorded. `in_detail`: say of each occurrence what became of it.
    """
    whole = _Comparison(structure, policy, within, in_detail=in_detail)
    whole.pool(recorded)
    for done, one in enumerate(recorded, 1):
        whole.add(one)
        progress(done)
    return whole.result(against)


class _Comparison:
    def __init__(self, structure: Structure, policy: Policy, within: timedelta, *, in_detail: bool) -> None:
        self._structure = structure
        self._policy = policy
        self._within = within
        self._in_detail = in_detail
        self._delays = Delays()
        self._before, self._after = _Side(), _Side()
        self._journeys: list[JourneyCompared] = []
        self._left_out: list[LeftOut] = []
        self._versions: Counter[int] = Counter()
        self._not_reenacted: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._without: Counter[StepId] = Counter()
        self._assumed: Counter[StepId] = Counter()
        self._without_occasion = 0
        self._lost = 0

    def pool(self, recorded: Iterable[Recorded]) -> None:
        """Learn how long those who are not clients usually take."""
        known = [Delays.of(one.events, one.structure) for one in recorded]
        middle = {actor: _middle([getattr(one, actor) for one in known]) for actor in ("practitioner", "host")}
        self._delays = Delays(practitioner=middle["practitioner"], host=middle["host"])

    def add(self, one: Recorded) -> None:
        """Live one journey twice; leave it out where the first time is not what was recorded."""
        script = script_of(one)
        self._not_reenacted.update(script.not_reenacted)
        until = None if one.is_over else one.last_at
        why: str | None = "its record has no beginning"
        for quiet_hours in one.quiet_hours:
            facts = one.facts(quiet_hours)
            own = live_again(one.structure, facts, one.started.at, script, until=until)
            so_far = [event for event in own.events if event.at <= one.last_at + self._within]
            why = first_difference(one.events, so_far, within=self._within)
            if why is None:
                break
        else:
            unknown = f"it had {', '.join(script.not_reenacted)}; " if script.not_reenacted else ""
            self._left_out.append(LeftOut(journey=one.journey, why=f"{unknown}{why}"))
            return
        names = names_in(one.structure, self._policy.renamed)
        if names:
            one = renamed(one, names)  # it is what was recorded; from here on by the names of what is tried
            script = script_of(one)
            own = replace(own, structure=one.structure, events=renamed_events(own.events, names))
        delays = Delays.of(one.events, one.structure).or_else(self._delays)
        other = live_again(
            self._structure,
            facts,
            one.started.at,
            script,
            until=until,
            policy=self._policy,
            delays=delays,
        )
        self._count(one, own, other)

    def _count(self, one: Recorded, own: Lived, other: Lived) -> None:
        before = self._before.add(own)
        after = self._after.add(other, leaving_out=frozenset(other.without_evidence))
        self._versions[one.structure.version] += 1
        self._refused.update({code: other.refused[code] - own.refused[code] for code in other.refused})
        for name in other.without_evidence:
            self._without[StepId(name.rpartition(".")[0])] += 1
        for name in other.assumed:
            self._assumed[StepId(name.rpartition(".")[0])] += 1
        self._without_occasion += len(other.never_done)
        self._lost += other.unprompted
        self._journeys.append(
            JourneyCompared(
                journey=one.journey,
                version=one.structure.version,
                before=before,
                after=after,
                assumed=len(other.assumed),
                shifted=_shifted(own, other) if self._in_detail else (),
            )
        )

    def result(self, against: str) -> WhatIf:
        """What came of all of them."""
        steps = dict.fromkeys([*self._structure.by_id, *self._before.steps])
        return WhatIf(
            pathway=self._structure.pathway,
            against=against,
            versions=dict(sorted(self._versions.items())),
            policy=self._policy,
            replayed=len(self._journeys),
            left_out=len(self._left_out),
            left_out_examples=tuple(self._left_out[:_MOST_LEFT_OUT]),
            before=self._before.all(),
            after=self._after.all(),
            steps=tuple(
                StepCompared(
                    step=step,
                    before=self._before.of(step),
                    after=self._after.of(step),
                    without_evidence=self._without[step],
                    assumed=self._assumed[step],
                )
                for step in steps
            ),
            journeys=tuple(self._journeys),
            not_reenacted=dict(sorted(self._not_reenacted.items())),
            refused={code: number for code, number in sorted(self._refused.items()) if number > 0},
            without_occasion=self._without_occasion,
            unprompted_answers=self._lost,
            without_evidence=self._without.total(),
            assumed=self._assumed.total(),
        )


def _shifted(own: Lived, other: Lived) -> tuple[Shifted, ...]:
    """Every occurrence that is not the same on both sides, in order of when it came."""
    had, has = fold(own.events).occurrences, fold(other.events).occurrences
    found = []
    for name in dict.fromkeys([*had, *has]):
        before, after = had.get(name), has.get(name)
        facts = [(one.delivered_at, one.state, one.settled_at) if one else (None, None, None) for one in (before, after)]
        if facts[0] != facts[1]:
            found.append(
                Shifted(
                    occurrence=name,
                    delivered_before=facts[0][0],
                    delivered_after=facts[1][0],
                    state_before=facts[0][1],
                    state_after=facts[1][1],
                    settled_before=facts[0][2],
                    settled_after=facts[1][2],
                    is_assumed=name in other.assumed,
                )
            )
    return tuple(found)


def _middle(delays: Sequence[timedelta | None]) -> timedelta | None:
    known = [one for one in delays if one is not None]
    return timedelta(seconds=round(median(one.total_seconds() for one in known))) if known else None
