"""A mail server that takes everything and says when the next mail for somebody has come."""

import asyncio
import re
from collections import defaultdict
from time import perf_counter
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.MULTILINE | re.IGNORECASE)


class Mailbox:
    """Counts by recipient what has come; a mail with an id that was there before is a repetition, and counts nowhere else."""

    def __init__(self) -> None:
        self.port = 0
        self.received = 0
        self.repeated = 0
        self._ids: set[bytes] = set()
        self._numbers: dict[str, int] = defaultdict(int)
        self._came: dict[tuple[str, int], asyncio.Future[float]] = defaultdict(asyncio.Future)
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen; `port` then says where."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()

    async def came(self, client: str, number: int) -> float:
        """Wait for so many mails to a client; when the last of them came, by `perf_counter`."""
        return await self._came[client, number]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """One mail; called by the server."""
        now = perf_counter()
        content = envelope.content
        assert isinstance(content, bytes)
        found = _MESSAGE_ID.search(content)
        assert found is not None
        self.received += 1
        if found[1] in self._ids:
            self.repeated += 1
            return "250 2.0.0 taken"
        self._ids.add(found[1])
        client = envelope.rcpt_tos[0].partition("@")[0]
        self._numbers[client] += 1
        self._came[client, self._numbers[client]].set_result(now)
        return "250 2.0.0 taken"
