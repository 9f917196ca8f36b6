"""The tables. Their migrations stand in `migrations/versions`; a test proves both equal."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

__all__ = [
    "AlertRow",
    "ClientRow",
    "EventRow",
    "JourneyRow",
    "LibraryStepRow",
    "NotificationRow",
    "OccurrenceRow",
    "PathwayDraftRow",
    "PathwayVersionRow",
    "PostRow",
    "PractitionerRow",
    "RatingRow",
    "ResponseRow",
    "TailoringRow",
    "Utc",
]


class Utc(TypeDecorator[datetime]):
    """Aware instants in UTC, to the microsecond, on every database. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; without its zone where the database keeps none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive instant does not go into the store")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware again."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class PractitionerRow(SQLModel, table=True):
    """Who assigns and reviews."""

    __tablename__ = "practitioner"

    tenant: str = Field(primary_key=True, max_length=64)
    id: str = Field(primary_key=True, max_length=64)
    display_name: str = ""
    language: str = "en"
    email: str | None = None
    created_at: datetime = Field(sa_type=Utc)


class ClientRow(SQLModel, table=True):
    """A person on pathways: how to speak to them and where to reach them."""

    __tablename__ = "client"

    tenant: str = Field(primary_key=True, max_length=64)
    id: str = Field(primary_key=True, max_length=64)
    display_name: str = ""
    language: str = "en"
    zone: str | None = None
    quiet_from: str | None = None
    quiet_to: str | None = None
    channels: list[dict[str, Any]] = Field(sa_type=JSON)
    opted_out: list[str] = Field(sa_type=JSON)
    consent_at: datetime | None = Field(default=None, sa_type=Utc)
    consent_text: str | None = None
    practitioner: str | None = None
    created_at: datetime = Field(sa_type=Utc)


class PathwayDraftRow(SQLModel, table=True):
    """A pathway being written."""

    __tablename__ = "pathway_draft"

    tenant: str = Field(primary_key=True, max_length=64)
    pathway: str = Field(primary_key=True, max_length=64)
    source: str
    updated_at: datetime = Field(sa_type=Utc)


class PathwayVersionRow(SQLModel, table=True):
    """A published pathway; never changed."""

    __tablename__ = "pathway_version"

    tenant: str = Field(primary_key=True, max_length=64)
    pathway: str = Field(primary_key=True, max_length=64)
    number: int = Field(primary_key=True)
    fingerprint: str
    """Of the source and the library steps in it: the same again is the same version."""
    source: str
    structure: dict[str, Any] = Field(sa_type=JSON)
    contents: dict[str, Any] = Field(sa_type=JSON)
    published_at: datetime = Field(sa_type=Utc)


class LibraryStepRow(SQLModel, table=True):
    """A step written once for many pathways."""

    __tablename__ = "library_step"

    tenant: str = Field(primary_key=True, max_length=64)
    name: str = Field(primary_key=True, max_length=64)
    step: dict[str, Any] = Field(sa_type=JSON)
    updated_at: datetime = Field(sa_type=Utc)


class JourneyRow(SQLModel, table=True):
    """One client's run of one pathway version, as its events tell it."""

    __tablename__ = "journey"
    __table_args__ = (
        UniqueConstraint("tenant", "enrolment_key", "attempt", name="journey_enrolment"),
        ForeignKeyConstraint(["tenant", "client"], ["client.tenant", "client.id"], name="journey_client"),
        Index("journey_by_client", "tenant", "client"),
        Index("journey_by_status", "tenant", "status", "id"),
        Index("journey_by_pathway", "tenant", "pathway", "version"),
    )

    id: str = Field(primary_key=True, max_length=64)
    tenant: str = Field(max_length=64)
    client: str = Field(max_length=64)
    pathway: str = Field(max_length=64)
    version: int
    enrolment_key: str = Field(max_length=200)
    attempt: int
    request: str | None = None
    """The id of the request that entered the client: the same request again is the same journey."""
    practitioner: str | None = None
    dates: dict[str, str] = Field(sa_type=JSON)
    """The client dates: those it was entered with, and what became of them."""
    parent: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """The step of another journey that this one is."""
    risks: list[str] | None = Field(default=None, sa_type=JSON)
    """The alerts that nobody has acknowledged."""
    created_at: datetime = Field(sa_type=Utc)
    status: str = "starting"
    held: bool = False
    zone: str = "UTC"
    started_at: datetime | None = Field(default=None, sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)
    seq: int = 0


class OccurrenceRow(SQLModel, table=True):
    """One release of a step, as its events tell it."""

    __tablename__ = "occurrence"
    __table_args__ = (
        ForeignKeyConstraint(["journey"], ["journey.id"], name="occurrence_journey"),
        Index("occurrence_by_state", "state", "journey"),
    )

    journey: str = Field(primary_key=True, max_length=64)
    id: str = Field(primary_key=True, max_length=80)
    step: str = Field(max_length=64)
    state: str = Field(max_length=20)
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    delivered_at: datetime | None = Field(default=None, sa_type=Utc)
    started_at: datetime | None = Field(default=None, sa_type=Utc)
    settled_at: datetime | None = Field(default=None, sa_type=Utc)
    response_id: str | None = None
    late: bool = False
    holds: bool = False
    snoozed_until: datetime | None = Field(default=None, sa_type=Utc)
    generation: int = 0
    reminders: int = 0


