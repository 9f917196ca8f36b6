"""Endpoints and deliveries in the store, on both databases (rule N5)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from engine.announcements import Announcement
from engine.deliveries import Attempt, Verdict, verdict_on
from store import outbox, webhooks
from store.database import Database
from store.tables import EndpointRow
from tests.store.seeds import NOW

DELIVERED, COMPLETED = "org.stepwell.step.delivered", "org.stepwell.step.completed"


def endpoint_row(id: str = "end_1", tenant: str = "t", **more: Any) -> EndpointRow:
    """An endpoint that wants everything from the beginning."""
    secrets = [{"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "until": None}]
    fields: dict[str, Any] = {"url": "https://hooks.example.org/", "types": [], "secrets": secrets, "created_at": NOW}
    return EndpointRow(id=id, tenant=tenant, **(fields | more))


async def tell(database: Database, *names: str, type: str = DELIVERED, tenant: str = "t") -> None:
    """Something happened."""
    async with database.of(tenant).begin() as session:
        told = [Announcement(name, type, NOW, {"journey": "j"}, "j", number) for number, name in enumerate(names, 1)]
        await outbox.append(session, tenant, told)


async def add(database: Database, **fields: Any) -> None:
    """Keep an endpoint."""
    async with database.of(fields.get("tenant", "t")).begin() as session:
        await webhooks.add(session, endpoint_row(**fields))


async def collect(database: Database, id: str = "end_1", now: datetime = NOW) -> int:
    """Make deliveries of what is new."""
    async with database.of_every_tenant().begin() as session:
        row = await webhooks.take(session, id)
        assert row is not None
        return await webhooks.collect(session, row, now)


async def due(database: Database, id: str = "end_1", now: datetime = NOW) -> list[str]:
    """The events that are to be sent by now."""
    async with database.read() as session:
        return [event.id for _, event in await webhooks.due(session, id, now, 100)]


async def note(database: Database, attempt: Attempt, event: str = "j/1", id: str = "end_1") -> tuple[bool, Verdict]:
    """An attempt was made."""
    async with database.begin() as session:
        row = await webhooks.take(session, id)
        assert row is not None
        (position,) = [one.position for one, _ in await webhooks.deliveries(session, id) if one.event == event]
        verdict = verdict_on(attempt, id, event)
        return await webhooks.note(session, row, position, attempt, verdict, None), verdict


async def states(database: Database, *wanted: webhooks.State, id: str = "end_1") -> dict[str, Sequence[str]]:
    """The events of an endpoint by what became of them."""
    async with database.read() as session:
        return {
            state: [event.id for _, event in await webhooks.deliveries(session, id, state=state)]
            for state in wanted or ("waiting", "delivered", "dead")
        }


async def test_N5_every_event_becomes_one_delivery_of_every_endpoint_that_wants_it(database: Database) -> None:
    """Also where two couriers collect at once; and none of another tenant's."""
    await add(database)
    await add(database, id="end_2", types=[COMPLETED])
    await add(database, id="end_3", tenant="other")
    await tell(database, "j/1", "j/2")
    await tell(database, "j/3", type=COMPLETED)
    await asyncio.gather(*(collect(database, id) for id in ("end_1", "end_1", "end_2", "end_3", "end_1")))
    assert await due(database) == ["j/1", "j/2", "j/3"]
    assert await due(database, "end_2") == ["j/3"]
    assert await due(database, "end_3") == []
    assert await collect(database, "end_2") == 0
    await tell(database, "j/4")
    assert await collect(database) == 1
    assert await due(database) == ["j/1", "j/2", "j/3", "j/4"]


async def test_N5_a_try_goes_to_its_endpoint_alone(database: Database) -> None:
    """Whatever that wants else, and once."""
    await add(database, types=[COMPLETED])
    await add(database, id="end_2")
    async with database.begin() as session:
        row = await webhooks.take(session, "end_1")
        assert row is not None
        event = await webhooks.test(session, row, NOW)
    assert (await collect(database), await collect(database, "end_2")) == (1, 1)
    assert (await due(database), await due(database, "end_2")) == ([event], [])


