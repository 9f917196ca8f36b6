"""Tokens of the host's identity provider: whose they are is believed only where everything about them is right."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import jwt

from stepwell.access import KINDS, SCOPES, Caller, Kind, Scope, right_of
from stepwell.api.provider import ProviderKeys, VerifyingKey

CREDENTIAL = "oidc"
ONLY_WHERE_NAMED: frozenset[Scope] = frozenset({"admin", "act", "reveal"})
"""Nobody has these by being somebody: the token's `scope` says so, or they are not there."""
_ALGORITHMS = frozenset({"RS256", "PS256", "ES256", "EdDSA"})
_OTHER_KEYS = ("jku", "jwk", "x5u", "x5c", "crit")
"""Headers by which a token would bring its own key, or ask for what we do not understand."""
_TYPES = (None, "jwt", "at+jwt", "application/at+jwt")
_LEEWAY = timedelta(seconds=30)
_LONGEST_LIFE = timedelta(hours=24)
"""A token cannot be taken back, so one that lives longer is not taken at all."""
_LONGEST = 8192
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Trust(NamedTuple):
    """Which issuer is believed, about whom, and which claims say so."""

    issuer: str
    audience: str
    tenants: tuple[str, ...]
    """The tenants that it may speak for."""
    kind_claim: str = "stepwell_kind"
    subject_claim: str = "sub"
    tenant_claim: str = "stepwell_tenant"


class Tokens:
    """Reads the tokens of one issuer."""

    def __init__(self, trust: Trust, keys: ProviderKeys, scopes: Mapping[Kind, frozenset[Scope]]) -> None:
        self._trust = trust
        self._keys = keys
        self._scopes = scopes

    async def caller_of(self, token: str) -> Caller | None:
        """Who is calling; None where anything about the token is wrong: nobody is told what.

        Raises Unavailable where the issuer's keys cannot be had.
        """
        kid = _kid(token)
        if kid is None:
            return None
        key = await self._keys.key(kid)
        claims = self._claims(token, key) if key is not None else None
        return self._caller(claims) if claims is not None else None

    def _claims(self, token: str, key: VerifyingKey) -> dict[str, Any] | None:
        try:
            claims = jwt.decode(
                token,
                key.key,
                algorithms=list(key.algorithms),
                audience=self._trust.audience,
                issuer=self._trust.issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"], "strict_aud": False},
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            return None
        lives = claims["exp"] - claims["iat"]
        return claims if 0 < lives <= _LONGEST_LIFE.total_seconds() else None

    def _caller(self, claims: Mapping[str, Any]) -> Caller | None:
        kind = next((one for one in KINDS if one == claims.get(self._trust.kind_claim)), None)
        subject = claims.get(self._trust.subject_claim)
        tenant = claims.get(self._trust.tenant_claim)
        if kind is None or not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
            return None
        if not isinstance(tenant, str) or tenant not in self._trust.tenants:
            return None
        return Caller(
            tenant=tenant, kind=kind, id=subject, scopes=self._narrowed(kind, claims.get("scope")), credential=CREDENTIAL
        )

    def _narrowed(self, kind: Kind, named: object) -> frozenset[Scope]:
        """What callers of that kind may have, and of it what the token names; a token without the claim has what is usual."""
        may_have = self._scopes[kind]
        if named is None:
            return may_have - ONLY_WHERE_NAMED
        words = named.split() if isinstance(named, str) else ()
        return may_have & frozenset(one for one in SCOPES if one in words)


def scopes_by_kind(handle: type) -> dict[Kind, frozenset[Scope]]:
    """What callers of each kind have any use for, as the use cases of a handle declare it."""
    rights = [right for right in (right_of(getattr(handle, name)) for name in dir(handle)) if right is not None]
    found = {kind: frozenset(right.scope for right in rights if kind in right.kinds) for kind in KINDS}
    return found | {"host": found["host"] | {"act"}, "operator": found["operator"] | {"reveal"}}


def _kid(token: str) -> str | None:
    """The id of the key that is said to have signed it; None where the header alone is reason enough to refuse."""
    if len(token) > _LONGEST:
        return None
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        return None
    kind = header.get("typ")
    is_known_kind = (kind.lower() if isinstance(kind, str) else kind) in _TYPES
    if header.get("alg") not in _ALGORITHMS or any(one in header for one in _OTHER_KEYS) or not is_known_kind:
        return None
    kid = header.get("kid")
    return kid if isinstance(kid, str) and len(kid) <= 200 else None
