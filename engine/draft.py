"""A turn being written: the journey so far, what happened, whom to tell. Lives for one call of `advance`."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from itertools import takewhile
from typing import Any

from engine.agenda import closing_of
from engine.base import EffectId, Scalar, StepId, occurrence_id
from engine.calendar import add
from engine.effects import FIND_STEP_TYPE, HAND_BACK, Notify, Perform, Purpose
from engine.events import (
    DateSet,
    Event,
    PractitionerTold,
    ReviewReturned,
    StepAbandoned,
    StepCancelled,
    StepDelivered,
    StepExpired,
    StepNotApplicable,
    StepTypeAsked,
    TaskStarted,
)
from engine.journey import OPEN_STATES, ClientDate, Journey, JourneyStatus, Occurrence, OccurrenceState
from engine.messages import By
from engine.moment import Moment
from engine.schedule import Live, Release, live_steps, reason_for
from engine.structure import StepStructure, Structure
from engine.zones import zone_of

ENGINE = By(role="engine")


class Draft:
    """The one place where a journey changes during a turn."""

    def __init__(self, structure: Structure, journey: Journey, now: datetime) -> None:
        self.structure = structure
        self.now = max(now.astimezone(UTC), journey.seen_at)
        self.journey = journey if journey.seen_at == self.now else journey.changed(seen_at=self.now)
        self.zone = zone_of(journey.zone)
        self.events: list[Event] = []
        self.effects: list[Notify | Perform] = []
        self.by = ENGINE
        self._delivered: dict[str, list[Occurrence]] = {}
        self._returned: list[Occurrence] = []
        self._live: list[Live] | None = None

    @property
    def moment(self) -> Moment:
        """The journey as it stands in this turn."""
        return Moment(self.structure, self.journey, self.zone, self.now)

    @property
    def live(self) -> list[Live]:
        """The steps that were not over when it was first asked; what is due only ever makes them fewer."""
        if self._live is None:
            self._live = live_steps(self.moment)
        return self._live

    def look_again(self) -> None:
        """Forget what was over: a message may have opened it again."""
        self._live = None

    def set(self, **changes: Any) -> None:
        """Change the journey itself."""
        self.journey = self.journey.changed(**changes)

    def put(self, occurrence: Occurrence, **changes: Any) -> Occurrence:
        """Change one occurrence, or keep it for the first time."""
        changed = occurrence.changed(**changes)
        occurrences, reached = {**self.journey.occurrences, changed.id: changed}, self.journey.reached
        if changed.state != "waiting" and reached.get(changed.step, 0) < changed.number:
            reached = {**reached, changed.step: changed.number}
        self.set(occurrences=occurrences, reached=reached)
        return changed

    def happen(self, kind: Callable[..., Event], **fields: Any) -> None:
        """Number and keep an event."""
        seq = self.journey.seq + 1
        event = kind(seq=seq, at=self.now, by=self.by, **fields)
        self.events.append(event)
        self.set(seq=seq)

    def step_happens(self, kind: Callable[..., Event], occurrence: Occurrence, **fields: Any) -> None:
        """Number and keep an event about an occurrence."""
        self.happen(kind, occurrence=occurrence.id, step=occurrence.step, **fields)

    def find(self, step: StepStructure, number: int) -> Occurrence:
        """The occurrence as it stands, waiting if nothing is kept of it."""
        name = occurrence_id(step.id, number)
        return self.journey.occurrences.get(name) or Occurrence(id=name, step=step.id, number=number)

    def deliver(self, step: StepStructure, number: int, found: Release) -> None:
        """Make a step available to the client, with its windows counted from now."""
        occurrence = self.put(
            self.find(step, number),
            state="open",
            due_at=found.due_at,
            delivered_at=self.now,
            passed_at=None if step.required else self.now,
            parked=False,
            release_at=None,
            zone=self.journey.zone,
        )
        closes_at = found.closes_at if found.closes_at and found.closes_at > self.now else None
        occurrence = self.start_clock(step, occurrence, closes_at)
        limits = [limit for limit in (occurrence.start_by_at, occurrence.finish_by_at) if limit]
        reason = reason_for(step, self.journey, found)
        closes_at = min(limits, default=None)
        self.step_happens(StepDelivered, occurrence, due_at=found.due_at, closes_at=closes_at, reason=reason)
        if found.is_spaced:
            self.set(spaced_at=self.now)
        self.announce(step, occurrence)
        self.perform_task(step, occurrence)

    def ask_for_type(self, step: StepStructure, number: int) -> None:
        """Ask whether the package of the step's type is there, before the step goes out (rule G12)."""
        asked = self.put(self.find(step, number), type_asked_at=self.now)
        self.step_happens(StepTypeAsked, asked, type=step.type)
        self.ask_type(step, asked, FIND_STEP_TYPE)

    def perform_task(self, step: StepStructure, occurrence: Occurrence) -> None:
        """Have the step's own activity run, if it has one."""
        task = step.task
        if task is None:
            return
        started = self.put(occurrence, runs=occurrence.runs + 1, task_failed=False)
        self.step_happens(TaskStarted, started, activity=task.activity, run=started.runs)
        self._perform(step, started, task.activity, patience=task.patience, details=task.details, gives_up=task.undo is None)

    def undo_task(self, step: StepStructure, occurrence: Occurrence) -> None:
        """Have what the step's activity began taken back."""
        if step.task is not None and step.task.undo is not None and occurrence.runs:
            details = step.task.details
            self._perform(step, occurrence, step.task.undo, patience=None, details=details, gives_up=False, undoes=True)

    def ask_type(self, step: StepStructure, occurrence: Occurrence, activity: str) -> None:
        """Have somebody look whether the package of the step's type is there."""
        self._perform(step, occurrence, activity, patience=None, details={"type": step.type})

    def _perform(self, step: StepStructure, occurrence: Occurrence, activity: str, **facts: Any) -> None:
        """Ask for an activity; its key never changes (rule N1)."""
        journey, run = self.journey, max(occurrence.runs, 1)
        self.effects.append(
            Perform(
                id=EffectId(f"{journey.id}/{occurrence.id}/{activity}/{run}"),
                tenant=journey.tenant,
                journey=journey.id,
                client=journey.client,
                pathway=journey.pathway,
                version=journey.version,
                step=step.id,
                occurrence=occurrence.id,
                activity=activity,
                run=run,
                **facts,
            )
        )

    def keep_outcome(self, step: StepStructure, outcome: Mapping[str, Scalar | tuple[str, ...]]) -> None:
        """Keep the declared facts of a step, and set the client dates that hang on them."""
        declared = {name for name, _ in step.outcomes}
        facts = {name: value for name, value in outcome.items() if name in declared}
        if declared:
            self.set(outcomes={**self.journey.outcomes, step.id: facts})
        for name, source in step.dates:
            if source in facts:
                value = date.fromisoformat(str(facts[source]))
                self.set(dates={**self.journey.dates, name: ClientDate(value=value, set_at=self.now)}, replanned_at=self.now)
                self.happen(DateSet, name=name, value=value)

    def hand_back(self, status: JourneyStatus) -> None:
        """Tell the journey that this one is a step of how it ended, and what it asked to know."""
        parent, journey = self.journey.parent, self.journey
        if parent is None:
            return
        facts = {f"{step}.{name}": value for step, known in journey.outcomes.items() for name, value in known.items()}
        self.effects.append(
            Perform(
                id=EffectId(f"{journey.id}/{HAND_BACK}/{journey.seq}"),
                tenant=journey.tenant,
                journey=parent.journey,
                client=journey.client,
                pathway=journey.pathway,
                version=journey.version,
                step=StepId(str(parent.occurrence).rpartition(".")[0]),
                occurrence=parent.occurrence,
                activity=HAND_BACK,
                run=parent.run,
                patience=None,
                gives_up=False,
                details={"journey": journey.id, "status": status},
                outcome={name: facts[source] for name, source in parent.hands_back.items() if source in facts},
            )
        )

    def announce(self, step: StepStructure, occurrence: Occurrence) -> None:
        """Have whoever completes the step told of it, with everything else that came in this turn."""
        if step.reader != "host":
            self._delivered.setdefault(step.reader, []).append(occurrence)

    def start_clock(self, step: StepStructure, occurrence: Occurrence, closes_at: datetime | None = None) -> Occurrence:
        """Count windows and reminders from now."""
        window = step.window
        finish_by_at = add(self.now, window.finish_by, self.zone) if window.finish_by else None
        if closes_at is not None:
            finish_by_at = min(finish_by_at, closes_at) if finish_by_at else closes_at
        return self.put(
            occurrence,
            clock_at=self.now,
            start_by_at=add(self.now, window.start_by, self.zone) if window.start_by else None,
            finish_by_at=finish_by_at,
            reminders_used=0,
            rungs_used=0,
            extended_until=None,
        )

    def settle(self, occurrence: Occurrence, state: OccurrenceState, *, passes: bool = True, **changes: Any) -> Occurrence:
        """Bring an occurrence to its end; its reminders lose their meaning."""
        passed_at = occurrence.passed_at or (self.now if passes else None)
        generation = occurrence.generation + 1
        fresh: dict[str, Any] = {
            "settled_at": self.now,
            "passed_at": passed_at,
            "parked": False,
            "task_failed": False,
            "type_state": "unknown",
            "awaits": (),
            "release_at": None,
            "asked_at": None,
            "due_at": occurrence.due_at or self.now,
            "zone": occurrence.zone or self.journey.zone,
        }
        settled = self.put(occurrence, state=state, generation=generation, **(fresh | changes))
        for reviewer in self.structure.reviewers.get(occurrence.step, ()):
            self._return_to(reviewer)
        return settled

    def _return_to(self, reviewer: StepStructure) -> None:
        """Give a review that asked for more back to the practitioner once all of it has come."""
        known = self.journey.occurrences
        review = known.get(occurrence_id(reviewer.id, self.journey.reached.get(reviewer.id, 0)))
        if review is None or not review.awaits or review.state not in OPEN_STATES:
            return
        if all(known[one].settled_at is not None for one in review.awaits):
            returned = self.start_clock(reviewer, self.put(review, awaits=(), generation=review.generation + 1))
            self._returned.append(returned)

    def not_apply(self, step: StepStructure, number: int, due_at: datetime | None, why: str) -> None:
        """Leave a step out because it does not apply to this client."""
        occurrence = self.settle(self.find(step, number), "not_applicable", due_at=due_at or self.now)
        self.step_happens(StepNotApplicable, occurrence, due_at=due_at, why=why)

    def close(self, step: StepStructure, occurrence: Occurrence, why: str) -> None:
        """Close a step that ran out of time; what follows is for `on_expiry` to say (rule G6)."""
        holds = step.required and step.on_expiry == "hold"
        was_started = occurrence.state == "started"
        closed = self.settle(occurrence, "abandoned" if was_started else "expired", passes=not holds)
        self.step_happens(StepAbandoned if was_started else StepExpired, closed, why=why, holds=holds)
        if holds:
            self.tell(closed, "practitioner", why=why, ordinal=f"closing{closed.generation}")
        self.undo_task(step, closed)
        self.signal_missed(step, closed)

    def signal_missed(self, step: StepStructure, missed: Occurrence) -> None:
        """Tell the practitioner where this is one too many left undone in a row (D41)."""
        limit = self.structure.missed_in_a_row
        if limit is None or step.actor != "client":
            return
        theirs = [one for one in self.journey.occurrences.values() if self.structure.by_id[one.step].actor == "client"]
        ended = sorted((one for one in theirs if one.settled_at), key=lambda one: (one.settled_at, one.id), reverse=True)
        in_a_row = list(takewhile(lambda one: one.state in ("expired", "abandoned", "skipped"), ended))
        if len(in_a_row) == limit:
            self.tell(missed, "practitioner", why=f"{limit} missed in a row", ordinal=f"missed{missed.generation}")

    def tell(self, occurrence: Occurrence, to: str, *, why: str, ordinal: str, purpose: Purpose = "escalation") -> None:
        """Tell a practitioner, or a role on the ladder."""
        self.step_happens(PractitionerTold, occurrence, to=to, why=why)
        self.notify(purpose, to, (occurrence,), ordinal)

    def notify(self, purpose: Purpose, to: str, occurrences: tuple[Occurrence, ...], ordinal: str) -> EffectId:
        """Ask for a message; its key never changes (rule N1)."""
        key = EffectId(f"{self.journey.id}/{occurrences[0].id}/{purpose}/{ordinal}")
        self.effects.append(
            Notify(
                id=key,
                tenant=self.journey.tenant,
                journey=self.journey.id,
                client=self.journey.client,
                purpose=purpose,
                to=to,
                occurrences=tuple(one.id for one in occurrences),
                generations=tuple(one.generation for one in occurrences),
                closes_at=tuple(closing_of(self.structure.by_id[one.step], one, self.zone) for one in occurrences),
                intended_at=self.now,
                urgent=any(self.structure.by_id[one.step].urgent for one in occurrences),
            )
        )
        return key

    def cancel_rest(self) -> None:
        """Cancel whatever is open or set apart, because the journey ends."""
        for occurrence in tuple(self.journey.occurrences.values()):
            if occurrence.state in OPEN_STATES or occurrence.state == "waiting":
                cancelled = self.settle(occurrence, "cancelled")
                self.step_happens(StepCancelled, cancelled)
                if occurrence.state != "waiting":
                    self.undo_task(self.structure.by_id[occurrence.step], cancelled)

    def finish(self) -> tuple[Event, ...]:
        """Put what was delivered together into one message a recipient, and hand out the events."""
        for review in self._returned:
            self.step_happens(ReviewReturned, review)
            if self.journey.occurrences[review.id].state in OPEN_STATES:
                self.notify("returned", "practitioner", (review,), str(review.generation))
        for to, occurrences in self._delivered.items():
            still = [self.journey.occurrences[one.id] for one in occurrences]
            wanted = tuple(one for one in still if one.state in OPEN_STATES)
            if wanted:
                self.notify("delivered", to, wanted, str(wanted[0].generation))
        return tuple(self.events)
