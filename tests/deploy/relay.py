"""What stands in for a server's own TLS, which neither the development server nor the wheel's PostgreSQL has. It checks for real."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path


@asynccontextmanager
async def relay(issued: Path, port: int, *, asks: bool, name: str = "temporal") -> AsyncIterator[int]:
    """Listen with somebody's certificate and pass everything on to a port; `asks` whoever comes for theirs. Yields its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(issued / "ca.crt"))
    context.load_cert_chain(issued / f"{name}.crt", issued / f"{name}.key")
    context.set_alpn_protocols(["h2", "postgresql"])
    context.verify_mode = ssl.CERT_REQUIRED if asks else ssl.CERT_NONE

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if name == "postgres":  # which is asked first, in the clear, whether it speaks TLS
                await reader.readexactly(8)
                writer.write(b"S")
                await writer.start_tls(context)
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_pour(reader, inner_writer), _pour(inner_reader, writer))
        except (OSError, EOFError):
            writer.close()

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context if name != "postgres" else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _pour(source: asyncio.StreamReader, into: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while words := await source.read(65536):
            into.write(words)
            await into.drain()
    with suppress(OSError):
        into.close()
