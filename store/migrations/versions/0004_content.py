"""Late-bound content: which version an occurrence was opened or answered with."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was opened before has none, and counts for its journey's version."""
    op.add_column("occurrence", sa.Column("content_version", sa.Integer(), nullable=True))
