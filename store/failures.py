"""What a database's own errors mean to whoever runs it: it is away, it is outdated, or it is a bug of ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]  # it ships none
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from engine.errors import Unavailable

_TRY_AGAIN = ("08", "40", "53", "55", "57", "58")
"""PostgreSQL's classes: connection, rolled back by a rival, resources, locks, operator, system."""
_NO_SUCH_TABLE = ("42P01", "42703")
_BROKEN_OFF = (asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver says of a connection that cannot be used any more."""
_FROM_BELOW = (DBAPIError, sqlite3.Error, asyncpg.PostgresError, *_BROKEN_OFF, NoConnectionFree, OSError)


class StoreUnavailable(Unavailable):
    """The database does not answer; nothing was stored, and the same may be tried again."""


class StoreOutdated(Unavailable):
    """The database has other tables than this version needs; the text says what to run."""


@contextmanager
def told_plainly(where: URL) -> Iterator[None]:
    """Raise StoreUnavailable or StoreOutdated where that is what an error means, and let every other error through."""
    try:
        yield
    except _FROM_BELOW as error:
        told = _meaning_of(error, where)
        if told is None:
            raise
        raise told from error


def _meaning_of(error: Exception, where: URL) -> Exception | None:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = str(getattr(cause, "sqlstate", None) or "")
    words = str(cause)
    if isinstance(error, NoConnectionFree):
        return StoreUnavailable("every connection to the database is in use; try again, or run fewer things at once")
    if code in _NO_SUCH_TABLE or words.startswith(("no such table", "no such column")):
        return StoreOutdated("the database lacks tables of this version; run 'stepwell store migrate'")
    if where.get_backend_name() == "sqlite":
        return StoreUnavailable(_about_file(where, words)) if _is_file_trouble(error) else None
    if code.startswith("28"):
        return StoreUnavailable(f"the database at {_host(where)} refuses the user or the password; check its address")
    if code == "42501" and "permission denied" in words:
        return StoreUnavailable("the database does not let this role at its tables; give it the rights that SECURITY.md says")
    if code == "3D000":
        return StoreUnavailable(f"there is no database {where.database} at {_host(where)}; create it first")
    lost = isinstance(error, (OSError, OperationalError, InterfaceError, *_BROKEN_OFF))
    if lost or code[:2] in _TRY_AGAIN or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return StoreUnavailable(f"the database at {_host(where)} does not answer; check its address and that it runs")
    return None


def _is_file_trouble(error: Exception) -> bool:
    """Locked, full, missing or damaged; SQLite says a damaged file with the bare DatabaseError."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, sqlite3.OperationalError | OSError) or type(cause) is sqlite3.DatabaseError


def _about_file(where: URL, words: str) -> str:
    if "not a database" in words or "malformed" in words:
        return f"{where.database} is no database, or a damaged one; put a backup in its place, or move it away"
    if "locked" in words:
        return f"{where.database} is in use by something that does not let go; end it, or try again"
    return f"{where.database} cannot be used ({words}); check that its folder exists, may be written to, and has room"


def _host(where: URL) -> str:
    return f"{where.host or 'localhost'}:{where.port or 5432}"
