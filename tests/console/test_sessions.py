"""Signing in and out of the console: what a session is, what ends it, and that only its own forms change anything (SC22)."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.routing import APIRoute
from sqlmodel import select

from stepwell.console.app import ROUTERS
from stepwell.console.sessions import COOKIE
from stepwell.keys import hash_of
from store.tables import ConsoleSessionRow
from tests.console.desk import Console, Operator


async def test_a_key_becomes_a_session_and_its_cookie_is_for_the_browser_alone(console: Console) -> None:
    """Secure, HttpOnly, SameSite=Strict, for this host and every path; kept as a hash; the key itself is nowhere in it."""
    someone, key = await console.stranger(), await console.key()
    answer = await someone.post("/sign-in", {"key": f"  {key}\n"}, csrf="")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    flags = answer.headers["set-cookie"].lower()
    assert flags.startswith(f"{COOKIE.lower()}=")
    for flag in ("; secure", "; httponly", "; samesite=strict", "; path=/", "; max-age=43200"):
        assert flag in flags
    assert "domain" not in flags
    assert key not in flags
    async with console.home.database.read() as session:
        kept = (await session.scalars(select(ConsoleSessionRow))).all()
    assert [one.hash for one in kept] == [hash_of(answer.cookies[COOKIE])]
    someone.cookie = answer.cookies[COOKIE]
    assert "Overview" in (await someone.get("/")).text


@pytest.mark.parametrize("kind", ["host", "practitioner", "client"])
async def test_only_an_operators_key_opens_it(console: Console, kind: str) -> None:
    """A good key of somebody else is answered as a wrong one."""
    someone = await console.stranger()
    wrong = await someone.post("/sign-in", {"key": "stw_" + "0" * 64}, csrf="")
    answer = await someone.post("/sign-in", {"key": await console.key(kind=kind)}, csrf="")
    assert answer.status_code == wrong.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "does not open the console" in answer.text


async def test_without_a_session_every_page_leads_to_the_sign_in_and_back(console: Console) -> None:
    """A whole page by a redirect, a part of one by the header that htmx follows; nothing leads out of the console."""
    someone = await console.stranger()
    answer = await someone.get("/journeys?held=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/sign-in?next=%2Fconsole%2Fjourneys%3Fheld%3D1")
    part = await someone.get("/live", **{"hx-request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/console/sign-in")
    key = await console.key()
    back = await someone.post("/sign-in", {"key": key, "next": "/console/journeys?held=1"}, csrf="")
    assert back.headers["location"] == "/console/journeys?held=1"
    for elsewhere in (
        "https://evil.example/",
        "//evil.example/console/",
        "/v1/journeys",
        "/console/\\evil",
        "javascript:alert(1)",
    ):
        away = await someone.post("/sign-in", {"key": key, "next": elsewhere}, csrf="")
        assert away.headers["location"] == "/console/"


async def test_signing_in_again_is_a_new_session_and_ends_the_old_one(console: Console) -> None:
    """No session that somebody brought along becomes that of whoever signs in."""
    someone = await console.operator()
    old = someone.cookie
    answer = await someone.post("/sign-in", {"key": await console.key()}, csrf="")
    assert answer.cookies[COOKIE] != old
    assert (await someone.get("/")).status_code == 303
    someone.cookie = answer.cookies[COOKIE]
    assert (await someone.get("/")).status_code == 200


async def test_signing_out_ends_it_in_the_store_too(console: Console) -> None:
    """Whoever kept the cookie has nothing."""
    someone = await console.operator()
    answer = await someone.post("/sign-out")
    assert answer.headers["location"] == "/console/sign-in?done=out"
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert (await someone.get("/")).status_code == 303


@pytest.mark.parametrize(
    ("field", "ago"), [("seen_at", timedelta(minutes=31)), ("expires_at", timedelta(seconds=1))], ids=["idle", "absolute"]
)
async def test_a_session_ends_by_itself(console: Console, field: str, ago: timedelta) -> None:
    """Half an hour without work, or twelve hours whatever was done."""
    someone = await console.operator()
    assert (await someone.get("/")).status_code == 200
    await _set(console, someone, **{field: datetime.now(UTC) - ago})
    assert (await someone.get("/")).status_code == 303


async def test_work_keeps_a_session_and_a_page_that_asks_by_itself_does_not(console: Console) -> None:
    """A browser that was left open signs its operator out."""
    someone = await console.operator()
    long_ago = datetime.now(UTC) - timedelta(minutes=20)
    await _set(console, someone, seen_at=long_ago)
    assert (await someone.get("/system/live")).status_code == 200
    assert await _seen_at(console, someone) == long_ago
    assert (await someone.get("/system")).status_code == 200
    assert await _seen_at(console, someone) > long_ago


async def test_a_revoked_key_ends_its_sessions(console: Console) -> None:
    """At once, and only those."""
    someone, other = await console.operator(subject="olga"), await console.operator(subject="otto")
    [key] = [one for one in await console.stepwell.keys() if one.subject == "olga"]
    await console.stepwell.revoke_key(key.id)
    assert (await someone.get("/")).status_code == 303
    assert (await other.get("/")).status_code == 200


_FOREIGN = {
    "another origin": {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    "another origin, from an old browser": {"origin": "https://evil.example"},
    "another port": {"origin": "http://127.0.0.1:1"},
    "a site beside ours": {"origin": "null", "sec-fetch-site": "same-site"},
    "a frame without an origin": {"origin": "null", "sec-fetch-site": "cross-site"},
    "typed by hand": {"sec-fetch-site": "none"},
    "no browser": {},
}


@pytest.mark.parametrize("name", _FOREIGN)
async def test_what_does_not_come_from_our_page_is_refused(console: Console, name: str) -> None:
    """Before anything is read of it, the session's token or not."""
    someone = await console.operator()
    answer = await someone.post("/views", {"name": "mine", "question": ""}, headers=_FOREIGN[name])
    assert answer.status_code == 403
    assert await console.stepwell.views() == []


