"""Groups at the console: how far each is, who was started and who not and why, cancelled and gone on with."""

import re
from datetime import timedelta

from stepwell.models import Group, Waves
from tests.console.desk import Console

_LINKS = re.compile(r'<td><a href="/console/journeys/(jou_[a-z0-9]+)">([^<]+)</a></td>')
_ROW = re.compile(r'<th scope="row">(\w+)</th><td class="nowrap">(\w+)')


async def _spring(console: Console) -> Group:
    """One who was on the pathway already, one who is started at once, one who has to wait for tomorrow."""
    await console.troubled("ada")
    for name in ("ben", "cy"):
        await console.stepwell.add_client(id=name)
    waves = Waves(2, timedelta(days=1))
    group = await console.stepwell.create_group("Spring", "troubled", ["ada", "ben", "cy"], waves=waves)
    await console.stepwell.start_group(group.id)

    async def has_begun() -> bool:
        return (await console.stepwell.group(group.id)).waiting == 1

    await console.home.until(has_begun, "the first wave")
    return group


async def test_P5_a_group_shows_how_far_it_is_and_leads_to_its_journeys(console: Console) -> None:
    """Every member with what became of them; by state; only what the group started is found as its journeys."""
    group, someone = await _spring(console), await console.operator()
    assert f'<a href="/console/groups/{group.id}">Spring</a>' in (await someone.get("/groups")).text
    shown = (await someone.get(f"/groups/{group.id}")).text
    assert _ROW.findall(shown) == [("ada", "refused"), ("ben", "started"), ("cy", "waiting")]
    (journey,) = [one.journey for one in (await console.stepwell.group_members(group.id, state="started")).items]
    assert f'href="/console/journeys/{journey}"' in shown
    assert _ROW.findall((await someone.get(f"/groups/{group.id}?state=waiting")).text) == [("cy", "waiting")]
    found = await someone.get(f"/journeys?group={group.id}")
    assert _LINKS.findall(found.text) == [(journey, "ben")]
    assert f'name="group" value="{group.id}"' in found.text
    asked = await someone.post("/bulk/preview", {"action": "pause", "every": "1", "question": f"group={group.id}"})
    assert "Pause: 1 journeys" in asked.text


async def test_its_progress_asks_for_itself_until_it_is_over(console: Console) -> None:
    """The same as before is not sent again; cancelled and finished it asks no more; gone on with it does again."""
    group, someone = await _spring(console), await console.operator()
    live = await someone.get(f"/groups/{group.id}/live")
    assert "2 of 3" in live.text
    assert "hx-get" in live.text
    mark = live.headers["etag"].strip('"')
    assert (await someone.get(f"/groups/{group.id}/live", **{"if-none-match": mark})).status_code == 304
    done = await someone.post(f"/groups/{group.id}/cancel")
    assert (done.status_code, done.headers["location"]) == (303, f"/console/groups/{group.id}?done=cancelled")

    async def is_over() -> bool:
        return "hx-get" not in (await someone.get(f"/groups/{group.id}/live")).text

    await console.home.until(is_over, "the end of the starts")
    assert "Cancelled: 2 of 3" in (await someone.get(f"/groups/{group.id}")).text
    again = await someone.post(f"/groups/{group.id}/retry")
    assert again.status_code == 303
    assert "Under way: 2 of 3" in (await someone.get(f"/groups/{group.id}")).text
    assert (await someone.get("/groups/grp_nobody")).status_code == 404


async def test_T4_a_date_of_a_group_is_seen_first_and_then_told(console: Console) -> None:
    """Whom, and what moves for them; sent twice it is one job; who is still to start begins with it."""
    group, someone = await _spring(console), await console.operator()
    address = f"/groups/{group.id}/date"
    assert f'href="/console{address}"' in (await someone.get(f"/groups/{group.id}")).text
    (member,) = (await console.stepwell.group_members(group.id, state="started")).items
    assert member.journey is not None
    await console.stepwell.excuse(member.journey, "note.1", reason="to go on")
    await console.stepwell.excuse(member.journey, "secret.1", reason="to go on")
    await console.home.idle(member.journey)
    shown = (await someone.get(f"{address}?name=surgery&value=2031-01-10")).text
    assert "1 journey would be told" in shown
    assert "1 member still to start" in shown
    assert "before.1" in shown
    assert (await console.stepwell.group(group.id)).dates == {}
    (key,) = re.findall(r'name="request_key" value="([^"]+)"', shown)
    fields = {"name": "surgery", "value": "2031-01-10", "request_key": key}
    jobs = {(await someone.post(address, fields)).headers["location"] for _ in range(2)}
    assert len(jobs) == 1
    assert (await console.stepwell.group(group.id)).dates == {"surgery": "2031-01-10"}

    async def is_told() -> bool:
        return "surgery" in (await console.stepwell.state(member.journey or "")).dates

    await console.home.until(is_told, "the date")
    again = (await someone.get(f"{address}?name=surgery&value=")).text
    assert "not known any more" in again
    assert "now 2031-01-10" in again


async def test_T4_a_date_that_cannot_be_read_is_refused_on_its_page(console: Console) -> None:
    """Looked at as well as sent; a time of day needs its zone, since members may live in several."""
    group, someone = await _spring(console), await console.operator()
    address = f"/groups/{group.id}/date"
    for value, said in (("soon", "year-month-day"), ("2031-01-10T09:00", "with its zone")):
        shown = await someone.get(f"{address}?name=surgery&value={value}")
        assert (shown.status_code, said in shown.text) == (200, True)
        refused = await someone.post(address, {"name": "surgery", "value": value})
        assert (refused.status_code, said in refused.text) == (409, True)
    assert (await console.stepwell.group(group.id)).dates == {}
