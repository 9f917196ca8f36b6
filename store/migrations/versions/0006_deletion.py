"""Deletion of a client: the mark, the receipt, and indexes to find what is theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create and widen them."""
    op.add_column("client", sa.Column("deleting_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("outgoing_by_journey", "outgoing", ["journey"])
    op.create_index("delivery_by_position", "delivery", ["position"])
    op.create_index("bulk_item_by_journey", "bulk_item", ["journey"])
    op.create_table(
        "erasure",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("asked_by", sa.String(100), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("executions", sa.JSON(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("erasure_by_client", "erasure", ["tenant", "client", "asked_at"])
    op.create_index("erasure_by_end", "erasure", ["finished_at"])
