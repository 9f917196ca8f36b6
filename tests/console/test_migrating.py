"""Moving journeys to another version from the console: looked at first; of many, all, these or none."""

import re

import pytest

from tests.console.desk import TROUBLED, Console

_SECOND = TROUBLED.replace("offset: 2 days", "offset: 4 days").replace("  - id: secret", "  - id: hidden")
_KEY = re.compile(r'name="(seq|message_id|request_key)" value="([^"]+)"')


async def _second(console: Console) -> int:
    return (await console.stepwell.publish(_SECOND)).number


async def test_E1_one_journey_is_looked_at_and_then_moved(console: Console) -> None:
    """What the page said it comes to is what it comes to; sent twice it is done once."""
    journey = await console.troubled()
    await console.home.idle(journey)
    to = await _second(console)
    someone, address = await console.operator(), f"/journeys/{journey}/migrate"
    assert "What would moving there come to?" in (await someone.get(f"/journeys/{journey}")).text
    shown = await someone.get(f"{address}?to={to}")
    assert ("<b>gains</b>" in shown.text, "<b>loses</b>" in shown.text, "hidden" in shown.text) == (True, True, True)
    fields = dict(_KEY.findall(shown.text)) | {"to": f"{to}", "reason": "a better one"}
    done = await someone.post(address, fields)
    assert (done.status_code, done.headers["location"]) == (303, f"/console/journeys/{journey}?done=migrate")
    await console.home.idle(journey)
    assert (await console.stepwell.journey(journey)).version == to
    page = await someone.get(f"/journeys/{journey}")
    assert f"went on by version {to} instead of 1: a better one" in page.text
    again = await someone.post(address, fields)
    assert again.status_code == 303, "the same message again is answered as before"


async def test_E2_a_refusal_and_a_mapping_that_cannot_be_read_are_said(console: Console) -> None:
    """With the rule; nothing is done."""
    journey = await console.troubled()
    await console.home.idle(journey)
    await console.stepwell.excuse(journey, "note.1", reason="to go on")
    await console.home.idle(journey)
    to = await _second(console)
    someone, address = await console.operator(), f"/journeys/{journey}/migrate"
    shown = await someone.get(f"{address}?to={to}")
    assert "It would be refused" in shown.text
    assert "(rule E2)" in shown.text
    wrong = await someone.get(f"{address}?to={to}&mapping=renamed:%20seven")
    assert "the mapping cannot be read" in wrong.text
    mapped = await someone.get(f"{address}?to={to}&mapping=cancel:%20[secret]")
    assert "cancelled" in mapped.text
    refused = await someone.post(address, {"to": f"{to}", "reason": "  "})
    assert (refused.status_code, "say why" in refused.text) == (409, True)
    assert (await console.stepwell.journey(journey)).version == 1


@pytest.mark.parametrize("choose", ["all", "these", "none"])
async def test_E1_many_are_proposed_and_then_all_these_or_none_move(console: Console, choose: str) -> None:
    """Each shows what it comes to before anybody chooses."""
    journeys = [await console.troubled(client) for client in ("ada", "ben", "cy")]
    for journey in journeys:
        await console.home.idle(journey)
    to = await _second(console)
    someone = await console.operator()
    asked = await someone.post("/bulk/preview", {"action": "migrate", "every": "1", "question": "pathway=troubled"})
    assert "Work out what it comes to" in asked.text
    fields = dict(_KEY.findall(asked.text)) | {"every": "1", "question": "pathway=troubled", "to": f"{to}", "reason": "better"}
    proposed = await someone.post("/migrations", fields)
    assert proposed.status_code == 303, proposed.text
    address = proposed.headers["location"]

    async def are_ready() -> bool:
        return (await console.stepwell.bulk_job(address.rpartition("/")[2])).ready == 3

    await console.home.until(are_ready, "the differences")
    shown = await someone.get(address)
    assert shown.text.count("gains hidden, loses secret") == 3
    chosen = await someone.post(
        f"/migrations/{address.rpartition('/')[2]}/apply",
        {"choose": choose, **({"journey": journeys[0]} if choose == "these" else {})},
    )
    assert chosen.status_code == 303, chosen.text
    moved = {"all": 3, "these": 1, "none": 0}[choose]

    async def have_moved() -> bool:
        versions = [(await console.stepwell.journey(one)).version for one in journeys]
        job = await console.stepwell.bulk_job(address.rpartition("/")[2])
        return versions.count(to) == moved and (job.done, job.chosen) == (moved, 0)

    await console.home.until(have_moved, "the move")
    left = (await console.stepwell.bulk_job(address.rpartition("/")[2])).left
    assert left == (3 if choose == "none" else 0)
