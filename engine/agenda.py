"""What the journey's own state says must happen, and when: deliveries, closings, reminders, escalation, waits.

This is the one list that both `advance` (which carries it out) and `plan` (which shows it) work from.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, assert_never
from zoneinfo import ZoneInfo

from engine.base import OccurrenceId, StepId, occurrence_id
from engine.calendar import add, from_wall, next_slot, to_working_day, wall
from engine.journey import OPEN_STATES, Occurrence
from engine.moment import Moment
from engine.repetition import Series
from engine.schedule import Gate, Live, Release, Standings, instant_of, own_gate, release
from engine.structure import Anchor, Completion, StepStructure, Timing

TOGETHER = timedelta(minutes=5)
"""Reminders due within this of the first become one message (rule R4)."""

What = Literal["release", "closing", "completion", "escalation", "reminder", "look"]
_SHUT = Gate(None, "earlier required steps")
_RANK: dict[What, int] = {"completion": 0, "closing": 1, "release": 2, "escalation": 3, "reminder": 4, "look": 5}


class Item(NamedTuple):
    """One thing that must happen at `at`; `wanted_at` is when it should have, and orders what is overdue."""

    at: datetime
    wanted_at: datetime
    what: What
    position: int
    step: StepStructure
    number: int = 1
    release: Release | None = None
    used: int = 0
    """Reminder: how many planned reminders this one stands for. Escalation: which rung."""
    asked: bool = False
    before: datetime | None = None
    """Reminder: too late from then on."""
    timed_out: bool = False
    """Completion: what was waited for did not come in time."""

    @property
    def occurrence(self) -> OccurrenceId:
        """The occurrence it concerns."""
        return occurrence_id(self.step.id, self.number)

    def order(self) -> tuple[datetime, int, int, int]:
        """Earliest first; ties as the pathway is written."""
        return (self.wanted_at, _RANK[self.what], self.position, self.number)


def agenda(moment: Moment, live: list[Live]) -> list[Item]:
    """Everything with a certain instant. Nothing while paused; only the closing of what is open once completed."""
    if moment.journey.status == "completed":
        return list(_lingering(moment, live))
    if moment.journey.status != "active":
        return []
    items: list[Item] = []
    reminders: list[Item] = []
    for position, step, waiting in walk(moment, Standings(moment), live):
        if waiting is not None:
            number, found = waiting
            if found.at is not None:
                items.append(Item(found.at, min(found.due_at or found.at, found.at), "release", position, step, number, found))
            elif found.look_at is not None:
                items.append(Item(found.look_at, found.look_at, "look", position, step, number))
            continue
        for occurrence in _unsettled(step, moment):
            items.extend(_open_items(step, occurrence, moment, position, reminders))
    items.extend(_together(reminders))
    return items


def walk(
    moment: Moment, standings: Standings, live: list[Live], *, to_the_end: bool = False
) -> Iterator[tuple[int, StepStructure, tuple[int, Release] | None]]:
    """Go through the steps in order with the shared gate in hand.

    Yields each step once for its live occurrences (None), and once for the occurrence that waits, with its release;
    what waits behind the closed gate only where asked for.
    """
    journey = moment.journey
    apart = {one.step for one in journey.occurrences.values() if one.state == "waiting"}
    open_since: datetime | None = journey.started_at
    for position, step, let_through_at in live:
        done = journey.reached.get(step.id, 0)
        if done:
            yield position, step, None
        elif open_since is None and not (to_the_end or step.is_free or step.id in apart):
            continue
        if not done or step.repeat is not None:
            gate = _SHUT if open_since is None else Gate(max(open_since, let_through_at))
            gate = own_gate(step, moment, standings) if step.is_free else gate
            yield position, step, (done + 1, release(step, done + 1, moment, standings, gate))
        if open_since is not None and step.required:
            passed_at = standings.of(step.id).passed_at
            open_since = None if passed_at is None else max(open_since, passed_at)


def _unsettled(step: StepStructure, moment: Moment) -> Iterator[Occurrence]:
    for number in range(1, moment.journey.reached.get(step.id, 0) + 1):
        occurrence = moment.journey.occurrences[occurrence_id(step.id, number)]
        if occurrence.state in OPEN_STATES or (occurrence.passed_at is None and step.escalation):
            yield occurrence


def closing_of(step: StepStructure, occurrence: Occurrence, zone: ZoneInfo) -> datetime | None:
    """When an open occurrence closes, or when a settled one would have: the earliest of its limits (rule G6)."""
    if occurrence.extended_until is not None:
        return occurrence.extended_until
    limits = [occurrence.finish_by_at]
    if occurrence.started_at is None:
        limits.append(occurrence.start_by_at)
    elif step.window.inactivity is not None and occurrence.active_at is not None:
        limits.append(add(occurrence.active_at, step.window.inactivity, zone))
    return min((limit for limit in limits if limit is not None), default=None)


def _open_items(
    step: StepStructure, occurrence: Occurrence, moment: Moment, position: int, reminders: list[Item]
) -> Iterator[Item]:
    if occurrence.awaits:  # what a review asked for has to come first
        return
    number, now = occurrence.number, moment.now
    closes_at = closing_of(step, occurrence, moment.zone)
    slots = reminder_slots(step, occurrence, moment)
    if occurrence.state in OPEN_STATES:
        if closes_at is not None:
            yield Item(max(closes_at, now), closes_at, "closing", position, step, number)
        yield from _completion(step, occurrence, moment, position)
        reminder = _reminder(step, occurrence, moment, position, slots, closes_at)
        if reminder is not None:
            reminders.append(reminder)
    if occurrence.rungs_used < len(step.escalation):
        at = _rung_at(step, occurrence, moment, slots, occurrence.settled_at or closes_at)
        if at is not None:
            yield Item(max(at, now), at, "escalation", position, step, number, used=occurrence.rungs_used)


def _completion(step: StepStructure, occurrence: Occurrence, moment: Moment, position: int) -> Iterator[Item]:
    """The event or date that completes an open wait; of several waits the first delivered goes first (rule G10)."""
    waited_for, number = step.completes_on, occurrence.number
    if waited_for is None or occurrence.clock_at is None:
        return
    done_at = completion_at(waited_for, occurrence.clock_at, moment)
    gives_up_at = add(occurrence.clock_at, waited_for.timeout, moment.zone) if waited_for.timeout else None
    if done_at is not None and (gives_up_at is None or done_at <= max(gives_up_at, moment.now)):
        wanted_at = occurrence.delivered_at if waited_for.event else done_at
        yield Item(max(done_at, moment.now), wanted_at or done_at, "completion", position, step, number)
    elif gives_up_at is not None:
        yield Item(max(gives_up_at, moment.now), gives_up_at, "completion", position, step, number, timed_out=True)


def completion_at(completion: Completion, since: datetime, moment: Moment) -> datetime | None:
    """When what a step waits for happens: now for an unused host event, later for a client date or a time."""
    journey, zone = moment.journey, moment.zone
    if completion.event is not None:
        seen = journey.host_events.get(completion.event)
        return moment.now if seen is not None and seen.used < seen.count else None
    value = since
    if completion.date is not None:
        known = journey.dates.get(completion.date)
        if known is None:
            return None
        value = instant_of(known.value, zone)
    timing = Timing(anchor=Anchor(kind="date", name=completion.date), at=completion.at)
    if completion.at is None:
        return add(value, completion.offset, zone)
    return next_slot(timing, add(value, completion.offset, zone), zone, 0.0)[0]


def reminder_slots(step: StepStructure, occurrence: Occurrence, moment: Moment) -> list[datetime]:
    """The planned reminders of a delivered occurrence, in order, before any hold (rule R1).

    One that a hold of the delivery has overtaken is none: the delivery itself says it.
    """
    plan, zone = step.reminders, moment.zone
    base = _reminder_base(step, occurrence, moment)
    if plan is None or base is None or occurrence.clock_at is None:
        return []
    slots = [add(base, offset, zone) for offset in plan.offsets]
    kept_days = [offset.is_calendar for offset in plan.offsets]
    if plan.every is not None:
        last = base
        for _ in range(plan.maximum):
            last = add(last, plan.every, zone)
            slots.append(last)
            kept_days.append(plan.every.is_calendar)
    if plan.at is not None:
        slots = [
            from_wall(wall(slot, zone).replace(hour=plan.at.hour, minute=plan.at.minute, second=0, microsecond=0), zone)
            if keeps_day
            else slot
            for slot, keeps_day in zip(slots, kept_days, strict=True)
        ]
    return sorted(slot for slot in slots if slot > occurrence.clock_at)


def _reminder_base(step: StepStructure, occurrence: Occurrence, moment: Moment) -> datetime | None:
    plan = step.reminders
    if plan is None or occurrence.clock_at is None or occurrence.delivered_at is None:
        return None
    match plan.base:
        case "closing":
            return closing_of(step, occurrence, moment.zone)
        case "delivered":
            return occurrence.clock_at
        case "due":
            moved = occurrence.clock_at - occurrence.delivered_at
            return (occurrence.due_at or occurrence.delivered_at) + moved
        case "date":
            known = moment.journey.dates.get(plan.date or "")
            return instant_of(known.value, moment.zone) if known else None
        case _:
            assert_never(plan.base)


def _reminder(
    step: StepStructure,
    occurrence: Occurrence,
    moment: Moment,
    position: int,
    slots: list[datetime],
    closes_at: datetime | None,
) -> Item | None:
    """The next reminder of one open occurrence, held by snooze and quiet hours; None at or after its closing."""
    slots = slots[occurrence.reminders_used :]
    if occurrence.snoozed_until is not None:
        slots = [max(slot, occurrence.snoozed_until) for slot in slots]
    is_asked = occurrence.asked_at is not None
    if moment.journey.risks and not is_asked:  # nobody in danger is nagged (rule R8)
        return None
    first = occurrence.asked_at or (slots[0] if slots else None)
    if first is None:
        return None
    wanted_at = moment.quiet(first, step)
    at = wanted_at if first >= moment.now else moment.quiet(moment.now, step)
    if closes_at is not None and at >= closes_at:
        return None
    used = sum(slot <= at for slot in slots)
    return Item(at, wanted_at, "reminder", position, step, occurrence.number, used=used, asked=is_asked, before=closes_at)


def _together(reminders: list[Item]) -> Iterator[Item]:
    """Send what falls within a few minutes of the first as one, at the instant of the last (rule R4).

    The last that all of them can wait for: none is sent at or after its closing.
    """
    pending = sorted(reminders, key=lambda item: (item.wanted_at, item.position, item.number))
    while pending:
        first, *others = pending
        group, pending, at, before = [first], [], first.at, first.before
        for item in others:
            both_before = min((one for one in (before, item.before) if one is not None), default=None)
            is_near = item.wanted_at <= first.wanted_at + TOGETHER and item.step.reader == first.step.reader
            if is_near and (both_before is None or max(at, item.at) < both_before):
                group.append(item)
                at, before = max(at, item.at), both_before
            else:
                pending.append(item)
        yield from (item._replace(at=at) for item in group)


def _rung_at(
    step: StepStructure, occurrence: Occurrence, moment: Moment, slots: list[datetime], closes_at: datetime | None
) -> datetime | None:
    """When the next rung of the ladder is due: after the last planned reminder, or else after the closing (rule R6)."""
    rung = step.escalation[occurrence.rungs_used]
    last = slots[-1] if slots else None
    if last is not None and occurrence.snoozed_until is not None:
        last = max(last, occurrence.snoozed_until)
    base = last or closes_at
    return None if base is None else to_working_day(add(base, rung.after, moment.zone), rung.calendar, moment.zone)


def _lingering(moment: Moment, live: list[Live]) -> Iterator[Item]:
    """What may still happen after completion: open optional steps close by themselves, or when the linger ends."""
    for position, step, _ in live:
        for occurrence in _unsettled(step, moment):
            limits = [closing_of(step, occurrence, moment.zone), moment.journey.closes_at]
            closes_at = min(limit for limit in limits if limit is not None)
            yield Item(max(closes_at, moment.now), closes_at, "closing", position, step, occurrence.number)
            yield from _completion(step, occurrence, moment, position)


def remaining(moment: Moment, live: list[Live]) -> StepId | None:
    """The first step with something left to deliver; None when nothing is."""
    journey = moment.journey
    for _, step, _ in live:
        reached = journey.reached.get(step.id, 0)
        if not reached:
            return step.id
        if step.repeat is not None:
            series = Series.of(step, journey)
            if series is not None and series.due(reached + 1, journey, moment.zone) is not None:
                return step.id
    return None
