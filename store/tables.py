"""The tables. Their migrations stand in `migrations/versions`; a test proves both equal."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from store.sealed import Sealed

__all__ = [
    "AddedStepRow",
    "AlertRow",
    "ApiKeyRow",
    "AuditRow",
    "BulkItemRow",
    "BulkJobRow",
    "ClientGroupRow",
    "ClientKeyRow",
    "ClientLinkRow",
    "ClientRow",
    "ConsoleSessionRow",
    "ContactRow",
    "DeliveryRow",
    "EndpointRow",
    "ErasureRow",
    "EventRow",
    "FailedCredentialRow",
    "GroupMemberRow",
    "IdempotencyRow",
    "JourneyRow",
    "LibraryStepRow",
    "NotificationRow",
    "OccurrenceRow",
    "OutgoingRow",
    "PathwayDraftRow",
    "PathwayVersionRow",
    "PostRow",
    "PractitionerRow",
    "RatingRow",
    "ResponseDraftRow",
    "ResponseRow",
    "SavedViewRow",
    "TailoringRow",
    "TenantKeyRow",
    "Utc",
    "all_tables",
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


BigNumber = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both; SQLite counts by itself only where the type is called INTEGER."""


def _where(condition: str) -> dict[str, Any]:
    """An index of those rows alone."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class PractitionerRow(SQLModel, table=True):
    """Who assigns and reviews."""

    __tablename__ = "practitioner"

    tenant: str = Field(primary_key=True, max_length=64)
    id: str = Field(primary_key=True, max_length=64)
    display_name: str = Field(default="", sa_type=Sealed, nullable=True)
    language: str = "en"
    email: str | None = Field(default=None, sa_type=Sealed)
    created_at: datetime = Field(sa_type=Utc)


class ClientRow(SQLModel, table=True):
    """A person on pathways: how to speak to them and where to reach them."""

    __tablename__ = "client"
    __table_args__ = (Index("client_by_practitioner", "tenant", "practitioner"),)

    tenant: str = Field(primary_key=True, max_length=64)
    id: str = Field(primary_key=True, max_length=64)
    display_name: str = Field(default="", sa_type=Sealed, nullable=True)
    language: str = "en"
    zone: str | None = None
    quiet_from: str | None = None
    quiet_to: str | None = None
    preferred_from: str | None = None
    preferred_to: str | None = None
    snoozed_until: datetime | None = Field(default=None, sa_type=Utc)
    """Until then they want no mail at all."""
    contacts_a_day: int | None = None
    contacts_a_week: int | None = None
    """How often they may be written to; None: as the deployer has set."""
    held_at: datetime | None = Field(default=None, sa_type=Utc)
    """Since when somebody holds their mails by hand (rule R8)."""
    held_by: str | None = Field(default=None, sa_type=Sealed)
    held_reason: str | None = Field(default=None, sa_type=Sealed)
    channels: list[dict[str, Any]] = Field(sa_type=Sealed, nullable=True)
    opted_out: list[str] = Field(sa_type=JSON)
    consent_at: datetime | None = Field(default=None, sa_type=Utc)
    consent_text: str | None = Field(default=None, sa_type=Sealed)
    practitioner: str | None = None
    created_at: datetime = Field(sa_type=Utc)
    deleting_at: datetime | None = Field(default=None, sa_type=Utc)
    """Since when they are being deleted: from then on nothing begins for them and nobody is sent anything (rule P4)."""


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
        Index("journey_by_client", "tenant", "client", "id"),
        Index("journey_by_status", "tenant", "status", "id"),
        Index("journey_by_pathway", "tenant", "pathway", "version"),
        Index("journey_by_age", "tenant", "created_at", "id"),
        Index("journey_by_owing", "tenant", "owed_since", "id"),
        Index("journey_by_failure", "tenant", "failed_at", "id"),
        Index("journey_by_practitioner", "tenant", "practitioner"),
        Index("journey_held", "tenant", "created_at", "id", **_where("held")),
        # for what begins with something: PostgreSQL compares letter by letter in these alone, whatever its language
        Index("journey_id_begins", "tenant", "id", postgresql_ops={"id": "text_pattern_ops"}),
        Index("journey_client_begins", "tenant", "client", postgresql_ops={"client": "text_pattern_ops"}),
        Index("journey_key_begins", "tenant", "enrolment_key", postgresql_ops={"enrolment_key": "text_pattern_ops"}),
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
    dates: dict[str, str] = Field(sa_type=Sealed, nullable=True)
    """The client dates: those it was entered with, and what became of them."""
    parent: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """The step of another journey that this one is."""
    risks: list[str] | None = Field(default=None, sa_type=JSON)
    """The alerts that nobody has acknowledged."""
    entered_version: int | None = None
    """The version it was entered on, where it has moved to another."""
    retired: dict[str, int] | None = Field(default=None, sa_type=JSON)
    """Steps that came once and are not in the pathway any more, each with the last version that had it."""
    renamed: dict[str, str] | None = Field(default=None, sa_type=JSON)
    """What steps were called before, each with its name now."""
    deviations: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """In how many points this client's plan was changed alone (rule E4)."""
    created_at: datetime = Field(sa_type=Utc)
    status: str = "starting"
    held: bool = False
    zone: str = "UTC"
    started_at: datetime | None = Field(default=None, sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)
    owed_since: datetime | None = Field(default=None, sa_type=Utc)
    """When the oldest required step that the client still owes was due."""
    failed_at: datetime | None = Field(default=None, sa_type=Utc)
    """When something last could not be carried out: a task, a message, a package that is missing."""
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
    content_version: int | None = None
    """The version whose content it was opened or answered with; None: not yet, or from before this was kept."""


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
    payload: dict[str, Any] = Field(sa_type=Sealed, nullable=True)
    outcome: dict[str, Any] = Field(sa_type=Sealed, nullable=True)
    visibility: str = Field(max_length=30)
    received_at: datetime = Field(sa_type=Utc)
    accepted_at: datetime | None = Field(default=None, sa_type=Utc)
    """When the journey's event said so; empty where it never did."""
    fingerprint: str | None = Field(default=None, sa_type=Sealed)
    """SHA-256 of the payload in its canonical form: what was signed is still what is here."""
    shared_at: datetime | None = Field(default=None, sa_type=Utc)
    """`client_decides`: since when the practitioner may read it (rule V1)."""
    read_at: datetime | None = Field(default=None, sa_type=Utc)
    """When the practitioner first read it; what was read cannot be unread."""


