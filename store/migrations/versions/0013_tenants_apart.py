"""Tenants apart in PostgreSQL itself: a transaction touches the rows of the tenant that it has named, and of nobody else.

`FORCE` binds the owner of the tables as well. SQLite has nothing like it.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_SETTING = "(SELECT NULLIF(current_setting('stepwell.tenant', true), ''))"
"""In brackets it is looked up once a statement, not once a row. Empty: nothing was said, or it was said of a transaction before."""
_EVERY = f"{_SETTING} = '*'"
_OWN = f"tenant = {_SETTING}"
_WITH_A_TENANT = (
    *("alert", "api_key", "audit", "bulk_job", "client", "client_group", "client_key", "client_link", "console_session"),
    *("contact", "endpoint", "erasure", "group_member", "idempotency", "journey", "library_step", "outgoing"),
    *("pathway_draft", "pathway_version", "post", "practitioner", "response", "saved_view", "tenant_key"),
)
_BY_ANOTHER = {
    **dict.fromkeys(
        ("added_step", "event", "notification", "occurrence", "rating", "response_draft", "tailoring"),
        "EXISTS (SELECT FROM journey WHERE journey.id = {table}.journey)",
    ),
    "bulk_item": "EXISTS (SELECT FROM bulk_job WHERE bulk_job.id = {table}.job)",
    "delivery": "EXISTS (SELECT FROM endpoint WHERE endpoint.id = {table}.endpoint)",
}
"""Whose a row is, the other table's own policy says: somebody else's is not found there."""


def upgrade() -> None:
    """Put every table of tenants under a policy."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in _WITH_A_TENANT:
        _guard(table, _OWN)
    for table, where in _BY_ANOTHER.items():
        _guard(table, where.format(table=table))


def _guard(table: str, own: str) -> None:
    condition = f"({_EVERY} OR {own})"
    op.execute(f"CREATE POLICY tenants_apart ON {table} USING {condition} WITH CHECK {condition}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
