"""Carrying events to a real receiver: signed, again and again until taken, and never one endpoint at another's cost (rule N5)."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from standardwebhooks import Webhook, WebhookVerificationError
from temporalio.testing import ActivityEnvironment

from activities.circuits import Circuits
from activities.courier import Courier
from activities.outbound import Limits, Outbound
from activities.targets import named_in
from engine.deliveries import RETRIES
from store import outbox, webhooks
from store.database import Database
from store.tables import DeliveryRow, EndpointRow
from tests.store.test_webhooks import COMPLETED, add, states, tell
from tests.workflows.hosts import SECRET, Receiver, receiving

ROOT = Path(__file__).parents[2]
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


class Round:
    """A store with an endpoint, its receiver, and a clock that a test sets."""

    def __init__(self, database: Database, receiver: Receiver) -> None:
        self.database = database
        self.receiver = receiver
        self.now = datetime.now(UTC)
        allowed = [named_in(receiver.url)]
        self.outbound = Outbound(allowed, limits=Limits(total=3), circuits=Circuits(lambda: self.now.timestamp()))

    async def carry(self, endpoint: str = "end_1") -> bool:
        """One round of its courier."""
        courier = Courier(self.database, self.outbound, now=lambda: self.now, shift=timedelta(0))
        return await ActivityEnvironment().run(courier.carry, endpoint)

    async def delivery(self) -> DeliveryRow:
        """The only one."""
        async with self.database.read() as session:
            ((row, _),) = await webhooks.deliveries(session, "end_1")
        return row

    async def endpoint(self) -> EndpointRow:
        """As the store has it."""
        async with self.database.read() as session:
            return await session.get_one(EndpointRow, "end_1")

    async def wait_for_next(self) -> None:
        """To when the only delivery is due."""
        due = (await self.delivery()).next_at
        assert due is not None
        self.now = max(self.now, due)


@pytest_asyncio.fixture
async def round_(database: Database) -> AsyncIterator[Round]:
    """With an endpoint that wants everything."""
    async with receiving() as receiver:
        await add(database, url=receiver.url)
        yield Round(database, receiver)


async def test_N5_SC19_an_event_arrives_signed_as_the_cloud_event_that_it_is(round_: Round) -> None:
    """Byte for byte what pulling gives, under an id without a dot; once."""
    await tell(round_.database, "jou_1/1", "jou_1/2")
    assert await round_.carry()
    assert await round_.carry()
    async with round_.database.read() as session:
        pulled = [outbox.sent_as(row).as_json().encode() for row in await outbox.read(session, "t")]
    assert sorted(body for _, body in round_.receiver.arrived) == sorted(pulled)
    for headers, body in round_.receiver.arrived:
        event = Webhook(SECRET).verify(body, headers)
        assert headers["webhook-id"] == event["id"]
        assert "." not in headers["webhook-id"]
        assert headers["content-type"] == "application/cloudevents+json"
    assert (await states(round_.database))["delivered"] == ["jou_1/1", "jou_1/2"]


async def test_N5_SC19_a_retry_has_the_same_id_and_bytes_and_another_instant(round_: Round) -> None:
    """What can be told apart is the attempt, not the event."""
    round_.receiver.status = 500
    await tell(round_.database, "jou_1/1")
    await round_.carry()
    assert (await round_.delivery()).status == 500
    await round_.carry()
    assert len(round_.receiver.arrived) == 1, "it is not due yet"
    round_.receiver.status = 200
    await round_.wait_for_next()
    await round_.carry()
    (first, body), (second, again) = round_.receiver.arrived
    assert body == again
    assert first["webhook-id"] == second["webhook-id"] == "jou_1/1"
    assert int(first["webhook-timestamp"]) < int(second["webhook-timestamp"])
    assert first["webhook-signature"] != second["webhook-signature"]
    row = await round_.delivery()
    assert (row.attempts, row.status, row.delivered_at, row.next_at) == (2, 200, round_.now, None)


async def test_N5_after_the_last_retry_it_is_dead_until_an_operator_sends_it_again(round_: Round) -> None:
    """Ten attempts over three days and three hours or a little more."""
    round_.receiver.status = 503
    await tell(round_.database, "jou_1/1")
    began = round_.now
    for number in range(1, len(RETRIES) + 2):
        if number > 1:
            await round_.wait_for_next()
        round_.now += timedelta(minutes=6)  # the circuit breaker has its own pauses
        await round_.carry()
        assert len(round_.receiver.arrived) == number
    row = await round_.delivery()
    assert (row.attempts, row.next_at, row.dead_at, row.status) == (10, None, round_.now, 503)
    assert timedelta(days=3, hours=3) < round_.now - began < timedelta(days=3, hours=13)
    round_.now += timedelta(days=1)
    await round_.carry()
    assert len(round_.receiver.arrived) == 10
    round_.receiver.status = 200
    async with round_.database.begin() as session:
        assert await webhooks.redrive(session, "end_1", round_.now) == 1
    await round_.carry()
    assert round_.receiver.arrived[-1][0]["webhook-id"] == "jou_1/1"
    assert (await states(round_.database))["delivered"] == ["jou_1/1"]
    assert (await round_.endpoint()).failing_since is None


async def test_N5_a_pause_that_the_receiver_asks_for_is_kept(round_: Round) -> None:
    """By this event, and for a while by all others to the same endpoint."""
    round_.receiver.status, round_.receiver.headers = 429, {"retry-after": "120"}
    await tell(round_.database, "jou_1/1")
    await round_.carry()
    assert (await round_.delivery()).next_at == round_.now + timedelta(seconds=120)
    round_.receiver.status = 204
    await tell(round_.database, "jou_1/2")
    round_.now += timedelta(seconds=119)
    await round_.carry()
    assert len(round_.receiver.arrived) == 1
    round_.now += timedelta(seconds=2)
    await round_.carry()
    assert [event["id"] for event in round_.receiver.events[1:]] == ["jou_1/1", "jou_1/2"]


async def test_N5_410_ends_it_and_nothing_is_lost(round_: Round) -> None:
    """The courier goes home; switched on again, the event arrives."""
    round_.receiver.status = 410
    await tell(round_.database, "jou_1/1")
    await round_.carry()
    endpoint = await round_.endpoint()
    assert (endpoint.disabled_at, endpoint.disabled_why) == (round_.now, "gone")
    await tell(round_.database, "jou_1/2")
    assert not await round_.carry()
    assert len(round_.receiver.arrived) == 1
    async with round_.database.begin() as session:
        row = await webhooks.take(session, "end_1")
        assert row is not None
        row.disabled_at = None
    round_.receiver.status = 204
    round_.now += timedelta(minutes=1)
    assert await round_.carry()
    types = ("org.stepwell.endpoint.disabled", "org.stepwell.step.delivered")
    assert [event["id"] for event in round_.receiver.of(types[1])] == ["jou_1/1", "jou_1/1", "jou_1/2"]
    assert len(round_.receiver.of(types[0])) == 1


async def test_N5_an_endpoint_that_fails_for_five_days_is_disabled_and_an_event_says_so(round_: Round) -> None:
    """Not a moment earlier."""
    round_.receiver.status = 500
    for day in range(6):
        await tell(round_.database, f"jou_1/{day}")
        await round_.carry()
        if day < 5:
            assert (await round_.endpoint()).disabled_at is None
            round_.now += timedelta(days=1)
    endpoint = await round_.endpoint()
    assert (endpoint.disabled_at, endpoint.disabled_why) == (round_.now, "failing")
    async with round_.database.read() as session:
        told = (await outbox.read(session, "t", types=["org.stepwell.endpoint.disabled"]))[0]
    assert told.data == {"endpoint": "end_1", "why": "failing"}
    assert not await round_.carry()


async def test_N5_a_slow_endpoint_holds_up_no_other(round_: Round) -> None:
    """The other one's event arrives while the first has not answered."""
    async with receiving() as slow:
        slow.is_slow.set()
        await add(round_.database, id="end_slow", url=slow.url)
        round_.outbound = Outbound([named_in(slow.url), named_in(round_.receiver.url)])
        await tell(round_.database, "jou_1/1")
        waiting = asyncio.create_task(round_.carry("end_slow"))
        await slow.has_come.wait()
        await round_.carry()
        assert (len(round_.receiver.arrived), waiting.done()) == (1, False)
        slow.go_on.set()
        assert await waiting
    assert (await states(round_.database, id="end_slow"))["delivered"] == ["jou_1/1"]


