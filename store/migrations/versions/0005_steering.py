"""Journeys that move to another version, plans that differ for one client, migrations of many."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create and widen them."""
    op.add_column("journey", sa.Column("entered_version", sa.Integer(), nullable=True))
    op.add_column("journey", sa.Column("retired", sa.JSON(), nullable=True))
    op.add_column("journey", sa.Column("renamed", sa.JSON(), nullable=True))
    op.add_column("journey", sa.Column("deviations", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("bulk_item", sa.Column("difference", sa.JSON(), nullable=True))
    op.create_table(
        "added_step",
        sa.Column("journey", sa.String(64), nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("structure", sa.JSON(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("journey", "step"),
        sa.ForeignKeyConstraint(["journey"], ["journey.id"], name="added_step_journey"),
    )
