"""When a waiting occurrence is delivered, and why: gate, anchor, timing, past, pauses, spacing, hold, lateness."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from engine.base import OccurrenceId, StepId, occurrence_id
from engine.calendar import add, has_wall_time, midnight, next_slot, shape, wall
from engine.conditions import facts_of, holds
from engine.events import Reason
from engine.journey import SATISFYING_STATES, Journey, Occurrence
from engine.moment import Moment
from engine.repetition import FROM_OUTSIDE, Series, moved_by_pauses
from engine.structure import Anchor, Condition, StepStructure


class Standing(NamedTuple):
    """How far a step has come, as gates and anchors see it."""

    delivered_at: datetime | None = None
    """Of its first occurrence; where that was settled without ever being delivered, its end, so that nothing waits for ever."""
    passed_at: datetime | None = None
    ended_at: datetime | None = None
    is_satisfied: bool = False
    is_lost: bool = False
    """An optional step that ended without being satisfied."""


class Gate(NamedTuple):
    """Whether a step's gate is open, since when, and otherwise what it waits for."""

    since: datetime | None
    waits_for: str = ""
    is_lost: bool = False
    """It can never open any more."""
    look_at: datetime | None = None
    """When the mere passing of time may have opened it."""


class Release(NamedTuple):
    """What becomes of a waiting occurrence: `at` None while something is missing."""

    what: Literal["deliver", "not_applicable", "expire", "park", "wait"]
    at: datetime | None = None
    due_at: datetime | None = None
    anchor_at: datetime | None = None
    window: str | None = None
    hold: str | None = None
    waits_for: str = ""
    is_spaced: bool = False
    closes_at: datetime | None = None
    """When the next occurrence of a repeated step closes this one."""
    ignores_condition: bool = False
    look_at: datetime | None = None
    """Waiting for a condition on the time: when to look again."""


