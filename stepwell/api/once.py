"""`Idempotency-Key`: the same request with the same key is carried out once and gets the same answer; another body is refused.

The key also names the message to the journey, so what a request did before its answer was lost is not done again. The answer
is kept sealed with the key itself: whoever has the database alone cannot read it.
"""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Request, Response
from starlette.responses import StreamingResponse

from stepwell.api.problems import ApiError
from store import idempotency
from store.database import Database
from store.tables import IdempotencyRow

KEPT = timedelta(hours=48)
_LEASE = timedelta(seconds=30)
"""How long whoever takes a request on has for it."""
_KEY = re.compile(r"[\x21-\x7e]{8,200}")
_NONCE = bytes(12)
"""Each key of the cipher seals one answer only."""
_KEPT_HEADERS = ("content-type", "etag", "location")


async def answer_once(
    request: Request, database: Database, key: str, carry_out: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Carry the request out, or give the answer it got before. Raises ApiError 422 for another request under the same key."""
    if not _KEY.fullmatch(key):
        raise ApiError(422, "bad_idempotency_key", "an Idempotency-Key is 8 to 200 printable characters without spaces")
    caller = request.state.caller
    name = "\0".join((caller.tenant, caller.kind, caller.id or "", caller.credential, key))
    mark = hashlib.sha256(name.encode()).hexdigest()
    request.state.message_id = f"idem-{mark[:40]}"
    fingerprint = await _fingerprint(request)
    known = await _take(database, caller.tenant, mark, fingerprint)
    while known is not None and known.fingerprint == fingerprint and known.status is None:
        await asyncio.sleep(0.1)  # somebody is at the same request this moment
        known = await _take(database, caller.tenant, mark, fingerprint)
    if known is not None:
        if known.fingerprint != fingerprint:
            raise ApiError(422, "key_used", "this Idempotency-Key was used for another request; give every request its own")
        return _unsealed(name, known)
    try:
        response = await carry_out(request)
    except BaseException:
        async with database.begin() as session:
            await idempotency.let_go(session, mark)
        raise
    async with database.begin() as session:
        await idempotency.settle(session, mark, response.status_code, _sealed(name, response))
    return response


async def _take(database: Database, tenant: str, mark: str, fingerprint: str) -> IdempotencyRow | None:
    now = datetime.now(UTC)
    wanted = IdempotencyRow(hash=mark, tenant=tenant, fingerprint=fingerprint, created_at=now, taken_until=now + _LEASE)
    async with database.begin() as session:
        return await idempotency.take(session, wanted, now)


async def _fingerprint(request: Request) -> str:
    asked = f"{request.method} {request.url.path}?{request.url.query} {request.headers.get('if-match', '')}\0"
    return hashlib.sha256(asked.encode() + await request.body()).hexdigest()


def _cipher(name: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"stepwell idempotency\0" + name.encode()).digest())


def _sealed(name: str, response: Response) -> str:
    assert not isinstance(response, StreamingResponse), "an unsafe request is answered in one piece"
    kept = {one: response.headers[one] for one in _KEPT_HEADERS if one in response.headers}
    words = json.dumps({"headers": kept, "body": base64.b64encode(bytes(response.body)).decode()})
    return base64.b64encode(_cipher(name).encrypt(_NONCE, words.encode(), None)).decode()


def _unsealed(name: str, row: IdempotencyRow) -> Response:
    assert row.sealed is not None
    assert row.status is not None
    try:
        read = json.loads(_cipher(name).decrypt(_NONCE, base64.b64decode(row.sealed), None))
    except InvalidTag as error:
        raise ApiError(
            422, "key_used", "this Idempotency-Key was used for another request; give every request its own"
        ) from error
    return Response(base64.b64decode(read["body"]), row.status, headers={**read["headers"], "idempotency-replayed": "true"})