class ResponseDraftRow(SQLModel, table=True):
    """What somebody has begun to write for an occurrence, and nobody else reads (rule V1)."""

    __tablename__ = "response_draft"
    __table_args__ = (ForeignKeyConstraint(["journey"], ["journey.id"], name="response_draft_journey"),)

    journey: str = Field(primary_key=True, max_length=64)
    occurrence: str = Field(primary_key=True, max_length=80)
    by_role: str = Field(primary_key=True, max_length=20)
    payload: dict[str, Any] = Field(sa_type=Sealed, nullable=True)
    saved_at: datetime = Field(sa_type=Utc)


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
    rules: list[str] = Field(sa_type=Sealed, nullable=True)
    raised_at: datetime = Field(sa_type=Utc)
    watched_at: datetime | None = Field(default=None, sa_type=Utc)
    """When its alarm was started; empty: nobody has been told yet."""
    acknowledged_at: datetime | None = Field(default=None, sa_type=Utc)
    acknowledged_by: str | None = Field(default=None, sa_type=Sealed)
    reason: str | None = Field(default=None, sa_type=Sealed)


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
    text: str = Field(sa_type=Sealed, nullable=True)
    at: datetime = Field(sa_type=Utc)
    read_at: datetime | None = Field(default=None, sa_type=Utc)


