"""What the front door hands out of journeys: one, and lists of them."""

from datetime import datetime
from typing import Literal

from engine.mails_ahead import MailAhead
from engine.turn import Plan
from stepwell.models.base import Out

Again = Literal["reject", "use_existing", "restart", "parallel"]


class JourneySummary(Out):
    """One journey in a list."""

    id: str
    client: str
    pathway: str
    version: int
    status: str
    held: bool
    """Whether something waits for a practitioner or operator."""
    enrolment_key: str
    attempt: int
    practitioner: str | None = None
    """The journey's own; None: the client's."""
    started_at: datetime | None
    finished_at: datetime | None


class Started(Out):
    """What became of one member of a group that was entered on a pathway."""

    client: str
    journey: str | None = None
    error: str | None = None


class Forecast(Plan):
    """What comes when in a journey, and which mails about it would be held, as things stand."""

    mails: tuple[MailAhead, ...] = ()


class OccurrenceSummary(Out):
    """One occurrence of a journey."""

    id: str
    step: str
    title: str
    state: str
    delivered_at: datetime | None
    started_at: datetime | None
    settled_at: datetime | None
    late: bool
    holds: bool
    reminders: int
    content_version: int
    """The version of the pathway that it is shown with, or was opened or answered with (rule E)."""


class JourneyDetail(JourneySummary):
    """One journey with its occurrences."""

    zone: str
    occurrences: tuple[OccurrenceSummary, ...]


class Stage(Out):
    """A part of the pathway, with the share of its required steps that are done."""

    id: str
    title: str
    done: int
    of: int
    share: float | None


class LogEntry(Out):
    """What a client was given between two sessions, and what became of it (D37)."""

    occurrence: str
    title: str
    kind: str | None
    delivered_at: datetime
    state: str
    settled_at: datetime | None
    late: bool


class SessionLog(Out):
    """From one attended session to the next; `at` is the session it begins with, None: the journey's start."""

    session: str | None
    at: datetime | None
    entries: tuple[LogEntry, ...]


class Coming(Out):
    """A step that is still to come, as its client may hear of it."""

    occurrence: str
    title: str
    words: str
    """One line about what it will be; empty where its title says enough."""
    at: datetime | None
    """None: nobody knows yet."""
    is_certain: bool
    """False: the earliest instant, if everything before it is done at once."""


class Sent(Out):
    """One line of the notification ledger."""

    id: str
    occurrences: tuple[str, ...]
    purpose: str
    recipient: str
    channel: str | None
    message_id: str | None
    """Of a mail: the Message-ID it was sent under."""
    intended_at: datetime
    attempted_at: datetime | None
    attempts: int
    accepted_at: datetime | None
    seen_at: datetime | None
    acted_at: datetime | None
    skipped: str | None
    failed: str | None
    held_until: datetime | None
    """Where it waits, or had to: until when. null with a reason: until somebody lifts it."""
    held_why: str | None
    """`together`, `day`, `week`, `quiet`, `preferred`, `snoozed` or `by_hand`."""
    merged_into: str | None
    """The message whose mail it went out with."""


class Mismatch(Out):
    """A journey whose store, events and workflow do not agree."""

    journey: str
    differences: tuple[str, ...]


RecoveryKind = Literal["brought up to date", "started again", "cannot"]


class Recovered(Out):
    """A journey whose record and workflow had come apart, and what became of it."""

    journey: str
    what: RecoveryKind
    says: str
    answers_lost: tuple[str, ...] = ()
    """The occurrences that were answered, and whose answers are in no backup: they have to be asked for again."""
