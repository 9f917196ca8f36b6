"""Who is calling, from the credential in the request and from nothing else."""

import re

from fastapi import Request

from stepwell.access import KINDS, Caller
from stepwell.api.problems import ApiError
from stepwell.keys import PREFIX, caller_of_key
from store.database import Database

ACT_AS = "stepwell-act-as"
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_NOT_SIGNED_IN = {"www-authenticate": "Bearer"}


class Identity:
    """Reads the credential of a request."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def caller_of(self, request: Request) -> Caller:
        """Raises ApiError 401 where there is no credential or no good one: nobody is told which part is wrong."""
        found = _BEARER.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            raise ApiError(401, "no_credential", "send a key as 'Authorization: Bearer …'", _NOT_SIGNED_IN)
        caller = await self._caller(found.group(1))
        if caller is None:
            raise ApiError(401, "bad_credential", "the credential is not good (any more)", _NOT_SIGNED_IN)
        return _narrowed(caller, request.headers.get(ACT_AS))

    async def _caller(self, secret: str) -> Caller | None:
        return await caller_of_key(self._database, secret) if secret.startswith(PREFIX) else None


def _narrowed(caller: Caller, act_as: str | None) -> Caller:
    """The caller, or the one of its people that it speaks as. Raises Forbidden, ApiError."""
    if act_as is None:
        return caller
    kind, _, name = act_as.partition(":")
    chosen = next((one for one in KINDS if one == kind), None)
    if chosen is None or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise ApiError(400, "bad_act_as", "write the header as 'Stepwell-Act-As: client:ID' or 'practitioner:ID'")
    return caller.acting_as(chosen, name)