class RatingRow(SQLModel, table=True):
    """What a client says of a step they did, such as how much it helped (D30, D34)."""

    __tablename__ = "rating"
    __table_args__ = (ForeignKeyConstraint(["journey"], ["journey.id"], name="rating_journey"),)

    journey: str = Field(primary_key=True, max_length=64)
    occurrence: str = Field(primary_key=True, max_length=80)
    measure: str = Field(primary_key=True, max_length=20)
    value: int = Field(sa_type=Sealed, nullable=True)
    at: datetime = Field(sa_type=Utc)


class TailoringRow(SQLModel, table=True):
    """What one client sees instead of the pathway's own words at a step; every change is kept (D17, D31)."""

    __tablename__ = "tailoring"
    __table_args__ = (ForeignKeyConstraint(["journey"], ["journey.id"], name="tailoring_journey"),)

    journey: str = Field(primary_key=True, max_length=64)
    step: str = Field(primary_key=True, max_length=64)
    number: int = Field(primary_key=True)
    words: dict[str, Any] = Field(sa_type=Sealed, nullable=True)
    by_id: str | None = Field(default=None, max_length=64)
    reason: str = Field(sa_type=Sealed, nullable=True)
    at: datetime = Field(sa_type=Utc)


class AddedStepRow(SQLModel, table=True):
    """A step of one journey's own, which no version of the pathway has (rule E4)."""

    __tablename__ = "added_step"
    __table_args__ = (ForeignKeyConstraint(["journey"], ["journey.id"], name="added_step_journey"),)

    journey: str = Field(primary_key=True, max_length=64)
    step: str = Field(primary_key=True, max_length=64)
    structure: dict[str, Any] = Field(sa_type=Sealed, nullable=True)
    content: dict[str, Any] = Field(sa_type=Sealed, nullable=True)
    """What people see of it."""
    added_at: datetime = Field(sa_type=Utc)


class EventRow(SQLModel, table=True):
    """What happened, in order, for ever."""

    __tablename__ = "event"
    __table_args__ = (ForeignKeyConstraint(["journey"], ["journey.id"], name="event_journey"),)

    journey: str = Field(primary_key=True, max_length=64)
    seq: int = Field(primary_key=True)
    kind: str = Field(max_length=40)
    at: datetime = Field(sa_type=Utc)
    body: dict[str, Any] = Field(sa_type=Sealed, nullable=True)


