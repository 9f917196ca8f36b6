"""The audit: entries that are chained, and cannot be taken away. That they cannot be changed either comes with 0012."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ONLY = "the audit is only appended to"


def upgrade() -> None:
    """Widen the table and guard it."""
    for name in ("salt", "digest", "hash"):
        op.add_column("audit", sa.Column(name, sa.String(64), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{_ONLY}'); END"
        op.execute(f"CREATE TRIGGER audit_stays BEFORE DELETE ON audit {refuse}")
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_ONLY}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    act = "EXECUTE FUNCTION refuse_audit_change()"
    op.execute(f"CREATE TRIGGER audit_stays BEFORE DELETE ON audit FOR EACH ROW {act}")
    op.execute(f"CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT {act}")
