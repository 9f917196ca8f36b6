"""Events over HTTP: read from any position, followed live, endpoints looked after; thin, always."""

import asyncio
import json

import httpx

from tests.api.front import Front, publish_one_step


async def _answered(door: Front, host: httpx.AsyncClient) -> str:
    await publish_one_step(door.of())
    await host.post("/clients", json={"id": "ann", "display_name": "CANARY-NAME", "email": "canary@example.org"})
    journey: str = (await host.post("/journeys", json={"client": "ann", "pathway": "one-step"})).json()["id"]
    words = {"response": {"answers": {"words": "CANARY-ANSWER"}}}
    sent = await host.post(f"/journeys/{journey}/occurrences/note.1/responses", json=words)
    assert sent.status_code == 201, sent.text
    await door.home.recorded(journey, "journey_completed")
    return journey


async def test_N5_events_are_read_again_from_any_position(door: Front) -> None:
    """In order, as CloudEvents, the second time as the first; and nothing of a person in them."""
    host = await door.caller("host")
    journey = await _answered(door, host)
    seen, after = [], "0"
    while page := (await host.get("/events", params={"after": after, "limit": 2})).json()["items"]:
        seen += page
        after = page[-1]["position"]
    types = [one["type"].removeprefix("org.stepwell.") for one in seen]
    assert types == ["journey.started", "step.delivered", "step.completed", "journey.completed"]
    assert [one["id"] for one in seen] == [f"{journey}/{number}" for number in (1, 2, 3, 4)]
    assert (await host.get("/events", params={"limit": 100})).json()["items"] == seen
    assert "CANARY" not in json.dumps(seen)
    assert "canary@" not in json.dumps(seen)


async def test_N5_events_are_followed_as_they_come(door: Front) -> None:
    """Each with its position as its id: whoever comes back goes on from there."""
    host = await door.caller("host")
    got: list[str] = []
    async with host.stream("GET", "/events/stream", timeout=30) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        async with asyncio.timeout(60), asyncio.TaskGroup() as both:  # the stream itself would go on for ever
            both.create_task(_answered(door, host))
            while len(got) < 2:
                line = await anext(lines)
                if line.startswith("id: "):
                    got.append(line.removeprefix("id: "))
    rest = [one["position"] for one in (await host.get("/events")).json()["items"]]
    assert got == rest[:2]
    async with host.stream("GET", "/events/stream", headers={"last-event-id": got[-1]}) as stream:
        first = await anext(line async for line in stream.aiter_lines() if line.startswith("id: "))
    assert first == f"id: {rest[2]}"


async def test_only_a_host_reads_events_and_only_those_of_its_tenant(door: Front) -> None:
    """Whatever is asked for."""
    host = await door.caller("host")
    await _answered(door, host)
    other = await door.caller("host", tenant="elsewhere")
    assert (await other.get("/events")).json()["items"] == []
    for kind, subject in (("operator", "olga"), ("practitioner", "dr-grey"), ("client", "ann")):
        assert (await (await door.caller(kind, subject)).get("/events")).status_code == 403


async def test_SC20_an_endpoint_inside_is_refused(door: Front) -> None:
    """With the rule, before anything is sent anywhere."""
    host = await door.caller("host")
    for url in ("http://example.org/", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://10.0.0.1/", "nonsense"):
        refused = await host.post("/webhook-endpoints", json={"url": url})
        assert (refused.status_code, refused.json()["code"]) == (422, "bad_address"), url
    made = await host.post("/webhook-endpoints", json={"url": "https://hooks.example.org/in"})
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in (await host.get(f"/webhook-endpoints/{made.json()['id']}")).json()
