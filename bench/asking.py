"""Asking an HTTP server as fast as it answers: `python -m bench.asking PORT CREDENTIAL SECONDS CONNECTIONS` reads paths from its input.

Made to cost little itself: it shares the machine with what it measures.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import cycle
from time import perf_counter


class Connection:
    """One connection that is kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, credential: str) -> None:
        self._reader = reader
        self._writer = writer
        self._credential = credential

    @classmethod
    async def to(cls, port: int, credential: str) -> "Connection":
        """Open one; `credential` is a line of the head, an Authorization or a Cookie."""
        return cls(*await asyncio.open_connection("127.0.0.1", port), credential)

    async def get(self, path: str) -> bytes:
        """The body of an answer; AssertionError where it is not 200."""
        self._writer.write(f"GET {path} HTTP/1.1\r\nhost: bench\r\n{self._credential}\r\n\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        (length,) = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        body = await self._reader.readexactly(length)
        assert head.startswith(b"HTTP/1.1 200"), (path, head, body)
        return body

    def close(self) -> None:
        """Let go of it."""
        self._writer.close()


async def one_by_one(port: int, credential: str, paths: Sequence[str]) -> list[float]:
    """How many seconds each takes, one after the other on one connection."""
    connection = await Connection.to(port, credential)
    took = []
    for path in paths:
        begun = perf_counter()
        await connection.get(path)
        took.append(perf_counter() - begun)
    connection.close()
    return took


async def all_at_once(port: int, credential: str, paths: Sequence[str], seconds: float, connections: int) -> list[float]:
    """How many seconds each took that was answered within so many seconds, on so many connections."""
    took: list[float] = []
    endless = cycle(paths)
    ends_at = perf_counter() + seconds

    async def ask(each: Iterator[str]) -> None:
        connection = await Connection.to(port, credential)
        while perf_counter() < ends_at:
            begun = perf_counter()
            await connection.get(next(each))
            took.append(perf_counter() - begun)
        connection.close()

    await asyncio.gather(*(ask(endless) for _ in range(connections)))
    return took


if __name__ == "__main__":
    _, given_port, given_credential, given_seconds, given_connections = sys.argv
    asked = sys.stdin.read().split()
    print(
        json.dumps(
            asyncio.run(all_at_once(int(given_port), given_credential, asked, float(given_seconds), int(given_connections)))
        )
    )
