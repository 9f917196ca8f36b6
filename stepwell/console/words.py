"""The words of the console: states, causes, instants, lengths of time and events as a person reads them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from engine.calendar import wall
from engine.events import Event, PlanChanged, Reason
from engine.mails_ahead import MailAhead
from engine.zones import zone_of
from stepwell.contacting import WHY
from stepwell.forecast import words_of, words_of_mail
from stepwell.models import MigrationDifference

STATES = {
    "waiting": ("○", "waiting"),
    "open": ("◔", "open"),
    "started": ("◑", "started"),
    "completed": ("●", "completed"),
    "skipped": ("↷", "skipped"),
    "expired": ("✕", "expired"),
    "abandoned": ("✕", "abandoned"),
    "excused": ("◇", "excused"),
    "not_applicable": ("–", "not applicable"),
    "cancelled": ("■", "cancelled"),
}
"""Of an occurrence: a sign and a word, so that no colour has to say it."""
STATUSES = {
    "starting": ("○", "starting"),
    "active": ("▶", "active"),
    "paused": ("❚❚", "paused"),
    "completed": ("●", "completed"),
    "stopped": ("■", "stopped"),
    "ended": ("✕", "ended"),
}
SORTS = {
    "newest": "newest first",
    "oldest": "oldest first",
    "overdue": "longest overdue first",
    "failed": "latest failure first",
    "client": "by client",
}
PLANNED = {
    "delivery": "delivered",
    "reminder": "reminder",
    "closing": "closes",
    "escalation": "practitioner told",
    "completion": "completes by itself",
}
FAILED = {
    "task_held": "task failed",
    "step_type_missed": "package missing",
    "step_parked": "too late",
    "notification_given_up": "message not delivered",
    "expired": "time ran out",
    "message_failed": "message failed",
    "message_skipped": "message not sent",
    "not_started": "not started",
    "workflow_gone": "not in Temporal",
    "workflow_ended": "workflow ended",
    "workflow_stuck": "stopped at a fault",
    "no_answer": "no answer",
    "behind": "behind",
    "risk": "alert",
}
VISIBLE = {
    "client_and_practitioner": "client and practitioner",
    "client_only": "client only",
    "client_decides": "client decides",
}
DONE = {
    "remind": "A reminder is on its way, or was sent within the cool-down.",
    "release": "The step was released.",
    "excuse": "The client was let off the step.",
    "extend": "The step closes later now.",
    "reopen": "The step is open again.",
    "pause": "The journey is paused.",
    "resume": "The journey goes on.",
    "stop": "The journey is stopped.",
    "shift": "The date was changed, and what hangs on it planned again.",
    "retry": "The task is being tried again.",
    "drop": "The step is left out for this client.",
    "restore": "The step was taken back in.",
    "shift_step": "The step was shifted, and what hangs on it with it.",
    "move_step": "The step was put elsewhere.",
    "add_step": "The step was given to this client.",
    "migrate": "The journey goes on by the other version.",
    "left": "Journeys that nobody chose stay as they are.",
    "acknowledged": "The alert is acknowledged.",
    "redriven": "What had been given up is being sent again.",
    "enabled": "The endpoint is sent events again.",
    "kept": "The view was kept.",
    "forgotten": "The view was forgotten.",
    "cancelled": "What has not begun is not begun any more.",
    "retrying": "What failed is being tried again.",
    "out": "You are signed out.",
}
"""What is said after something was done; by name, so that no address puts words on a page."""
_EVENTS: dict[str, str] = {
    "journey_started": "The journey started",
    "step_delivered": "{occurrence} was delivered",
    "step_not_applicable": "{occurrence} does not apply: {why}",
    "step_started": "{occurrence} was opened for the first time",
    "step_worked_on": "{occurrence} was worked on again",
    "step_completed": "{occurrence} was completed",
    "step_revised": "{occurrence} was answered anew",
    "step_skipped": "{occurrence} was skipped",
    "step_expired": "{occurrence} expired: {why}",
    "step_abandoned": "{occurrence} was left unfinished: {why}",
    "step_excused": "{occurrence} was excused: {reason}",
    "step_cancelled": "{occurrence} was cancelled",
    "step_released": "{occurrence} was released early: {reason}",
    "step_extended": "{occurrence} was extended: {reason}",
    "step_reopened": "{occurrence} was opened again: {reason}",
    "step_parked": "{occurrence} came too late and waits for somebody to decide: {why}",
    "more_asked": "The review {occurrence} asked for more",
    "review_returned": "The review {occurrence} has what it asked for",
    "question_asked": "The client asked about {occurrence}",
    "question_answered": "The practitioner answered about {occurrence}",
    "task_started": "The task of {occurrence} was started, run {run}",
    "task_held": "The task of {occurrence} failed at run {run}: {reason}",
    "step_type_asked": "{occurrence}: whether the package of {type} is installed was asked",
    "step_type_missed": "{occurrence} waits: the package of {type} is not installed",
    "step_type_found": "{occurrence}: the package of {type} is there",
    "risk_raised": "Alert {alert} was raised at {occurrence}",
    "risk_acknowledged": "Alert {alert} was acknowledged",
    "reminders_snoozed": "Reminders of {occurrence} were put off",
    "reminder_due": "A reminder was sent for {occurrences}",
    "practitioner_told": "{to} was told of {occurrence}: {why}",
    "notification_given_up": "No channel took the message about {occurrences}: {reason}",
    "journey_paused": "The journey was paused: {reason}",
    "journey_resumed": "The journey went on",
    "journey_completed": "The journey was completed",
    "journey_stopped": "The journey was stopped: {reason}",
    "journey_ended": "The journey was ended by {step}",
    "date_set": "The date {name} was set",
    "client_facts_set": "The client's zone or quiet hours changed",
    "plan_changed": "This client's plan: {how}: {reason}",
    "journey_migrated": "The journey went on by version {to_version} instead of {from_version}: {reason}",
    "host_event_received": "The host said: {name}",
}


def changed(event: PlanChanged) -> str:
    """What was changed of one client's plan."""
    match event.change:
        case "add":
            return f"{event.step} was added behind {event.after or 'nothing'}"
        case "drop":
            return f"{event.step} was left out"
        case "restore":
            return f"{event.step} was taken back in"
        case "move":
            return f"{event.step} was put behind {event.after}" if event.after else f"{event.step} was put first"
        case "shift":
            return f"{event.step} was shifted {f'to {event.shifted_to}' if event.shifted_to else f'by {event.shifted_by}'}"