class NotificationRow(SQLModel, table=True):
    """The ledger: one message to one recipient by one channel (rule N2)."""

    __tablename__ = "notification"
    __table_args__ = (
        ForeignKeyConstraint(["journey"], ["journey.id"], name="notification_journey"),
        Index("notification_by_journey", "journey", "intended_at"),
        Index("notification_by_age", "intended_at"),
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
    held_until: datetime | None = Field(default=None, sa_type=Utc)
    """Where it waits: until when, as far as anybody knows. Where it was sent: until when it had waited."""
    held_why: str | None = Field(default=None, max_length=20)
    merged_into: str | None = Field(default=None, max_length=250)
    """The message whose mail it went out with (rule R4)."""


class ContactRow(SQLModel, table=True):
    """One message to a client by mail, from when it wants to go out: what the client's budget counts and holds (rule R4)."""

    __tablename__ = "contact"
    __table_args__ = (
        ForeignKeyConstraint(["journey"], ["journey.id"], name="contact_journey"),
        Index("contact_by_state", "tenant", "client", "state"),
        Index("contact_by_taking", "tenant", "client", "taken_at"),
        Index("contact_by_journey", "journey"),
        Index("contact_by_look", "look_at"),
    )

    id: str = Field(primary_key=True, max_length=250)
    """The message's own, as in the ledger."""
    tenant: str = Field(max_length=64)
    client: str = Field(max_length=64)
    journey: str = Field(max_length=64)
    effect: dict[str, Any] = Field(sa_type=JSON)
    """What was asked for: ids, no words."""
    intended_at: datetime = Field(sa_type=Utc)
    state: str = Field(max_length=10)
    """`waiting`, `sending`, `sent`, `dropped` or `failed`."""
    direct: bool = False
    """Whether its journey's own activity sends it, because nothing had to be considered."""
    letter: str | None = Field(default=None, max_length=250)
    """The mail it is in: the id of the first message in that."""
    taken_at: datetime | None = Field(default=None, sa_type=Utc)
    """When its mail was last about to go. From then on it counts, unless it is known to have failed (rule N4)."""
    first_taken_at: datetime | None = Field(default=None, sa_type=Utc)
    attempts: int = 0
    look_at: datetime | None = Field(default=None, sa_type=Utc)
    """When it is to be looked at again. None: it is over, or waits for somebody."""


class OutgoingRow(SQLModel, table=True):
    """One event for hosts, kept in one transaction with what it tells of (rule N5)."""

    __tablename__ = "outgoing"
    __table_args__ = (
        UniqueConstraint("tenant", "id", name="outgoing_id"),
        Index("outgoing_by_tenant", "tenant", "position"),
        Index("outgoing_by_journey", "journey"),
        {"sqlite_autoincrement": True},
    )

    position: int | None = Field(default=None, sa_type=BigNumber, primary_key=True)
    """In order of what became visible, within a tenant; there may be gaps."""
    tenant: str = Field(max_length=64)
    id: str = Field(max_length=120)
    type: str = Field(max_length=60)
    journey: str | None = Field(default=None, max_length=64)
    seq: int | None = None
    """Its number in the journey."""
    at: datetime = Field(sa_type=Utc)
    data: dict[str, Any] = Field(sa_type=JSON)
    """Ids and facts, no answers."""


class EndpointRow(SQLModel, table=True):
    """Where a host wants its events sent: a webhook (Standard Webhooks)."""

    __tablename__ = "endpoint"
    __table_args__ = (Index("endpoint_by_tenant", "tenant", "id"),)

    id: str = Field(primary_key=True, max_length=64)
    tenant: str = Field(max_length=64)
    url: str = Field(sa_type=Sealed, nullable=True)
    types: list[str] = Field(sa_type=JSON)
    """Only these; none: every one."""
    secrets: list[dict[str, Any]] = Field(sa_type=Sealed, nullable=True)
    """The newest first, each with until when it still signs."""
    created_at: datetime = Field(sa_type=Utc)
    position: int = Field(default=0, sa_type=BigNumber)
    """Up to where events have become deliveries."""
    disabled_at: datetime | None = Field(default=None, sa_type=Utc)
    disabled_why: str | None = Field(default=None, max_length=200)
    failing_since: datetime | None = Field(default=None, sa_type=Utc)
    """The first of the failures without a success between them."""


class DeliveryRow(SQLModel, table=True):
    """One event on its way to one endpoint."""

    __tablename__ = "delivery"
    __table_args__ = (
        ForeignKeyConstraint(["endpoint"], ["endpoint.id"], name="delivery_endpoint"),
        Index("delivery_by_due", "endpoint", "next_at"),
        Index("delivery_by_position", "position"),
    )

    endpoint: str = Field(primary_key=True, max_length=64)
    position: int = Field(sa_type=BigNumber, primary_key=True)
    event: str = Field(max_length=120)
    attempts: int = 0
    next_at: datetime | None = Field(default=None, sa_type=Utc)
    """None: delivered, or given up."""
    attempted_at: datetime | None = Field(default=None, sa_type=Utc)
    delivered_at: datetime | None = Field(default=None, sa_type=Utc)
    dead_at: datetime | None = Field(default=None, sa_type=Utc)
    """Given up after the last retry; an operator may send it again."""
    status: int | None = None
    """The HTTP status of the last attempt."""
    failed: str | None = Field(default=None, max_length=200)


class ApiKeyRow(SQLModel, table=True):
    """A key for programs: shown once, kept as a hash."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("hash", name="api_key_hash"), Index("api_key_by_tenant", "tenant", "id"))

    id: str = Field(primary_key=True, max_length=64)
    tenant: str = Field(max_length=64)
    kind: str = Field(max_length=20)
    subject: str | None = Field(default=None, max_length=64)
    """Whose it is: the practitioner's id, an operator's or a program's name."""
    scopes: list[str] = Field(sa_type=JSON)
    hash: str = Field(max_length=64)
    hint: str = Field(max_length=20)
    """Its last characters, to know it by."""
    created_at: datetime = Field(sa_type=Utc)
    created_by: str = Field(max_length=100)
    expires_at: datetime | None = Field(default=None, sa_type=Utc)
    revoked_at: datetime | None = Field(default=None, sa_type=Utc)
    last_used_at: datetime | None = Field(default=None, sa_type=Utc)
    """To the minute."""


class FailedCredentialRow(SQLModel, table=True):
    """How often an address has sent a credential that is not good, so that nobody guesses at many gateways in turn."""

    __tablename__ = "failed_credential"

    address: str = Field(primary_key=True, max_length=64)
    """A hash of it."""
    since: datetime = Field(sa_type=Utc)
    count: int


class ClientLinkRow(SQLModel, table=True):
    """A link in a mail: for one step of one client, and nothing else; kept as a hash."""

    __tablename__ = "client_link"
    __table_args__ = (
        ForeignKeyConstraint(["journey"], ["journey.id"], name="client_link_journey"),
        Index("client_link_by_journey", "journey", "occurrence"),
    )

    hash: str = Field(primary_key=True, max_length=64)
    purpose: str = Field(max_length=10)
    """`step`: opens and answers it. `opt_out`: ends the client's mails, and opens nothing."""
    tenant: str = Field(max_length=64)
    client: str = Field(max_length=64)
    journey: str = Field(max_length=64)
    occurrence: str = Field(max_length=80)
    created_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)
    revoked_at: datetime | None = Field(default=None, sa_type=Utc)


