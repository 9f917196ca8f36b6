"""`Idempotency-Key`: the same request with the same key is carried out once and gets the same answer; another body is refused.

The key also names the message to the journey, so what a request did before its answer was lost is not done again. The answer
is kept sealed with that key and the caller's secret: whoever has the database alone cannot read it.
"""

import asyncio
import base64
import hashlib
import json
import os
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Request, Response
from starlette.responses import StreamingResponse

from stepwell.api.problems import ApiError
from stepwell.errors import StepwellError, Unavailable
from stepwell.meanwhile import meanwhile
from store import idempotency
from store.database import Database
from store.ids import new_id
from store.tables import IdempotencyRow

KEPT = timedelta(hours=48)
_LEASE = timedelta(seconds=12)
"""How long after its last sign whoever took a request on is taken to be gone."""
_PATIENCE = 20.0
"""Seconds that the same request waits for the answer to the first."""
_KEY = re.compile(r"[\x21-\x7e]{8,200}")
_NONCE = 12
_KEPT_HEADERS = ("content-type", "etag", "location")


async def answer_once(
    request: Request, database: Database, key: str, carry_out: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Carry the request out, or give the answer it got before. Raises ApiError 422 for another request under the same key,
    503 where somebody else is at the same one for long."""
    if not _KEY.fullmatch(key):
        raise ApiError(422, "bad_idempotency_key", "an Idempotency-Key is 8 to 200 printable characters without spaces")
    caller = request.state.caller
    name = "\0".join((caller.tenant, caller.kind, caller.id or "", caller.credential, key))
    mark = hashlib.sha256(name.encode()).hexdigest()
    request.state.message_id = f"idem-{mark[:40]}"
    holder = _Holder(database, mark, caller.tenant, await _fingerprint(request))
    seal = f"{name}\0{request.state.secret}"
    known = await holder.take_or_wait()
    if known is not None:
        if known.fingerprint != holder.fingerprint:
            raise _key_used()
        return _unsealed(seal, known)
    try:
        async with meanwhile(holder.hold()):
            response = await carry_out(request)
    except BaseException:
        await holder.let_go()
        raise
    async with holder.database.begin() as session:
        await idempotency.settle(session, mark, response.status_code, _sealed(seal, response))
    return response


class _Holder:
    """Whoever is at one request, and holds on to it while it lasts."""

    def __init__(self, database: Database, mark: str, tenant: str, fingerprint: str) -> None:
        self.database = database.of(tenant)
        self._mark = mark
        self._tenant = tenant
        self._id = new_id("hold")
        self._sign: asyncio.Task[None] | None = None
        self.fingerprint = fingerprint

    async def take_or_wait(self) -> IdempotencyRow | None:
        """None: it is ours now. Else what is known of it, answered or of another body."""
        give_up_at = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            known = await self._take()
            if known is None or known.status is not None or known.fingerprint != self.fingerprint:
                return known
            if asyncio.get_running_loop().time() > give_up_at:
                raise Unavailable("the same request is being carried out this moment; send it again for its answer")
            await asyncio.sleep(0.1)

    async def _take(self) -> IdempotencyRow | None:
        asked = {"tenant": self._tenant, "fingerprint": self.fingerprint}
        async with self.database.begin() as session:
            return await idempotency.take(session, self._mark, self._id, **asked, lease=_LEASE)

    async def hold(self) -> None:
        """See to it that nobody else takes it on, however long it lasts."""
        while True:
            await asyncio.sleep(_LEASE.total_seconds() / 3)
            self._sign = asyncio.create_task(self._give_a_sign())
            await asyncio.shield(self._sign)  # to its end, whoever is done meanwhile: cut off, it would spoil its connection

    async def _give_a_sign(self) -> None:
        with suppress(StepwellError):  # a store that is away lets nobody else take it either
            async with self.database.begin() as session:
                await idempotency.hold(session, self._mark, self._id, _LEASE)

    async def let_go(self) -> None:
        """It came to nothing: the next one may try."""
        async with self.database.begin() as session:
            await idempotency.let_go(session, self._mark, self._id)


async def _fingerprint(request: Request) -> str:
    conditions = "\0".join(request.headers.get(one, "") for one in ("if-match", "if-none-match"))
    asked = f"{request.method} {request.url.path}?{request.url.query}\0{conditions}\0"
    return hashlib.sha256(asked.encode() + await request.body()).hexdigest()


def _key_used() -> ApiError:
    return ApiError(422, "key_used", "this Idempotency-Key was used for another request; give every request its own")


def _cipher(seal: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"stepwell idempotency\0" + seal.encode()).digest())


def _sealed(seal: str, response: Response) -> str:
    assert not isinstance(response, StreamingResponse), "an unsafe request is answered in one piece"
    kept = {one: response.headers[one] for one in _KEPT_HEADERS if one in response.headers}
    words = json.dumps({"headers": kept, "body": base64.b64encode(bytes(response.body)).decode()})
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + _cipher(seal).encrypt(nonce, words.encode(), None)).decode()


def _unsealed(seal: str, row: IdempotencyRow) -> Response:
    assert row.sealed is not None
    assert row.status is not None
    kept = base64.b64decode(row.sealed)
    try:
        read = json.loads(_cipher(seal).decrypt(kept[:_NONCE], kept[_NONCE:], None))
    except InvalidTag as error:
        raise _key_used() from error
    return Response(base64.b64decode(read["body"]), row.status, headers={**read["headers"], "idempotency-replayed": "true"})
