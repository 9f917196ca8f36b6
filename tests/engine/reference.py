"""The rules of a journey once more, naive and slow, written from docs/semantics.md alone.

It shares with the engine the models of structures, messages and lengths, and nothing that decides. Left out:
conditions (G4, G5), RRULEs and ends other than a count (T11), working-day calendars (T7, R6), re-opening (G8),
reminders from `due` or `closing` or `every` so often (R1), waits for a date, failed notifications (N3).
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.durations import Offset
from engine.messages import (
    ExcuseStep,
    ExtendStep,
    HostEvent,
    Message,
    OpenStep,
    PauseJourney,
    ReleaseStep,
    RemindNow,
    Respond,
    ResumeJourney,
    SetClientFacts,
    SetDate,
    SkipStep,
    SnoozeReminders,
    StopJourney,
    Tick,
)
from engine.structure import StepStructure, Structure, TimeWindow, Timing

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


# Clocks


def shown(instant: datetime, zone: str) -> datetime:
    """What a clock on the wall shows."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def instant_of(local: datetime, zone: str) -> datetime:
    """T2: of all instants that show it the first; where none does, the first instant after the gap."""
    offsets = {(local + shift).replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta() for shift in (-DAY, timedelta(), DAY)}
    candidates = sorted((local - offset).replace(tzinfo=UTC) for offset in offsets)
    for candidate in candidates:
        if shown(candidate, zone) == local:
            return candidate
    instant = candidates[0].replace(second=0, microsecond=0)
    while shown(instant, zone) < local:
        instant += MINUTE
    return instant


