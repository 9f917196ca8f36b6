"""What the front door hands out of clients and practitioners."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

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


class ClientChanges(Out):
    """What is to be different about a client; what is left out stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    display_name: str | None = Field(default=None, max_length=200)
    language: str = Field(default="en", min_length=2, max_length=35)
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
