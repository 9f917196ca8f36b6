"""A mail server that keeps what it gets: for the embedded stack, and with bad manners for tests."""

import asyncio
import email
import email.policy
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import BaseModel

Manner = Literal["accept", "refuse", "reject_temporarily", "hang", "accept_then_drop"]


class CaughtMail(BaseModel):
    """One mail as it was received."""

    file: str
    to: str
    subject: str
    text: str
    html: str
    message_id: str
    language: str
    received_at: datetime


class _Handler:
    def __init__(self, folder: Path, manner: Callable[[], Manner]) -> None:
        self._folder = folder
        self._manner = manner
        self._count = len(list(folder.glob("*.eml")))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        manner = self._manner()
        if manner == "refuse":
            return "550 5.1.1 no such mailbox"
        if manner == "reject_temporarily":
            return "451 4.3.0 try again later"
        if manner == "hang":
            await asyncio.sleep(3600)
        content: Any = envelope.content
        self._count += 1
        file = self._folder / f"{self._count:06}.eml"
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes(content if isinstance(content, bytes) else str(content).encode())
        unfinished.rename(file)
        if manner == "accept_then_drop":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 2.0.0 kept"


class MailCatcher:
    """Keeps every mail as a file in a folder. `manner` may be changed while it runs."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.host = host
        self.port = port
        self.manner: Manner = "accept"
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; `port` then says where."""
        handler = _Handler(self.folder, lambda: self.manner)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(handler, enable_SMTPUTF8=True, loop=loop), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None


def read_mails(folder: Path) -> list[CaughtMail]:
    """What was caught, the oldest first."""
    mails = []
    for file in sorted(folder.glob("*.eml")):
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        mails.append(
            CaughtMail(
                file=file.name,
                to=str(message["To"]),
                subject=str(message["Subject"]),
                text=text.get_content() if text else "",
                html=html.get_content() if html else "",
                message_id=str(message["Message-ID"]),
                language=str(message["Content-Language"] or ""),
                received_at=datetime.fromtimestamp(file.stat().st_mtime).astimezone(),
            )
        )
    return mails
