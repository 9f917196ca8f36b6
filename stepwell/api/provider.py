"""The keys of the host's identity provider: found by discovery, kept for a while, asked for again at a bounded rate.

Where the provider is away, the keys known go on for a bounded time; after that nobody is let in by a token.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWKError, PyJWTError

from stepwell.errors import Unavailable

ALGORITHMS: dict[tuple[str, str | None], tuple[str, ...]] = {
    ("RSA", None): ("RS256", "PS256"),
    ("EC", "P-256"): ("ES256",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
"""By type and curve of a key. Whatever is not here, a shared secret above all, verifies nothing."""
_FRESH = 600.0
_STALE = 3600.0
_BETWEEN = 30.0
"""Seconds between two questions because of a key that nobody knows."""
_AFTER_FAILURE = 5.0
_MOST_KEYS = 50
_SHORTEST_RSA = 2048
_log = structlog.get_logger("stepwell.tokens")


class FetchJson(Protocol):
    """A guarded way to a small JSON document."""

    async def get_json(self, url: str) -> object:
        """Fetch it. Raises where no good answer came."""


class VerifyingKey(NamedTuple):
    """A public key, and what it may verify."""

    key: Any
    algorithms: tuple[str, ...]


class ProviderKeys:
    """The keys of one issuer."""

    def __init__(self, issuer: str, outbound: FetchJson, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._outbound = outbound
        self._clock = clock
        self._keys: dict[str, VerifyingKey] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._is_away = False
        self._turn = asyncio.Lock()

    async def key(self, kid: str) -> VerifyingKey | None:
        """The key of that id; None where the provider has no such key. Raises Unavailable where nobody can tell."""
        if not self._is_younger_than(_FRESH) or (kid not in self._keys):
            async with self._turn:
                if self._may_ask(is_known=kid in self._keys):
                    await self._ask()
        if not self._is_younger_than(_STALE):
            raise Unavailable("the identity provider's keys cannot be had; try again")
        found = self._keys.get(kid)
        if found is None and self._is_away:
            raise Unavailable("the identity provider's keys cannot be had; try again")
        return found

    def _is_younger_than(self, seconds: float) -> bool:
        return self._fetched_at is not None and self._clock() - self._fetched_at < seconds

    def _may_ask(self, *, is_known: bool) -> bool:
        """Whether it is time: somebody else may have asked this moment."""
        if self._tried_at is None:
            return True
        waited = self._clock() - self._tried_at
        if self._is_away:
            return waited >= _AFTER_FAILURE
        return waited >= (_FRESH if is_known else _BETWEEN)

    async def _ask(self) -> None:
        self._tried_at = self._clock()
        try:
            found = await self._fetched()
        except Exception as error:  # whatever went wrong out there: the keys known stay for their time
            self._is_away = True
            _log.warning("the identity provider does not answer well", error=type(error).__name__)
            return
        self._keys, self._is_away, self._fetched_at = found, False, self._clock()

    async def _fetched(self) -> dict[str, VerifyingKey]:
        described = await self._outbound.get_json(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
        if not isinstance(described, dict) or described.get("issuer") != self._issuer:
            raise ValueError("the document is another issuer's")
        address = described.get("jwks_uri")
        if not isinstance(address, str):
            raise ValueError("the document names no keys")
        served = await self._outbound.get_json(address)
        keys = served.get("keys") if isinstance(served, dict) else None
        if not isinstance(keys, list):
            raise ValueError("there are no keys")
        return dict(one for one in (_read(key) for key in keys[:_MOST_KEYS]) if one is not None)


def _read(key: object) -> tuple[str, VerifyingKey] | None:
    """A key as it is served; None where it verifies nothing here."""
    if not isinstance(key, dict) or not isinstance(key.get("kid"), str) or key.get("use", "sig") != "sig":
        return None
    kind, curve = str(key.get("kty")), key.get("crv")
    allowed = ALGORITHMS.get((kind, str(curve) if curve is not None else None), ())
    if "alg" in key:
        allowed = tuple(one for one in allowed if one == key["alg"])
    if not allowed:
        return None
    try:
        public = PyJWK(key, algorithm=allowed[0]).key
    except (PyJWKError, PyJWTError, ValueError, TypeError):
        return None
    if hasattr(public, "private_bytes"):
        return None  # what everybody can sign with proves nothing
    if kind == "RSA" and public.key_size < _SHORTEST_RSA:
        return None
    return key["kid"], VerifyingKey(public, allowed)
