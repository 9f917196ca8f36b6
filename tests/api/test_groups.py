"""Groups over HTTP: made once, started, filled, read in pages, cancelled and gone on with."""

from typing import Any

import httpx
import pytest

from tests.api.front import Front, publish_one_step


async def _clients(door: Front, host: httpx.AsyncClient, number: int) -> list[str]:
    await publish_one_step(door.of())
    names = [f"c{each}" for each in range(number)]
    for name in names:
        assert (await host.post("/clients", json={"id": name})).status_code == 201
    return names


async def _until(door: Front, host: httpx.AsyncClient, group: str, **wanted: int) -> dict[str, Any]:
    """The group once its counts are these."""

    async def is_so() -> dict[str, Any] | None:
        now: dict[str, Any] = (await host.get(f"/groups/{group}")).json()
        return now if all(now[state] == number for state, number in wanted.items()) else None

    found: dict[str, Any] = await door.home.until(is_so, f"{wanted}")
    return found


async def test_P5_a_group_from_its_making_to_its_last_member(door: Front) -> None:
    """The same request twice is one group; members come in pages, in their order, each with a journey."""
    host = await door.caller("host")
    names = await _clients(door, host, 5)
    wish = {"name": "Spring", "pathway": "one-step", "clients": names[:4], "per_second": 20}
    made = await host.post("/groups", json=wish, headers={"idempotency-key": "spring-group"})
    again = await host.post("/groups", json=wish, headers={"idempotency-key": "spring-group"})
    assert (made.status_code, again.json()["id"]) == (201, made.json()["id"])
    group = made.json()["id"]
    assert (made.json()["waiting"], made.json()["started_at"]) == (4, None)
    assert [one["id"] for one in (await host.get("/groups")).json()["items"]] == [group]
    assert (await host.post(f"/groups/{group}/start")).status_code == 200
    await _until(door, host, group, started=4)
    added = await host.post(f"/groups/{group}/members", json={"clients": [names[4], names[0]]})
    assert added.status_code == 200, added.text
    await _until(door, host, group, started=5, waiting=0)
    first = (await host.get(f"/groups/{group}/members", params={"limit": 3, "state": "started"})).json()
    rest = (await host.get(f"/groups/{group}/members", params={"limit": 3, "cursor": first["next"]})).json()
    members = first["items"] + rest["items"]
    assert ([one["client"] for one in members], rest["next"]) == (names, None)
    assert [one["is_late"] for one in members] == [False] * 4 + [True]
    found = (await host.get("/journeys", params={"group": group})).json()["items"]
    assert {one["id"] for one in found} == {one["journey"] for one in members}
    job = await host.put(f"/groups/{group}/dates/surgery", json={"value": "2031-02-10"})
    assert (job.status_code, job.json()["action"], job.json()["date_name"]) == (200, "set_date", "surgery"), job.text

    async def is_told() -> bool:
        return bool((await host.get(f"/bulk-jobs/{job.json()['id']}")).json()["done"] == 5)

    await door.home.until(is_told, "the date")
    assert (await host.get(f"/groups/{group}")).json()["dates"] == {"surgery": "2031-02-10"}


async def test_a_group_is_cancelled_and_gone_on_with(door: Front) -> None:
    """Its second wave is a day off; cancelled it starts nobody, and says so to whoever starts it again."""
    host = await door.caller("host")
    names = await _clients(door, host, 3)
    waves = {"size": 2, "every_seconds": 86400}
    group = (await host.post("/groups", json={"name": "W", "pathway": "one-step", "clients": names, "waves": waves})).json()[
        "id"
    ]
    await host.post(f"/groups/{group}/start")
    await _until(door, host, group, started=2)
    cancelled = await host.post(f"/groups/{group}/cancel")
    assert cancelled.json()["cancelled_at"] is not None
    refused = await host.post(f"/groups/{group}/start")
    assert (refused.status_code, refused.json()["code"]) == (409, "group_cancelled")
    gone_on = (await host.post(f"/groups/{group}/retry")).json()
    assert (gone_on["cancelled_at"], gone_on["waiting"]) == (None, 1)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"begins_at": "2999-01-01T00:00:00Z"}, "too_far"),
        ({"again": "restart"}, "unknown_again"),
        ({"clients": ["nobody"]}, "not_found"),
        ({"pathway": "none"}, "not_found"),
        ({"name": " "}, "unnamed"),
        ({"waves": {"size": 0, "every_seconds": 1}}, "malformed"),
    ],
)
async def test_what_no_group_could_be_is_refused(door: Front, more: dict[str, Any], code: str) -> None:
    """And nothing is kept of it."""
    host = await door.caller("host")
    await _clients(door, host, 0)
    answer = await host.post("/groups", json={"name": "Spring", "pathway": "one-step", **more})
    assert answer.json()["code"] == code
    assert (await host.get("/groups")).json()["items"] == []


async def test_a_cursor_of_something_else_is_refused(door: Front) -> None:
    """Not taken for the beginning."""
    host = await door.caller("host")
    await _clients(door, host, 0)
    group = (await host.post("/groups", json={"name": "Spring", "pathway": "one-step"})).json()["id"]
    answer = await host.get(f"/groups/{group}/members", params={"cursor": "far"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")
