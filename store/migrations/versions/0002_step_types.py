"""Alerts, questions, ratings, tailored words; what a response is and who may read it; journeys that are steps of others."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create and widen them."""
    op.add_column("journey", sa.Column("parent", sa.JSON(), nullable=True))
    op.add_column("journey", sa.Column("risks", sa.JSON(), nullable=True))
    op.add_column("occurrence", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("response", sa.Column("fingerprint", sa.String(64), nullable=True))
    op.add_column("response", sa.Column("shared_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("response", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "alert",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("journey", sa.String(64), nullable=False),
        sa.Column("occurrence", sa.String(80), nullable=False),
        sa.Column("response_id", sa.String(100), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(64), nullable=True),
        sa.Column("reason", sa.String(2000), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["journey"], ["journey.id"], name="alert_journey"),
    )
    op.create_index("alert_by_state", "alert", ["tenant", "acknowledged_at", "raised_at"])
    op.create_table(
        "post",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("journey", sa.String(64), nullable=False),
        sa.Column("occurrence", sa.String(80), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("author", sa.String(64), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.ForeignKeyConstraint(["journey"], ["journey.id"], name="post_journey"),
    )
    op.create_index("post_by_journey", "post", ["journey", "occurrence", "at"])
    op.create_table(
        "rating",
        sa.Column("journey", sa.String(64), nullable=False),
        sa.Column("occurrence", sa.String(80), nullable=False),
        sa.Column("measure", sa.String(20), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("journey", "occurrence", "measure"),
        sa.ForeignKeyConstraint(["journey"], ["journey.id"], name="rating_journey"),
    )
    op.create_table(
        "tailoring",
        sa.Column("journey", sa.String(64), nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.String(64), nullable=True),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("journey", "step", "number"),
        sa.ForeignKeyConstraint(["journey"], ["journey.id"], name="tailoring_journey"),
    )
