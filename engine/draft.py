"""A turn being written: the journey so far, what happened, whom to tell. Lives for one call of `advance`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from engine.agenda import closing_of
from engine.base import EffectId, occurrence_id
from engine.calendar import add
from engine.effects import Notify, Purpose
from engine.events import (
    Event,
    PractitionerTold,
    StepAbandoned,
    StepCancelled,
    StepDelivered,
    StepExpired,
    StepNotApplicable,
)
from engine.journey import OPEN_STATES, Journey, Occurrence, OccurrenceState
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
        self.effects: list[Notify] = []
        self.by = ENGINE
        self._delivered: dict[str, list[Occurrence]] = {}
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

    def announce(self, step: StepStructure, occurrence: Occurrence) -> None:
        """Have whoever completes the step told of it, with everything else that came in this turn."""
        if step.actor != "host":
            self._delivered.setdefault(step.actor, []).append(occurrence)

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
            "release_at": None,
            "asked_at": None,
            "due_at": occurrence.due_at or self.now,
            "zone": occurrence.zone or self.journey.zone,
        }
        return self.put(occurrence, state=state, generation=generation, **(fresh | changes))

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
                self.step_happens(StepCancelled, self.settle(occurrence, "cancelled"))

    def finish(self) -> tuple[Event, ...]:
        """Put what was delivered together into one message a recipient, and hand out the events."""
        for to, occurrences in self._delivered.items():
            still = [self.journey.occurrences[one.id] for one in occurrences]
            wanted = tuple(one for one in still if one.state in OPEN_STATES)
            if wanted:
                self.notify("delivered", to, wanted, str(wanted[0].generation))
        return tuple(self.events)