async def test_N5_no_answer_is_a_failed_attempt_and_says_nothing_of_where(round_: Round) -> None:
    """Neither the row nor the log holds an address."""
    round_.outbound = Outbound()
    await tell(round_.database, "jou_1/1")
    with structlog.testing.capture_logs() as log:
        await round_.carry()
    row = await round_.delivery()
    assert (row.status, row.attempts) == (None, 1)
    assert row.failed == "write an address with https"
    assert "127.0.0.1" not in json.dumps(log, default=str)
    assert [(line["event"], line["attempt"], line["state"]) for line in log] == [("carried", 1, "waiting")]


async def test_SC19_two_secrets_sign_until_the_older_one_ends(round_: Round) -> None:
    """Whoever verifies with either is content meanwhile."""
    async with round_.database.begin() as session:
        row = await webhooks.take(session, "end_1")
        assert row is not None
        row.secrets = webhooks.with_new_secret(row.secrets, OTHER, round_.now + timedelta(hours=24))
    await tell(round_.database, "jou_1/1")
    await round_.carry()
    headers, body = round_.receiver.arrived[0]
    for secret in (SECRET, OTHER):
        Webhook(secret).verify(body, headers)
    async with round_.database.begin() as session:
        row = await webhooks.take(session, "end_1")
        assert row is not None
        row.secrets = [row.secrets[0], {**row.secrets[1], "until": round_.now.isoformat()}]
    await tell(round_.database, "jou_1/2")
    await round_.carry()
    headers, body = round_.receiver.arrived[1]
    Webhook(OTHER).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, headers)


