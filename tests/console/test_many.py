"""Many journeys: found, filtered, counted, paged without gaps, kept as views, and acted on at once."""

import re
from datetime import timedelta

import pytest

from tests.console.desk import Console

_LINKS = re.compile(r'<td><a href="/console/journeys/(jou_[a-z0-9]+)">([^<]+)</a></td>')


async def _seven(console: Console) -> dict[str, str]:
    """Journeys of seven clients, by client; one paused, one stopped, one of a practitioner's own."""
    found = {f"c{number}": await console.troubled(f"c{number}") for number in range(7)}
    await console.stepwell.pause(found["c1"], reason="a holiday")
    await console.stepwell.stop(found["c2"], reason="moved away")
    return found


async def _clients(console: Console, question: str) -> list[str]:
    someone = await console.operator()
    answer = await someone.get(f"/journeys?{question}")
    assert answer.status_code == 200, answer.text
    return [client for _, client in _LINKS.findall(answer.text)]


async def test_filters_and_orders_are_those_of_the_search(console: Console) -> None:
    """Each filter by itself; what is chosen stays in the form."""
    found = await _seven(console)
    assert await _clients(console, "sort=client") == sorted(found)
    assert await _clients(console, "sort=oldest") == list(found)
    assert await _clients(console, "status=paused") == ["c1"]
    assert await _clients(console, "status=over") == ["c2"]
    assert "c2" not in await _clients(console, "status=running")
    assert await _clients(console, "text=c3") == ["c3"]
    assert len(await _clients(console, "pathway=troubled&version=1&practitioner=dr")) == 7
    assert await _clients(console, "pathway=troubled&version=2") == []
    assert await _clients(console, "tag=nothing") == []
    assert await _clients(console, "held=1") == []
    assert await _clients(console, "overdue=3") == []
    assert set(await _clients(console, "overdue=0&sort=overdue")) == set(found) - {"c2"}
    assert await _clients(console, "failed=24") == []
    page = (await (await console.operator()).get("/journeys?status=paused&text=c1&sort=client")).text
    assert '<option value="paused" selected>' in page
    assert 'name="text" value="c1"' in page
    assert "1 fit" in (await (await console.operator()).get("/journeys/count?status=paused")).text


async def test_pages_follow_each_other_with_and_without_a_script(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """The link that says more leads to the next page, and htmx puts the same rows at the end of the table."""
    monkeypatch.setattr("stepwell.console.journeys.ROWS", 3)
    found = await _seven(console)
    someone, seen = await console.operator(), []
    path: str | None = "/journeys?sort=client"
    while path:
        html = (await someone.get(path)).text
        seen += [client for _, client in _LINKS.findall(html)]
        more = re.search(r'<a href="([^"]+)" hx-get="([^"]+)"', html)
        if more:
            rows = (await someone.get(more.group(2).replace("&amp;", "&"))).text
            assert "<html" not in rows
        path = more.group(1).replace("&amp;", "&") if more else None
    assert seen == sorted(found)


async def test_one_field_finds_a_client_a_journey_or_a_key(console: Console) -> None:
    """To the journey where there is one, else to the search."""
    found = await _seven(console)
    someone = await console.operator()
    for words in ("c3", found["c3"], "c3/troubled", f"  {found['c3']} "):
        answer = await someone.get(f"/find?q={words}")
        assert answer.headers["location"] == f"/console/journeys/{found['c3']}"
    assert (await someone.get("/find?q=c")).headers["location"] == "/console/journeys?text=c"
    assert (await someone.get("/find?q=%26held=1")).headers["location"] == "/console/journeys?text=%26held%3D1"


async def test_a_view_is_kept_shown_and_forgotten(console: Console) -> None:
    """By name, for every operator; nothing but a search gets into it."""
    someone = await console.operator()
    answer = await someone.post("/views", {"name": "Paused", "question": "status=paused&evil=1&sort=client"})
    assert answer.headers["location"] == "/console/journeys?status=paused&sort=client&done=kept"
    page = (await (await console.operator(subject="otto")).get("/journeys?status=paused&sort=client")).text
    assert '<a href="/console/journeys?status=paused&amp;sort=client" aria-current="page">Paused</a>' in page
    await someone.post("/views/forget", {"name": "Paused"})
    assert await console.stepwell.views() == []


async def test_an_action_on_chosen_journeys_is_shown_confirmed_and_watched(console: Console) -> None:
    """How many would be done and refused; the reason; then how far it is, and what became of each."""
    found = await _seven(console)
    someone = await console.operator()
    chosen = {"action": "pause", "journey": [found[name] for name in ("c0", "c1", "c2", "c3")]}
    shown = await someone.post("/bulk/preview", chosen)
    assert shown.status_code == 200
    assert "Would be done</dt><dd>2</dd>" in shown.text
    assert "Would be refused: journey over</dt><dd>1</dd>" in shown.text
    assert (await console.stepwell.journey(found["c0"])).status == "active"
    without = await someone.post("/bulk", chosen)
    assert without.status_code == 409
    key = re.search(r'name="request_key" value="([^"]+)"', shown.text)
    assert key
    begun = [await someone.post("/bulk", {**chosen, "reason": "moving house", "request_key": key.group(1)}) for _ in range(2)]
    assert begun[0].headers["location"] == begun[1].headers["location"]
    job = begun[0].headers["location"].removeprefix("/console")

    async def finished() -> bool:
        return "Finished" in (await someone.get(f"{job}/live")).text

    await console.home.until(finished, "the end of the job")
    page = (await someone.get(job)).text
    assert "2 done, 2 refused, 0 failed, 0 waiting" in page
    assert (await console.stepwell.journey(found["c0"])).status == "paused"
    assert found["c2"] in (await someone.get(f"{job}?state=refused")).text
    assert "hx-get" not in (await someone.get(f"{job}/live")).text, "what is over asks no more"


async def test_everything_that_fits_is_what_the_search_says(console: Console) -> None:
    """Not only what is on the page."""
    await _seven(console)
    someone = await console.operator()
    shown = await someone.post("/bulk/preview", {"action": "remind", "every": "1", "question": "status=running"})
    assert "Remind now: 6 journeys" in shown.text
    assert (await someone.post("/bulk/preview", {"action": "remind"})).status_code == 422
    assert (await someone.post("/bulk/preview", {"action": "", "every": "1"})).status_code == 422


async def test_what_failed_is_listed_with_its_cause_and_what_it_affects(console: Console) -> None:
    """By journey, the latest first, with the way to the journey; and it is the journey's own page that says what to do."""
    journey = await console.troubled()
    await console.home.pass_time(journey, timedelta(days=8))
    await console.home.recorded(journey, "step_expired")
    someone = await console.operator()
    page = (await someone.get(f"/journeys/{journey}?ahead=true")).text
    assert "What is wrong" in page
    assert "time ran out" in page
    assert "extend or re-open it, or excuse it" in page
    assert "Nothing failed." in (await someone.get("/failures")).text