class ConsoleSessionRow(SQLModel, table=True):
    """An operator who is signed in to the console; kept as a hash."""

    __tablename__ = "console_session"

    hash: str = Field(primary_key=True, max_length=64)
    tenant: str = Field(max_length=64)
    key: str = Field(max_length=64)
    """The API key it was opened with; where that is revoked, the session ends."""
    csrf: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=Utc)
    seen_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)


class IdempotencyRow(SQLModel, table=True):
    """An unsafe request that was answered, so that the same one gets the same answer."""

    __tablename__ = "idempotency"
    __table_args__ = (Index("idempotency_by_age", "created_at"),)

    hash: str = Field(primary_key=True, max_length=64)
    """Of tenant, caller and key."""
    tenant: str = Field(max_length=64)
    fingerprint: str = Field(max_length=64)
    """Of method, path and body."""
    created_at: datetime = Field(sa_type=Utc)
    taken_by: str = Field(max_length=64)
    taken_until: datetime = Field(sa_type=Utc)
    """Until then whoever took it is at it."""
    status: int | None = None
    """Empty: not answered yet."""
    sealed: str | None = None
    """Headers and body, readable only with the key itself."""


class SavedViewRow(SQLModel, table=True):
    """A search of the console with a name."""

    __tablename__ = "saved_view"

    tenant: str = Field(primary_key=True, max_length=64)
    name: str = Field(primary_key=True, max_length=100)
    query: str = Field(max_length=2000)
    created_at: datetime = Field(sa_type=Utc)
    created_by: str = Field(max_length=100)


