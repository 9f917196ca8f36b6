"""The front door: events for hosts, webhooks, keys, links, sessions, idempotency, audit, bulk actions; journeys to search by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int | None = None, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def upgrade() -> None:
    """Create and widen them."""
    op.add_column("journey", _instant("owed_since"))
    op.add_column("journey", _instant("failed_at"))
    op.create_index("journey_by_age", "journey", ["tenant", "created_at", "id"])
    op.create_index("journey_by_owing", "journey", ["tenant", "owed_since", "id"])
    op.create_index("journey_by_failure", "journey", ["tenant", "failed_at", "id"])
    op.create_index("journey_by_practitioner", "journey", ["tenant", "practitioner"])
    op.create_index("notification_by_age", "notification", ["intended_at"])
    op.create_index("client_by_practitioner", "client", ["tenant", "practitioner"])
    op.drop_index("journey_by_client", "journey")
    op.create_index("journey_by_client", "journey", ["tenant", "client", "id"])
    held = sa.text("held")
    op.create_index("journey_held", "journey", ["tenant", "created_at", "id"], sqlite_where=held, postgresql_where=held)
    for name, column in (("id", "id"), ("client", "client"), ("key", "enrolment_key")):
        ops = {column: "text_pattern_ops"}
        op.create_index(f"journey_{name}_begins", "journey", ["tenant", column], postgresql_ops=ops)
    op.create_table(
        "response_draft",
        _text("journey", 64),
        _text("occurrence", 80),
        _text("by_role", 20),
        sa.Column("payload", sa.JSON(), nullable=False),
        _instant("saved_at", nullable=False),
        sa.PrimaryKeyConstraint("journey", "occurrence", "by_role"),
        sa.ForeignKeyConstraint(["journey"], ["journey.id"], name="response_draft_journey"),
    )
    op.create_table(
        "outgoing",
        sa.Column("position", _BIG, nullable=False),
        _text("tenant", 64),
        _text("id", 120),
        _text("type", 60),
        _text("journey", 64, nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        _instant("at", nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("tenant", "id", name="outgoing_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("outgoing_by_tenant", "outgoing", ["tenant", "position"])
    op.create_table(
        "endpoint",
        _text("id", 64),
        _text("tenant", 64),
        _text("url", 2000),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.JSON(), nullable=False),
        _instant("created_at", nullable=False),
        sa.Column("position", _BIG, nullable=False),
        _instant("disabled_at"),
        _text("disabled_why", 200, nullable=True),
        _instant("failing_since"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("endpoint_by_tenant", "endpoint", ["tenant", "id"])
    op.create_table(
        "delivery",
        _text("endpoint", 64),
        sa.Column("position", _BIG, nullable=False),
        _text("event", 120),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _instant("next_at"),
        _instant("attempted_at"),
        _instant("delivered_at"),
        _instant("dead_at"),
        sa.Column("status", sa.Integer(), nullable=True),
        _text("failed", 200, nullable=True),
        sa.PrimaryKeyConstraint("endpoint", "position"),
        sa.ForeignKeyConstraint(["endpoint"], ["endpoint.id"], name="delivery_endpoint"),
    )
    op.create_index("delivery_by_due", "delivery", ["endpoint", "next_at"])
    op.create_table(
        "api_key",
        _text("id", 64),
        _text("tenant", 64),
        _text("kind", 20),
        _text("subject", 64, nullable=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        _text("hash", 64),
        _text("hint", 20),
        _instant("created_at", nullable=False),
        _text("created_by", 100),
        _instant("expires_at"),
        _instant("revoked_at"),
        _instant("last_used_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash", name="api_key_hash"),
    )
    op.create_index("api_key_by_tenant", "api_key", ["tenant", "id"])
    op.create_table(
        "failed_credential",
        _text("address", 64),
        _instant("since", nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address"),
    )
    op.create_table(
        "client_link",
        _text("hash", 64),
        _text("purpose", 10),
        _text("tenant", 64),
        _text("client", 64),
        _text("journey", 64),
        _text("occurrence", 80),
        _instant("created_at", nullable=False),
        _instant("expires_at", nullable=False),
        _instant("revoked_at"),
        sa.PrimaryKeyConstraint("hash"),
        sa.ForeignKeyConstraint(["journey"], ["journey.id"], name="client_link_journey"),
    )
    op.create_index("client_link_by_journey", "client_link", ["journey", "occurrence"])
    op.create_table(
        "console_session",
        _text("hash", 64),
        _text("tenant", 64),
        _text("key", 64),
        _text("csrf", 64),
        _instant("created_at", nullable=False),
        _instant("seen_at", nullable=False),
        _instant("expires_at", nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "idempotency",
        _text("hash", 64),
        _text("tenant", 64),
        _text("fingerprint", 64),
        _instant("created_at", nullable=False),
        _text("taken_by", 64),
        _instant("taken_until", nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        _text("sealed", nullable=True),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("idempotency_by_age", "idempotency", ["created_at"])
    op.create_table(
        "saved_view",
        _text("tenant", 64),
        _text("name", 100),
        _text("query", 2000),
        _instant("created_at", nullable=False),
        _text("created_by", 100),
        sa.PrimaryKeyConstraint("tenant", "name"),
    )
    op.create_table(
        "audit",
        sa.Column("number", _BIG, nullable=False),
        _text("tenant", 64),
        _instant("at", nullable=False),
        _text("actor", 100),
        _text("action", 60),
        _text("object", 200),
        _text("reason", 2000, nullable=True),
        _text("request", 64, nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_by_tenant", "audit", ["tenant", "number"])
    op.create_table(
        "bulk_job",
        _text("id", 64),
        _text("tenant", 64),
        _text("action", 20),
        sa.Column("arguments", sa.JSON(), nullable=False),
        _text("by_role", 20),
        _text("by_id", 64, nullable=True),
        _instant("created_at", nullable=False),
        _instant("cancelled_at"),
        _instant("finished_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("bulk_job_by_tenant", "bulk_job", ["tenant", "created_at"])
    op.create_table(
        "bulk_item",
        _text("job", 64),
        _text("journey", 64),
        _text("state", 20),
        _text("message", 500, nullable=True),
        _instant("done_at"),
        sa.PrimaryKeyConstraint("job", "journey"),
        sa.ForeignKeyConstraint(["job"], ["bulk_job.id"], name="bulk_item_job"),
        sa.ForeignKeyConstraint(["journey"], ["journey.id"], name="bulk_item_journey"),
    )
    op.create_index("bulk_item_by_state", "bulk_item", ["job", "state", "journey"])
