"""What each message does to a journey, and why it may be refused."""

from datetime import datetime
from typing import Any, assert_never

from engine import risk, tasks, threads
from engine.agenda import closing_of, reminder_slots
from engine.calendar import LONGEST_QUIET_HOURS, add, minutes_of
from engine.changing import change_plan
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
    StepRevised,
    StepSkipped,
    StepStarted,
    StepWorkedOn,
)
from engine.journey import OPEN_STATES, ClientDate, Occurrence, Pause, SeenEvent
from engine.messages import (
    AcknowledgeRisk,
    AnswerQuestion,
    AskQuestion,
    ChangePlan,
    ExcuseStep,
    ExtendStep,
    HostEvent,
    Message,
    Migrate,
    NotificationFailed,
    OpenStep,
    PauseJourney,
    RaiseRisk,
    ReleaseStep,
    RemindNow,
    ReopenStep,
    Respond,
    ResumeJourney,
    RetryTask,
    SetClientFacts,
    SetDate,
    SkipStep,
    SnoozeReminders,
    StepTypeAnswered,
    StopJourney,
    TaskDone,
    TaskFailed,
    Tick,
)
from engine.migrating import migrate
from engine.refusals import (
    Refusal,
    find_any,
    find_delivered,
    refuse_client,
    refuse_if_over,
    refuse_past,
    refuse_unless_open,
    refuse_wrong_answerer,
    state_words,
)
from engine.reopening import reopen, unsettle
from engine.reviewing import ask_more
from engine.structure import StepStructure, TimeWindow
from engine.zones import UnknownZone, zone_of


def obey(draft: Draft, message: Message) -> bool:
    """Apply one message; say whether the plan may have changed. Raises Refusal."""
    if isinstance(message, NotificationFailed):
        return _give_up(draft, message)
    refuse_if_over(draft)
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
        case ChangePlan():
            return change_plan(draft, message)
        case Migrate():
            return migrate(draft, message)
        case HostEvent():
            return _host_event(draft, message)
        case AskQuestion():
            return threads.ask(draft, message)
        case AnswerQuestion():
            return threads.answer(draft, message)
        case RaiseRisk():
            return risk.raise_risk(draft, message)
        case AcknowledgeRisk():
            return risk.acknowledge_risk(draft, message)
        case RetryTask():
            return tasks.retry(draft, message)
        case TaskDone():
            return tasks.take_result(draft, message)
        case TaskFailed():
            return tasks.hold(draft, message)
        case StepTypeAnswered():
            return tasks.hear_of_type(draft, message)
        case _:
            assert_never(message)


# What the client does


def _open(draft: Draft, message: OpenStep) -> bool:
    step, occurrence = find_delivered(draft, message.occurrence)
    if occurrence.state == "open" and step.actor != "host":
        shown_with = _content_version(occurrence, message)
        started_at = occurrence.started_at or draft.now
        started = draft.put(occurrence, state="started", started_at=started_at, active_at=draft.now, content_version=shown_with)
        closes_at = closing_of(step, started, draft.zone)
        draft.step_happens(StepStarted, started, closes_at=closes_at, content_version=shown_with)
        return True
    if occurrence.state == "started" and step.window.inactivity is not None:
        active = draft.put(occurrence, active_at=draft.now)
        draft.step_happens(StepWorkedOn, active, closes_at=closing_of(step, active, draft.zone))
        return True
    return False


def _respond(draft: Draft, message: Respond) -> bool:
    step, occurrence = find_delivered(draft, message.occurrence)
    refuse_wrong_answerer(step, message.by.role)
    if occurrence.response_id == message.response_id:
        return False
    if occurrence.state == "completed" and step.revisable and not message.asks_more:
        draft.step_happens(StepRevised, draft.put(occurrence, response_id=message.response_id), response_id=message.response_id)
        draft.keep_outcome(step, message.outcome)
        return True
    is_late = _lateness(draft, step, occurrence)
    if message.asks_more:
        ask_more(draft, step, occurrence, message)
        return True
    shown_with = _content_version(occurrence, message)
    kept: dict[str, Any] = {"response_id": message.response_id, "late": is_late, "content_version": shown_with}
    answered = draft.settle(occurrence, "completed", active_at=draft.now, **kept)
    draft.step_happens(StepCompleted, answered, obstacle=message.obstacle, **kept)
    draft.keep_outcome(step, message.outcome)
    return True


def _content_version(occurrence: Occurrence, message: OpenStep | Respond) -> int | None:
    """The content it is shown with: the first that was named stays (rule E)."""
    return message.content_version if occurrence.content_version is None else occurrence.content_version


def _lateness(draft: Draft, step: StepStructure, occurrence: Occurrence) -> bool:
    """Whether an acceptable response is late; refuse one that is not acceptable (rules G7, G9)."""
    if occurrence.state in OPEN_STATES:
        closes_at = closing_of(step, occurrence, draft.zone)
        return closes_at is not None and _frozen_at(draft) >= closes_at
    if occurrence.state not in ("expired", "abandoned"):
        raise Refusal(
            "already_settled", "G9", f"{occurrence.id} is already {state_words(occurrence)}; ask to have it re-opened"
        )
    if step.late == "reject" or (step.late == "accept_if_started" and occurrence.started_at is None):
        raise Refusal("too_late", "G7", f"{occurrence.id} closed and takes no late response; ask to have it extended")
    return True


