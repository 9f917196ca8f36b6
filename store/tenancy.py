"""Whose rows a transaction may touch: on PostgreSQL the database itself keeps tenants apart, by policies on every table.

A policy asks for a setting of the connection. Each transaction sets it anew with its very first message, and forgets it at its
end; one that says nothing touches no row. SQLite has nothing like it: there only the questions themselves name their tenant.
"""

from collections.abc import Coroutine
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships none
from sqlalchemy import Connection, text

SETTING = "stepwell.tenant"
EVERY = "*"
"""What it is set to for work that spans tenants."""
NOBODY = ""
_UNBOUND = text(
    "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user AND NOT row_security_active('journey')"
)


class TenantConnection(asyncpg.Connection):  # type: ignore[misc]  # it ships no types
    """A connection that begins no transaction without saying whose it is, in the same message."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.tenant = NOBODY
        """Whose the next transaction is."""
        self._seen: str | None = None

    async def execute(self, query: str, *arguments: Any, timeout: float | None = None) -> str:
        """Run it; what begins a transaction says first whose that is."""
        if query.startswith("BEGIN"):
            query += f" SET LOCAL {SETTING} = {_quoted(self.tenant)};"
        status: str = await super().execute(query, *arguments, timeout=timeout)
        return status

    async def see(self, tenant: str) -> None:
        """For questions outside of transactions: say whose rows they see, where the last ones were somebody else's."""
        if self._seen == tenant:
            return
        self._seen = None  # until the server has said yes
        try:
            await super().execute(f"SET {SETTING} = {_quoted(tenant)}")
        except BaseException as error:
            self.terminate()  # it may be in the middle of something, and is nobody's any more
            if isinstance(error, asyncpg.InternalClientError):
                raise asyncpg.InterfaceError("the connection was in the middle of something") from error
            raise
        self._seen = tenant


def say_whose(connection: Connection, tenant: str) -> Coroutine[Any, Any, None] | None:
    """Bind what is asked next on this connection to a tenant; what is left to wait for, outside of a transaction."""
    if connection.dialect.name != "postgresql":
        return None
    driver: TenantConnection = connection.connection.driver_connection  # type: ignore[assignment]  # ours, see Database.open
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return driver.see(tenant)
    driver.tenant = tenant
    return None


def why_unbound(connection: Connection) -> str | None:
    """Why the policies do not hold for the role of this connection; None where they do."""
    if connection.dialect.name != "postgresql":
        return None
    found = connection.execute(_UNBOUND).first()
    if found is None:
        return None
    if found.rolsuper:
        return "it is a superuser"
    return "it has BYPASSRLS" if found.rolbypassrls else "row-level security is off"


def _quoted(tenant: str) -> str:
    """As the server reads it, however it is set to read backslashes."""
    return "E'" + tenant.replace("\\", "\\\\").replace("'", "''") + "'"
