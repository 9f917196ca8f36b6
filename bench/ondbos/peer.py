"""The course on DBOS as a peer: the application in a process of its own, on a PostgreSQL server of its own."""

import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bench.database import postgres
from bench.job import STEPS, WORDS
from tests.e2e.processes import free_port

_PATIENCE = 60


class OnDbos:
    """See `Peer`."""

    def __init__(self, worker: int, server: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.worker = worker
        self.servers = (server,)
        self._writer = writer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._listening = asyncio.create_task(self._listen(reader))

    async def enter(self, client: str) -> None:
        """Nothing: a client is an address."""

    async def start(self, client: str, steps: int = STEPS) -> None:
        """See `Peer`."""
        await self._ask(do="start", client=client, steps=steps)

    async def answer(self, client: str, step: int) -> None:
        """See `Peer`."""
        await self._ask(do="answer", client=client, step=step, words=WORDS)

    async def ended(self, client: str) -> None:
        """See `Peer`."""
        await self._ask(do="end", client=client)

    async def _ask(self, **what: str | int) -> None:
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"number": number, **what}).encode() + b"\n")
        await self._waiting[number]

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            self._waiting.pop(int(line)).set_result(None)
        for one in self._waiting.values():
            one.set_exception(ConnectionError("the application has ended the conversation; its log says why"))


@asynccontextmanager
async def on_dbos(smtp_port: int) -> AsyncIterator[OnDbos]:
    """A stack of its own."""
    with postgres() as (database, server), tempfile.TemporaryDirectory(prefix="stepwell-bench-") as folder:
        url = (await database.empty()).replace("postgresql://", "postgresql+psycopg://")
        port = free_port()
        environment = os.environ | {"DATABASE_URL": url, "SMTP_PORT": str(smtp_port)}
        with (Path(folder) / "app.log").open("ab") as log:
            command = [sys.executable, "-m", "bench.ondbos.app", str(port)]
            app = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: ASYNC220
        try:
            reader, writer = await _connected(port, app, Path(folder) / "app.log")
            yield OnDbos(app.pid, server, reader, writer)
            writer.close()
        finally:
            app.kill()  # nothing of it is wanted any more
            app.wait()


async def _connected(port: int, app: subprocess.Popen[bytes], log: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(_PATIENCE):
        while True:
            assert app.poll() is None, log.read_text()  # noqa: ASYNC240 - nobody else waits
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
            await asyncio.sleep(0.2)
