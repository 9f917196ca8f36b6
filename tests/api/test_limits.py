"""How much is too much: requests, wrong credentials, bodies that are large, deep, full or slow."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stepwell import patience
from stepwell.access import Caller
from stepwell.api import routes
from stepwell.api.limits import DEEPEST, MOST_VALUES, WINDOW, Limiter
from stepwell.api.problems import MEDIA
from stepwell.api.terms import Terms
from store import attempts
from tests.api.front import Front, front


class Clock:
    """Moved by hand."""

    at = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.at


def _caller(credential: str = "key_1") -> Caller:
    return Caller(tenant="default", kind="client", id="ann", credential=credential)


def test_a_bucket_holds_ten_seconds_and_fills_steadily() -> None:
    """So many at once, then one whenever its time has come; others are not held up."""
    clock = Clock()
    limiter = Limiter({"client": 2}, clock)
    taken = [limiter.take(_caller()) for _ in range(2 * WINDOW)]
    assert all(one.wait == 0 for one in taken)
    assert [one.remaining for one in taken] == list(range(2 * WINDOW - 1, -1, -1))
    refused = limiter.take(_caller())
    assert (refused.wait, refused.remaining, refused.refills_in) == (0.5, 0, 10)
    assert limiter.take(_caller("key_2")).wait == 0
    clock.at += 0.5
    assert limiter.take(_caller()).wait == 0
    assert limiter.take(_caller()).wait == 0.5
    clock.at += 100
    assert limiter.take(_caller()).remaining == 2 * WINDOW - 1


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Front]:
    """A gateway that allows hardly anything."""
    async with front(tmp_path, Terms(rates={"client": 1, "host": 300}, most_wrong=3)) as up:
        yield up


async def test_SC26_who_asks_too_much_is_told_when_to_go_on(strict: Front) -> None:
    """429 with the three headers; every answer says where its caller stands; other callers go on."""
    await strict.of().add_client(id="ann")
    ann, host = await strict.caller("client", "ann"), await strict.caller("host")
    first = await ann.get("/clients/ann")
    assert (first.headers["ratelimit-policy"], first.headers["ratelimit"]) == ('"client";q=10;w=10', '"client";r=9;t=1')
    answers = [await ann.get("/clients/ann") for _ in range(15)]
    refused = [one for one in answers if one.status_code == 429]
    assert refused
    assert {one.status_code for one in answers} == {200, 429}
    assert refused[0].headers["content-type"] == MEDIA
    assert int(refused[0].headers["retry-after"]) >= 1
    assert refused[0].headers["ratelimit"].startswith('"client";r=0;')
    assert (await host.get("/clients/ann")).headers["ratelimit-policy"] == '"host";q=3000;w=10'


async def test_SC26_guessing_is_throttled_at_all_gateways_together(strict: Front, tmp_path: Path) -> None:
    """Three wrong credentials, and nothing unknown from that address is looked at, at another process either.

    Whoever was in before stays in; after a minute it is tried again.
    """
    key, other = await strict.key("host"), await strict.key("host")
    assert (await strict.connection(key).get("/clients")).status_code == 200
    for number in range(3):
        wrong = await strict.connection(f"stw_{number:064}").get("/clients")
        assert wrong.status_code == 401
    throttled = await strict.connection("stw_" + "a" * 64).get("/clients")
    assert (throttled.status_code, throttled.json()["code"]) == (429, "too_many_wrong_credentials")
    assert 1 <= int(throttled.headers["retry-after"]) <= 60
    async with strict.gateway_process(tmp_path, wrong_credentials=3) as gateway:
        for secret in ("stl_" + "a" * 32, "a.b.c", other):
            assert (await strict.connection(secret, url=gateway.url).get("/clients")).status_code == 429
    assert (await strict.connection().post("/link/opt-out/sto_guessed")).status_code == 429
    assert (await strict.connection(key).get("/clients")).status_code == 200
    assert (await strict.connection(other).get("/clients")).status_code == 429
    async with strict.home.database.begin() as session:
        row = await session.get(attempts.FailedCredentialRow, _LOOPBACK)
        assert row is not None
        row.since -= attempts.WITHIN
    assert (await strict.connection(other).get("/clients")).status_code == 200


_LOOPBACK = "12ca17b49af2289436f303e0166030a21e525d266e209267433801a8fd4071a0"


async def _raw(door: Front, head: str, parts: list[bytes] | None = None) -> bytes:
    """What is answered to exactly these bytes."""
    host, port = door.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(head.encode())
        for part in parts or ():
            writer.write(part)
            await writer.drain()
        return await asyncio.wait_for(reader.read(65536), 30)
    finally:
        writer.close()


async def test_SC26_ten_megabytes_are_refused_before_they_have_come(door: Front) -> None:
    """Said after the first megabyte, with nine of ten never sent; with and without a length."""
    key = await door.key("host")
    head = f"POST /v1/clients HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    answer = await _raw(door, head + "Content-Length: 10485760\r\n\r\n", [b" " * (1024 * 1024 + 1)])
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer
    chunk = b"100001\r\n" + b" " * 0x100001 + b"\r\n"
    assert (await _raw(door, head + "Transfer-Encoding: chunked\r\n\r\n", [chunk])).startswith(b"HTTP/1.1 413 ")


TOO_MUCH = [
    ("[" * 100_000, "too_deep"),
    ('{"a":' * 15_000, "too_deep"),
    ('{"id":"ann","more":' + "[" * 60 + "]" * 60 + "}", "too_deep"),
    ("[" + "0," * (MOST_VALUES + 1) + "0]", "too_many_values"),
    ("{" + ",".join(f'"{number}":0' for number in range(MOST_VALUES)) + "}", "too_many_values"),
]


async def test_SC26_what_nests_too_deep_or_holds_too_much_is_refused_before_it_is_read(door: Front) -> None:
    """422, and not a crash."""
    host = await door.caller("host")
    for body, code in TOO_MUCH:
        answer = await host.post("/clients", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (422, code), body[:20]


async def test_brackets_in_words_are_words(door: Front) -> None:
    """A text may hold any number of them, and quotation marks."""
    host = await door.caller("host")
    words = '[{"\\' * 3000 + ",:" * 5000
    answer = await host.put("/pathways/p/draft", json={"source": words}, headers={"if-none-match": "*"})
    assert answer.status_code == 200, answer.text


async def test_a_body_as_deep_as_allowed_is_read(door: Front) -> None:
    """What is beyond its form is said as that."""
    host = await door.caller("host")
    body = '{"more":' + "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1) + "}"
    answer = await host.post("/clients", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_SC26_a_page_has_200_at_most(door: Front) -> None:
    """On every list that has pages."""
    host = await door.caller("host")
    paged = [
        path.removeprefix("/v1")
        for path, item in (await host.get("/openapi.json")).json()["paths"].items()
        for one in item.get("get", {}).get("parameters", ())
        if one["name"] == "limit" and "{" not in path
    ]
    assert len(paged) >= 4
    for path in paged:
        assert (await host.get(path, params={"limit": 200})).status_code in (200, 403), path
        for limit in (0, 201, 10**9):
            assert (await host.get(path, params={"limit": limit})).status_code in (422, 403), path


async def test_SC26_who_sends_byte_by_byte_is_not_waited_for(door: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that does not end is hung up on; a body that does not end is told so."""
    monkeypatch.setattr(patience, "HEAD_TAKES", 0.3)
    monkeypatch.setattr(routes, "_BODY_TAKES", 0.3)
    key = await door.key("host")
    assert await _raw(door, "") == b""
    assert await _raw(door, "POST /v1/clients HTTP/1.1\r\nHost: x\r\n") == b""
    head = f"POST /v1/clients HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: 100\r\n\r\n"
    answer = await _raw(door, head, [b"{"])
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"too_slow"' in answer
    monkeypatch.undo()
    assert (await door.connection(key).get("/clients")).status_code == 200
