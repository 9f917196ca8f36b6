"""What people say and who they are: from here on it is sealed, all of it. `Database.migrate` comes here once that is so."""

from alembic import op

revision = "0012"
down_revision = "0011"
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
    """Guard the audit against every change but that the words of a reason go."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    when = f"{_CHANGED.format(differs='NOT' if is_sqlite else 'DISTINCT FROM')} OR {_WORDS}"
    if is_sqlite:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{_ONLY}'); END"
        op.execute(f"CREATE TRIGGER audit_is_kept BEFORE UPDATE ON audit WHEN {when} {refuse}")
        return
    act = "EXECUTE FUNCTION refuse_audit_change()"
    op.execute(f"CREATE TRIGGER audit_is_kept BEFORE UPDATE ON audit FOR EACH ROW WHEN ({when}) {act}")
