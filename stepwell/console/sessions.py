"""Who is signed in to the console: a key becomes a session, and the session's cookie stands for the key until it ends."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stepwell.access import Caller
from stepwell.keys import caller_from, caller_of_key, hash_of
from store import audit, console_sessions
from store.database import Database
from store.tables import ApiKeyRow, AuditRow, ConsoleSessionRow

COOKIE = "__Host-stepwell"
IDLE = timedelta(minutes=30)
"""A session that nobody works with ends."""
LONGEST = timedelta(hours=12)
"""However much somebody works with it."""
_SEEN_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Session:
    """An operator at their browser."""

    caller: Caller
    csrf: str
    """What every form of theirs carries."""
    hash: str


class Sessions:
    """Open, find and end sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database.of_every_tenant()  # whose a cookie is, is what has to be found out

    async def open(self, key: str, *, old: str | None) -> str | None:
        """A new session's token for a good key of an operator; None for any other. The browser's old session ends."""
        caller = await caller_of_key(self._database, key)
        if caller is None or caller.kind != "operator":
            return None
        now, token = datetime.now(UTC), secrets.token_urlsafe(32)
        row = ConsoleSessionRow(
            hash=hash_of(token),
            tenant=caller.tenant,
            key=caller.credential,
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            seen_at=now,
            expires_at=now + LONGEST,
        )
        signed_in = AuditRow(
            tenant=caller.tenant, at=now, actor=caller.name[:100], action="signed in", object=caller.credential
        )
        async with self._database.begin() as session:
            await console_sessions.clear(session, expired_at=now, idle_since=now - IDLE)
            if old is not None:
                await console_sessions.end(session, hash_of(old))
            await console_sessions.add(session, row)
            await audit.append(session, signed_in)
        return token

    async def find(self, token: str, *, is_work: bool) -> Session | None:
        """The session of a cookie; None where it has ended, was idle for too long, or its key is good no more.

        `is_work`: a person asked; what a page asks by itself keeps no session alive.
        """
        now, hash = datetime.now(UTC), hash_of(token)
        async with self._database.read() as session:
            found = await console_sessions.find(session, hash)
        if found is None:
            return None
        row, key = found
        if row.expires_at <= now or row.seen_at + IDLE <= now or not _is_good(key, now):
            await self.end(hash)
            return None
        if is_work and now - row.seen_at > _SEEN_AGAIN:
            async with self._database.begin() as session:
                await console_sessions.mark_seen(session, hash, now)
        return Session(caller_from(key), row.csrf, hash)

    async def end(self, hash: str) -> None:
        """End one: whoever still has its cookie has nothing."""
        async with self._database.begin() as session:
            await console_sessions.end(session, hash)


def _is_good(key: ApiKeyRow, now: datetime) -> bool:
    is_expired = key.expires_at is not None and key.expires_at <= now
    return key.kind == "operator" and key.revoked_at is None and not is_expired
