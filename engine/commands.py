"""What each message does to a journey, and why it may be refused."""

from datetime import datetime
from typing import assert_never

from engine.agenda import closing_of, reminder_slots
from engine.base import OccurrenceId, StepId, occurrence_id
from engine.calendar import LONGEST_QUIET_HOURS, add, minutes_of
from engine.draft import Draft
from engine.events import (
    ClientFactsSet,
    DateSet,
    HostEventReceived,
    JourneyPaused,
    JourneyResumed,
    JourneyStopped,
    NotificationGivenUp,
    RemindersSnoozed,
    StepCompleted,
    StepExcused,
    StepExtended,
    StepReleased,
    StepReopened,
    StepRevised,
    StepSkipped,
    StepStarted,
    StepWorkedOn,
)
from engine.journey import OPEN_STATES, ClientDate, Occurrence, Pause, SeenEvent
from engine.messages import (
    ExcuseStep,
    ExtendStep,
    HostEvent,
    Message,
    NotificationFailed,
    OpenStep,
    PauseJourney,
    ReleaseStep,
    RemindNow,
    ReopenStep,
    Respond,
    ResumeJourney,
    Role,
    SetClientFacts,
    SetDate,
    SkipStep,
    SnoozeReminders,
    StopJourney,
    Tick,
)
from engine.repetition import Series
from engine.settle import has_open
from engine.structure import StepStructure, TimeWindow
from engine.zones import UnknownZone, zone_of


