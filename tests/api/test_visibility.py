"""Who reads an answer, wherever answers come out (SC2): what may be read is there, and what is private is not until it is shared.

That nobody reads what is private anywhere is in the matrix; here is that those who may, do.
"""

from tests.api.world import BOTH, DECIDES, ONLY, World

_SURFACES = (
    "/journeys/{journey}/occurrences/both.1/responses",
    "/journeys/{journey}/occurrences/only.1/responses",
    "/journeys/{journey}/occurrences/decides.1/responses",
    "/clients/{client}/export",
    "/exports/responses?format=csv",
    "/exports/responses?format=jsonl",
)


async def test_SC2_each_reader_reads_what_is_theirs(world: World) -> None:
    """The practitioner and the host what is for both; the client everything; and what they decide once they have."""
    a = await world.new_a()
    callers = await world.callers(a)

    async def read_by(name: str) -> str:
        pages = [await callers[name].get(one.format(**a._asdict())) for one in _SURFACES]
        return "".join(one.text for one in pages if one.status_code == 200)

    async def words(name: str) -> set[str]:
        text = await read_by(name)
        return {one for one in (BOTH, ONLY, DECIDES) if one in text}

    assert await words("client A") == {BOTH, ONLY, DECIDES}
    assert await words("practitioner of A") == {BOTH}
    assert await words("host") == {BOTH}
    assert await words("operator") == await words("other practitioner") == await words("client B") == set()
    at = f"/journeys/{a.journey}/occurrences/decides.1"
    assert (await callers["client A"].post(f"{at}/share")).json() == {"responses": 1}
    assert (await callers["client A"].post(f"{at}/unshare")).json() == {"responses": 1}
    assert await words("practitioner of A") == {BOTH}
    assert (await callers["client A"].post(f"{at}/share")).json() == {"responses": 1}
    assert await words("practitioner of A") == {BOTH, DECIDES}
    assert (await callers["client A"].post(f"{at}/unshare")).json() == {"responses": 0}, "what was read cannot be unread"
    host_as_ann = world.door.connection(await world.door.key("host"), **{"stepwell-act-as": f"client:{a.client}"})
    taken = (await host_as_ann.get(f"/clients/{a.client}/export")).text
    assert all(one in taken for one in (BOTH, ONLY, DECIDES))
