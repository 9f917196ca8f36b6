"""Who is calling, from the credential in the request and from nothing else."""

import hashlib
import re
from collections import OrderedDict
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request

from stepwell.access import KINDS, Caller
from stepwell.api.problems import ApiError
from stepwell.api.tokens import Tokens
from stepwell.keys import PREFIX, caller_of_key, hash_of
from stepwell.links import Bearer, bearer_of
from store import attempts
from store.database import Database
from store.links import PREFIXES

ACT_AS = "stepwell-act-as"
MOST_WRONG = 20
"""Wrong credentials from one address in a minute; after that, nothing unknown from there is looked at."""
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_NOT_SIGNED_IN = {"www-authenticate": "Bearer"}
_MOST_KNOWN = 20_000
_LONGEST = 8192


class Identity:
    """Reads the credential of a request."""

    def __init__(self, database: Database, *, tokens: Tokens | None = None, most_wrong: int = MOST_WRONG) -> None:
        self._database = database.of_every_tenant()  # whose a credential is, is what has to be found out
        self._tokens = tokens
        self._most_wrong = most_wrong
        self._known: OrderedDict[str, None] = OrderedDict()
        """Hashes of what was good before: others at the same address keep nobody out who was in."""

    async def bearer_of(self, request: Request) -> Bearer:
        """Raises ApiError 401 where there is no credential or no good one: nobody is told which part is wrong.

        429 where too many wrong ones came from the same address.
        """
        found = _BEARER.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            raise ApiError(401, "no_credential", "send a key as 'Authorization: Bearer …'", _NOT_SIGNED_IN)
        secret = found.group(1)
        bearer = await self._let_in(secret, request)
        if bearer is None:
            raise bad_credential()
        return bearer._replace(caller=_narrowed(bearer.caller, request.headers.get(ACT_AS)))

    async def _let_in(self, secret: str, request: Request) -> Bearer | None:
        mark = hash_of(secret)
        address = address_of(request)
        if mark not in self._known:
            await self.refuse_guessing(address)
        bearer = await self._bearer(secret)
        self._known.pop(mark, None)
        if bearer is None:
            await self.note_wrong(address)
            return None
        self._known[mark] = None
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return bearer

    async def _bearer(self, secret: str) -> Bearer | None:
        if len(secret) > _LONGEST:
            return None
        if secret.startswith(PREFIXES["step"]):
            return await bearer_of(self._database, secret)
        if secret.startswith(PREFIX):
            caller = await caller_of_key(self._database, secret)
            return Bearer(caller, secret=secret) if caller is not None else None
        caller = await self._tokens.caller_of(secret) if self._tokens is not None else None
        return Bearer(caller) if caller is not None else None  # the next token is another one: nothing lasts in it

    async def refuse_guessing(self, address: str) -> None:
        """Raise ApiError 429 where too many wrong credentials came from there, at whichever gateway."""
        now = datetime.now(UTC)
        async with self._database.read() as session:
            until = await attempts.blocked_until(session, address, self._most_wrong, now)
        if until is not None:
            after = str(max(1, int((until - now).total_seconds()) + 1))
            message = "too many wrong credentials came from this address; try again after Retry-After seconds"
            raise ApiError(429, "too_many_wrong_credentials", message, {"retry-after": after})

    async def note_wrong(self, address: str) -> None:
        """One more wrong credential from there."""
        async with self._database.begin() as session:
            await attempts.count(session, address, datetime.now(UTC))


def bad_credential() -> ApiError:
    """The one answer for whatever is wrong with a credential."""
    return ApiError(401, "bad_credential", "the credential is not good (any more)", _NOT_SIGNED_IN)


def address_of(request: Request) -> str:
    """A hash of where a request comes from; whoever has an IPv6 address has a whole network of them."""
    host = request.client.host if request.client is not None else ""
    try:
        address = ip_address(host)
    except ValueError:
        return hashlib.sha256(host.encode()).hexdigest()
    if isinstance(address, IPv6Address):
        host = str(address.ipv4_mapped or ip_network(f"{address}/64", strict=False))
    return hashlib.sha256(host.encode()).hexdigest()


def _narrowed(caller: Caller, act_as: str | None) -> Caller:
    """The caller, or the one of its people that it speaks as. Raises Forbidden, ApiError."""
    if act_as is None:
        return caller
    kind, _, name = act_as.partition(":")
    chosen = next((one for one in KINDS if one == kind), None)
    if chosen is None or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise ApiError(400, "bad_act_as", "write the header as 'Stepwell-Act-As: client:ID' or 'practitioner:ID'")
    return caller.acting_as(chosen, name)