def _frozen_at(draft: Draft) -> datetime:
    """Now, or the instant since which a freezing pause has kept the deadlines where they are (rule P1)."""
    pause = draft.journey.pauses[-1] if draft.journey.status == "paused" else None
    return pause.since if pause is not None and pause.mode == "freeze" else draft.now


def _skip(draft: Draft, message: SkipStep) -> bool:
    step, occurrence = find_delivered(draft, message.occurrence)
    if message.by.role not in ("client", "host"):
        raise Refusal("not_yours", "G8", "only the client skips a step; excuse it instead")
    if step.required:
        raise Refusal("required", "G8", f"{step.id} is required and cannot be skipped; a practitioner can excuse it")
    refuse_unless_open(occurrence)
    skipped = draft.settle(occurrence, "skipped")
    draft.step_happens(StepSkipped, skipped, obstacle=message.obstacle)
    draft.undo_task(step, skipped)
    draft.signal_missed(step, skipped)
    return True


def _snooze(draft: Draft, message: SnoozeReminders) -> bool:
    _, occurrence = find_delivered(draft, message.occurrence)
    refuse_unless_open(occurrence)
    refuse_past(draft, message.until, "R5")
    changes = {"snoozed_until": message.until, "generation": occurrence.generation + 1, "asked_at": None}
    draft.step_happens(RemindersSnoozed, draft.put(occurrence, **changes), until=message.until)
    return True


# What practitioners, operators and hosts do


def _excuse(draft: Draft, message: ExcuseStep) -> bool:
    refuse_client(message.by.role)
    step, occurrence = find_any(draft, message.occurrence)
    if occurrence.settled_at is not None and occurrence.state not in ("expired", "abandoned", "skipped"):
        raise Refusal("already_settled", "G9", f"{occurrence.id} is already {state_words(occurrence)}")
    was_open = occurrence.state in OPEN_STATES
    excused = draft.settle(occurrence, "excused")
    draft.step_happens(StepExcused, excused, reason=message.reason)
    if was_open:
        draft.undo_task(step, excused)
    return True


def _release(draft: Draft, message: ReleaseStep) -> bool:
    refuse_client(message.by.role)
    _, occurrence = find_any(draft, message.occurrence)
    if occurrence.state != "waiting":
        raise Refusal("already_delivered", "G8", f"{occurrence.id} is already {state_words(occurrence)}")
    if occurrence.type_state == "missed":
        why = "its step type is not installed, so it cannot be shown; install its package, or excuse the step"
        raise Refusal("no_step_type", "G12", why)
    if occurrence.release_at is None:
        released = draft.put(occurrence, release_at=draft.now, parked=False)
        draft.step_happens(StepReleased, released, reason=message.reason)
    return True


def _extend(draft: Draft, message: ExtendStep) -> bool:
    refuse_client(message.by.role)
    step, occurrence = find_delivered(draft, message.occurrence)
    refuse_past(draft, message.until, "G8")
    was_closed = occurrence.state in ("expired", "abandoned")
    if was_closed:
        occurrence = unsettle(draft, occurrence, used=_used_up(draft, step, occurrence))
    refuse_unless_open(occurrence)
    extended = draft.put(occurrence, extended_until=message.until)
    draft.step_happens(StepExtended, extended, until=message.until, reason=message.reason)
    if was_closed and step.task is not None and step.task.undo is not None:  # what it had begun was taken back
        draft.perform_task(step, extended)
    return True


def _reopen(draft: Draft, message: ReopenStep) -> bool:
    refuse_client(message.by.role)
    step, occurrence = find_delivered(draft, message.occurrence)
    reopen(draft, step, occurrence, reason=message.reason)
    return True


def _used_up(draft: Draft, step: StepStructure, occurrence: Occurrence) -> int:
    """Reminders missed while the step was closed are not made up for."""
    return max(occurrence.reminders_used, sum(slot <= draft.now for slot in reminder_slots(step, occurrence, draft.moment)))


def _remind(draft: Draft, message: RemindNow) -> bool:
    refuse_client(message.by.role)
    _, occurrence = find_delivered(draft, message.occurrence)
    refuse_unless_open(occurrence)
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
    refuse_client(message.by.role)
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
    refuse_client(draft.by.role)
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
    refuse_client(message.by.role)
    draft.cancel_rest()
    draft.set(status="stopped", finished_at=draft.now)
    draft.happen(JourneyStopped, reason=message.reason)
    draft.hand_back("stopped")
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
    _count_reminders_anew(draft, message.name)
    return True


def _count_reminders_anew(draft: Draft, date_name: str) -> None:
    """Reminders that count from a date which moved: those now ahead are to come, those behind are not made up for."""
    for occurrence in tuple(draft.journey.occurrences.values()):
        step = draft.structure.by_id[occurrence.step]
        if occurrence.state in OPEN_STATES and step.reminders is not None and step.reminders.date == date_name:
            slots = reminder_slots(step, occurrence, draft.moment)
            draft.put(occurrence, reminders_used=sum(slot <= draft.now for slot in slots))


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
