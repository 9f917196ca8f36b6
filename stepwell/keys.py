"""API keys at the front door: made, shown once, narrowed, rotated with an overlap, revoked; and who a key says is calling."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from stepwell.access import KINDS, SCOPES, UNASKED, Caller, Kind, Scope, needs
from stepwell.desk import Desk, plain
from stepwell.errors import Forbidden, NotFound, Refused
from stepwell.models import ApiKey, NewApiKey
from store import keys
from store.database import Database
from store.ids import new_id
from store.tables import ApiKeyRow

PREFIX = "stw_"
"""So that a key that leaked somewhere can be searched for."""
OVERLAP = timedelta(hours=24)
"""How long the key before a rotation still works unless said otherwise."""
_USED_AGAIN = timedelta(minutes=1)
_SUBJECT_OF = ("practitioner", "client")
"""Kinds that mean one person."""


class Keys(Desk):
    """Make and take away API keys. A key never has more rights than the caller who makes it."""

    @needs("admin", "host", "operator")
    async def add_key(
        self,
        kind: Kind,
        *,
        subject: str | None = None,
        scopes: Collection[Scope] | None = None,
        expires_at: datetime | None = None,
    ) -> NewApiKey:
        """Make a key and show it, this once. `subject` names the practitioner or client it speaks for, else who uses it.

        Without `scopes` it has all that the caller has, and `reveal` only where it is named. Raises Refused, Forbidden.
        """
        self._refuse_more(kind, scopes)
        if kind in _SUBJECT_OF and not subject:
            raise Refused("no_subject", "V4", f"a key of a {kind} says whose it is: give the {kind}'s id as subject")
        if expires_at is not None and expires_at <= self._now():
            raise Refused("in_the_past", "V4", "the key would have expired already; name a later instant")
        wanted = frozenset(scopes) if scopes is not None else (self._caller.scopes - frozenset(UNASKED))
        return await self._add(kind, subject and plain(subject, "a subject", "V4", 64), wanted, expires_at)

    def _refuse_more(self, kind: Kind, scopes: Collection[Scope] | None) -> None:
        if kind not in KINDS:
            raise Refused("unknown_kind", "V4", f"{kind!r} is no kind of caller: one of {', '.join(KINDS)}")
        unknown = sorted(set(scopes or ()) - set(SCOPES))
        if unknown:
            raise Refused("unknown_scope", "V4", f"unknown scope {', '.join(unknown)}; known: {', '.join(SCOPES)}")
        if self._caller.kind == "process":
            return
        may_give = {"host": ("host", "practitioner", "client"), "operator": ("operator",)}.get(self._caller.kind, ())
        missing = sorted(set(scopes or ()) - self._caller.scopes)
        if kind not in may_give or missing:
            what = f"the scope {', '.join(missing)}" if missing else f"a key of a {kind}"
            raise Forbidden(f"nobody gives away more than they have: {what} comes from whoever runs Stepwell")

    async def _add(self, kind: str, subject: str | None, scopes: frozenset[Scope], expires_at: datetime | None) -> NewApiKey:
        secret = PREFIX + secrets.token_hex(32)
        row = ApiKeyRow(
            id=new_id("key"),
            tenant=self._tenant,
            kind=kind,
            subject=subject,
            scopes=sorted(scopes),
            hash=hash_of(secret),
            hint=secret[-4:],
            created_at=self._now(),
            created_by=self._caller.name,
            expires_at=expires_at,
        )
        async with self._database.begin() as session:
            await keys.add(session, row)
            await self._note(session, "key made", row.id)
        return NewApiKey(**_key(row).model_dump(), secret=secret)

    @needs("admin", "host", "operator")
    async def keys(self, *, limit: int = 100, after: str = "") -> list[ApiKey]:
        """Keys in order of their ids, after one; never their secrets."""
        async with self._database.read() as session:
            return [_key(row) for row in await keys.find(session, self._tenant, limit=limit, after=after)]

    @needs("admin", "host", "operator")
    async def rotate_key(self, key: str, *, overlap: timedelta = OVERLAP) -> NewApiKey:
        """Make the next key of the same rights; the old one works for `overlap` more. Raises NotFound, Refused."""
        row = await self._key(key)
        if row.revoked_at is not None:
            raise Refused("revoked", "V4", "the key is revoked; make a new one")
        new = await self._add(row.kind, row.subject, frozenset(one for one in SCOPES if one in row.scopes), row.expires_at)
        ends = self._now() + overlap
        async with self._database.begin() as session:
            old = await keys.get(session, self._tenant, key)
            assert old is not None
            old.expires_at = min(old.expires_at, ends) if old.expires_at else ends
            await self._note(session, "key rotated", key)
        return new

    @needs("admin", "host", "operator")
    async def revoke_key(self, key: str) -> ApiKey:
        """End a key at once; the second time changes nothing. Raises NotFound."""
        await self._key(key)
        async with self._database.begin() as session:
            row = await keys.get(session, self._tenant, key)
            assert row is not None
            if row.revoked_at is None:
                row.revoked_at = self._now()
                await self._note(session, "key revoked", key)
        return _key(row)

    async def _key(self, key: str) -> ApiKeyRow:
        """Raises NotFound, and Forbidden where it is of a kind that the caller does not look after."""
        async with self._database.read() as session:
            row = await keys.get(session, self._tenant, key)
        if row is None:
            raise NotFound(f"there is no key {key}")
        if self._caller.kind == "operator" and row.kind != "operator":
            raise Forbidden(f"the keys of a {row.kind} are the host's to change")
        return row


async def caller_of_key(database: Database, secret: str) -> Caller | None:
    """Who is calling with this key; None where it is unknown, revoked or expired: nobody is told which."""
    now = datetime.now(UTC)
    async with database.of_every_tenant().glance() as session:
        row = await keys.by_hash(session, hash_of(secret))
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    if row.last_used_at is None or now - row.last_used_at > _USED_AGAIN:
        async with database.of(row.tenant).begin() as session:
            await keys.mark_used(session, row.id, now)
    return caller_from(row)


def caller_from(row: ApiKeyRow) -> Caller:
    """The caller that a key stands for."""
    kind = next(one for one in KINDS if one == row.kind)
    scopes = frozenset(one for one in SCOPES if one in row.scopes)
    return Caller(tenant=row.tenant, kind=kind, id=row.subject, scopes=scopes, credential=row.id)


def hash_of(secret: str) -> str:
    """How a secret is kept: SHA-256 is enough for 256 random bits, and can be looked up."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: ApiKeyRow) -> ApiKey:
    return ApiKey.model_validate(row.model_dump(include=set(ApiKey.model_fields)))
