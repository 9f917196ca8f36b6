"""The product as a peer: worker, store and server as they are deployed, asked by the handle that hosts use."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.database import postgres
from bench.job import STEPS, WORDS
from bench.running import Running, running

_HEAD = "pathway: course-{steps}\ntitle: A course\nquiet_hours: none\nmax_contacts_per_day: 100\nsteps:\n"
_STEP = """  - id: step{number}
    type: questionnaire
    title: Step {number}
    rationale: why
    content: {{items: [{{id: words, type: text, text: How did it go?}}]}}
"""


def course(steps: int) -> str:
    """A pathway of so many required steps, one after the other, without reminders."""
    return _HEAD.format(steps=steps) + "".join(_STEP.format(number=number) for number in range(1, steps + 1))


class Ours:
    """See `Peer`."""

    def __init__(self, running: Running, *others: int) -> None:
        self.handle, self.connection, self.worker, server, self.settings = running
        self.servers = (server, *others)
        self.journeys: dict[str, str] = {}
        self._published: set[int] = set()

    async def publish(self, steps: int = STEPS) -> None:
        """A course of so many steps, where there is none yet."""
        if steps not in self._published:
            await self.handle.publish(course(steps))
            self._published.add(steps)

    async def enter(self, client: str) -> None:
        """See `Peer`."""
        await self.handle.add_client(id=client, email=f"{client}@example.org")

    async def start(self, client: str, steps: int = STEPS) -> None:
        """See `Peer`."""
        await self.begin(client, f"course-{steps}")

    async def begin(self, client: str, pathway: str) -> None:
        """Start a client on any pathway."""
        self.journeys[client] = (await self.handle.start(client, pathway)).id

    async def answer(self, client: str, step: int) -> None:
        """See `Peer`."""
        await self.handle.respond(self.journeys[client], f"step{step}.1", {"answers": {"words": WORDS}})

    async def ended(self, client: str) -> None:
        """See `Peer`."""
        await self.connection.get_workflow_handle(self.journeys[client]).result()

    def workflow(self, client: str) -> str:
        """The id of what runs for a client."""
        return self.journeys[client]


@asynccontextmanager
async def ours(smtp_port: int) -> AsyncIterator[Ours]:
    """A stack of its own, its store a file."""
    async with running(smtp_port=smtp_port) as it:
        peer = Ours(it)
        await peer.publish()
        yield peer


@asynccontextmanager
async def ours_on_postgres(smtp_port: int) -> AsyncIterator[Ours]:
    """A stack of its own, its store on a PostgreSQL server of its own; Temporal stays on a file."""
    with postgres() as (database, server):
        async with running(store=await database.fresh(), smtp_port=smtp_port) as it:
            peer = Ours(it, server)
            await peer.publish()
            yield peer
