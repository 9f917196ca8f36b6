"""What the front door hands out of clients and practitioners."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from stepwell.models.base import Out


class Practitioner(Out):
    """Who assigns and reviews."""

    id: str
    display_name: str
    language: str
    email: str | None
    created_at: datetime


class Channel(Out):
    """One way to reach somebody."""

    kind: Literal["email", "in_app"]
    address: str | None = None


class Client(Out):
    """A client as the host knows them."""

    id: str
    display_name: str
    language: str
    zone: str | None
    quiet_hours: tuple[str, str] | None
    channels: tuple[Channel, ...]
    opted_out: tuple[str, ...]
    practitioner: str | None
    consent_at: datetime | None
    created_at: datetime
    preferred_time: tuple[str, str] | None
    """Two wall times; mails that are not urgent come between them."""
    snoozed_until: datetime | None
    """They want no mail before then."""
    contacts_a_day: int | None
    """How many mails a day at most; null: as many as the deployer has set."""
    contacts_a_week: int | None
    held_since: datetime | None
    """Since when somebody holds their mails."""


def _without_default(schema: dict[str, Any]) -> None:
    """What a generated client leaves out must stay left out: it would send every default that it knows."""
    del schema["default"]


class ClientChanges(Out):
    """What is to be different about a client; what is left out stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    display_name: str | None = Field(default=None, max_length=200)
    language: str = Field(default="en", min_length=2, max_length=35, json_schema_extra=_without_default)
    zone: str | None = Field(default=None, max_length=64)
    """An IANA name; null: the pathway's."""
    quiet_hours: tuple[str, str] | None = None
    """Two wall times; null: the pathway's."""
    email: str | None = Field(default=None, max_length=320)
    """null: no mail any more."""
    opted_out: tuple[str, ...] | None = Field(default=None, max_length=10)
    """Channels they want nothing by."""
    practitioner: str | None = Field(default=None, max_length=64)
    has_consented: bool | None = None
    preferred_time: tuple[str, str] | None = None
    """Two wall times between which mails that are not urgent come; null: at any time."""
    snoozed_until: AwareDatetime | None = None
    """No mail before then, but urgent ones; null: no longer."""
    contacts_a_day: int | None = Field(default=None, ge=1, le=100)
    """How many mails a day of theirs at most, urgent ones aside; null: as many as the deployer has set."""
    contacts_a_week: int | None = Field(default=None, ge=1, le=100)
    """The same for a week, Monday to Sunday."""
