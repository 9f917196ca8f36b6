"""The audit: entries that are chained, and can be neither changed nor taken away."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ONLY = "the audit is only appended to"
_CHANGED = " OR ".join(
    f"NEW.{name} IS {{differs}} OLD.{name}"
    for name in ("number", "tenant", "at", "actor", "action", "object", "request", "digest", "hash")
)
"""Anything but the words of a reason and the salt they go with."""
_WORDS = "NEW.reason IS NOT NULL OR NEW.salt IS NOT NULL"


def upgrade() -> None:
    """Widen the table and guard it."""
    for name in ("salt", "digest", "hash"):
        op.add_column("audit", sa.Column(name, sa.String(64), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{_ONLY}'); END"
        changed = _CHANGED.format(differs="NOT")
        op.execute(f"CREATE TRIGGER audit_stays BEFORE DELETE ON audit {refuse}")
        op.execute(f"CREATE TRIGGER audit_is_kept BEFORE UPDATE ON audit WHEN {changed} OR {_WORDS} {refuse}")
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_ONLY}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    act = "EXECUTE FUNCTION refuse_audit_change()"
    changed = _CHANGED.format(differs="DISTINCT FROM")
    op.execute(f"CREATE TRIGGER audit_stays BEFORE DELETE ON audit FOR EACH ROW {act}")
    op.execute(f"CREATE TRIGGER audit_is_kept BEFORE UPDATE ON audit FOR EACH ROW WHEN ({changed} OR {_WORDS}) {act}")
    op.execute(f"CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT {act}")
