"""The rules a journey under faults is held to, once more, written from docs/semantics.md alone: no clock, no I/O, nothing of ours.

It does not predict: it reads what happened in a journey and says which of it may not have happened, and what ought to have. So no
delay that a fault causes is held against the journey, and nothing that came early, twice or out of order is forgiven. It knows order
and gates (G1 to G4), dates and their delays (T4), quiet hours (T9), reminders (R1, R2), pause and stop (P1, P3), responses (G8 to G10)
and completion (G11).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

PREVIOUS_COMPLETED, PREVIOUS_DELIVERED = "previous.completed", "previous.delivered"


@dataclass(frozen=True)
class Step:
    """A step as the reference knows it; a name in `anchor` that is neither of the two above is a client date."""

    id: str
    required: bool = True
    anchor: str = PREVIOUS_COMPLETED
    regardless: bool = False
    needs: tuple[str, ...] = ()
    nudge: str | None = None
    """The client date at which it is reminded of, once."""

    @property
    def occurrence(self) -> str:
        """What the only occurrence of it is called."""
        return f"{self.id}.1"


@dataclass(frozen=True)
class Facts:
    """What is known of one client beforehand."""

    dates: Mapping[str, datetime] = field(default_factory=dict)
    zone: str = "UTC"
    quiet: tuple[time, time] | None = None


@dataclass(frozen=True)
class Happening:
    """One thing that a journey says has happened."""

    seq: int
    at: datetime
    kind: str
    occurrence: str = ""
    occurrences: tuple[str, ...] = ()


_SETTLES = {"step_completed": "completed", "step_skipped": "skipped", "step_cancelled": "cancelled"}


class Reference:
    """One journey, happening by happening. What may not be is collected in `wrong`."""

    def __init__(self, steps: Iterable[Step], facts: Facts) -> None:
        self.steps = tuple(steps)
        self.facts = facts
        self.status = "active"
        self.delivered: dict[str, datetime] = {}
        self.settled: dict[str, tuple[str, datetime]] = {}
        self.reminded: dict[str, int] = {}
        self.started_at: datetime | None = None
        self.resumed_at: datetime | None = None
        self.wrong: list[str] = []
        self._seq = 0
        self._at: datetime | None = None
        self._by_occurrence = {step.occurrence: step for step in self.steps}

    def take(self, happening: Happening) -> None:
        """Go on by one happening."""
        if happening.seq != self._seq + 1:
            self.wrong.append(f"event {happening.seq} follows event {self._seq}")
        if self._at is not None and happening.at < self._at:
            self.wrong.append(f"event {happening.seq} is earlier than the one before it")
        self._seq, self._at = happening.seq, happening.at
        match happening.kind:
            case "journey_started":
                self.started_at = happening.at
            case "step_delivered":
                self._deliver(happening)
            case "step_completed" | "step_skipped" | "step_cancelled":
                self._settle(happening)
            case "reminder_due":
                for occurrence in happening.occurrences:
                    self._remind(occurrence, happening)
            case "journey_paused":
                self._expect("active", happening)
                self.status = "paused"
            case "journey_resumed":
                self._expect("paused", happening)
                self.status, self.resumed_at = "active", happening.at
            case "journey_stopped":
                if self.status not in ("active", "paused"):
                    self.wrong.append(f"stopped while {self.status} (P3)")
                self.status = "stopped"
            case "journey_completed":
                self._complete()

    def may_come_at(self, step: Step) -> datetime | None:
        """G1, G2, G4, T4: the first instant at which the step may come, as far as is known; None: something is missing."""
        assert self.started_at is not None
        position = self.steps.index(step)
        earlier = self.steps[:position]
        if step.regardless:
            gate = [self.started_at]
        elif step.needs:
            gate = [self._passed(one) for one in self.steps if one.id in step.needs]
        else:
            gate = [self.started_at, *(self._passed(one) for one in earlier if one.required)]
        anchor = self._anchor(step, earlier[-1] if earlier else None)
        wanted = [*gate, anchor]
        return None if any(one is None for one in wanted) else max(one for one in wanted if one is not None)

    def owed(self, now: datetime) -> list[str]:
        """What ought to have come by `now` and has not: nothing is lost, nothing stands still."""
        if self.status != "active" or self.started_at is None:
            return []
        waiting = [one for one in self.steps if one.occurrence not in self.delivered]
        due = [(one, self.may_come_at(one)) for one in waiting]
        found = [one.occurrence for one, at in due if at is not None and at <= now and not self.is_quiet(now)]
        if not found and not waiting and all(self._passed(one) for one in self.steps):
            found.append("completion")
        return found

    def _deliver(self, happening: Happening) -> None:
        name = happening.occurrence
        step = self._by_occurrence.get(name)
        if step is None:
            self.wrong.append(f"{name} is no step of the pathway")
            return
        if name in self.delivered:
            self.wrong.append(f"{name} is delivered twice")
        if self.status != "active":
            self.wrong.append(f"{name} is delivered while the journey is {self.status} (P1, P3)")
        at = self.may_come_at(step)
        if at is None:
            self.wrong.append(f"{name} is delivered before its gate (G1, G4)")
        elif happening.at < at:
            self.wrong.append(f"{name} is delivered {(at - happening.at).total_seconds():.3f} s early (T4)")
        if self.is_quiet(happening.at):
            self.wrong.append(f"{name} is delivered in quiet hours (T9)")
        self.delivered[name] = happening.at

    def _settle(self, happening: Happening) -> None:
        name, how = happening.occurrence, _SETTLES[happening.kind]
        if name not in self.delivered and how != "cancelled":
            self.wrong.append(f"{name} is {how} before it is delivered (G10)")
        if name in self.settled:
            self.wrong.append(f"{name} is {how} after it was {self.settled[name][0]} (G9)")
        if how == "skipped" and self._by_occurrence[name].required:
            self.wrong.append(f"{name} is required and skipped (G8)")
        if how != "cancelled" and self.status == "stopped":
            self.wrong.append(f"{name} is {how} after the journey was stopped (P3)")
        self.settled[name] = (how, happening.at)

    def _remind(self, name: str, happening: Happening) -> None:
        step = self._by_occurrence[name]
        self.reminded[name] = self.reminded.get(name, 0) + 1
        if name not in self.delivered or name in self.settled:
            self.wrong.append(f"{name} is reminded of while it is not open (R2)")
        if self.status != "active":
            self.wrong.append(f"{name} is reminded of while the journey is {self.status} (R2)")
        if step.nudge is None or self.reminded[name] > 1:
            self.wrong.append(f"{name} is reminded of more often than planned (R1)")
        elif happening.at < self.facts.dates[step.nudge]:
            self.wrong.append(f"{name} is reminded of early (R1)")
        if self.is_quiet(happening.at):
            self.wrong.append(f"{name} is reminded of in quiet hours (T9)")

    def _complete(self) -> None:
        missing = [one.occurrence for one in self.steps if one.occurrence not in self.delivered or self._passed(one) is None]
        if missing:
            self.wrong.append(f"completed without {', '.join(missing)} (G11)")
        self.status = "completed"

    def _expect(self, status: str, happening: Happening) -> None:
        if self.status != status:
            self.wrong.append(f"{happening.kind} while {self.status} (P1)")

    def _passed(self, step: Step) -> datetime | None:
        """G1, G2: a required step has passed when it is completed, an optional one when it is delivered."""
        if not step.required:
            return self.delivered.get(step.occurrence)
        how, at = self.settled.get(step.occurrence, ("", None))
        return at if how == "completed" else None

    def _anchor(self, step: Step, previous: Step | None) -> datetime | None:
        if step.anchor == PREVIOUS_COMPLETED:
            return self._passed(previous) if previous else self.started_at
        if step.anchor == PREVIOUS_DELIVERED:
            return self.delivered.get(previous.occurrence) if previous else self.started_at
        return self.facts.dates.get(step.anchor)

    def is_quiet(self, at: datetime) -> bool:
        """T9: from the start on, until before the end; they may wrap midnight."""
        if self.facts.quiet is None:
            return False
        begins, ends = self.facts.quiet
        clock = at.astimezone(ZoneInfo(self.facts.zone)).time().replace(tzinfo=None)
        return begins <= clock < ends if begins < ends else not ends <= clock < begins


def journey_of(steps: Iterable[Step], facts: Facts, happenings: Iterable[Happening]) -> Reference:
    """A journey with everything that has happened in it."""
    reference = Reference(steps, facts)
    for happening in happenings:
        reference.take(happening)
    return reference
