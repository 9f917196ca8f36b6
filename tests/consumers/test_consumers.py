"""Host applications that have nothing of ours: each verifies real deliveries with the Standard Webhooks library of its language.

They are the programs that the page about events shows.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.testing import ActivityEnvironment

from activities.courier import Courier
from activities.outbound import Outbound
from activities.signing import signed_headers
from engine.announcements import MEDIA_TYPE
from store import webhooks
from store.database import Database
from tests.activities.conftest import database
from tests.store.test_webhooks import add, states, tell

__all__ = ["database"]

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "events.md"
CONSUMERS = {
    "node": ("node", HERE / "node" / "consumer.mjs"),
    "python": (sys.executable, HERE / "python" / "consumer.py"),
}
OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


class Consumer:
    """A process of somebody else's."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}/events"

    async def next(self) -> dict[str, Any]:
        """The next event that it found good."""
        event: dict[str, Any] = json.loads(await _line(self.process))
        return event


async def _line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    return await asyncio.wait_for(process.stdout.readline(), 30)


@asynccontextmanager
async def running(language: str, secret: str) -> AsyncIterator[Consumer]:
    """Up meanwhile."""
    command = CONSUMERS[language]
    if shutil.which(command[0]) is None and not os.environ.get("CI"):
        pytest.skip(f"there is no {command[0]} here")
    environment = {"PATH": os.environ["PATH"], "WEBHOOK_SECRET": secret}
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
    try:
        port = await _line(process)
        assert port, "it did not start; for the one in Node run: npm ci --prefix tests/consumers/node"
        yield Consumer(process, int(port))
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _carry(database: Database, consumer: Consumer) -> None:
    courier = Courier(database, Outbound([f"127.0.0.1:{consumer.port}"]), shift=timedelta(0))
    await ActivityEnvironment().run(courier.carry, "end_1")


@pytest.mark.parametrize("language", CONSUMERS)
async def test_SC19_a_consumer_verifies_what_arrives_and_takes_it_once(language: str, database: Database) -> None:
    """A repeated delivery is the same event to it."""
    async with running(language, OLD) as consumer:
        await add(database, url=consumer.url)
        await tell(database, "jou_1/1")
        await _carry(database, consumer)
        assert (await consumer.next())["id"] == "jou_1/1"
        async with database.begin() as session:
            ((row, _),) = await webhooks.deliveries(session, "end_1")
            assert await webhooks.redrive(session, "end_1", datetime.now(UTC), row.position) == 1
        await tell(database, "jou_1/2")
        await _carry(database, consumer)
        event = await consumer.next()
        assert (event["id"], event["type"], event["specversion"]) == ("jou_1/2", "org.stepwell.step.delivered", "1.0")
    assert (await states(database))["delivered"] == ["jou_1/1", "jou_1/2"]


@pytest.mark.parametrize("language", CONSUMERS)
@pytest.mark.parametrize("known", [OLD, NEW], ids=["the old secret", "the new secret"])
async def test_SC19_a_consumer_may_change_its_secret_when_it_likes(language: str, known: str, database: Database) -> None:
    """While both sign, it verifies with either."""
    async with running(language, known) as consumer:
        until = datetime.now(UTC) + timedelta(hours=24)
        await add(database, url=consumer.url, secrets=webhooks.with_new_secret([{"secret": OLD, "until": None}], NEW, until))
        await tell(database, "jou_1/1")
        await _carry(database, consumer)
        assert (await consumer.next())["id"] == "jou_1/1"


@pytest.mark.parametrize("language", CONSUMERS)
async def test_SC19_a_consumer_refuses_what_we_did_not_sign(language: str) -> None:
    """Another secret, another byte, another id, an old instant."""
    body = '{"id": "jou_1/1"}'

    async def send(secret: str = OLD, at: datetime | None = None, sent: str = body, **headers: str) -> int:
        signed = signed_headers("jou_1/1", at or datetime.now(UTC), body, [secret], MEDIA_TYPE)
        async with httpx.AsyncClient(trust_env=False) as connection:
            return (await connection.post(consumer.url, content=sent, headers=signed | headers)).status_code

    async with running(language, OLD) as consumer:
        assert await send() == 204
        assert await send(NEW) == 400
        assert await send(sent=body + " ") == 400
        assert await send(**{"webhook-id": "jou_1/2"}) == 400
        assert await send(at=datetime.now(UTC) - timedelta(minutes=6)) == 400


@pytest.mark.parametrize("language", CONSUMERS)
def test_the_page_shows_the_programs_that_were_run(language: str) -> None:
    """To the letter."""
    assert CONSUMERS[language][1].read_text().strip() in PAGE.read_text()
