"""Gateways in front of one Stepwell: who comes in, and that they are one to their callers."""

from pathlib import Path

from tests.api.front import Front


async def test_a_caller_with_a_key_comes_in_and_one_without_does_not(door: Front) -> None:
    """The credential is all that is looked at; every answer has an id to ask about."""
    host = await door.caller("host")
    assert (await host.get("/clients")).json() == {"items": [], "next": None}
    refused = await door.connection().get("/clients", headers={"X-Request-Id": "abc"})
    assert (refused.status_code, refused.json()["code"], refused.headers["x-request-id"]) == (401, "no_credential", "abc")


async def test_a_gateway_in_a_process_of_its_own_sees_the_same_store(door: Front, tmp_path: Path) -> None:
    """What one gateway took, the other one shows."""
    key = await door.key("host")
    assert (await door.connection(key).post("/clients", json={"id": "ada"})).status_code == 201
    async with door.gateway_process(tmp_path) as other:
        assert (await door.connection(key, url=other.url).get("/clients/ada")).json()["id"] == "ada"