class ErasureRow(SQLModel, table=True):
    """The deletion of one client, and its receipt afterwards: their id, and nothing else of theirs (rule P4)."""

    __tablename__ = "erasure"
    __table_args__ = (Index("erasure_by_client", "tenant", "client", "asked_at"), Index("erasure_by_end", "finished_at"))

    id: str = Field(primary_key=True, max_length=64)
    tenant: str = Field(max_length=64)
    client: str = Field(max_length=64)
    reason: str = Field(max_length=20)
    """A code, never words: words would name somebody."""
    asked_by: str = Field(max_length=100)
    asked_at: datetime = Field(sa_type=Utc)
    stage: str = Field(max_length=20)
    executions: list[str] = Field(sa_type=JSON)
    """The workflows to be deleted, by their ids; empty once nothing of them was found again."""
    ended: int = 0
    """Workflows deleted, all their runs with them."""
    rows: int = 0
    """Rows deleted here."""
    erased_at: datetime | None = Field(default=None, sa_type=Utc)
    """Since when nothing of theirs is here."""
    finished_at: datetime | None = Field(default=None, sa_type=Utc)
    """When it was looked once more whether anything had come after all."""


class AuditRow(SQLModel, table=True):
    """Who did or saw what, and why; never what was in it."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_by_tenant", "tenant", "number"), {"sqlite_autoincrement": True})

    number: int | None = Field(default=None, sa_type=BigNumber, primary_key=True)
    tenant: str = Field(max_length=64)
    at: datetime = Field(sa_type=Utc)
    actor: str = Field(max_length=100)
    action: str = Field(max_length=60)
    object: str = Field(max_length=200)
    reason: str | None = Field(default=None, sa_type=Sealed)
    """Taken out again where it is about a client who is deleted."""
    request: str | None = Field(default=None, max_length=64)
    """The id of the HTTP request."""
    salt: str | None = Field(default=None, sa_type=Sealed)
    """Goes with the reason: without it nobody finds out by trying what the reason was."""
    digest: str | None = Field(default=None, max_length=64)
    """Of salt and reason; stays."""
    hash: str | None = Field(default=None, max_length=64)
    """Of all this and of the tenant's entry before it; None: from before entries were chained."""


class BulkJobRow(SQLModel, table=True):
    """One action on many journeys, carried out by a workflow of its own."""

    __tablename__ = "bulk_job"
    __table_args__ = (Index("bulk_job_by_tenant", "tenant", "created_at"),)

    id: str = Field(primary_key=True, max_length=64)
    tenant: str = Field(max_length=64)
    action: str = Field(max_length=20)
    arguments: dict[str, Any] = Field(sa_type=Sealed, nullable=True)
    by_role: str = Field(max_length=20)
    by_id: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(sa_type=Utc)
    cancelled_at: datetime | None = Field(default=None, sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)


class BulkItemRow(SQLModel, table=True):
    """One journey of such an action."""

    __tablename__ = "bulk_item"
    __table_args__ = (
        ForeignKeyConstraint(["job"], ["bulk_job.id"], name="bulk_item_job"),
        ForeignKeyConstraint(["journey"], ["journey.id"], name="bulk_item_journey"),
        Index("bulk_item_by_state", "job", "state", "journey"),
        Index("bulk_item_by_journey", "journey"),
    )

    job: str = Field(primary_key=True, max_length=64)
    journey: str = Field(primary_key=True, max_length=64)
    state: str = Field(max_length=20)
    """`waiting`, `done`, `refused` or `failed`; of a migration also `ready`, `chosen` or `left`."""
    message: str | None = Field(default=None, max_length=500)
    difference: dict[str, Any] | None = Field(default=None, sa_type=Sealed)
    """A migration: what it comes to for this journey."""
    done_at: datetime | None = Field(default=None, sa_type=Utc)


