"""The course written by hand as a peer: a worker process and a server of its own, with the settings that ours has too."""

import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client

from bench.byhand.activities import Answer
from bench.byhand.worker import QUEUE
from bench.byhand.workflows import Course, Start
from bench.job import STEPS, WORDS
from stepwell.devserver import DevServer
from store.database import Database
from tests.e2e.processes import free_port
from tests.keys import SampleRoots


class ByHand:
    """See `Peer`."""

    def __init__(self, connection: Client, worker: int, server: int) -> None:
        self.connection = connection
        self.worker = worker
        self.servers = (server,)

    async def enter(self, client: str) -> None:
        """Nothing: a client is an address."""

    async def start(self, client: str, steps: int = STEPS) -> None:
        """See `Peer`."""
        await self.connection.start_workflow(Course.run, Start(client, steps), id=client, task_queue=QUEUE)

    async def answer(self, client: str, step: int) -> None:
        """See `Peer`."""
        handle = self.connection.get_workflow_handle(client)
        await handle.execute_update(Course.answer, Answer(client, step, WORDS), id=f"step-{step}")

    async def ended(self, client: str) -> None:
        """See `Peer`."""
        assert await self.connection.get_workflow_handle(client).result() == "completed"

    def workflow(self, client: str) -> str:
        """The id of what runs for a client."""
        return client


@asynccontextmanager
async def by_hand(smtp_port: int) -> AsyncIterator[ByHand]:
    """A stack of its own."""
    with tempfile.TemporaryDirectory(prefix="stepwell-bench-") as folder:
        home = Path(folder)
        nobodys = Database.open(f"sqlite:///{home / 'none.db'}", SampleRoots()).keys  # the server's own connection asks for keys
        server = DevServer(home, free_port(), free_port(), nobodys)
        await server.start()
        connection = await Client.connect(server.address)
        command = [sys.executable, "-m", "bench.byhand.worker", server.address, str(home / "answers.db"), str(smtp_port)]
        with (home / "worker.log").open("ab") as log:
            worker = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: ASYNC220
        try:
            assert server.pid is not None
            yield ByHand(connection, worker.pid, server.pid)
        finally:
            worker.terminate()
            worker.wait(30)
            await server.stop()