class Refusal(Exception):
    """The journey is unharmed; `rule` says which rule refused, the text what to do instead."""

    def __init__(self, code: str, rule: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.rule = rule


def obey(draft: Draft, message: Message) -> bool:
    """Apply one message; say whether the plan may have changed. Raises Refusal."""
    if isinstance(message, NotificationFailed):
        return _give_up(draft, message)
    _refuse_if_over(draft)
    match message:
        case Tick():
            return False
        case OpenStep():
            return _open(draft, message)
        case Respond():
            return _respond(draft, message)
        case SkipStep():
            return _skip(draft, message)
        case SnoozeReminders():
            return _snooze(draft, message)
        case ExcuseStep():
            return _excuse(draft, message)
        case ReleaseStep():
            return _release(draft, message)
        case ExtendStep():
            return _extend(draft, message)
        case ReopenStep():
            return _reopen(draft, message)
        case RemindNow():
            return _remind(draft, message)
        case PauseJourney():
            return _pause(draft, message)
        case ResumeJourney():
            return _resume(draft)
        case StopJourney():
            return _stop(draft, message)
        case SetDate():
            return _set_date(draft, message)
        case SetClientFacts():
            return _set_client_facts(draft, message)
        case HostEvent():
            return _host_event(draft, message)
        case _:
            assert_never(message)


# What the client does


def _open(draft: Draft, message: OpenStep) -> bool:
    step, occurrence = _delivered(draft, message.occurrence)
    if occurrence.state == "open" and step.actor != "host":
        started = draft.put(occurrence, state="started", started_at=occurrence.started_at or draft.now, active_at=draft.now)
        draft.step_happens(StepStarted, started, closes_at=closing_of(step, started, draft.zone))
        return True
    if occurrence.state == "started" and step.window.inactivity is not None:
        active = draft.put(occurrence, active_at=draft.now)
        draft.step_happens(StepWorkedOn, active, closes_at=closing_of(step, active, draft.zone))
        return True
    return False


def _respond(draft: Draft, message: Respond) -> bool:
    step, occurrence = _delivered(draft, message.occurrence)
    _check_answerer(step, message.by.role)
    if occurrence.response_id == message.response_id:
        return False
    if occurrence.state == "completed" and step.revisable:
        draft.step_happens(StepRevised, draft.put(occurrence, response_id=message.response_id), response_id=message.response_id)
        _keep_outcome(draft, step, message)
        return True
    is_late = _lateness(draft, step, occurrence)
    answered = draft.settle(occurrence, "completed", response_id=message.response_id, late=is_late, active_at=draft.now)
    draft.step_happens(StepCompleted, answered, response_id=message.response_id, late=is_late)
    _keep_outcome(draft, step, message)
    return True


def _lateness(draft: Draft, step: StepStructure, occurrence: Occurrence) -> bool:
    """Whether an acceptable response is late; refuse one that is not acceptable (rules G7, G9)."""
    if occurrence.state in OPEN_STATES:
        closes_at = closing_of(step, occurrence, draft.zone)
        return closes_at is not None and _frozen_at(draft) >= closes_at
    if occurrence.state not in ("expired", "abandoned"):
        raise Refusal("already_settled", "G9", f"{occurrence.id} is already {_words(occurrence)}; ask to have it re-opened")
    if step.late == "reject" or (step.late == "accept_if_started" and occurrence.started_at is None):
        raise Refusal("too_late", "G7", f"{occurrence.id} closed and takes no late response; ask to have it extended")
    return True


def _frozen_at(draft: Draft) -> datetime:
    """Now, or the instant since which a freezing pause has kept the deadlines where they are (rule P1)."""
    pause = draft.journey.pauses[-1] if draft.journey.status == "paused" else None
    return pause.since if pause is not None and pause.mode == "freeze" else draft.now


def _keep_outcome(draft: Draft, step: StepStructure, message: Respond) -> None:
    declared = {name for name, _ in step.outcomes}
    facts = {name: value for name, value in message.outcome.items() if name in declared}
    if declared:
        draft.set(outcomes={**draft.journey.outcomes, step.id: facts})


def _skip(draft: Draft, message: SkipStep) -> bool:
    step, occurrence = _delivered(draft, message.occurrence)
    if message.by.role not in ("client", "host"):
        raise Refusal("not_yours", "G8", "only the client skips a step; excuse it instead")
    if step.required:
        raise Refusal("required", "G8", f"{step.id} is required and cannot be skipped; a practitioner can excuse it")
    _refuse_unless_open(occurrence)
    draft.step_happens(StepSkipped, draft.settle(occurrence, "skipped"), obstacle=message.obstacle)
    return True


def _snooze(draft: Draft, message: SnoozeReminders) -> bool:
    _, occurrence = _delivered(draft, message.occurrence)
    _refuse_unless_open(occurrence)
    _refuse_past(draft, message.until, "R5")
    changes = {"snoozed_until": message.until, "generation": occurrence.generation + 1, "asked_at": None}
    draft.step_happens(RemindersSnoozed, draft.put(occurrence, **changes), until=message.until)
    return True


# What practitioners, operators and hosts do


def _excuse(draft: Draft, message: ExcuseStep) -> bool:
    _check_staff(message.by.role)
    _, occurrence = _any(draft, message.occurrence)
    if occurrence.settled_at is not None and occurrence.state not in ("expired", "abandoned", "skipped"):
        raise Refusal("already_settled", "G9", f"{occurrence.id} is already {_words(occurrence)}")
    draft.step_happens(StepExcused, draft.settle(occurrence, "excused"), reason=message.reason)
    return True


def _release(draft: Draft, message: ReleaseStep) -> bool:
    _check_staff(message.by.role)
    _, occurrence = _any(draft, message.occurrence)
    if occurrence.state != "waiting":
        raise Refusal("already_delivered", "G8", f"{occurrence.id} is already {_words(occurrence)}")
    if occurrence.release_at is None:
        released = draft.put(occurrence, release_at=draft.now, parked=False)
        draft.step_happens(StepReleased, released, reason=message.reason)
    return True


def _extend(draft: Draft, message: ExtendStep) -> bool:
    _check_staff(message.by.role)
    step, occurrence = _delivered(draft, message.occurrence)
    _refuse_past(draft, message.until, "G8")
    if occurrence.state in ("expired", "abandoned"):
        occurrence = _reopened(draft, step, occurrence, used=_used_up(draft, step, occurrence))
    _refuse_unless_open(occurrence)
    extended = draft.put(occurrence, extended_until=message.until)
    draft.step_happens(StepExtended, extended, until=message.until, reason=message.reason)
    return True


def _reopen(draft: Draft, message: ReopenStep) -> bool:
    _check_staff(message.by.role)
    step, occurrence = _delivered(draft, message.occurrence)
    if occurrence.settled_at is None:
        raise Refusal("not_settled", "G8", f"{occurrence.id} is {_words(occurrence)}; there is nothing to re-open")
    if draft.journey.status == "completed":
        raise Refusal("journey_over", "G11", "the journey is completed; start the pathway again instead")
    fresh = draft.start_clock(step, _reopened(draft, step, occurrence, used=0))
    fresh = draft.put(fresh, passed_at=None if step.required else fresh.passed_at, snoozed_until=fresh.snoozed_until)
    draft.step_happens(StepReopened, fresh, closes_at=closing_of(step, fresh, draft.zone), reason=message.reason)
    draft.announce(step, fresh)
    return True


def _reopened(draft: Draft, step: StepStructure, occurrence: Occurrence, *, used: int) -> Occurrence:
    state = "started" if occurrence.started_at else "open"
    generation = occurrence.generation + 1
    active_at = draft.now if occurrence.started_at else None
    changes = {"state": state, "generation": generation, "settled_at": None, "late": False, "reminders_used": used}
    return draft.put(occurrence, active_at=active_at, **changes)


def _used_up(draft: Draft, step: StepStructure, occurrence: Occurrence) -> int:
    """Reminders missed while the step was closed are not made up for."""
    return max(occurrence.reminders_used, sum(slot <= draft.now for slot in reminder_slots(step, occurrence, draft.zone)))


def _remind(draft: Draft, message: RemindNow) -> bool:
    _check_staff(message.by.role)
    _, occurrence = _delivered(draft, message.occurrence)
    _refuse_unless_open(occurrence)
    if draft.journey.status == "completed":
        raise Refusal(
            "journey_completed", "G11", "the journey is completed and reminds of nothing; what is open may be answered"
        )
    if draft.journey.status != "active":
        raise Refusal("paused", "P1", "the journey is paused and reminds of nothing; resume it first")
    cooldown = draft.structure.reminder_cooldown
    if occurrence.reminded_at is not None and draft.now < add(occurrence.reminded_at, cooldown, draft.zone):
        return False
    if occurrence.asked_at is None:
        draft.put(occurrence, asked_at=draft.now)
    return True


# The journey as a whole


def _pause(draft: Draft, message: PauseJourney) -> bool:
    _check_staff(message.by.role)
    if draft.journey.status != "active":
        raise Refusal("not_active", "P1", f"the journey is {draft.journey.status}; only an active one can be paused")
    for occurrence in tuple(draft.journey.occurrences.values()):
        if occurrence.state in OPEN_STATES:
            draft.put(occurrence, generation=occurrence.generation + 1, asked_at=None)
    pause = Pause(mode=message.mode, since=draft.now)
    draft.set(status="paused", pauses=(*draft.journey.pauses, pause))
    draft.happen(JourneyPaused, mode=message.mode, reason=message.reason)
    return True


def _resume(draft: Draft) -> bool:
    _check_staff(draft.by.role)
    if draft.journey.status != "paused":
        raise Refusal("not_paused", "P2", f"the journey is {draft.journey.status}; only a paused one can be resumed")
    *earlier, pause = draft.journey.pauses
    ended = pause.changed(until=draft.now)
    draft.set(status="active", pauses=(*earlier, ended), replanned_at=draft.now)
    if pause.mode == "freeze":
        for occurrence in tuple(draft.journey.occurrences.values()):
            if occurrence.state in OPEN_STATES:
                _move_on(draft, occurrence, pause.since)
    draft.happen(JourneyResumed)
    return True


def _move_on(draft: Draft, occurrence: Occurrence, since: datetime) -> None:
    """Leave an open step as much time as it had when the journey froze (rule P1)."""

    length = draft.now - max(since, occurrence.clock_at or since)

    def moved(instant: datetime | None) -> datetime | None:
        return instant + length if instant else None

    active_at = draft.now if occurrence.active_at and occurrence.active_at > since else moved(occurrence.active_at)
    draft.put(
        occurrence,
        clock_at=moved(occurrence.clock_at),
        start_by_at=moved(occurrence.start_by_at),
        finish_by_at=moved(occurrence.finish_by_at),
        extended_until=moved(occurrence.extended_until),
        active_at=active_at,
    )


def _stop(draft: Draft, message: StopJourney) -> bool:
    _check_staff(message.by.role)
    draft.cancel_rest()
    draft.set(status="stopped", finished_at=draft.now)
    draft.happen(JourneyStopped, reason=message.reason)
    return True


def _set_date(draft: Draft, message: SetDate) -> bool:
    dates = dict(draft.journey.dates)
    known = dates.get(message.name)
    if (known.value if known else None) == message.value:
        return False
    if message.value is None:
        del dates[message.name]
    else:
        dates[message.name] = ClientDate(value=message.value, set_at=draft.now)
    draft.set(dates=dates, replanned_at=draft.now)
    draft.happen(DateSet, name=message.name, value=message.value)
    return True


def _set_client_facts(draft: Draft, message: SetClientFacts) -> bool:
    zone = message.zone or draft.journey.zone
    quiet = draft.journey.quiet_hours if message.quiet_hours is None else message.quiet_hours
    quiet = None if quiet == "pathway" else quiet
    try:
        zone_of(zone)
    except UnknownZone as unknown:
        raise Refusal("unknown_zone", "T3", str(unknown)) from None
    if isinstance(quiet, TimeWindow) and minutes_of(quiet) > LONGEST_QUIET_HOURS:
        raise Refusal("quiet_too_long", "T9", "quiet hours may last 20 hours at most, or nothing would ever be delivered")
    if (zone, quiet) == (draft.journey.zone, draft.journey.quiet_hours):
        return False
    draft.set(zone=zone, quiet_hours=quiet, replanned_at=draft.now)
    draft.zone = zone_of(zone)
    draft.happen(ClientFactsSet, zone=zone, quiet_hours=quiet)
    return True


def _host_event(draft: Draft, message: HostEvent) -> bool:
    seen = draft.journey.host_events.get(message.name)
    counted = seen.changed(count=seen.count + 1) if seen else SeenEvent(first_at=draft.now)
    draft.set(host_events={**draft.journey.host_events, message.name: counted})
    draft.happen(HostEventReceived, name=message.name)
    return True


def _give_up(draft: Draft, message: NotificationFailed) -> bool:
    """Keep the failure visible, and tell the practitioner where it was the client who could not be reached (rule N3)."""
    draft.happen(NotificationGivenUp, effect=message.effect, occurrences=message.occurrences, reason=message.reason)
    known = [draft.journey.occurrences[name] for name in message.occurrences if name in draft.journey.occurrences]
    if message.to == "client" and known:
        draft.tell(known[0], "practitioner", why="not reached", ordinal=f"{draft.journey.seq}", purpose="undelivered")
    return True


# Finding and refusing


def _any(draft: Draft, name: OccurrenceId) -> tuple[StepStructure, Occurrence]:
    """The occurrence, also the next one that still waits; refuse any other name."""
    kept = draft.journey.occurrences.get(name)
    if kept is not None:
        return draft.structure.by_id[kept.step], kept
    step = draft.structure.by_id.get(StepId(str(name).rpartition(".")[0]))
    if step is None:
        raise Refusal("unknown_step", "G10", f"{name} is no step of {draft.structure.pathway}; name it like why.1")
    number = draft.journey.reached.get(step.id, 0) + 1
    if name != occurrence_id(step.id, number) or not _comes(draft, step, number):
        raise Refusal("not_planned", "G10", f"{name} is not the next of {step.id}")
    return step, Occurrence(id=name, step=step.id, number=number)


def _comes(draft: Draft, step: StepStructure, number: int) -> bool:
    if number == 1:
        return True
    series = Series.of(step, draft.journey)
    return series is not None and series.due(number, draft.journey, draft.zone) is not None


def _delivered(draft: Draft, name: OccurrenceId) -> tuple[StepStructure, Occurrence]:
    step, occurrence = _any(draft, name)
    if occurrence.delivered_at is None:
        raise Refusal("not_delivered", "G10", f"{name} is not delivered yet")
    return step, occurrence


def _refuse_if_over(draft: Draft) -> None:
    journey = draft.journey
    if journey.status in ("stopped", "ended") or (journey.status == "completed" and not has_open(journey)):
        raise Refusal("journey_over", "P3", f"the journey is {journey.status}; nothing more happens in it")


def _refuse_unless_open(occurrence: Occurrence) -> None:
    if occurrence.state not in OPEN_STATES:
        raise Refusal("not_open", "G9", f"{occurrence.id} is {_words(occurrence)}, not open")


def _refuse_past(draft: Draft, until: datetime, rule: str) -> None:
    if until <= draft.now:
        raise Refusal("in_the_past", rule, "the instant has passed already; name a later one")


def _check_answerer(step: StepStructure, role: Role) -> None:
    if step.actor == "host":
        raise Refusal("not_answerable", "G10", f"{step.id} waits for an event or a date and takes no response")
    wrong = role == "practitioner" if step.actor == "client" else role == "client"
    if wrong:
        raise Refusal("not_yours", "G8", f"{step.id} is for the {step.actor} to answer")


def _check_staff(role: Role) -> None:
    if role == "client":
        raise Refusal("not_yours", "G8", "only a practitioner, an operator or the host may do this")


def _words(occurrence: Occurrence) -> str:
    return occurrence.state.replace("_", " ")
