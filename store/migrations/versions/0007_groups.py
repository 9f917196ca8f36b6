"""Groups and their members."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "client_group",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("pathway", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("practitioner", sa.String(64), nullable=True),
        sa.Column("dates", sa.JSON(), nullable=False),
        sa.Column("again", sa.String(20), nullable=False),
        sa.Column("late_joiners", sa.String(20), nullable=False),
        sa.Column("wave_size", sa.Integer(), nullable=False),
        sa.Column("wave_seconds", sa.Integer(), nullable=False),
        sa.Column("per_second", sa.Float(), nullable=False),
        sa.Column("by_role", sa.String(20), nullable=False),
        sa.Column("by_id", sa.String(64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("client_group_by_tenant", "client_group", ["tenant", "created_at"])
    op.create_table(
        "group_member",
        sa.Column("group", sa.String(64), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("journey", sa.String(64), nullable=True),
        sa.Column("message", sa.String(500), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("group", "client"),
        sa.ForeignKeyConstraint(["group"], ["client_group.id"], name="group_member_group"),
        sa.ForeignKeyConstraint(["tenant", "client"], ["client.tenant", "client.id"], name="group_member_client"),
    )
    op.create_index("group_member_by_state", "group_member", ["group", "state", "wave", "position"])
    op.create_index("group_member_by_position", "group_member", ["group", "position"])
    op.create_index("group_member_by_client", "group_member", ["tenant", "client"])
