"""The front door for one test: the house, a real gateway on a port of its own, and callers with keys."""

import sys
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from stepwell.access import Kind, Scope, process
from stepwell.api.app import create_app
from stepwell.gateway import serving
from tests.e2e.processes import Child, environment, free_port
from tests.workflows.house import House, house


class Front:
    """What a test has in hand: the house behind the door, and callers in front of it."""

    def __init__(self, home: House, address: str, stack: AsyncExitStack) -> None:
        self.home = home
        self.address = address
        self._stack = stack

    async def secret(
        self,
        kind: Kind,
        subject: str | None = None,
        *,
        scopes: Collection[Scope] | None = None,
        tenant: str = "default",
    ) -> str:
        """A new key's secret."""
        door = self.home.stepwell.called_by(process(tenant))
        return (await door.add_key(kind, subject=subject, scopes=scopes)).secret

    async def caller(
        self,
        kind: Kind,
        subject: str | None = None,
        *,
        scopes: Collection[Scope] | None = None,
        tenant: str = "default",
        act_as: str | None = None,
    ) -> httpx.AsyncClient:
        """Somebody with a key of their own; `act_as` as the header has it."""
        more = {"Stepwell-Act-As": act_as} if act_as else {}
        return await self.with_credential(await self.secret(kind, subject, scopes=scopes, tenant=tenant), more)

    async def with_credential(self, secret: str | None, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
        """Somebody with this credential, or with none."""
        given = {"Authorization": f"Bearer {secret}"} if secret else {}
        return await self.at(self.address, {**given, **(headers or {})})

    async def at(self, address: str, headers: Mapping[str, str]) -> httpx.AsyncClient:
        """A connection to some gateway, closed at the end of the test."""
        return await self._stack.enter_async_context(
            httpx.AsyncClient(base_url=address, headers=dict(headers), timeout=60, trust_env=False)
        )

    @asynccontextmanager
    async def gateway_process(self, folder: Path, name: str = "gateway", **settings: object) -> AsyncIterator["Gateway"]:
        """Another gateway on the same store and server, in a process that may be killed."""
        port = free_port()
        command = [str(Path(sys.executable).with_name("stepwell")), "serve", "--http-port", str(port)]
        child = Child(command, environment(**self.surroundings(), **settings), folder, name)
        child.start()
        try:
            child.wait_for("serving")
            yield Gateway(child, f"http://127.0.0.1:{port}")
        finally:
            child.stop()

    def surroundings(self) -> dict[str, object]:
        """The settings that bring another process to the same store and the same server."""
        return {
            "database": self.home.database_url,
            "temporal": self.home.client.service_client.config.target_host,
            "namespace": self.home.client.namespace,
        }


class Gateway:
    """A gateway in a process of its own."""

    def __init__(self, child: Child, address: str) -> None:
        self.child = child
        self.address = address


@asynccontextmanager
async def front(folder: Path) -> AsyncIterator[Front]:
    """Everything up with the gateway before it, and down again afterwards."""
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(house(folder))
        app = create_app(home.stepwell.called_by(process("default")))
        address = await stack.enter_async_context(serving(app, "127.0.0.1", free_port()))
        async with AsyncExitStack() as connections:
            yield Front(home, address, connections)