class ResponseRow(SQLModel, table=True):
    """What a client or practitioner sent; its id is the submission's."""

    __tablename__ = "response"
    __table_args__ = (
        ForeignKeyConstraint(["journey"], ["journey.id"], name="response_journey"),
        Index("response_by_occurrence", "journey", "occurrence"),
    )

    tenant: str = Field(primary_key=True, max_length=64)
    id: str = Field(primary_key=True, max_length=100)
    journey: str = Field(max_length=64)
    occurrence: str = Field(max_length=80)
    by_role: str = Field(max_length=20)
    payload: dict[str, Any] = Field(sa_type=JSON)
    outcome: dict[str, Any] = Field(sa_type=JSON)
    visibility: str = Field(max_length=30)
    received_at: datetime = Field(sa_type=Utc)
    accepted_at: datetime | None = Field(default=None, sa_type=Utc)
    """When the journey's event said so; empty where it never did."""
    fingerprint: str | None = Field(default=None, max_length=64)
    """SHA-256 of the payload in its canonical form: what was signed is still what is here."""
    shared_at: datetime | None = Field(default=None, sa_type=Utc)
    """`client_decides`: since when the practitioner may read it (rule V1)."""
    read_at: datetime | None = Field(default=None, sa_type=Utc)
    """When the practitioner first read it; what was read cannot be unread."""


class AlertRow(SQLModel, table=True):
    """A response met a risk rule; kept in one transaction with the response (rule R8)."""

    __tablename__ = "alert"
    __table_args__ = (
        ForeignKeyConstraint(["journey"], ["journey.id"], name="alert_journey"),
        Index("alert_by_state", "tenant", "acknowledged_at", "raised_at"),
    )

    id: str = Field(primary_key=True, max_length=64)
    tenant: str = Field(max_length=64)
    journey: str = Field(max_length=64)
    occurrence: str = Field(max_length=80)
    response_id: str = Field(max_length=100)
    rules: list[str] = Field(sa_type=JSON)
    raised_at: datetime = Field(sa_type=Utc)
    watched_at: datetime | None = Field(default=None, sa_type=Utc)
    """When its alarm was started; empty: nobody has been told yet."""
    acknowledged_at: datetime | None = Field(default=None, sa_type=Utc)
    acknowledged_by: str | None = Field(default=None, max_length=64)
    reason: str | None = Field(default=None, max_length=2000)


class PostRow(SQLModel, table=True):
    """One question or answer about a step (D16)."""

    __tablename__ = "post"
    __table_args__ = (
        ForeignKeyConstraint(["journey"], ["journey.id"], name="post_journey"),
        Index("post_by_journey", "journey", "occurrence", "at"),
    )

    tenant: str = Field(primary_key=True, max_length=64)
    id: str = Field(primary_key=True, max_length=100)
    journey: str = Field(max_length=64)
    occurrence: str = Field(max_length=80)
    role: str = Field(max_length=20)
    author: str | None = Field(default=None, max_length=64)
    text: str
    at: datetime = Field(sa_type=Utc)
    read_at: datetime | None = Field(default=None, sa_type=Utc)


class RatingRow(SQLModel, table=True):
    """What a client says of a step they did, such as how much it helped (D30, D34)."""

    __tablename__ = "rating"
    __table_args__ = (ForeignKeyConstraint(["journey"], ["journey.id"], name="rating_journey"),)

    journey: str = Field(primary_key=True, max_length=64)
    occurrence: str = Field(primary_key=True, max_length=80)
    measure: str = Field(primary_key=True, max_length=20)
    value: int
    at: datetime = Field(sa_type=Utc)


class TailoringRow(SQLModel, table=True):
    """What one client sees instead of the pathway's own words at a step; every change is kept (D17, D31)."""

    __tablename__ = "tailoring"
    __table_args__ = (ForeignKeyConstraint(["journey"], ["journey.id"], name="tailoring_journey"),)

    journey: str = Field(primary_key=True, max_length=64)
    step: str = Field(primary_key=True, max_length=64)
    number: int = Field(primary_key=True)
    words: dict[str, Any] = Field(sa_type=JSON)
    by_id: str | None = Field(default=None, max_length=64)
    reason: str = Field(max_length=2000)
    at: datetime = Field(sa_type=Utc)


class EventRow(SQLModel, table=True):
    """What happened, in order, for ever."""

    __tablename__ = "event"
    __table_args__ = (ForeignKeyConstraint(["journey"], ["journey.id"], name="event_journey"),)

    journey: str = Field(primary_key=True, max_length=64)
    seq: int = Field(primary_key=True)
    kind: str = Field(max_length=40)
    at: datetime = Field(sa_type=Utc)
    body: dict[str, Any] = Field(sa_type=JSON)


class NotificationRow(SQLModel, table=True):
    """The ledger: one message to one recipient by one channel (rule N2)."""

    __tablename__ = "notification"
    __table_args__ = (
        ForeignKeyConstraint(["journey"], ["journey.id"], name="notification_journey"),
        Index("notification_by_journey", "journey", "intended_at"),
    )

    id: str = Field(primary_key=True, max_length=250)
    """The effect's id: journey / occurrence / purpose / ordinal, and the channel's place from the second on."""
    journey: str = Field(max_length=64)
    occurrences: list[str] = Field(sa_type=JSON)
    purpose: str = Field(max_length=20)
    recipient: str = Field(max_length=64)
    channel: str | None = Field(default=None, max_length=20)
    message_id: str | None = Field(default=None, max_length=120)
    intended_at: datetime = Field(sa_type=Utc)
    attempted_at: datetime | None = Field(default=None, sa_type=Utc)
    attempts: int = 0
    accepted_at: datetime | None = Field(default=None, sa_type=Utc)
    seen_at: datetime | None = Field(default=None, sa_type=Utc)
    acted_at: datetime | None = Field(default=None, sa_type=Utc)
    skipped: str | None = Field(default=None, max_length=200)
    """Why it was not sent."""
    failed: str | None = Field(default=None, max_length=200)
    """Why this channel did not take it."""
