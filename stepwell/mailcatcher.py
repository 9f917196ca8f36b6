"""A mail server that keeps what it gets: for the embedded stack, and with bad manners for tests."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

Manner = Literal["accept", "refuse", "reject_temporarily", "hang", "accept_then_drop"]


class _Handler:
    def __init__(self, folder: Path, manner: Callable[[], Manner]) -> None:
        self._folder = folder
        self._manner = manner
        # after the last one ever, also where somebody has tidied up: no mail takes the place of another
        self._number = max((int(file.stem) for file in folder.glob("*.eml") if file.stem.isdigit()), default=0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        manner = self._manner()
        if manner == "refuse":
            return "550 5.1.1 no such mailbox"
        if manner == "reject_temporarily":
            return "451 4.3.0 try again later"
        if manner == "hang":
            await asyncio.sleep(3600)
        self._keep(envelope.content)
        if manner == "accept_then_drop":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 2.0.0 kept"

    def _keep(self, content: Any) -> None:
        self._number += 1
        file = self._folder / f"{self._number:06}.eml"
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes(content if isinstance(content, bytes) else str(content).encode())
        unfinished.rename(file)


class _Conversation(SMTP):
    """One connection; the catcher knows of it until it ends."""

    def __init__(self, handler: _Handler, known: set["_Conversation"], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(handler, enable_SMTPUTF8=True, loop=loop)
        self._known = known

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._known.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._known.discard(self)
        super().connection_lost(error)

    def abort(self) -> "asyncio.Task[None] | None":
        """Cut it off; what is returned ends once nothing of it is left."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        return self._handler_coroutine


class MailCatcher:
    """Keeps every mail as a file in a folder. `manner` may be changed while it runs."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.host = host
        self.port = port
        self.manner: Manner = "accept"
        self._server: asyncio.Server | None = None
        self._conversations: set[_Conversation] = set()

    async def start(self) -> None:
        """Listen; `port` then says where."""
        handler = _Handler(self.folder, lambda: self.manner)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Conversation(handler, self._conversations, loop), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and end every conversation, also one that hangs."""
        if self._server is None:
            return
        self._server.close()
        ending = [conversation.abort() for conversation in tuple(self._conversations)]
        await asyncio.gather(*filter(None, ending), return_exceptions=True)
        await self._server.wait_closed()
        self._server = None
