"""The course written by hand as a peer: a worker process and a server of its own, with the settings that ours has too."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.client import Client

from bench.bare import bare_server, process
from bench.byhand.activities import Answer
from bench.byhand.worker import QUEUE
from bench.byhand.workflows import Course, Start
from bench.job import STEPS, WORDS


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
    async with bare_server() as server:
        words = (server.address, str(server.folder / "answers.db"), str(smtp_port))
        with process("bench.byhand.worker", *words, folder=server.folder) as worker:
            yield ByHand(server.connection, worker, server.process)
