"""Events out, on a real server, store and receiver: what happens in a journey arrives at a host (rule N5)."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from standardwebhooks import Webhook

from engine.announcements import CloudEvent
from stepwell import NotFound, Refused, watchman
from stepwell.access import Caller
from stepwell.errors import Forbidden
from stepwell.models import NewEndpoint
from store import webhooks
from tests.pathways import document, step
from tests.workflows.hosts import Receiver
from tests.workflows.house import House
from tests.workflows.test_journeys import enter
from tests.workflows.test_step_types_live import _at_risk

TWO = document(step("first") + step("second"))


async def _arrived(home: House, receiver: Receiver, type: str, count: int = 1) -> list[dict[str, Any]]:
    async def enough() -> list[dict[str, Any]] | None:
        found = receiver.of(f"org.stepwell.{type}")
        return found if len(found) >= count else None

    found: list[dict[str, Any]] = await home.until(enough, f"{count} × {type}")
    return found


async def _added(home: House, number: int = 0, **more: Any) -> NewEndpoint:
    return await home.stepwell.add_endpoint(home.receivers[number].url, **more)


async def test_N5_a_journey_is_heard_of_from_its_start_to_its_end(home: House) -> None:
    """Pushed, pulled and streamed are the same events; without a filter the numbers of a journey have no gaps."""
    receiver = home.receivers[0]
    endpoint = await _added(home)
    journey = await enter(home, TWO)
    for occurrence in ("first.1", "second.1"):
        await _arrived(home, receiver, "step.delivered", 1 if occurrence == "first.1" else 2)
        await home.stepwell.respond(journey, occurrence)
    await _arrived(home, receiver, "journey.completed")
    for headers, body in receiver.arrived:
        Webhook(endpoint.secret).verify(body, headers)
    history = await home.stepwell.history(journey)

    async def all_there() -> bool:
        return len(receiver.events) >= len(history)

    await home.until(all_there, "every event")
    pushed = sorted(receiver.events, key=lambda event: int(event["position"]))
    assert [int(event["sequence"]) for event in pushed] == list(range(1, len(history) + 1))
    pulled = await home.stepwell.outgoing()
    assert [event.as_json() for event in pulled] == [body.decode() for _, body in sorted(receiver.arrived, key=_position)]
    assert await home.stepwell.outgoing(after=int(pulled[2].position), limit=2) == pulled[3:5]
    only = await home.stepwell.outgoing(types=["org.stepwell.step.completed"])
    assert [event.data["occurrence"] for event in only] == ["first.1", "second.1"]
    done = [one async for one in _states(home, endpoint.id)]
    assert set(done) == {"delivered"}


def _position(arrived: tuple[dict[str, str], bytes]) -> int:
    return int(json.loads(arrived[1])["position"])


async def _states(home: House, endpoint: str) -> Any:
    async def none_left() -> bool:
        return not await home.stepwell.deliveries(endpoint, state="waiting")

    await home.until(none_left, "every note")
    for delivery in await home.stepwell.deliveries(endpoint):
        yield delivery.state


async def test_N5_an_alert_is_heard_of_also_where_the_journey_is_over(home: House) -> None:
    """Raised with the answer, taken up later: two events with ids and nothing of the answer."""
    await _added(home, types=["org.stepwell.alert.raised", "org.stepwell.alert.acknowledged"])
    journey = await _at_risk(home)
    await home.recorded(journey, "step_delivered")
    await home.stepwell.respond(journey, "mood.1", {"answers": {"thoughts": 3}}, submission_id="s1")
    await home.stepwell.stop(journey, reason="moved away")
    await home.closed(journey)
    (alert,) = await home.stepwell.alerts()
    (raised,) = await _arrived(home, home.receivers[0], "alert.raised")
    assert (raised["subject"], raised["data"]["alert"], raised["data"]["response_id"]) == (journey, alert.id, "s1")
    await home.stepwell.acknowledge(alert.id, by="Dr. Eva", reason="called, is safe")
    (taken_up,) = await _arrived(home, home.receivers[0], "alert.acknowledged")
    assert taken_up["data"]["alert"] == alert.id
    sent = b"".join(body for _, body in home.receivers[0].arrived)
    assert b"thoughts" not in sent
    assert b"Eva" not in sent
    assert b"safe" not in sent


async def test_N5_what_failed_arrives_later_and_one_endpoint_never_waits_for_another(home: House) -> None:
    """The first one does not answer; the second has everything; then the first has it too."""
    slow, quick = home.receivers
    slow.is_slow.set()
    first, second = await _added(home), await _added(home, 1)
    event = await home.stepwell.test_endpoint(first.id)
    await slow.has_come.wait()
    tested = await home.stepwell.test_endpoint(second.id)
    assert [one["id"] for one in await _arrived(home, quick, "endpoint.tested")] == [tested]
    slow.status = 500
    slow.is_slow.clear()
    slow.go_on.set()

    async def state() -> tuple[str, int, int | None]:
        (one,) = await home.stepwell.deliveries(first.id)
        return one.state, one.attempts, one.status

    async def is_noted() -> bool:
        return (await state())[1] > 0

    await home.until(is_noted, "the first attempt")
    assert await state() == ("waiting", 1, 500)
    slow.status = 204

    async def has_arrived() -> bool:
        return (await state())[0] == "delivered"

    await home.until(has_arrived, "the second attempt")
    assert [one["id"] for one in slow.events] == [event, event]


async def test_N5_410_sends_the_courier_home_and_it_comes_back_when_switched_on(home: House) -> None:
    """What happened meanwhile arrives then."""
    receiver = home.receivers[0]
    receiver.status = 410
    endpoint = await _added(home)
    event = await home.stepwell.test_endpoint(endpoint.id)
    await home.closed(endpoint.id)
    row = await home.stepwell.endpoint(endpoint.id)
    assert row.disabled_why == "gone"
    with pytest.raises(Refused, match="switch it on"):
        await home.stepwell.test_endpoint(endpoint.id)
    receiver.status = 204
    await home.stepwell.change_endpoint(endpoint.id, enabled=True)
    assert await home.stepwell.redrive(endpoint.id, position=(await home.stepwell.deliveries(endpoint.id))[0].position) == 1
    again = await _arrived(home, receiver, "endpoint.tested", 2)
    assert [one["id"] for one in again] == [event, event]


async def test_N5_a_removed_endpoint_has_no_courier(home: House) -> None:
    """Its workflow ends by itself, and nothing of it is left."""
    endpoint = await _added(home)
    await home.stepwell.test_endpoint(endpoint.id)
    await _arrived(home, home.receivers[0], "endpoint.tested")
    await home.stepwell.remove_endpoint(endpoint.id)
    await home.closed(endpoint.id)
    assert await home.stepwell.endpoints() == []
    with pytest.raises(NotFound):
        await home.stepwell.deliveries(endpoint.id)


async def test_N5_the_watchman_sends_a_courier_where_there_is_none(home: House) -> None:
    """Temporal was away when it was wanted, or somebody ended it."""
    endpoint = await _added(home)
    await home.client.get_workflow_handle(endpoint.id).terminate()
    async with home.database.begin() as session:
        row = await webhooks.take(session, endpoint.id)
        assert row is not None
        event = await webhooks.test(session, row, home.stepwell._now())
    await watchman.send_couriers(home.database, home.client)
    assert [one["id"] for one in await _arrived(home, home.receivers[0], "endpoint.tested")] == [event]


async def test_N5_a_live_stream_gives_what_comes_and_ends_with_its_reader(home: House) -> None:
    """From a position, or from now on."""
    journey = await enter(home, TWO)
    await home.recorded(journey, "step_delivered")
    before = await home.stepwell.outgoing()
    stream = home.stepwell.follow(after=int(before[0].position))
    await home.stepwell.respond(journey, "first.1")
    seen = await _until_completed(stream)
    assert seen[: len(before) - 1] == before[1:]
    assert [int(event.position) for event in seen] == sorted({int(event.position) for event in seen})
    fresh = home.stepwell.follow(types=["org.stepwell.step.completed"])
    assert await anext(fresh) == [], "it is open"
    await home.stepwell.respond(journey, "second.1")
    assert [event.data["occurrence"] for event in await _until_completed(fresh)] == ["second.1"]


async def _until_completed(stream: AsyncIterator[list[CloudEvent]]) -> list[CloudEvent]:
    seen: list[CloudEvent] = []
    async with asyncio.timeout(30):
        async for events in stream:
            seen += events
            if any(event.type == "org.stepwell.step.completed" for event in events):
                break
    await stream.aclose()  # type: ignore[attr-defined]
    return seen


async def test_SC19_a_secret_is_shown_once_and_the_next_one_signs_beside_it(home: House) -> None:
    """32 random bytes each."""
    endpoint = await _added(home)
    rotated = await home.stepwell.rotate_secret(endpoint.id)
    assert endpoint.secret != rotated.secret
    assert all(len(one) == len("whsec_") + 44 for one in (endpoint.secret, rotated.secret))
    assert "secret" not in (await home.stepwell.endpoint(endpoint.id)).model_dump()
    await home.stepwell.test_endpoint(endpoint.id)
    await _arrived(home, home.receivers[0], "endpoint.tested")
    headers, body = home.receivers[0].arrived[0]
    for secret in (endpoint.secret, rotated.secret):
        Webhook(secret).verify(body, headers)


async def test_N5_SC20_what_cannot_be_meant_is_refused_when_it_is_entered(home: House) -> None:
    """An address inside, a type that is none, a position that is none."""
    for url in ("https://localhost/x", "http://hooks.example.org/", "https://169.254.169.254/"):
        with pytest.raises(Refused) as refused:
            await home.stepwell.add_endpoint(url)
        assert refused.value.code == "bad_address"
    endpoint = await _added(home)
    with pytest.raises(Refused, match="rule N5"):
        await home.stepwell.change_endpoint(endpoint.id, url="https://10.0.0.1/")
    with pytest.raises(Refused, match="no event type"):
        await home.stepwell.change_endpoint(endpoint.id, types=["org.stepwell.everything"])
    for position in (-1, 1 << 63):
        with pytest.raises(Refused, match="a position is"):
            await home.stepwell.outgoing(after=position)
        with pytest.raises(Refused, match="a position is"):
            home.stepwell.follow(after=position)
    for missing in ("end_nobody", ""):
        with pytest.raises(NotFound):
            await home.stepwell.rotate_secret(missing)
    off = await home.stepwell.change_endpoint(endpoint.id, enabled=False, types=["org.stepwell.step.completed"])
    assert (off.disabled_why, off.types) == ("asked", ("org.stepwell.step.completed",))


async def test_SC1_SC5_endpoints_and_events_are_their_tenants_and_not_for_everybody(home: House) -> None:
    """Another tenant's host finds nothing; clients and practitioners may not ask; an operator reads no events."""
    endpoint = await _added(home)
    journey = await enter(home, TWO)
    await home.recorded(journey, "step_delivered")
    stranger = home.stepwell.called_by(Caller(tenant="other", kind="host"))
    assert (await stranger.endpoints(), await stranger.outgoing()) == ([], [])
    with pytest.raises(NotFound):
        await stranger.test_endpoint(endpoint.id)
    for kind in ("client", "practitioner", "operator"):
        door = home.stepwell.called_by(Caller(tenant="default", kind=kind, id="c1"))  # type: ignore[arg-type]
        with pytest.raises(Forbidden):
            await door.outgoing()
        with pytest.raises(Forbidden):
            door.follow()
        if kind != "operator":
            with pytest.raises(Forbidden):
                await door.endpoints()
    narrow = home.stepwell.called_by(Caller(tenant="default", kind="host", scopes=frozenset({"events:read"})))
    assert await narrow.outgoing()
    with pytest.raises(Forbidden, match="admin"):
        await narrow.add_endpoint(home.receivers[0].url)
