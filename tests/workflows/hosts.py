"""A host application's end of the line: a real HTTP server on loopback that verifies what it is sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class FakeHost:
    """Takes requests, keeps those whose signature holds, and answers with `status`."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.asked: list[dict[str, Any]] = []
        self.ids: list[str] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.splitlines()[1:]) if value
        }
        body = await reader.readexactly(int(headers["content-length"]))
        Webhook(SECRET).verify(body.decode(), headers)
        self.ids.append(headers["webhook-id"])
        self.asked.append(json.loads(body))
        writer.write(f"HTTP/1.1 {self.status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening_host() -> AsyncIterator[FakeHost]:
    """A host on a port of its own."""
    host = FakeHost()
    server = await asyncio.start_server(host.take, "127.0.0.1", 0)
    host.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/tasks"
    async with server:
        yield host
