"""A connection whose request does not come is not waited for: whoever sends a head byte by byte holds nobody up."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_TAKES = 15.0
"""Seconds from the first byte expected to the end of a request's head."""


class ImpatientProtocol(HttpToolsProtocol):
    """Uvicorn's own, with a limit on how long a head may take."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """The first request of a connection is expected from now on."""
        super().connection_made(transport)
        self._expect()

    def on_message_begin(self) -> None:
        """A further request has begun."""
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._stop_waiting()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _expect(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(HEAD_TAKES, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