def plus(instant: datetime, length: Offset, zone: str) -> datetime:
    """T1: calendar units keep the wall time and go first, the rest is elapsed."""
    if length.months or length.days:
        local = shown(instant, zone)
        months = local.year * 12 + local.month - 1 + length.months
        day = local.day
        while True:
            try:
                local = local.replace(year=months // 12, month=months % 12 + 1, day=day)
                break
            except ValueError:
                day -= 1
        instant = instant_of(local + length.days * DAY, zone)
    return instant + length.minutes * MINUTE


def is_quiet(instant: datetime, quiet: TimeWindow | None, zone: str) -> bool:
    """T9: in, from the start on, until before the end."""
    if quiet is None:
        return False
    now = shown(instant, zone).time()
    if quiet.start < quiet.end:
        return quiet.start <= now < quiet.end
    return not quiet.end <= now < quiet.start


@cache
def after_quiet(instant: datetime, quiet: TimeWindow | None, zone: str) -> datetime:
    """T9: minute by minute until the wall shows the end of these quiet hours."""
    if quiet is None or not is_quiet(instant, quiet, zone):
        return instant
    local = shown(instant, zone)
    ends = datetime.combine(local.date(), quiet.end)
    if ends <= local:
        ends += DAY
    instant = instant.replace(second=0, microsecond=0) + MINUTE
    while shown(instant, zone) < ends:
        instant += MINUTE
    return instant


# What is remembered


@dataclass
class Occ:
    """One occurrence that no longer simply waits."""

    step: StepStructure
    number: int
    state: str = "waiting"
    due: datetime | None = None
    zone: str = ""
    delivered: datetime | None = None
    clock: datetime | None = None
    start_by: datetime | None = None
    finish_by: datetime | None = None
    extended: datetime | None = None
    started: datetime | None = None
    active: datetime | None = None
    settled: datetime | None = None
    passed: datetime | None = None
    response: str | None = None
    late: bool = False
    used: int = 0
    asked: datetime | None = None
    sent_on_request: datetime | None = None
    snoozed: datetime | None = None
    rungs: int = 0
    released: datetime | None = None
    parked: bool = False

    @property
    def name(self) -> str:
        return f"{self.step.id}.{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state in ("open", "started")

    @property
    def satisfies(self) -> bool:
        return self.state in ("completed", "excused", "not_applicable")


@dataclass
class Todo:
    """Something to come: when, when it was wanted, and what to do then."""

    at: datetime
    wanted: datetime
    rank: int
    position: int
    number: int
    do: Callable[[], None]


@dataclass(order=True)
class Due:
    """A reminder: when it was wanted, when it can go, and what closes it."""

    wanted: datetime
    position: int
    number: int
    at: datetime = field(compare=False)
    closes: datetime | None = field(compare=False)
    occ: Occ = field(compare=False)


@dataclass
class Memory:
    """Everything that a refused message must leave as it was."""

    started: datetime
    zone: str
    quiet: TimeWindow | None
    now: datetime
    replanned: datetime
    dates: dict[str, tuple[Any, datetime]]
    status: str = "active"
    events: dict[str, tuple[datetime, int, int]] = field(default_factory=dict)
    occs: dict[str, Occ] = field(default_factory=dict)
    pauses: list[tuple[str, datetime, datetime | None]] = field(default_factory=list)
    spaced: datetime | None = None
    lingers_until: datetime | None = None
    accepted: set[str] = field(default_factory=set)
    reminders: list[tuple[datetime, tuple[str, ...]]] = field(default_factory=list)
    told: list[tuple[datetime, str, str]] = field(default_factory=list)


class Reference:
    """One journey by the book."""

    def __init__(
        self,
        structure: Structure,
        started: datetime,
        zone: str,
        dates: dict[str, date | datetime],
        draw: Callable[[str], float],
    ) -> None:
        self.structure = structure
        self.draw = draw
        known = {name: (value, started) for name, value in dates.items()}
        self.m = Memory(started, zone, None, started, started, known)
        self.settle()

    def receive(self, message: Message, now: datetime) -> bool:
        """Take a message; say whether it was accepted."""
        if message.id in self.m.accepted:
            return True
        before = deepcopy(self.m, {id(one): one for one in self.structure.steps})
        self.m.now = max(now, self.m.now)
        self.settle()
        if isinstance(message, Tick):
            return True
        if not self._obey(message):
            self.m = before
            return False
        self.m.accepted.add(message.id)
        self.settle()
        return True

    @property
    def wake_at(self) -> datetime | None:
        """The next instant at which something is to be done."""
        return min((todo.at for todo in self._todos()), default=None)

    # Settling

    def settle(self) -> None:
        """Everything due up to now, earliest first, each with fresh eyes."""
        while True:
            self._complete_if_done()
            due = [todo for todo in self._todos() if todo.at <= self.m.now]
            if not due:
                return
            min(due, key=lambda todo: (todo.wanted, todo.rank, todo.position, todo.number)).do()

    def _complete_if_done(self) -> None:
        m = self.m
        if m.status != "active":
            return
        for step in self.structure.steps:
            if self._next_number(step) is not None or (step.required and self._passed(step) is None):
                return
        m.status = "completed"
        if any(occ.is_open for occ in m.occs.values()):
            m.lingers_until = plus(m.now, self.structure.linger, m.zone)

    def _todos(self) -> list[Todo]:
        m, todos = self.m, []
        if m.status == "completed":
            for position, occ in self._in_order():
                if occ.is_open:
                    assert m.lingers_until is not None
                    closes = min(self._closes(occ) or m.lingers_until, m.lingers_until)
                    todos += [self._closing(occ, position, closes), *self._event(occ, position)]
        if m.status != "active":
            return todos
        for position, step in enumerate(self.structure.steps):
            number = self._next_number(step)
            release = None if number is None else self._release(step, number, position)
            if release is not None:
                todos.append(release)
        for position, occ in self._in_order():
            closes = self._closes(occ)
            if occ.is_open:
                if closes is not None:
                    todos.append(self._closing(occ, position, closes))
                todos += self._event(occ, position)
            if occ.is_open or (occ.passed is None and occ.settled is not None):
                todos += self._rung(occ, position, occ.settled or closes)
        return [*todos, *self._reminders()]

    def _in_order(self) -> list[tuple[int, Occ]]:
        places = {step.id: place for place, step in enumerate(self.structure.steps)}
        return sorted(((places[occ.step.id], occ) for occ in self.m.occs.values()), key=lambda pair: (pair[0], pair[1].number))

    # Gates and anchors

    def _occs(self, step: StepStructure) -> list[Occ]:
        """The occurrences that no longer wait, in order."""
        mine = [occ for occ in self.m.occs.values() if occ.step.id == step.id and occ.state != "waiting"]
        return sorted(mine, key=lambda occ: occ.number)

    def _next_number(self, step: StepStructure) -> int | None:
        number = len(self._occs(step)) + 1
        count = (step.repeat.count or 1) if step.repeat else 1
        return number if number <= count else None

    def _passed(self, step: StepStructure) -> datetime | None:
        occs = self._occs(step)
        if not occs:
            return None
        if not step.required:
            return occs[0].passed
        if self._next_number(step) is not None or any(occ.passed is None for occ in occs):
            return None
        return max(occ.passed for occ in occs if occ.passed)

    def _ended(self, step: StepStructure) -> datetime | None:
        occs = self._occs(step)
        if self._next_number(step) is not None:
            return None
        if any(occ.settled is None or not (occ.satisfies or occ.passed) for occ in occs):
            return None
        return max(occ.settled for occ in occs if occ.settled)

    def _satisfied(self, step: StepStructure) -> datetime | None:
        return self._ended(step) if all(occ.satisfies for occ in self._occs(step)) else None

    def _gate(self, step: StepStructure) -> tuple[datetime | None, bool]:
        """G1, G4: since when it is open, and whether it never will be."""
        if step.needs is not None:
            met, lost = [], 0
            for name in step.needs.of:
                needed = next(one for one in self.structure.steps if one.id == name)
                since = self._passed(needed) if needed.required else self._satisfied(needed)
                if since is not None:
                    met.append(since)
                elif not needed.required and self._ended(needed) is not None:
                    lost += 1
            if len(met) >= step.needs.count:
                return sorted(met)[step.needs.count - 1], False
            return None, len(step.needs.of) - lost < step.needs.count
        since = self.m.started
        if not step.regardless:
            for earlier in self.structure.steps:
                if earlier.id == step.id:
                    break
                if earlier.required:
                    passed = self._passed(earlier)
                    if passed is None:
                        return None, False
                    since = max(since, passed)
        return since, False

    def _anchor(self, step: StepStructure) -> tuple[datetime | None, datetime]:
        """T4: the instant, and since when it is known."""
        m, anchor = self.m, step.timing.anchor
        named = next((one for one in self.structure.steps if one.id == anchor.name), None)
        if anchor.kind == "started":
            return m.started, m.started
        if anchor.kind == "fixed":
            assert anchor.on is not None
            return instant_of(datetime.combine(anchor.on, time()), m.zone), m.started
        if anchor.kind == "date":
            if anchor.name not in m.dates:
                return None, m.started
            value, known = m.dates[anchor.name]
            return (value if isinstance(value, datetime) else instant_of(datetime.combine(value, time()), m.zone)), known
        if anchor.kind == "event":
            first = m.events[anchor.name][0] if anchor.name in m.events else None
            return first, first or m.started
        assert named is not None
        if anchor.kind == "delivered":
            occs = self._occs(named)
            return (occs[0].delivered or occs[0].settled if occs else None), m.started
        return (self._passed(named) if anchor.kind == "passed" else self._ended(named)), m.started

    # When it is due

    def _unfrozen(self, due: datetime, since: datetime) -> datetime:
        """P1: as much time that was not frozen lies between the two as was meant to."""
        left, at = due - since, since
        for mode, began, ended in self.m.pauses:
            if mode != "freeze" or ended is None or ended <= at:
                continue
            if max(began, at) - at >= left:
                break
            left -= max(began, at) - at
            at = ended
        return at + left

    def _shaped(self, timing: Timing, anchor: datetime, offset: Offset, draw: float) -> datetime:
        """T6 to T8: day after day until one fits."""
        zone = self.m.zone
        base = plus(anchor, offset, zone)
        if not (timing.at or timing.on or timing.between):
            return base
        keeps_day = bool(offset.months or offset.days)
        day = shown(base, zone).date()
        while True:
            if timing.on and WEEKDAYS[day.weekday()] not in timing.on:
                day += DAY
                continue
            if timing.between:
                start = instant_of(datetime.combine(day, timing.between.start), zone)
                end = instant_of(datetime.combine(day, timing.between.end), zone)
                if not keeps_day:
                    start = max(start, base)
                if start < end and (end - start).total_seconds() >= 1:
                    return start + timedelta(seconds=int(draw * int((end - start).total_seconds())))
                if keeps_day:
                    return end
            elif timing.at is None:
                same_day = day == shown(base, zone).date()
                return base if same_day else instant_of(datetime.combine(day, shown(base, zone).time()), zone)
            elif datetime.combine(day, timing.at) == shown(base, zone):
                return base
            else:
                instant = instant_of(datetime.combine(day, timing.at), zone)
                if keeps_day or instant >= base:
                    return instant
            day += DAY

    def _release(self, step: StepStructure, number: int, position: int) -> Todo | None:
        """What becomes of the occurrence that waits, and when."""
        m, name = self.m, f"{step.id}.{number}"
        kept = m.occs.get(name)
        planned = self._planned(step, number)
        if kept is not None and kept.released is not None:
            due = kept.released if planned is None else planned[0]
            at = self._held(max(kept.released, m.now), step)
            closes = self._next_due(step, number, due)

            def out_now() -> None:
                self._deliver(step, number, due, closes, is_spaced=False)

            return Todo(at, min(due, at), 2, position, number, out_now)
        if kept is not None and kept.parked:
            return None
        if planned is None:
            if number == 1 and self._gate(step)[1]:
                return Todo(m.now, m.now, 2, position, number, lambda: self._leave_out(step, number, m.now))
            return None
        due, gate, is_past = planned
        if is_past:
            at = max(due, m.now)
            return Todo(at, min(due, at), 2, position, number, lambda: self._leave_out(step, number, due))
        return self._out(step, number, position, due, gate)

    def _planned(self, step: StepStructure, number: int) -> tuple[datetime, datetime, bool] | None:
        """The due instant, since when its gate is open, and whether it is left out because that lies in the past."""
        m, timing = self.m, step.timing
        if number > 1:
            first = m.occs[f"{step.id}.1"]
            assert first.due is not None
            return self._series(step, number, first.due, first.zone), m.started, False
        gate, _ = self._gate(step)
        anchor, known = self._anchor(step)
        if gate is None or anchor is None:
            return None
        draw = self.draw(f"{step.id}.{number}")
        due = self._shaped(timing, anchor, timing.offset, draw)
        if timing.anchor.kind not in ("date", "fixed"):
            moved = self._unfrozen(due, anchor)
            if moved != due:
                due = self._shaped(timing, moved, Offset(), draw)
        if due >= max(gate, known):
            return due, gate, False
        if timing.past == "next_slot":
            return self._shaped(timing, max(gate, known), Offset(), draw), gate, False
        return max(gate, known), gate, timing.past == "skip"

    def _series(self, step: StepStructure, number: int, first: datetime, zone_then: str, *, draws: bool = True) -> datetime:
        """T11: the first's due instant plus so many intervals, at the same wall time for calendar intervals."""
        assert step.repeat is not None
        assert step.repeat.every is not None
        every, zone = step.repeat.every, self.m.zone
        is_calendar = bool(every.days or every.months)
        local = shown(first, zone_then)
        due = first
        if is_calendar:
            due = instant_of(local + (number - 1) * every.days * DAY, zone) if number > 1 else first
        due += (number - 1) * every.minutes * MINUTE
        moved = due if step.timing.anchor.kind in ("date", "fixed") else self._unfrozen(due, first)
        if not is_calendar:
            return moved
        if step.timing.between:
            window = Timing(anchor=step.timing.anchor, between=step.timing.between)
            base = moved if moved != due else instant_of(datetime.combine(shown(due, zone).date(), time()), zone)
            return self._shaped(window, base, Offset(), self.draw(f"{step.id}.{number}") if draws else 0.0)
        if moved == due:
            return due
        day = shown(moved, zone).date()
        if shown(moved, zone).time() > local.time():
            day += DAY
        return instant_of(datetime.combine(day, local.time()), zone)

    def _next_due(self, step: StepStructure, number: int, due: datetime) -> datetime | None:
        """When the one after it comes, or would come; that closes it."""
        if step.repeat is None or step.repeat.overlap:
            return None
        first = self.m.occs.get(f"{step.id}.1")
        if first is None or first.state == "waiting" or first.due is None:
            return self._series(step, number + 1, due, self.m.zone, draws=False)
        return self._series(step, number + 1, first.due, first.zone, draws=False)

    def _held(self, instant: datetime, step: StepStructure) -> datetime:
        if step.urgent or step.actor != "client":
            return instant
        return after_quiet(instant, self.m.quiet or self.structure.quiet_hours, self.m.zone)

    def _out(self, step: StepStructure, number: int, position: int, due: datetime, gate: datetime) -> Todo:
        """P2, T9, T10, T11: the gap after a pause, quiet hours, a window that has passed, an outage."""
        m = self.m
        resumed = m.pauses[-1][2] if m.pauses else None
        spaced = None
        if resumed is not None and due <= resumed:
            spaced = resumed if m.spaced is None else max(resumed, plus(m.spaced, self.structure.release_gap, m.zone))
        at = self._held(max(due, spaced or due, m.now), step)
        closes = self._next_due(step, number, due)
        if closes is not None and closes <= at:
            when = max(closes, m.now)
            return Todo(when, min(due, when), 2, position, number, lambda: self._miss(step, number, due))
        if step.max_lateness is not None and step.max_lateness.then != "send":
            in_time = max(self._held(due, step), gate, m.replanned, spaced or due)
            if at > plus(in_time, step.max_lateness.over, m.zone):
                skips = step.max_lateness.then == "skip"
                act = (lambda: self._miss(step, number, due)) if skips else (lambda: self._park(step, number))
                return Todo(at, min(due, at), 2, position, number, act)
        is_spaced = spaced is not None
        return Todo(
            at, min(due, at), 2, position, number, lambda: self._deliver(step, number, due, closes, is_spaced=is_spaced)
        )

    # What happens

    def _get(self, step: StepStructure, number: int) -> Occ:
        return self.m.occs.setdefault(f"{step.id}.{number}", Occ(step, number))

    def _end(self, occ: Occ, state: str, *, passes: bool = True) -> None:
        m = self.m
        occ.state, occ.settled = state, m.now
        occ.due, occ.zone = occ.due or m.now, occ.zone or m.zone
        occ.asked = occ.released = None
        occ.parked = False
        if passes:
            occ.passed = occ.passed or m.now

    def _deliver(self, step: StepStructure, number: int, due: datetime, closes: datetime | None, *, is_spaced: bool) -> None:
        m, occ = self.m, self._get(step, number)
        occ.state, occ.due, occ.zone, occ.delivered, occ.clock = "open", due, m.zone, m.now, m.now
        occ.released, occ.parked = None, False
        occ.passed = None if step.required else m.now
        occ.start_by = plus(m.now, step.window.start_by, m.zone) if step.window.start_by else None
        occ.finish_by = plus(m.now, step.window.finish_by, m.zone) if step.window.finish_by else None
        if closes is not None and closes > m.now:
            occ.finish_by = min(occ.finish_by or closes, closes)
        if is_spaced:
            m.spaced = m.now

    def _leave_out(self, step: StepStructure, number: int, due: datetime) -> None:
        occ = self._get(step, number)
        occ.due = due
        self._end(occ, "not_applicable")

    def _park(self, step: StepStructure, number: int) -> None:
        occ = self._get(step, number)
        occ.parked = True
        self._tell(occ, "practitioner")

    def _miss(self, step: StepStructure, number: int, due: datetime) -> None:
        occ = self._get(step, number)
        occ.due = due
        self._run_out(occ)

    def _run_out(self, occ: Occ) -> None:
        """G6: what was never started expires, what was started is abandoned."""
        step = occ.step
        holds = step.required and step.on_expiry == "hold"
        self._end(occ, "abandoned" if occ.state == "started" else "expired", passes=not holds)
        if holds:
            self._tell(occ, "practitioner")
        if step.required and step.on_expiry == "end" and self.m.status == "active":
            self._cancel_all("ended")

    def _cancel_all(self, status: str) -> None:
        for occ in self.m.occs.values():
            if occ.is_open or occ.state == "waiting":
                self._end(occ, "cancelled")
        self.m.status = status

    def _tell(self, occ: Occ, to: str) -> None:
        self.m.told.append((self.m.now, to, occ.name))

    # Open steps

    def _closes(self, occ: Occ) -> datetime | None:
        """G6: the earliest of the limits that count now."""
        if occ.extended is not None:
            return occ.extended
        limits = [occ.finish_by]
        if occ.started is None:
            limits.append(occ.start_by)
        elif occ.step.window.inactivity and occ.active:
            limits.append(plus(occ.active, occ.step.window.inactivity, self.m.zone))
        return min((limit for limit in limits if limit), default=None)

    def _closing(self, occ: Occ, position: int, closes: datetime) -> Todo:
        return Todo(max(closes, self.m.now), closes, 1, position, occ.number, lambda: self._run_out(occ))

    def _event(self, occ: Occ, position: int) -> Iterator[Todo]:
        """G10: an event that no other wait has used completes the first delivered of those that name it."""
        m, waits_for = self.m, occ.step.completes_on
        if waits_for is None or waits_for.event not in m.events:
            return
        first, count, used = m.events[waits_for.event]
        if used < count:
            name = waits_for.event

            def complete() -> None:
                m.events[name] = (first, count, used + 1)
                self._end(occ, "completed")

            yield Todo(m.now, occ.delivered or m.now, 0, position, occ.number, complete)

    def _slots(self, occ: Occ) -> list[datetime]:
        """R1: the planned reminders, R5: those before a snooze's end moved to it."""
        if occ.step.reminders is None or occ.clock is None:
            return []
        slots = sorted(plus(occ.clock, offset, self.m.zone) for offset in occ.step.reminders.offsets)
        return [max(slot, occ.snoozed or slot) for slot in slots]

    def _reminder(self, occ: Occ, position: int) -> Iterator[Due]:
        """R1: the next one, held by quiet hours, and never at or after its closing."""
        left = self._slots(occ)[occ.used :]
        first = occ.asked or (left[0] if left else None)
        if first is not None:
            closes = self._closes(occ)
            at = self._held(max(first, self.m.now), occ.step)
            if closes is None or at < closes:
                yield Due(self._held(first, occ.step), position, occ.number, at, closes, occ)

    def _groups(self) -> Iterator[list[Due]]:
        """R4: what is due within five minutes of the first goes with it, at the instant of the last."""
        todo = sorted(one for position, occ in self._in_order() if occ.is_open for one in self._reminder(occ, position))
        while todo:
            group, rest = [todo[0]], []
            for one in todo[1:]:
                at = max(member.at for member in (*group, one))
                is_near = one.wanted - group[0].wanted <= timedelta(minutes=5)
                in_time = all(member.closes is None or at < member.closes for member in (*group, one))
                fits = is_near and in_time and one.occ.step.actor == group[0].occ.step.actor
                (group if fits else rest).append(one)
            yield group
            todo = rest

    def _reminders(self) -> Iterator[Todo]:
        for group in self._groups():
            actor = group[0].occ.step.actor
            at = max(member.at for member in group)
            yield Todo(at, group[0].wanted, 4, group[0].position, group[0].number, lambda actor=actor: self._remind(actor))

    def _remind(self, actor: str) -> None:
        """Everything that one person is due to be reminded of is one message."""
        m = self.m
        due = [group for group in self._groups() if max(member.at for member in group) <= m.now]
        occs = [one.occ for group in due for one in group if one.occ.step.actor == actor]
        for occ in occs:
            occ.used += sum(slot <= m.now for slot in self._slots(occ)[occ.used :])
            if occ.asked is not None:
                occ.asked, occ.sent_on_request = None, m.now
        m.reminders.append((m.now, tuple(sorted(occ.name for occ in occs))))

    def _rung(self, occ: Occ, position: int, closes: datetime | None) -> Iterator[Todo]:
        """R6: so long after the last planned reminder, or after the closing where there are none."""
        if occ.rungs >= len(occ.step.escalation):
            return
        rung = occ.step.escalation[occ.rungs]
        base = max(self._slots(occ), default=closes)
        if base is not None:
            at = plus(base, rung.after, self.m.zone)

            def tell() -> None:
                occ.rungs += 1
                self._tell(occ, rung.to)

            yield Todo(max(at, self.m.now), at, 3, position, occ.number, tell)

    # Messages

    def _obey(self, message: Message) -> bool:
        m = self.m
        is_over = m.status in ("stopped", "ended")
        if is_over or (m.status == "completed" and not any(occ.is_open for occ in m.occs.values())):
            return False
        occ = self._named(message)
        is_staff = message.by.role in ("practitioner", "operator", "host")
        match message:
            case OpenStep() | Respond() | SkipStep() | SnoozeReminders() | ExtendStep() | RemindNow() if (
                occ is None or occ.delivered is None
            ):
                return False
            case ExcuseStep() | ReleaseStep() if occ is None:
                return False
            case OpenStep():
                assert occ is not None
                if occ.state == "open" and occ.step.actor != "host":
                    occ.state, occ.started, occ.active = "started", occ.started or m.now, m.now
                elif occ.state == "started" and occ.step.window.inactivity:
                    occ.active = m.now
            case Respond():
                assert occ is not None
                return self._respond(message, occ)
            case SkipStep():
                assert occ is not None
                if message.by.role not in ("client", "host") or occ.step.required or not occ.is_open:
                    return False
                self._end(occ, "skipped")
            case SnoozeReminders():
                assert occ is not None
                if not occ.is_open or message.until <= m.now:
                    return False
                occ.snoozed, occ.asked = message.until, None
            case ExcuseStep():
                assert occ is not None
                if not is_staff or (occ.settled is not None and occ.state not in ("expired", "abandoned", "skipped")):
                    return False
                m.occs[occ.name] = occ
                self._end(occ, "excused")
            case ReleaseStep():
                assert occ is not None
                if not is_staff or occ.state != "waiting":
                    return False
                m.occs[occ.name] = occ
                occ.released, occ.parked = occ.released or m.now, False
            case ExtendStep():
                assert occ is not None
                if not is_staff or message.until <= m.now or not (occ.is_open or occ.state in ("expired", "abandoned")):
                    return False
                if not occ.is_open:
                    occ.used = max(occ.used, sum(slot <= m.now for slot in self._slots(occ)))
                    occ.state, occ.settled, occ.late = ("started" if occ.started else "open"), None, False
                    occ.active = m.now if occ.started else None
                occ.extended = message.until
            case RemindNow():
                assert occ is not None
                if not is_staff or not occ.is_open or m.status != "active":
                    return False
                last = occ.sent_on_request
                if last is None or m.now >= plus(last, self.structure.reminder_cooldown, m.zone):
                    occ.asked = occ.asked or m.now
            case PauseJourney():
                if not is_staff or m.status != "active":
                    return False
                m.status = "paused"
                m.pauses.append((message.mode, m.now, None))
                for one in m.occs.values():
                    if one.is_open:
                        one.asked = None
            case ResumeJourney():
                if not is_staff or m.status != "paused":
                    return False
                self._resume()
            case StopJourney():
                if not is_staff:
                    return False
                self._cancel_all("stopped")
            case SetDate():
                known = m.dates[message.name][0] if message.name in m.dates else None
                if known != message.value:
                    m.replanned = m.now
                    if message.value is None:
                        del m.dates[message.name]
                    else:
                        m.dates[message.name] = (message.value, m.now)
            case SetClientFacts():
                quiet = m.quiet
                if message.quiet_hours is not None:
                    quiet = None if message.quiet_hours == "pathway" else message.quiet_hours
                if (message.zone or m.zone, quiet) != (m.zone, m.quiet):
                    m.zone, m.quiet, m.replanned = message.zone or m.zone, quiet, m.now
            case HostEvent():
                first, count, used = m.events.get(message.name, (m.now, 0, 0))
                m.events[message.name] = (first, count + 1, used)
            case _:
                raise AssertionError(f"no rule here for {message.kind}")
        return True

    def _named(self, message: Message) -> Occ | None:
        """The occurrence a message names: one that is known, or the next that waits."""
        name = getattr(message, "occurrence", None)
        if name is None or name in self.m.occs:
            return self.m.occs[name] if name else None
        step_id, _, number = name.rpartition(".")
        step = next((one for one in self.structure.steps if one.id == step_id), None)
        if step is None or str(self._next_number(step)) != number:
            return None
        return Occ(step, int(number))

    def _respond(self, message: Respond, occ: Occ) -> bool:
        m, step, role = self.m, occ.step, message.by.role
        wrong = role == "practitioner" if step.actor == "client" else role == "client"
        if step.actor == "host" or wrong:
            return False
        if occ.response == message.response_id:
            return True
        if occ.state == "completed" and step.revisable:
            occ.response = message.response_id
            return True
        if occ.is_open:
            closes = self._closes(occ)
            mode, began, _ = m.pauses[-1] if m.status == "paused" else ("", m.now, None)
            is_late = closes is not None and (began if mode == "freeze" else m.now) >= closes
        elif occ.state in ("expired", "abandoned"):
            if step.late == "reject" or (step.late == "accept_if_started" and occ.started is None):
                return False
            is_late = True
        else:
            return False
        self._end(occ, "completed")
        occ.response, occ.late, occ.active = message.response_id, is_late, m.now
        return True

    def _resume(self) -> None:
        m = self.m
        mode, began, _ = m.pauses[-1]
        m.pauses[-1] = (mode, began, m.now)
        m.status, m.replanned = "active", m.now
        if mode != "freeze":
            return
        for occ in m.occs.values():
            if occ.is_open:
                gone = m.now - began
                occ.clock = occ.clock + gone if occ.clock else None
                occ.start_by = occ.start_by + gone if occ.start_by else None
                occ.finish_by = occ.finish_by + gone if occ.finish_by else None
                occ.extended = occ.extended + gone if occ.extended else None
                if occ.active is not None:
                    occ.active = m.now if occ.active > began else occ.active + gone
