"""Contacts: what the budget of one client counts and holds, their preferences, and the hold by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0009"
branch_labels = None
depends_on = None


def _instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int | None = None, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def upgrade() -> None:
    """Create and widen them."""
    for column in (
        _text("preferred_from"),
        _text("preferred_to"),
        _instant("snoozed_until"),
        sa.Column("contacts_a_day", sa.Integer(), nullable=True),
        sa.Column("contacts_a_week", sa.Integer(), nullable=True),
        _instant("held_at"),
        _text("held_by", 100),
        _text("held_reason", 2000),
    ):
        op.add_column("client", column)
    for column in (_instant("held_until"), _text("held_why", 20), _text("merged_into", 250)):
        op.add_column("notification", column)
    op.create_table(
        "contact",
        _text("id", 250, nullable=False),
        _text("tenant", 64, nullable=False),
        _text("client", 64, nullable=False),
        _text("journey", 64, nullable=False),
        sa.Column("effect", sa.JSON(), nullable=False),
        _instant("intended_at", nullable=False),
        _text("state", 10, nullable=False),
        sa.Column("direct", sa.Boolean(), nullable=False),
        _text("letter", 250),
        _instant("taken_at"),
        _instant("first_taken_at"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _instant("look_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["journey"], ["journey.id"], name="contact_journey"),
    )
    op.create_index("contact_by_state", "contact", ["tenant", "client", "state"])
    op.create_index("contact_by_taking", "contact", ["tenant", "client", "taken_at"])
    op.create_index("contact_by_journey", "contact", ["journey"])
    op.create_index("contact_by_look", "contact", ["look_at"])
