"""Keys: one for each tenant, one for each client, wrapped."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them. Clients who are there already get theirs when it is first needed."""
    op.create_table(
        "tenant_key",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("root", sa.String(100), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("tenant_key_by_age", "tenant_key", ["tenant", "created_at", "id"])
    op.create_table(
        "client_key",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("client", sa.String(64), nullable=True),
        sa.Column("tenant_key", sa.String(64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("contacts", sa.String(64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["tenant_key"], ["tenant_key.id"], name="client_key_tenant_key"),
    )
    in_use = sa.text("destroyed_at IS NULL")
    op.create_index(
        "client_key_in_use", "client_key", ["tenant", "client"], unique=True, sqlite_where=in_use, postgresql_where=in_use
    )
    op.create_index("client_key_by_wrapping", "client_key", ["tenant_key", "id"])
    op.create_index("client_key_by_contacts", "client_key", ["contacts"])
