"""How often a client is written to: what holds, what waits, and what went."""

from datetime import datetime

from stepwell.models.base import Out


class WaitingContact(Out):
    """One mail that waits to go out, and why."""

    id: str
    journey: str
    purpose: str
    occurrences: tuple[str, ...]
    is_urgent: bool
    intended_at: datetime
    until: datetime | None
    """As far as anybody knows; null: until somebody lifts the hold."""
    why: str
    """In words; `sending`: it is on its way."""


class PastContact(Out):
    """One message that was to reach the client by mail."""

    id: str
    journey: str
    purpose: str
    intended_at: datetime
    accepted_at: datetime | None
    merged_into: str | None
    """The message whose mail it went out with."""
    why_not: str | None


class ContactBudget(Out):
    """Why a client had mail, or had none."""

    client: str
    zone: str
    """Days and weeks are counted in it; a week is Monday to Sunday."""
    a_day: int | None
    """null: as many as there are."""
    a_week: int | None
    today: int
    this_week: int
    preferred_time: tuple[str, str] | None
    quiet_hours: tuple[str, str] | None
    snoozed_until: datetime | None
    opted_out: tuple[str, ...]
    held_since: datetime | None
    held_by: str | None
    held_reason: str | None
    """Not shown to the client."""
    alerts: tuple[str, ...]
    """Unacknowledged, of any journey of theirs: nobody is reminded by the plan. Not shown to the client."""
    waiting: tuple[WaitingContact, ...]
    latest: tuple[PastContact, ...]
    """The latest of all their journeys, the newest first."""