async def test_N5_an_attempt_is_noted_once(database: Database) -> None:
    """A courier that was given up as lost may still come back with the same one."""
    await add(database)
    await tell(database, "j/1")
    await collect(database)
    first = Attempt(1, NOW, 500)
    (is_noted, verdict), (again, _) = await note(database, first), await note(database, first)
    assert (is_noted, again) == (True, False)
    assert await due(database, now=NOW + timedelta(seconds=4)) == []
    assert verdict.next_at is not None
    assert await due(database, now=verdict.next_at) == ["j/1"]
    assert (await note(database, Attempt(2, NOW, 204)))[0]
    assert not (await note(database, Attempt(3, NOW, 500)))[0], "it was delivered"
    assert await states(database) == {"waiting": [], "delivered": ["j/1"], "dead": []}


async def test_N5_the_first_of_the_failures_counts_until_something_arrives(database: Database) -> None:
    """For an endpoint, not for an event."""
    await add(database)
    await tell(database, "j/1", "j/2")
    await collect(database)

    async def failing_since() -> datetime | None:
        async with database.read() as session:
            return (await session.get_one(EndpointRow, "end_1")).failing_since

    await note(database, Attempt(1, NOW, 500), "j/1")
    await note(database, Attempt(1, NOW + timedelta(hours=1), 500), "j/2")
    assert await failing_since() == NOW
    await note(database, Attempt(2, NOW + timedelta(hours=2), 204), "j/2")
    assert await failing_since() is None


async def test_N5_what_was_given_up_is_sent_again_when_somebody_says_so(database: Database) -> None:
    """All of an endpoint, or one; from the first attempt on."""
    await add(database)
    await tell(database, "j/1", "j/2", "j/3")
    await collect(database)
    for event in ("j/1", "j/2"):
        for number in range(1, 11):
            await note(database, Attempt(number, NOW, 500), event)
    await note(database, Attempt(1, NOW, 204), "j/3")
    assert await states(database) == {"waiting": [], "delivered": ["j/3"], "dead": ["j/1", "j/2"]}
    async with database.begin() as session:
        dead = await webhooks.deliveries(session, "end_1", state="dead")
        assert await webhooks.redrive(session, "end_1", NOW, dead[0][0].position) == 1
    assert await states(database) == {"waiting": ["j/1"], "delivered": ["j/3"], "dead": ["j/2"]}
    async with database.begin() as session:
        assert await webhooks.redrive(session, "end_1", NOW) == 1
        assert await webhooks.redrive(session, "end_1", NOW) == 0
    assert await due(database) == ["j/1", "j/2"]
    assert (await note(database, Attempt(1, NOW, 500)))[1].state == "waiting"


async def test_N5_an_endpoint_is_disabled_once_and_the_others_hear_of_it(database: Database) -> None:
    """With what was on its way kept; removed, everything of it is forgotten."""
    await add(database)
    await add(database, id="end_2")
    await tell(database, "j/1")
    await collect(database)
    for _ in range(2):
        async with database.begin() as session:
            row = await webhooks.take(session, "end_1")
            assert row is not None
            await webhooks.disable(session, row, "gone", NOW)
    async with database.read() as session:
        _, told = await outbox.read(session, "t")
        assert await webhooks.enabled(session) == [("t", "end_2")]
    assert (told.type, told.data) == ("org.stepwell.endpoint.disabled", {"endpoint": "end_1", "why": "gone"})
    assert await due(database) == ["j/1"]
    async with database.begin() as session:
        row = await webhooks.get(session, "t", "end_1")
        assert row is not None
        await webhooks.remove(session, row)
    assert await due(database) == []


def test_SC19_an_old_secret_signs_for_its_time_and_no_longer() -> None:
    """Rotated several times, each keeps the end it had."""
    row = endpoint_row(secrets=webhooks.with_new_secret([], "a", NOW))
    assert webhooks.signing_secrets(row, NOW) == ["a"]
    row.secrets = webhooks.with_new_secret(row.secrets, "b", NOW + timedelta(hours=24))
    assert webhooks.signing_secrets(row, NOW + timedelta(hours=23)) == ["b", "a"]
    assert webhooks.signing_secrets(row, NOW + timedelta(hours=24)) == ["b"]
    row.secrets = webhooks.with_new_secret(row.secrets, "c", NOW + timedelta(hours=30))
    assert webhooks.signing_secrets(row, NOW + timedelta(hours=23)) == ["c", "b", "a"]
    assert webhooks.signing_secrets(row, NOW + timedelta(hours=25)) == ["c", "b"]
    assert webhooks.signing_secrets(row, NOW + timedelta(days=9)) == ["c"]
