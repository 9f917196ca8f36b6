"""Passing a message on to a journey, and waiting until the store knows what came of it."""

import asyncio
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from engine.messages import Message
from engine.turn import Answer
from stepwell.desk import Desk, plain
from stepwell.enrolment import refuse_deleting
from stepwell.errors import NotFound, NotStarted, Refused, Unavailable, wrong_in
from stepwell.messenger import submit
from store import journeys
from store.ids import new_id

_CATCH_UP = 3.0
"""Seconds a call waits for the store to know what it did."""


class Telling(Desk):
    """Give a journey a message by its id or enrolment key."""

    patience = timedelta(seconds=30)
    """How long a call tries to reach a journey before it raises Unavailable."""

    async def _tell(self, journey: str, kind: type[Message], message_id: str | None, **facts: Any) -> Answer:
        row = await self._journey(journey)
        if self._caller.by is not None:  # who speaks says the credential; only the process may say it itself
            facts["by"] = self._caller.by
        message = message_from(kind, plain(message_id or new_id("msg"), "a message id", "G9", 100), facts)
        try:
            answer = await submit(self._connection, row.id, message, patience=self.patience)
        except NotFound:
            row = await self._journey(journey)
            refuse_deleting(await self._client(row.client))
            if row.status == "starting":
                raise NotStarted("the journey is reserved but not started; call start again with the same key") from None
            if row.status in journeys.OVER:
                raise Refused("journey_over", "P3", f"the journey is {row.status}; nothing more happens in it") from None
            raise Unavailable(f"the workflow of journey {row.id} is gone from Temporal; an operator has to look") from None
        await self._until_recorded(row.id, answer.seq)
        return answer

    async def _until_recorded(self, journey: str, seq: int) -> None:
        """Let the store catch up, so that whoever acted sees it; a store that is away holds nobody up."""
        give_up_at = asyncio.get_running_loop().time() + _CATCH_UP
        pause = 0.01
        while (await self._journey(journey)).seq < seq and asyncio.get_running_loop().time() < give_up_at:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.2)


def message_from(kind: type[Message], name: str, facts: dict[str, Any]) -> Message:
    """The message, or Refused with everything in it that cannot be: no reason given, an instant without its zone."""
    try:
        return kind(id=name, **facts)
    except ValidationError as error:
        raise Refused("malformed", "G8", f"the journey was not asked: {wrong_in(error)}") from None
