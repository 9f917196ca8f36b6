"""The front door for a test: a whole house behind a real HTTP server on loopback, and callers with credentials of every kind."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from stepwell import Stepwell
from stepwell.access import SCOPES, Kind, process
from stepwell.api.app import create_app
from stepwell.api.terms import Terms
from stepwell.gateway import serving
from tests.e2e.processes import Child, environment, free_port
from tests.pathways import EXAMPLES
from tests.workflows.house import House, house

ONE_STEP = """
pathway: {name}
title: One thing to do
quiet_hours: none
steps:
  - id: note
    type: questionnaire
    title: How was it?
    rationale: So that we both know.
    practitioner_notes: CANARY-NOTE
    visibility: {visibility}
    content:
      items:
        - {{id: words, type: text, text: In your words}}
"""


class Gateway(NamedTuple):
    """A gateway in a process of its own."""

    child: Child
    url: str


class Front:
    """A gateway, and who may call it."""

    def __init__(self, home: House, url: str) -> None:
        self.home = home
        self.url = url
        self._open: list[httpx.AsyncClient] = []

    def connection(self, key: str | None = None, *, url: str | None = None, **headers: str) -> httpx.AsyncClient:
        """A connection that sends this credential with everything; `url` is another gateway's."""
        given = {**({"authorization": f"Bearer {key}"} if key else {}), **headers}
        made = httpx.AsyncClient(base_url=f"{url or self.url}/v1", headers=given, timeout=30, trust_env=False)
        self._open.append(made)
        return made

    async def caller(
        self, kind: Kind, subject: str | None = None, *, tenant: str = "default", scopes: tuple[str, ...] | None = None
    ) -> httpx.AsyncClient:
        """A connection of somebody with a key of their own."""
        return self.connection(await self.key(kind, subject, tenant=tenant, scopes=scopes))

    async def key(
        self, kind: Kind, subject: str | None = None, *, tenant: str = "default", scopes: tuple[str, ...] | None = None
    ) -> str:
        """A new key."""
        chosen = [one for one in SCOPES if one in scopes] if scopes is not None else None
        made = await self.of(tenant).add_key(kind, subject=subject, scopes=chosen)
        return made.secret

    def of(self, tenant: str = "default") -> Stepwell:
        """The handle, as the process of a tenant."""
        return self.home.stepwell.called_by(process(tenant))

    @asynccontextmanager
    async def gateway_process(self, folder: Path, name: str = "gateway", **settings: object) -> AsyncIterator[Gateway]:
        """Another gateway on the same store and the same server, in a process that may be killed."""
        port = free_port()
        command = [str(Path(sys.executable).with_name("stepwell")), "serve", "--http-port", str(port)]
        surroundings = {
            "database": self.home.database_url,
            "keys": self.home.keys,
            "temporal": self.home.client.service_client.config.target_host,
            "namespace": self.home.client.namespace,
        }
        child = Child(command, environment(**surroundings, **settings), folder, name)
        child.start()
        try:
            child.wait_for("serving")
            yield Gateway(child, f"http://127.0.0.1:{port}")
        finally:
            child.stop()

    async def close(self) -> None:
        """Every connection."""
        for one in self._open:
            await one.aclose()


@asynccontextmanager
async def front(folder: Path, terms: Terms = Terms(), **more: Any) -> AsyncIterator[Front]:  # noqa: B008 - a tuple
    """Everything up, and down again afterwards."""
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(house(folder, **more))
        app = create_app(home.stepwell.called_by(process("default")), terms)
        url = await stack.enter_async_context(serving(app, "127.0.0.1", free_port()))
        up = Front(home, url)
        stack.push_async_callback(up.close)
        yield up


async def publish(stepwell: Stepwell, *names: str) -> None:
    """Some of the examples."""
    for name in names:
        await stepwell.publish((EXAMPLES / f"{name}.yaml").read_bytes())


async def publish_one_step(stepwell: Stepwell, name: str = "one-step", visibility: str = "client_and_practitioner") -> None:
    """A pathway of one question, open at once."""
    await stepwell.publish(ONE_STEP.format(name=name, visibility=visibility))
