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
        headers = headers_of((await reader.readuntil(b"\r\n\r\n")).decode())
        body = await reader.readexactly(int(headers["content-length"]))
        Webhook(SECRET).verify(body.decode(), headers)
        self.ids.append(headers["webhook-id"])
        self.asked.append(json.loads(body))
        writer.write(f"HTTP/1.1 {self.status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


class Receiver:
    """Where webhooks arrive: keeps every request as it came, and answers with `status` and these headers."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 204
        self.headers: dict[str, str] = {}
        self.arrived: list[tuple[dict[str, str], bytes]] = []
        self.has_come = asyncio.Event()
        self.is_slow = asyncio.Event()
        self.go_on = asyncio.Event()

    @property
    def events(self) -> list[dict[str, Any]]:
        """The CloudEvents that arrived."""
        return [json.loads(body) for _, body in self.arrived]

    def of(self, *types: str) -> list[dict[str, Any]]:
        """Those of these types."""
        return [event for event in self.events if event["type"] in types]

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        try:
            headers = headers_of((await reader.readuntil(b"\r\n\r\n")).decode())
            self.arrived.append((headers, await reader.readexactly(int(headers["content-length"]))))
            self.has_come.set()
            if self.is_slow.is_set():
                await self.go_on.wait()
            more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            writer.write(f"HTTP/1.1 {self.status} X\r\n{more}content-length: 0\r\nconnection: close\r\n\r\n".encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/events"
    async with server:
        yield receiver
        receiver.go_on.set()


def headers_of(head: str) -> dict[str, str]:
    """The headers of a request, their names in small letters."""
    pairs = (line.partition(":") for line in head.splitlines()[1:])
    return {name.lower(): value.strip() for name, _, value in pairs if value}


@asynccontextmanager
async def listening_host() -> AsyncIterator[FakeHost]:
    """A host on a port of its own."""
    host = FakeHost()
    server = await asyncio.start_server(host.take, "127.0.0.1", 0)
    host.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/tasks"
    async with server:
        yield host