async def test_an_origin_that_is_ours_is_taken(console: Console) -> None:
    """What a browser sends where it sends an origin."""
    someone = await console.operator()
    answer = await someone.post("/views", {"name": "mine", "question": "held=1"}, headers={"origin": console.url})
    assert answer.status_code == 303
    assert [one.query for one in await console.stepwell.views()] == ["held=1"]


async def test_every_form_needs_the_token_of_its_own_session(console: Console) -> None:
    """Missing, wrong, or another operator's: refused, at every address that changes anything."""
    someone, other = await console.operator(), await console.operator(subject="otto")
    for path in _changing():
        for token in ("", "wrong", await other.csrf()):
            answer = await someone.post(path, {}, csrf=token)
            assert answer.status_code == 403, path
            assert "another session" in answer.text
    assert (await someone.post("/views", {"name": "mine"})).status_code == 303


def _changing() -> list[str]:
    """The addresses of the console that take a POST, but for the sign-in."""

    routes = [one for router in ROUTERS for one in router.routes if isinstance(one, APIRoute)]
    paths = [one.path for one in routes if "POST" in one.methods and one.path != "/sign-in"]
    assert len(paths) > 10
    known = {"{journey}": "jou_a", "{occurrence}": "note.1", "{name}": "pause", "{job}": "bulk_a", "{alert}": "ale_a"}
    known |= {"{endpoint}": "end_a", "{number}": "1"}
    for name, value in known.items():
        paths = [path.replace(name, value) for path in paths]
    return paths


async def test_guessing_keys_is_throttled(console: Console) -> None:
    """After twenty wrong ones in a minute, also a good one from there has to wait; who is signed in already is not."""
    someone, key = await console.stranger(), await console.key()
    inside = await console.operator()
    for _ in range(20):
        assert (await someone.post("/sign-in", {"key": "stw_" + "1" * 64}, csrf="")).status_code == 401
    answer = await someone.post("/sign-in", {"key": key}, csrf="")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 61
    assert (await inside.get("/")).status_code == 200


async def test_another_tenants_operator_sees_nothing_of_ours(console: Console) -> None:
    """The tenant is the key's own."""
    journey = await console.troubled()
    someone = await console.operator(tenant="other")
    assert (await someone.get(f"/journeys/{journey}")).status_code == 404
    assert journey not in (await someone.get("/journeys")).text
    assert "<b>other</b>" in (await someone.get("/journeys")).text


async def _set(console: Console, someone: Operator, **values: datetime) -> None:
    async with console.home.database.begin() as session:
        row = await session.get(ConsoleSessionRow, hash_of(someone.cookie))
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


async def _seen_at(console: Console, someone: Operator) -> datetime:
    async with console.home.database.read() as session:
        row = await session.get(ConsoleSessionRow, hash_of(someone.cookie))
        assert row is not None
        return row.seen_at