def draw_of(journey: Journey, occurrence: OccurrenceId) -> float:
    """The draw of one occurrence: uniform in [0, 1), the same for ever (rule T8)."""
    digest = hashlib.sha256(f"{journey.id}/{occurrence}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def standing_of(step: StepStructure, moment: Moment) -> Standing:
    """How far a step has come in this journey."""
    first = moment.find(step, 1)
    if first is None or step.id not in moment.journey.reached:
        return Standing()
    if step.repeat is None:
        is_satisfied = first.state in SATISFYING_STATES
        is_over = first.settled_at is not None and (is_satisfied or first.passed_at is not None)
        ended_at = first.settled_at if is_over else None
        is_lost = not step.required and is_over and not is_satisfied
        return Standing(first.delivered_at or first.settled_at, first.passed_at, ended_at, is_satisfied, is_lost)
    return _repeated_standing(step, moment)


def _repeated_standing(step: StepStructure, moment: Moment) -> Standing:
    journey = moment.journey
    reached = journey.reached[step.id]
    all_of_them = [journey.occurrences[occurrence_id(step.id, number)] for number in range(1, reached + 1)]
    first = all_of_them[0]
    series = Series.of(step, journey)
    is_last = series is None or series.due(reached + 1, journey, moment.zone) is None
    passed = [one.passed_at for one in all_of_them if one.passed_at]
    settled = [one.settled_at for one in all_of_them if one.settled_at and (one.state in SATISFYING_STATES or one.passed_at)]
    is_over = is_last and len(settled) == reached
    is_satisfied = is_over and all(one.state in SATISFYING_STATES for one in all_of_them)
    passed_at = first.passed_at if not step.required else max(passed) if is_last and len(passed) == reached else None
    ended_at = max(settled) if is_over else None
    came_at = first.delivered_at or first.settled_at
    return Standing(came_at, passed_at, ended_at, is_satisfied, not step.required and is_over and not is_satisfied)


Live = tuple[int, StepStructure, datetime]
"""A step to which something can still happen: its position, itself, and when the last of the required steps before it
that are over let it through."""


def live_steps(moment: Moment) -> list[Live]:
    """The steps that are not over, so that a long past costs nothing more in this turn."""
    found: list[Live] = []
    since, known = moment.journey.started_at, moment.journey.occurrences
    for position, step in enumerate(moment.structure.steps):
        first = known.get(occurrence_id(step.id, 1))
        passed_at = _over_since(step, first, moment) if first is not None and first.settled_at is not None else None
        if passed_at is None:
            found.append((position, step, since))
        elif step.required and passed_at > since:
            since = passed_at
    return found


def _over_since(step: StepStructure, first: Occurrence, moment: Moment) -> datetime | None:
    """Since when a step has passed of which every occurrence has come and is settled."""
    if step.repeat is None or first.passed_at is None:
        return first.passed_at
    standing = standing_of(step, moment)
    return standing.passed_at if standing.ended_at is not None else None


class Standings:
    """The standings of all steps, worked out when asked for; a look ahead may put assumed ones in."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self._known: dict[StepId, Standing] = {}

    def of(self, step: StepId) -> Standing:
        """How far that step has come."""
        known = self._known.get(step)
        if known is None:
            known = self._known[step] = standing_of(self._moment.structure.by_id[step], self._moment)
        return known

    def assume(self, step: StepId, standing: Standing) -> None:
        """Take this for granted from now on."""
        self._known[step] = standing


def own_gate(step: StepStructure, moment: Moment, standings: Standings) -> Gate:
    """The gate of a step with `needs` or `regardless` (rules G1, G4)."""
    needs, journey = step.needs, moment.journey
    if needs is None:
        return Gate(journey.started_at)
    if needs.condition is not None:
        since = max([journey.replanned_at, *(one.settled_at for one in journey.occurrences.values() if one.settled_at)])
        is_open = holds(needs.condition, facts_of(moment.structure, journey, moment.now)).value
        if is_open:
            return Gate(since)
        return Gate(None, needs.condition.source, look_at=_next_look(needs.condition, moment))
    met: list[datetime] = []
    open_ones: list[StepId] = []
    for name in needs.of:
        standing = standings.of(name)
        if moment.structure.by_id[name].required and standing.passed_at:
            met.append(standing.passed_at)
        elif standing.is_satisfied and standing.ended_at:
            met.append(standing.ended_at)
        elif not standing.is_lost:
            open_ones.append(name)
    if len(met) >= needs.count:
        return Gate(sorted(met)[needs.count - 1] if met else journey.started_at)
    missing = needs.count - len(met)
    return Gate(None, f"{missing} of {', '.join(open_ones)}", is_lost=len(open_ones) < missing)


def _next_look(condition: Condition, moment: Moment) -> datetime | None:
    """A condition on the time is looked at again at midnight and at the client's dates; no other needs it."""
    used = {name for name, _ in condition.variables}
    if not used & {"journey.day", "journey.now"}:
        return None
    zone, now = moment.zone, moment.now
    looks = [midnight(wall(now, zone).date() + timedelta(days=1), zone)]
    looks += [instant_of(known.value, zone) for name, known in moment.journey.dates.items() if f"dates.{name}" in used]
    return min(look for look in looks if look > now)


def instant_of(value: date | datetime, zone: ZoneInfo) -> datetime:
    """The instant a client date means: without a time, its local midnight (rule T4)."""
    return value if isinstance(value, datetime) else midnight(value, zone)


def release(step: StepStructure, number: int, moment: Moment, standings: Standings, gate: Gate) -> Release:
    """What becomes of occurrence `number` of a step that waits: when, and why."""
    kept = moment.find(step, number)
    if kept is not None and kept.type_asked_at is not None and kept.type_state != "found":
        return Release("wait", waits_for=f"the step type {step.type} to be installed")
    if kept is not None and kept.release_at is not None:
        return _released_early(step, number, kept.release_at, moment, _planned(step, number, moment, standings, gate))
    if kept is not None and kept.parked:
        return Release("wait", waits_for="an operator to release or excuse it")
    return _planned(step, number, moment, standings, gate)


def _released_early(step: StepStructure, number: int, since: datetime, moment: Moment, planned: Release) -> Release:
    """Out at once, or after quiet hours; what repeats after it keeps to the plan where there was one."""
    at = moment.quiet(max(since, moment.now), step)
    due_at = planned.due_at or since
    closes_at = _closed_by_next(step, number, due_at, moment)
    return Release(
        "deliver", at, due_at, planned.anchor_at, None, "released early", closes_at=closes_at, ignores_condition=True
    )


def _closed_by_next(step: StepStructure, number: int, due_at: datetime, moment: Moment) -> datetime | None:
    if step.repeat is None or step.repeat.overlap:
        return None
    series = Series.of(step, moment.journey) or Series.beginning(step, due_at, moment.zone)
    return series.closing(number, moment.journey, moment.zone) if series else None


def _planned(step: StepStructure, number: int, moment: Moment, standings: Standings, gate: Gate) -> Release:
    draw = draw_of(moment.journey, occurrence_id(step.id, number)) if step.timing.between else 0.0
    if number > 1:
        return _released_again(step, number, moment, draw)
    if gate.is_lost:
        return Release("not_applicable", moment.now, moment.now, hold="needs")
    if gate.since is None:
        return Release("wait", waits_for=gate.waits_for, look_at=gate.look_at)
    planned = _first_due(step, moment, standings, gate.since, draw)
    if planned.due_at is None:
        return planned
    if planned.what == "not_applicable":
        return planned._replace(at=max(planned.due_at, moment.now))
    return _held_and_late(step, 1, moment, planned, gate.since)


def _first_due(step: StepStructure, moment: Moment, standings: Standings, gate_at: datetime, draw: float) -> Release:
    timing, journey, zone = step.timing, moment.journey, moment.zone
    anchor_at, known_at = anchored_at(timing.anchor, moment, standings)
    if anchor_at is None:
        return Release("wait", waits_for=words_for(timing.anchor))
    restart = journey.restarts.get(step.id)
    if restart is not None and timing.anchor.kind not in FROM_OUTSIDE:
        anchor_at = max(anchor_at, restart.at)
    due_at, window = shape(timing, anchor_at, timing.offset, zone, draw)
    hold = None
    if journey.pauses and timing.anchor.kind not in FROM_OUTSIDE:
        moved = moved_by_pauses(due_at, anchor_at, journey)
        if moved != due_at:
            hold = "moved on by a pause"
            due_at, window = next_slot(timing, moved, zone, draw) if has_wall_time(timing) else (moved, window)
    planned_at = max(gate_at, known_at)
    if due_at < planned_at:
        if timing.past == "skip":
            return Release("not_applicable", None, planned_at, anchor_at, window, "past")
        if timing.past == "next_slot":
            due_at, window = next_slot(timing, planned_at, zone, draw)
        else:
            due_at, hold = planned_at, "its instant had already passed"
    return Release("deliver", None, due_at, anchor_at, window, hold)


def anchored_at(anchor: Anchor, moment: Moment, standings: Standings) -> tuple[datetime | None, datetime]:
    """The anchor's instant, and since when it is known."""
    journey, zone = moment.journey, moment.zone
    began = journey.started_at
    match anchor.kind:
        case "started":
            return began, began
        case "fixed":
            return (midnight(anchor.on, zone) if anchor.on else None), began
        case "date":
            known = journey.dates.get(anchor.name or "")
            if known is None:
                return None, began
            return instant_of(known.value, zone), known.set_at
        case "event":
            seen = journey.host_events.get(anchor.name or "")
            return (seen.first_at, seen.first_at) if seen else (None, began)
        case "delivered":
            return standings.of(StepId(anchor.name or "")).delivered_at, began
        case "passed":
            return standings.of(StepId(anchor.name or "")).passed_at, began
        case "completed":
            return standings.of(StepId(anchor.name or "")).ended_at, began


def words_for(anchor: Anchor) -> str:
    """An anchor as a person would name it."""
    match anchor.kind:
        case "started":
            return "journey.started"
        case "fixed":
            return f"{anchor.on}"
        case "date" | "event":
            return f"{anchor.kind} {anchor.name}"
        case "passed":
            return f"{anchor.name}.completed"
        case _:
            return f"{anchor.name}.{anchor.kind}"


def _released_again(step: StepStructure, number: int, moment: Moment, draw: float) -> Release:
    series = Series.of(step, moment.journey)
    slot = series.slot(number, moment.journey, moment.zone, draw) if series else None
    if series is None or slot is None:
        return Release("wait", waits_for="nothing: it does not come again")
    due_at, window = slot
    words = f"number {number}, {window}" if window else f"number {number}"
    planned = Release("deliver", None, due_at, series.first_at, words)
    return _held_and_late(step, number, moment, planned, moment.journey.started_at)


def _held_and_late(step: StepStructure, number: int, moment: Moment, planned: Release, gate_at: datetime) -> Release:
    """Bring in what moves a due instant on: pauses that ended, quiet hours, an outage (rules P2, T9, T10, T11)."""
    due_at = planned.due_at
    assert due_at is not None
    spaced_from = _spacing(moment, due_at)
    earliest = max(due_at, spaced_from) if spaced_from else due_at
    at = moment.quiet(max(earliest, moment.now), step)
    hold = (
        "quiet hours"
        if at > max(earliest, moment.now) or moment.quiet(earliest, step) > earliest
        else "released one by one after a pause"
        if spaced_from
        else planned.hold
    )
    found = planned._replace(at=at, hold=hold, is_spaced=spaced_from is not None)
    closes_at = _closed_by_next(step, number, due_at, moment)
    if closes_at is not None and closes_at <= at:
        return found._replace(what="expire", at=max(closes_at, moment.now), hold="its window had passed")
    found = found._replace(closes_at=closes_at)
    limit = step.max_lateness
    if limit is not None and limit.then != "send":
        in_time = max(moment.quiet(due_at, step), gate_at, moment.journey.replanned_at, spaced_from or due_at)
        if at > add(in_time, limit.over, moment.zone):
            return found._replace(what="expire" if limit.then == "skip" else "park", hold="too late")
    return found


def _spacing(moment: Moment, due_at: datetime) -> datetime | None:
    """From when something may go out that a pause held back (rule P2); None for what fell due since the last one."""
    journey = moment.journey
    last = journey.pauses[-1] if journey.pauses else None
    if last is None or last.until is None or due_at > last.until:
        return None
    if journey.spaced_at is None:
        return last.until
    return max(last.until, add(journey.spaced_at, moment.structure.release_gap, moment.zone))


def reason_for(step: StepStructure, journey: Journey, found: Release) -> Reason:
    """The chain from anchor to hold, for people."""
    return Reason(
        anchor=words_for(step.timing.anchor),
        anchor_at=found.anchor_at,
        offset=str(step.timing.offset),
        zone=journey.zone,
        window=found.window or None,
        hold=found.hold,
    )
