"""What is due when, and why: the certain things, and behind them the earliest that the rest can be."""

from datetime import datetime

from engine.agenda import Item, agenda, walk
from engine.base import OccurrenceId, occurrence_id
from engine.events import Reason
from engine.journey import Journey
from engine.moment import Moment
from engine.repetition import Series
from engine.schedule import Live, Release, Standing, Standings, draw_of, live_steps, reason_for
from engine.structure import StepStructure, Structure
from engine.turn import Plan, Planned
from engine.zones import zone_of

_WORDS = {
    "release": "delivery",
    "closing": "closing",
    "completion": "completion",
    "escalation": "escalation",
    "reminder": "reminder",
}


def plan(structure: Structure, journey: Journey, now: datetime) -> Plan:
    """Look ahead from `now`: everything still to come, in order of time, things without an instant last.

    What is `certain` happens then unless somebody does something before. The rest is the earliest instant,
    as if every step were done the moment it is delivered; conditions (`when`) are assumed to hold.
    """
    moment = Moment(structure, journey, zone_of(journey.zone), max(now, journey.seen_at))
    live = live_steps(moment)
    certain = agenda(moment, live)
    items = [_certain(item, journey) for item in certain if item.what != "look" and not _is_left_out(item.step, item.release)]
    if journey.status in ("active", "paused"):
        items.extend(_ahead(moment, live, {item.occurrence for item in certain if item.what == "release"}))
    places = {step.id: place for place, step in enumerate(structure.steps)}
    items.sort(key=lambda item: (item.at is None, item.at or now, places[item.step], _number(item.occurrence)))
    return Plan(items=tuple(items), wake_at=min((item.at for item in certain), default=None))


def _is_left_out(step: StepStructure, found: Release | None) -> bool:
    """Whether it will not apply when its turn comes (rule E4)."""
    return step.left_out and found is not None and not found.ignores_condition


def _number(occurrence: OccurrenceId) -> int:
    return int(occurrence.rpartition(".")[2])


def _certain(item: Item, journey: Journey) -> Planned:
    found = item.release
    reason = reason_for(item.step, journey, found) if found else _reason_of(item, journey)
    what = "closing" if found and found.what == "expire" else "delivery" if found else item.what
    return Planned.model_validate(
        {"what": what, "step": item.step.id, "occurrence": item.occurrence, "at": item.at, "certain": True, "reason": reason}
    )


def _reason_of(item: Item, journey: Journey) -> Reason:
    hold = "quiet hours" if item.at > item.wanted_at and item.what == "reminder" else None
    return Reason(anchor=f"{item.occurrence} delivered", anchor_at=None, zone=journey.zone, hold=hold)


def _ahead(moment: Moment, live: list[Live], known: set[OccurrenceId]) -> list[Planned]:
    """Walk the steps once more, taking for granted that each is done as soon as it can be."""
    standings = Standings(moment)
    found: list[Planned] = []
    for _, step, waiting in walk(moment, standings, live, to_the_end=True):
        if waiting is None:
            if step.repeat is None:
                _assume_done(step, standings, _earliest_end(standings.of(step.id), moment))
            continue
        number, release = waiting
        deliveries = _coming(step, number, release, moment)
        if not deliveries:
            _assume_done(step, standings, _earliest_end(standings.of(step.id), moment))
        is_paused = moment.journey.status == "paused"
        for name, at, each in deliveries:
            if name in known or _is_left_out(step, each):
                continue
            waits_for = "the journey to be resumed" if is_paused else each.waits_for or None
            reason = reason_for(step, moment.journey, each)
            found.append(
                Planned(
                    what="delivery",
                    step=step.id,
                    occurrence=name,
                    at=None if is_paused else at,
                    certain=False,
                    reason=reason,
                    waits_for=waits_for,
                )
            )
        if deliveries and deliveries[-1][1] is not None:
            _assume_done(step, standings, deliveries[-1][1], deliveries[0][1])
    return found


def _coming(
    step: StepStructure, number: int, release: Release, moment: Moment
) -> list[tuple[OccurrenceId, datetime | None, Release]]:
    """This occurrence and all that follow it, with their earliest instants."""
    if number > 1 and release.due_at is None:
        return []
    coming: list[tuple[OccurrenceId, datetime | None, Release]] = [(occurrence_id(step.id, number), release.at, release)]
    if release.due_at is None or release.at is None:
        return coming
    series = Series.of(step, moment.journey) or Series.beginning(step, release.due_at, moment.zone)
    while series is not None:
        number += 1
        name = occurrence_id(step.id, number)
        due_at = series.due(number, moment.journey, moment.zone, draw_of(moment.journey, name))
        if due_at is None:
            break
        at = moment.quiet(max(due_at, moment.now), step)
        coming.append((name, at, Release("deliver", at, due_at, release.due_at, f"number {number}")))
    return coming


def _earliest_end(standing: Standing, moment: Moment) -> datetime:
    return standing.ended_at or standing.passed_at or moment.now


def _assume_done(step: StepStructure, standings: Standings, ended_at: datetime, delivered_at: datetime | None = None) -> None:
    real = standings.of(step.id)
    first_at = real.delivered_at or delivered_at or ended_at
    passed_at = real.passed_at or (ended_at if step.required else first_at)
    standings.assume(step.id, Standing(first_at, passed_at, real.ended_at or ended_at, is_satisfied=True))
