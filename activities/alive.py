"""Signs of life of an activity that takes long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from temporalio import activity

_BEAT = 3.0


@asynccontextmanager
async def alive() -> AsyncIterator[None]:
    """Say so again and again: one journey that does not answer must not look like a worker that died."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(_BEAT)  # first: most of what is done is done by then, and costs the server nothing
            activity.heartbeat()

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