class ClientGroupRow(SQLModel, table=True):
    """Clients who are on one pathway together, each on a journey of their own."""

    __tablename__ = "client_group"
    __table_args__ = (Index("client_group_by_tenant", "tenant", "created_at"),)

    id: str = Field(primary_key=True, max_length=64)
    tenant: str = Field(max_length=64)
    name: str = Field(sa_type=Sealed, nullable=True)
    pathway: str = Field(max_length=64)
    version: int
    """Pinned when the group is made: all of it is on the same."""
    practitioner: str | None = Field(default=None, max_length=64)
    dates: dict[str, str] = Field(sa_type=JSON)
    """Days and instants as text; empty: it was taken away."""
    again: str = Field(max_length=20)
    late_joiners: str = Field(max_length=20)
    wave_size: int
    """Members of one wave; 0: all are one."""
    wave_seconds: int
    """From one wave to the next."""
    per_second: float
    by_role: str = Field(max_length=20)
    by_id: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(sa_type=Utc)
    begins_at: datetime | None = Field(default=None, sa_type=Utc)
    """When the first wave is; nothing: when the group is started."""
    started_at: datetime | None = Field(default=None, sa_type=Utc)
    cancelled_at: datetime | None = Field(default=None, sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)


class GroupMemberRow(SQLModel, table=True):
    """One client of a group, and what became of their start."""

    __tablename__ = "group_member"
    __table_args__ = (
        ForeignKeyConstraint(["group"], ["client_group.id"], name="group_member_group"),
        ForeignKeyConstraint(["tenant", "client"], ["client.tenant", "client.id"], name="group_member_client"),
        Index("group_member_by_state", "group", "state", "wave", "position"),
        Index("group_member_by_position", "group", "position"),
        Index("group_member_by_client", "tenant", "client"),
    )

    group: str = Field(primary_key=True, max_length=64)
    client: str = Field(primary_key=True, max_length=64)
    tenant: str = Field(max_length=64)
    position: int
    wave: int
    is_late: bool
    """Whether they came after the group had been started."""
    state: str = Field(max_length=20)
    """`waiting`, `started`, `refused` or `failed`."""
    journey: str | None = Field(default=None, max_length=64)
    message: str | None = Field(default=None, max_length=500)
    done_at: datetime | None = Field(default=None, sa_type=Utc)


class TenantKeyRow(SQLModel, table=True):
    """A key of one tenant, wrapped by a root key. The newest is used, the older ones open what they sealed."""

    __tablename__ = "tenant_key"
    __table_args__ = (Index("tenant_key_by_age", "tenant", "created_at", "id"),)

    id: str = Field(primary_key=True, max_length=64)
    tenant: str = Field(max_length=64)
    """Empty: what belongs to no tenant."""
    root: str = Field(max_length=100)
    """The id of the root key that wraps it."""
    wrapped: bytes
    created_at: datetime = Field(sa_type=Utc)


class ClientKeyRow(SQLModel, table=True):
    """The key of one client, wrapped by a key of their tenant. Without it nothing of theirs can be read (rule P4)."""

    __tablename__ = "client_key"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_key"], ["tenant_key.id"], name="client_key_tenant_key"),
        Index("client_key_in_use", "tenant", "client", unique=True, **_where("destroyed_at IS NULL")),
        Index("client_key_by_wrapping", "tenant_key", "id"),
        Index("client_key_by_contacts", "contacts"),
    )

    id: str = Field(primary_key=True, max_length=64)
    tenant: str = Field(max_length=64)
    client: str | None = Field(max_length=64)
    tenant_key: str = Field(max_length=64)
    wrapped: bytes | None
    """Empty once it is destroyed, and whose it was with it: its id and when it went are part of the receipt."""
    contacts: str | None = Field(max_length=64)
    """The workflow that owns their mails: from its name alone nobody could tell whose it is."""
    created_at: datetime = Field(sa_type=Utc)
    destroyed_at: datetime | None = Field(default=None, sa_type=Utc)


def all_tables() -> list[Any]:
    """The class of every table."""
    return [one for one in globals().values() if isinstance(one, type) and issubclass(one, SQLModel) and one is not SQLModel]