def told(event: Event) -> str:
    """What an event says, in one sentence."""
    facts = event.model_dump()
    facts["occurrences"] = ", ".join(facts.get("occurrences") or ())
    facts["how"] = changed(event) if event.kind == "plan_changed" else ""
    words = _EVENTS[event.kind].format_map(facts)
    late = ", late" if facts.get("late") else ""
    return f"{words}{late}."


def who(event: Event) -> str:
    """Who did it."""
    return f"{event.by.role} {event.by.id or ''}".strip() if event.by.role != "engine" else "by itself"


def when(value: datetime | date | None, zone: str = "UTC") -> str:
    """An instant as a wall clock in a zone shows it; a day as it is."""
    if value is None:
        return ""
    if not isinstance(value, datetime):
        return f"{value:%a %d %b %Y}"
    return f"{wall(value, zone_of(zone)):%a %d %b %Y %H:%M}"


def iso(value: datetime | None) -> str:
    """For `<time datetime>`."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else ""


def ago(value: datetime | None, now: datetime | None = None) -> str:
    """How long ago, or in how long, in one unit."""
    if value is None:
        return ""
    seconds = ((now or datetime.now(UTC)) - value).total_seconds()
    length = lasting(abs(seconds))
    if length == "moments":
        return "now"
    return f"{length} ago" if seconds > 0 else f"in {length}"


def lasting(seconds: float | None) -> str:
    """A length of time in one unit."""
    if seconds is None:
        return ""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'s' if number != 1 else ''}"
    return "moments"


def hours(value: float | None) -> str:
    """Hours as a person says them."""
    if value is None:
        return "–"
    return f"{value:.1f} h" if value < 48 else f"{value / 24:.1f} d"


def percent(value: float | None) -> str:
    """A share; nothing where there is none."""
    return "–" if value is None else f"{value * 100:.0f} %"


def thousands(value: int | None) -> str:
    """A number that can be read."""
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def because(reason: Reason | None, waits_for: str | None = None) -> str:
    """Why an instant is what it is."""
    return words_of(reason, waits_for)


def ahead(mail: MailAhead, zone: str) -> str:
    """What becomes of a mail about something planned."""
    return words_of_mail(mail, when(mail.until, zone))


def masked(address: str) -> str:
    """An address that nobody can write to."""
    name, _, host = address.partition("@")
    return f"{name[:1]}…@…{host[-4:]}" if host else "…"


def in_short(found: MigrationDifference) -> str:
    """What a migration comes to for one client, in a line."""
    parts = [f"gains {one.step}" for one in found.gains]
    parts += [f"loses {one.step}{' (open, cancelled)' if one.is_cancelled else ''}" for one in found.loses]
    moved = sum(one.what == "delivery" for one in found.moves)
    return ", ".join([*parts, *([f"{moved} at another time"] if moved else [])]) or "no difference"


FILTERS: dict[str, Callable[..., Any]] = {
    "ago": ago,
    "ahead": ahead,
    "because": because,
    "changed": changed,
    "hours": hours,
    "in_short": in_short,
    "iso": iso,
    "lasting": lasting,
    "masked": masked,
    "percent": percent,
    "thousands": thousands,
    "told": told,
    "when": when,
    "who": who,
}
TABLES = {
    "states": STATES,
    "statuses": STATUSES,
    "sorts": SORTS,
    "planned": PLANNED,
    "failed_words": FAILED,
    "visible": VISIBLE,
    "done_words": DONE,
    "holds": WHY,
}
