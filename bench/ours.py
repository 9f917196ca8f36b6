"""The product as a peer: worker, store and server as they are deployed, asked by the handle that hosts use."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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

    def __init__(self, running: Running) -> None:
        self.handle, self.connection, self.worker, self.server = running
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
        self.journeys[client] = (await self.handle.start(client, f"course-{steps}")).id

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
async def ours(smtp_port: int, store: str | None = None) -> AsyncIterator[Ours]:
    """A stack of its own."""
    async with running(store=store, smtp_port=smtp_port) as it:
        peer = Ours(it)
        await peer.publish()
        yield peer
