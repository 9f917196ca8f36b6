"""What a caller is told while Temporal or the store is away: 503 and when to try again, and never a yes that is none."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import httpx
import pytest

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.api.app import create_app
from stepwell.devserver import DevServer
from stepwell.gateway import serving
from store.database import Database
from tests.api.front import publish_one_step
from tests.e2e.processes import ROOT, STEPWELL, Child, environment, free_port, store_in
from tests.keys import SampleRoots, made_in
from tests.postgres import ADMIN, Postgres, as_role


class Office:
    """A server, a worker and a gateway, each a process that can be killed."""

    def __init__(self, server: DevServer, gateway: Child, connection: httpx.AsyncClient) -> None:
        self.server = server
        self.gateway = gateway
        self.host = connection


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Everything up, with one client and one pathway."""
    async with AsyncExitStack() as stack:
        kept = store_in(tmp_path)
        database = Database.open(kept["database"], made_in(tmp_path / "keys"))
        stack.push_async_callback(database.close)
        await database.migrate()
        server = DevServer(tmp_path, free_port(), free_port(), database.keys)
        connection = await server.start()
        stack.push_async_callback(server.stop)
        surroundings = environment(**kept, temporal=server.address)
        worker = Child([sys.executable, str(ROOT / "worker.py")], surroundings, tmp_path, "worker")
        port = free_port()
        gateway = Child([str(STEPWELL), "serve", "--http-port", str(port)], surroundings, tmp_path, "gateway")
        for child in (worker, gateway):
            child.start()
            stack.callback(child.stop)
        handle = Stepwell(database, connection, "default", step_types())
        await publish_one_step(handle)
        await handle.add_client(id="ann")
        key = (await handle.add_key("host")).secret
        gateway.wait_for("serving")
        to = {"base_url": f"http://127.0.0.1:{port}/v1", "headers": {"authorization": f"Bearer {key}"}, "timeout": 60}
        host = await stack.enter_async_context(httpx.AsyncClient(**to, trust_env=False))
        yield Office(server, gateway, host)


_MORE_THAN_THE_POOL = 20
_ENROL = {"client": "ann", "pathway": "one-step"}


async def test_while_temporal_is_away_nothing_is_promised(office: Office) -> None:
    """503 with Retry-After; the same request afterwards is carried out, once."""
    office.server.kill()
    key = {"idempotency-key": "enrol-ann-once"}
    away = await office.host.post("/journeys", json=_ENROL, headers=key)
    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
    assert int(away.headers["retry-after"]) > 0
    assert (await office.host.get("/ready")).status_code == 503
    assert (await office.host.get("/clients/ann")).status_code == 200
    await office.server.start()
    back = await office.host.post("/journeys", json=_ENROL, headers=key)
    again = await office.host.post("/journeys", json=_ENROL, headers=key)
    assert (back.status_code, again.json()["id"]) == (201, back.json()["id"]), back.text
    assert len((await office.host.get("/journeys")).json()["items"]) == 1


async def test_a_gateway_killed_in_the_middle_leaves_nothing_half_done(office: Office) -> None:
    """Killed while it answers and started again: the same request is one journey and gets an answer."""
    key = {"idempotency-key": "enrol-ann-again"}
    for _ in range(2):
        sent = office.host.build_request("POST", "/journeys", json=_ENROL, headers=key)
        with pytest.raises(httpx.HTTPError):
            await _killed_while(office, sent)
        office.gateway.start()
        office.gateway.log.write_text("")
        office.gateway.wait_for("serving")
    back = await office.host.post("/journeys", json=_ENROL, headers=key)
    assert back.status_code == 201, back.text
    assert [one["id"] for one in (await office.host.get("/journeys")).json()["items"]] == [back.json()["id"]]


async def _killed_while(office: Office, request: httpx.Request) -> None:
    """Stop the server first, so that the request is surely under way when the gateway dies."""

    office.server.kill()
    try:
        sending = asyncio.create_task(office.host.send(request))
        await asyncio.sleep(0.5)
        office.gateway.end(signal.SIGKILL)
        await sending
    finally:
        await office.server.start()


async def test_while_the_store_is_away_callers_are_told_so(postgres: Postgres, postgres_url: str, office: Office) -> None:
    """Also whoever only wants to know who they are: a credential that cannot be checked is no credential."""
    database = Database.open(postgres_url, SampleRoots())
    handle = Stepwell(database, office.server, "default", step_types())  # type: ignore[arg-type]
    key = (await handle.add_key("host")).secret
    async with serving(create_app(handle), "127.0.0.1", free_port()) as url:
        to = {"base_url": f"{url}/v1", "headers": {"authorization": f"Bearer {key}"}, "timeout": 30}
        async with httpx.AsyncClient(**to, trust_env=False) as host:
            assert (await host.get("/clients")).status_code == 200
            postgres.stop(signal.SIGKILL)
            try:
                away = await host.get("/clients")
                assert (away.status_code, away.headers["retry-after"]) == (503, "2"), away.text
            finally:
                postgres.start()
            assert (await host.get("/clients")).status_code == 200
    await database.close()


async def test_RT9_a_store_that_does_not_come_to_an_end_is_away(postgres: Postgres, postgres_url: str, office: Office) -> None:
    """Every connection waits for a lock that nobody gives up: all are answered while it still is; then everything works again."""
    database = Database.open(postgres_url, SampleRoots(), is_hurried=True)
    handle = Stepwell(database, office.server, "default", step_types())  # type: ignore[arg-type]
    key = (await handle.add_key("host")).secret
    blocker = await asyncpg.connect(as_role(ADMIN, postgres_url))
    async with serving(create_app(handle), "127.0.0.1", free_port()) as url:
        to = {"base_url": f"{url}/v1", "headers": {"authorization": f"Bearer {key}"}, "timeout": 60}
        async with httpx.AsyncClient(**to, trust_env=False) as host:
            async with blocker.transaction():
                await blocker.execute("LOCK TABLE client IN ACCESS EXCLUSIVE MODE")
                away = await asyncio.gather(*(host.get("/clients") for _ in range(_MORE_THAN_THE_POOL)))
                assert {one.status_code for one in away} == {503}
                assert {one.headers["retry-after"] for one in away} == {"2"}
            back = await asyncio.gather(*(host.get("/clients") for _ in range(_MORE_THAN_THE_POOL)))
            assert {one.status_code for one in back} == {200}
    await blocker.close()
    await database.close()
