"""What people say and who they are: columns for ciphertexts. What is in them now is sealed next, before revision 0012."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_WORDS: dict[str, tuple[str, ...]] = {
    "practitioner": ("display_name", "email"),
    "client": ("display_name", "held_by", "held_reason", "consent_text"),
    "response": ("fingerprint",),
    "alert": ("acknowledged_by", "reason"),
    "post": ("text",),
    "rating": ("value",),
    "tailoring": ("reason",),
    "endpoint": ("url",),
    "audit": ("reason", "salt"),
    "client_group": ("name",),
}
"""Texts and numbers."""
_JSON: dict[str, tuple[str, ...]] = {
    "client": ("channels",),
    "journey": ("dates",),
    "response": ("payload", "outcome"),
    "response_draft": ("payload",),
    "alert": ("rules",),
    "tailoring": ("words",),
    "added_step": ("structure", "content"),
    "event": ("body",),
    "endpoint": ("secrets",),
    "bulk_job": ("arguments",),
    "bulk_item": ("difference",),
}


def upgrade() -> None:
    """Put a column of bytes in the place of each, with the JSON of what it held."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    # a store that came as far as 0010 before may have it already: 0012 makes it, once the reasons are sealed
    op.execute("DROP TRIGGER IF EXISTS audit_is_kept" + ("" if is_sqlite else " ON audit"))
    words = "json_quote({0})" if is_sqlite else "to_json({0})::text"
    for columns, as_json in ((_WORDS, words), (_JSON, "{0}" if is_sqlite else "{0}::text")):
        for table, names in columns.items():
            for name in names:
                _replace(table, name, as_json.format(f'"{name}"'), is_sqlite=is_sqlite)


def _replace(table: str, name: str, as_json: str, *, is_sqlite: bool) -> None:
    as_bytes = f"CAST({as_json} AS BLOB)" if is_sqlite else f"convert_to({as_json}, 'UTF8')"
    # nullable, all of them: SQLite takes no other column into a table that has rows
    op.add_column(table, sa.Column("replaced", sa.LargeBinary(), nullable=True))
    op.execute(f'UPDATE "{table}" SET replaced = {as_bytes} WHERE "{name}" IS NOT NULL')  # noqa: S608 - names of our own
    op.drop_column(table, name)
    op.alter_column(table, "replaced", new_column_name=name)
