"""Who stands outside and writes down what arrives: a mail server and a receiver of webhooks, in a process of their own.

Each attempt is on the disk before it is answered. How they behave stands in a file that may change at any moment.
"""

import argparse
import asyncio
import email
import email.policy
import json
import re
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.chaos.history import Journal

MAIL_MANNERS = ("ok", "refuse", "hang", "4xx", "5xx", "drop")
HOOK_MANNERS = ("ok", "500", "429", "hang", "reset", "drop")
"""`drop`: it is taken, and the connection is cut before anybody hears of it."""
_LINK = re.compile(r"http://app\.invalid/(jou_[a-z0-9]+)/([a-z0-9_]+\.\d+)")
LINK = "http://app.invalid/{journey}/{occurrence}"


class Manners:
    """How to behave right now."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "manners.json"

    def set(self, **manners: str) -> None:
        """Change some of them; the rest stays."""
        known = self._read() | manners
        unfinished = self._file.with_suffix(".part")
        unfinished.write_text(json.dumps(known))
        unfinished.rename(self._file)

    def of(self, who: str) -> str:
        """`ok` unless something else was said."""
        return self._read().get(who, "ok")

    def _read(self) -> dict[str, str]:
        return dict(json.loads(self._file.read_text())) if self._file.exists() else {}


async def hang(manners: Manners, who: str) -> None:
    """Say nothing for as long as that is the manner."""
    while manners.of(who) == "hang":  # noqa: ASYNC110 - another process changes it
        await asyncio.sleep(0.2)


class _Mailbox:
    def __init__(self, journal: Journal, manners: Manners) -> None:
        self._journal = journal
        self._manners = manners

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        manner = self._manners.of("mail")
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        # refused is who comes now: whoever was let in before is heard to the end
        self._journal.write(
            manner=manner, taken=manner in ("ok", "drop", "refuse"), raw=content.decode(errors="replace"), **_seen_in(content)
        )
        if manner == "hang":
            await hang(self._manners, "mail")
            return "451 4.3.0 try again later"
        if manner == "drop":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return {"4xx": "451 4.3.0 try again later", "5xx": "550 5.1.1 no such mailbox"}.get(manner, "250 2.0.0 kept")


def _seen_in(content: bytes) -> dict[str, Any]:
    message = email.message_from_bytes(content, policy=email.policy.default)
    plain = message.get_body(("plain",))
    text = str(plain.get_content()) if plain else ""
    return {
        "id": str(message["Message-ID"]),
        "to": str(message["To"]),
        "subject": str(message["Subject"]),
        "about": [list(found) for found in _LINK.findall(text)],
    }


class _Conversation(SMTP):
    def __init__(self, mailbox: _Mailbox, manners: Manners, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(mailbox, enable_SMTPUTF8=True, loop=loop)
        self._manners = manners

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._manners.of("mail") == "refuse":
            assert isinstance(transport, asyncio.WriteTransport)
            transport.abort()


class _Receiver:
    def __init__(self, journal: Journal, manners: Manners) -> None:
        self._journal = journal
        self._manners = manners

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        manner = self._manners.of("hook")
        self._journal.write(id=headers.get("webhook-id"), manner=manner, taken=manner in ("ok", "drop"), body=body.decode())
        if manner == "hang":
            await hang(self._manners, "hook")
            return
        if manner in ("reset", "drop"):
            writer.transport.abort()
            return
        status = {"500": "500 Broken", "429": "429 Slower\r\nretry-after: 1"}.get(manner, "204 Taken")
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()


async def stand(folder: Path, mail_port: int, hook_port: int) -> None:
    """Write down what comes until the process is ended."""
    manners, loop = Manners(folder), asyncio.get_running_loop()
    mailbox = _Mailbox(Journal(folder / "mails.jsonl"), manners)
    await loop.create_server(lambda: _Conversation(mailbox, manners, loop), "127.0.0.1", mail_port)
    await asyncio.start_server(_Receiver(Journal(folder / "hooks.jsonl"), manners), "127.0.0.1", hook_port)
    print("standing", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("mail_port", type=int)
    parser.add_argument("hook_port", type=int)
    asyncio.run(stand(**vars(parser.parse_args())))
