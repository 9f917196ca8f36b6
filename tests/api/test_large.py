"""RT16: what Temporal would not take is refused long before it, in words of ours."""

from tests.api.front import Front
from tests.pathways import document, step

_TWO_MIB = 2 * 1024 * 1024


async def test_RT16_two_mebibytes_and_one_byte_are_too_large(door: Front) -> None:
    """As a body of a request, whatever is in it; and as a pathway, whichever way it comes."""
    host = await door.caller("host")
    for path in ("/clients", "/journeys"):
        answer = await host.post(path, content=b" " * (_TWO_MIB + 1), headers={"content-type": "application/json"})
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    checked = await door.of().check(document(step("only", body="x" * _TWO_MIB)))
    assert [one.code for one in checked.errors] == ["too-large"]