async def test_N5_only_wanted_types_arrive(round_: Round) -> None:
    """The rest is passed over, not piled up."""
    async with round_.database.begin() as session:
        row = await webhooks.take(session, "end_1")
        assert row is not None
        row.types = [COMPLETED]
    await tell(round_.database, "jou_1/1", "jou_1/2")
    await tell(round_.database, "jou_1/3", type=COMPLETED)
    await round_.carry()
    assert [event["id"] for event in round_.receiver.events] == ["jou_1/3"]


async def test_N4_N5_killed_between_sending_and_noting_it_sends_once_more_under_the_same_id(
    round_: Round, database: Database
) -> None:
    """A real process, killed while the receiver has the request and has not answered."""
    round_.receiver.is_slow.set()
    await tell(database, "jou_1/1")
    url = database._engine.url.set(drivername=database._engine.dialect.name).render_as_string(hide_password=False)
    command = (sys.executable, "-m", "tests.activities.carrying", url, "end_1", named_in(round_.receiver.url))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    await asyncio.wait_for(round_.receiver.has_come.wait(), 30)
    process.kill()
    await process.wait()
    assert (await round_.delivery()).attempts == 0
    round_.receiver.is_slow.clear()
    round_.receiver.go_on.set()
    round_.now = datetime.now(UTC)
    await round_.carry()
    assert [headers["webhook-id"] for headers, _ in round_.receiver.arrived] == ["jou_1/1", "jou_1/1"]
    assert round_.receiver.arrived[0][1] == round_.receiver.arrived[1][1]
    assert (await states(database))["delivered"] == ["jou_1/1"]
    await round_.carry()
    assert len(round_.receiver.arrived) == 2


async def test_a_courier_comes_home_when_its_worker_is_to_stop(round_: Round) -> None:
    """It would otherwise keep it waiting for minutes."""
    environment = ActivityEnvironment()
    courier = Courier(round_.database, round_.outbound)
    task = asyncio.create_task(environment.run(courier.carry, "end_1"))
    await tell(round_.database, "jou_1/1")
    await round_.receiver.has_come.wait()
    environment.worker_shutdown()
    assert await asyncio.wait_for(task, 10)
