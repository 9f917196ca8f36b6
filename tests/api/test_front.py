"""The gateway in front of a whole Stepwell: who comes in, and what every answer carries."""

from pathlib import Path

from tests.api.front import Front


async def test_a_caller_with_a_key_comes_in_and_one_without_does_not(door: Front) -> None:
    """The credential is all that is looked at; every answer has an id to ask about."""
    host = await door.caller("host")
    nobody = await door.with_credential(None)
    assert (await host.get("/v1/clients")).json() == {"items": [], "next": None}
    refused = await nobody.get("/v1/clients", headers={"X-Request-Id": "abc"})
    assert (refused.status_code, refused.json()["code"], refused.headers["x-request-id"]) == (401, "no_credential", "abc")


async def test_a_gateway_in_a_process_of_its_own_sees_the_same_store(door: Front, tmp_path: Path) -> None:
    """What one gateway took, the other one shows."""
    secret = await door.secret("host")
    here = await door.with_credential(secret)
    assert (await here.post("/v1/clients", json={"id": "ada"})).status_code == 201
    async with door.gateway_process(tmp_path) as other:
        there = await door.at(other.address, {"Authorization": f"Bearer {secret}"})
        assert (await there.get("/v1/clients/ada")).json()["id"] == "ada"
